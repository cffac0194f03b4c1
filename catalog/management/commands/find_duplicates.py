"""Find images that look nearly the same."""

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandParser

from catalog.management.base import CollectionCommand, Result
from catalog.services.collections import find_collection
from catalog.services.duplicates import DEFAULT_DISTANCE, find_near_duplicates
from catalog.services.progress import Progress


class Command(CollectionCommand):
    """A thin shell around `find_near_duplicates`."""

    help = (
        "Group a collection's images that look nearly the same: resized, recompressed, slightly cropped or brightened."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """How near."""
        super().add_arguments(parser)
        parser.add_argument(
            "--distance",
            type=_bits,
            default=DEFAULT_DISTANCE,
            metavar="BITS",
            help="In how many of 64 bits two may differ (default: %(default)s).",
        )

    def run(self, progress: Progress, options: dict[str, Any]) -> Result:
        """Find."""
        collection = find_collection(options["collection"])
        return find_near_duplicates(collection, max_distance=options["distance"], progress=progress)

    def describe(self, result: dict[str, Any]) -> str:
        """The counts."""
        return (
            f"{result['n_near_duplicates']} of {result['n_images']} images look nearly like another one, in {result['n_groups']} "
            f"groups; {result['n_plain']} are too plain to tell."
        )


def _bits(text: str) -> int:
    if not text.isdecimal() or int(text) > 63:
        raise ArgumentTypeError(f"expected a number from 0 to 63, got {text!r}")
    return int(text)
