"""Place a collection's images in space."""

from typing import Any

from django.core.management.base import CommandParser

from catalog.management.base import CollectionCommand, Result, add_galaxy_argument, galaxy_of
from catalog.services.build import build_galaxy
from catalog.services.progress import Progress


class Command(CollectionCommand):
    """A thin shell around `build_galaxy`."""

    help = "Place a collection's images in space and group them into named clusters. Without a change it keeps the last build."

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the galaxy and `--force`."""
        super().add_arguments(parser)
        add_galaxy_argument(parser)
        parser.add_argument("--force", action="store_true", help="Build even if nothing has changed.")

    def run(self, progress: Progress, options: dict[str, Any]) -> Result:
        """Build."""
        return build_galaxy(galaxy_of(options), force=options["force"], progress=progress)

    def describe(self, result: dict[str, Any]) -> str:
        """What there is now."""
        made = "Made" if result["created"] else "Nothing has changed; kept"
        return f"{made} build {result['build']} of {result['galaxy']}: {result['n_images']} images in {result['n_groups']} groups."
