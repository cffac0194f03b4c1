"""Make a galaxy's newest build the one that visitors see."""

from typing import Any

from django.core.management.base import CommandParser

from catalog.management.base import CollectionCommand, Result, add_galaxy_argument, galaxy_of
from catalog.services.progress import Progress
from explorer.services import publish_galaxy


class Command(CollectionCommand):
    """A thin shell around `publish_galaxy`."""

    help = "Publish the newest build of a galaxy: its files are written first, and visitors see all of it or what was before."

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the galaxy, and what somebody may say about safe search."""
        super().add_arguments(parser)
        add_galaxy_argument(parser)
        parser.add_argument(
            "--despite-safe-search",
            action="store_true",
            help="Let everybody see the images although safe search has not looked at all of them; kept with the publication.",
        )

    def run(self, progress: Progress, options: dict[str, Any]) -> Result:
        """Publish."""
        return publish_galaxy(galaxy_of(options), despite_safe_search=options["despite_safe_search"], progress=progress)

    def describe(self, result: dict[str, Any]) -> str:
        """What visitors see now."""
        made = "Published" if result["created"] else "Nothing has changed; still published:"
        left_out = f" {result['n_unsafe']:,} were left out as not safe for everybody." if result["n_unsafe"] else ""
        return (
            f"{made} build {result['build']} of {result['galaxy']}: {result['n_images']} images, "
            f"{result['size_bytes']:,} bytes.{left_out}"
        )
