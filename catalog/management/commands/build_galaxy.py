"""Place a collection's images in space."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from catalog.management.base import CollectionCommand, Result, add_galaxy_argument, galaxy_of
from catalog.services.build import build_galaxy, describe_needs, estimate_build, estimate_update
from catalog.services.build_update import update_galaxy
from catalog.services.progress import Progress
from catalog.services.skeleton import build_by_skeleton
from catalog.services.stale import stale_images


class Command(CollectionCommand):
    """A thin shell around `build_galaxy`, `update_galaxy` and `build_by_skeleton`."""

    help = (
        "Place a collection's images in space and group them into named clusters. It starts from the last build, so that the "
        "map people know stays put; without a change it keeps the last build. It says first what memory and time it needs, and "
        "refuses if the machine has too little."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the galaxy, how to build it, and from what."""
        super().add_arguments(parser)
        add_galaxy_argument(parser)
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--update",
            action="store_true",
            help="Only place what is new among the images of the last build, which keep their places to the bit. Quick; build "
            "without it from time to time.",
        )
        how.add_argument(
            "--skeleton",
            type=int,
            metavar="N",
            help="For more images than the machine can lay out at once: lay out N of them, drawn at random, and place the rest "
            "around them in jobs that every worker may take (and this command, where none does). Interrupted and run again, "
            "it goes on.",
        )
        how.add_argument(
            "--positions",
            type=Path,
            metavar="FILE",
            help="Your own positions by external id, three numbers an image; centred, and otherwise taken as they are. Images that "
            "the file does not name are left out, and counted in the result; --update afterwards places them by their labels.",
        )
        parser.add_argument(
            "--vectors",
            type=Path,
            metavar="FILE",
            help="Lay out by your own vectors by external id instead of those of the labels, which still name the clusters. Images "
            "that the file does not name are left out, and counted in the result. Give it with every build: without it, the next "
            "one goes by labels again.",
        )
        parser.add_argument(
            "--replace-stale",
            action="store_true",
            help="With --update: also place those images anew whose labels changed since they were placed.",
        )
        parser.add_argument("--force", action="store_true", help="Build even if nothing has changed.")
        parser.add_argument(
            "--fresh",
            action="store_true",
            help="Forget the last map and start from nothing, even if nothing has changed.",
        )
        parser.add_argument(
            "--exceed-memory", action="store_true", help="Try even if the machine seems to have too little memory."
        )

    def run(self, progress: Progress, options: dict[str, Any]) -> Result:
        """Say what it needs, and build."""
        galaxy, n_skeleton, vectors_file = galaxy_of(options), options["skeleton"], options["vectors"]
        if options["replace_stale"] and not options["update"]:
            raise CommandError("--replace-stale goes with --update; a whole build places everything anew.")
        if options["update"] and options["fresh"]:
            raise CommandError("--update keeps the last map and --fresh forgets it: give one of them.")
        if n_skeleton is not None and vectors_file is not None:
            raise CommandError("--skeleton places images by their labels: give it without --vectors.")
        if not options["json"]:
            no_layout = options["update"] or options["positions"]
            needed = estimate_update(galaxy) if no_layout else estimate_build(galaxy, n_skeleton=n_skeleton)
            self.stderr.write(describe_needs(needed))
        settings = {"force": options["force"], "exceed_memory": options["exceed_memory"], "progress": progress}
        if options["update"]:
            replace = stale_images(galaxy) if options["replace_stale"] else None
            return update_galaxy(galaxy, replace=replace, vectors_file=vectors_file, **settings)
        if n_skeleton is not None:
            return build_by_skeleton(galaxy, n_skeleton, fresh=options["fresh"], **settings)
        return build_galaxy(
            galaxy,
            fresh=options["fresh"],
            vectors_file=vectors_file,
            positions_file=options["positions"],
            **settings,
        )

    def describe(self, result: dict[str, Any]) -> str:
        """What there is now, and what a file of the library's own left out."""
        made = "Made" if result["created"] else "Nothing has changed; kept"
        lines = [
            f"{made} build {result['build']} of {result['galaxy']}: {result['n_images']} images in {result['n_groups']} groups."
        ]
        if "n_new" in result and result["created"]:
            anew = f" and {result['n_replaced']} placed anew" if result.get("n_replaced") else ""
            lines.append(f"{result['n_new']} of them are new{anew}; the others are where they were.")
        for count, names, what in (
            ("n_left_out", "left_out", "images are not in the file and were left out"),
            ("n_unknown_ids", "unknown_ids", "ids in the file belong to no image"),
        ):
            if result.get(count):
                more = ", …" if result[count] > len(result[names]) else ""
                lines.append(f"{result[count]} {what}: {', '.join(result[names])}{more}")
        return "\n".join(lines)
