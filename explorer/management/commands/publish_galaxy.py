"""Make a galaxy's newest build the one that visitors see, go back to an earlier one, or copy what they see to a folder or bucket."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from catalog.management.base import CollectionCommand, Result, add_galaxy_argument, galaxy_of
from catalog.models import Galaxy
from catalog.services.progress import Progress
from explorer.services import (
    PublishResult,
    export_galaxy,
    find_publication,
    publish_galaxy,
    require_exportable,
    roll_back,
)


class Command(CollectionCommand):
    """A thin shell around `publish_galaxy`, `roll_back` and `export_galaxy`."""

    help = (
        "Publish the newest build of a galaxy: its files are written first, and visitors see all of it or what was before. "
        "With --to, also copy it where nothing but a web server for files is needed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the galaxy, what somebody may say about it, and where to copy it."""
        super().add_arguments(parser)
        add_galaxy_argument(parser)
        parser.add_argument(
            "--despite-safe-search",
            action="store_true",
            help="Let everybody see the images although safe search has not looked at all of them; kept with the publication.",
        )
        parser.add_argument(
            "--compact",
            action="store_true",
            help="Number the images afresh instead of adding the new ones beside the old: worth it when many have come.",
        )
        parser.add_argument(
            "--roll-back",
            type=int,
            metavar="NUMBER",
            help="Show this earlier publication again instead of publishing; a wrong number lists those that there are.",
        )
        parser.add_argument(
            "--to",
            default="",
            metavar="FOLDER|gs://BUCKET/PREFIX",
            help="Copy page, artifact and pictures there, too; run it again after each publication or withdrawal.",
        )
        parser.add_argument("--url", default="", help="Where visitors will find the copy, for previews of links to it.")
        parser.add_argument("--without-views", action="store_true", help="Leave the large pictures out of the copy.")
        parser.add_argument(
            "--even-private", action="store_true", help="Copy a galaxy that is not public; whoever finds it can look."
        )

    def run(self, progress: Progress, options: dict[str, Any]) -> Result:
        """Publish or go back, and copy."""
        if options["roll_back"] is not None and options["compact"]:
            raise CommandError(
                "--compact is for publishing, and --roll-back publishes nothing anew: leave one of them out."
            )
        galaxy, to, even_private = galaxy_of(options), options["to"], options["even_private"]
        if to:
            require_exportable(galaxy, to, even_private=even_private)  # before an hour of publishing, not after
        result = self._publish(galaxy, progress, options)
        if not to:
            return result
        return export_galaxy(
            galaxy,
            to,
            even_private=even_private,
            with_views=not options["without_views"],
            url=options["url"],
            progress=progress,
        )

    def describe(self, result: dict[str, Any]) -> str:
        """What visitors see now."""
        if "to" in result:
            missing = f" {result['n_missing']:,} pictures are missing in the library." if result["n_missing"] else ""
            return (
                f"Copied publication {result['publication']} of {result['galaxy']} to {result['to']}: {result['n_files']:,} files, "
                f"{result['n_written']:,} of them written, {result['n_deleted']:,} others deleted.{missing}"
            )
        made = "Published" if result["created"] else "Nothing has changed; still published:"
        left_out = f" {result['n_unsafe']:,} were left out as not safe for everybody." if result["n_unsafe"] else ""
        return (
            f"{made} build {result['build']} of {result['galaxy']} as publication {result['publication']}: "
            f"{result['n_images']} images, {result['size_bytes']:,} bytes, {result['new_bytes']:,} of them new.{left_out} "
            f"{result['not_shown']}".rstrip()
        )

    def _publish(self, galaxy: Galaxy, progress: Progress, options: dict[str, Any]) -> PublishResult:
        if options["roll_back"] is not None:
            return roll_back(galaxy, find_publication(galaxy, options["roll_back"]), progress=progress)
        return publish_galaxy(
            galaxy, despite_safe_search=options["despite_safe_search"], compact=options["compact"], progress=progress
        )
