"""Let the collection's annotator look at its images."""

from typing import Any

from django.core.management.base import CommandParser

from catalog.management.base import CollectionCommand, Result, add_strict_argument
from catalog.services.annotate import annotate_images
from catalog.services.collections import find_collection
from catalog.services.progress import Progress


class Command(CollectionCommand):
    """A thin shell around `annotate_images`."""

    help = (
        "Annotate what of a collection is not annotated yet. Bytes that were answered before are not asked about again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds `--strict`."""
        super().add_arguments(parser)
        add_strict_argument(parser, "an image could not be annotated")

    def run(self, progress: Progress, options: dict[str, Any]) -> Result:
        """Annotate."""
        return annotate_images(find_collection(options["collection"]), progress=progress)

    def describe(self, result: dict[str, Any]) -> str:
        """The counts."""
        return (
            f"{result['n_images']} images: {result['n_answered']} questions answered, {result['n_reused']} had an answer, "
            f"{result['n_failed']} failed."
        )

    def failures(self, result: dict[str, Any]) -> int:
        """Questions without an answer."""
        return int(result["n_failed"])
