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
        """Adds the galaxy."""
        super().add_arguments(parser)
        add_galaxy_argument(parser)

    def run(self, progress: Progress, options: dict[str, Any]) -> Result:
        """Publish."""
        return publish_galaxy(galaxy_of(options), progress=progress)

    def describe(self, result: dict[str, Any]) -> str:
        """What visitors see now."""
        made = "Published" if result["created"] else "Nothing has changed; still published:"
        return f"{made} build {result['build']} of {result['galaxy']}: {result['n_images']} images, {result['size_bytes']:,} bytes."
