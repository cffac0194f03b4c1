"""Let the collection's annotator look at its images."""

import json
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from catalog.annotators import Feature
from catalog.management.base import CollectionCommand, Result, add_strict_argument, mendable_errors
from catalog.services.annotate import annotate_images
from catalog.services.annotation_estimate import Estimate, estimate_annotation
from catalog.services.collections import find_collection
from catalog.services.progress import Progress


def _count(text: str) -> int:
    """A whole number from 0 on, for argparse."""
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


class Command(CollectionCommand):
    """Says what it would cost, asks if it costs anything, and calls `annotate_images`."""

    help = (
        "Annotate what of a collection is not annotated yet. Bytes that were answered before, for whatever collection, are neither "
        "asked about nor paid again. With an annotator that costs money it first says how much, and asks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """How much may be paid, and for what."""
        super().add_arguments(parser)
        parser.add_argument(
            "--estimate", action="store_true", help="Only say what would be asked, and what it would cost."
        )
        parser.add_argument("--yes", action="store_true", help="Do not ask before paying.")
        parser.add_argument(
            "--again",
            nargs="+",
            choices=[feature.value for feature in Feature],
            default=[],
            metavar="FEATURE",
            help="Ask these features again, and pay for them again, although they were answered, failed or are unknown.",
        )
        parser.add_argument(
            "--unknown",
            action="store_true",
            help="Ask again where an answer was lost after sending; it may be paid twice.",
        )
        parser.add_argument(
            "--max-units", type=_count, metavar="N", help="Take no more units than this; the rest waits."
        )
        add_strict_argument(parser, "an image could not be annotated")

    def handle(self, *args: Any, **options: Any) -> None:
        """Estimate, and stop there if that is all that was asked or if nobody agreed to pay."""
        with mendable_errors():
            collection = find_collection(options["collection"])
            again = frozenset(map(Feature, options["again"]))
            estimate = estimate_annotation(collection, again=again, unknown=options["unknown"])
        if options["estimate"]:
            self.stdout.write(json.dumps(estimate.as_json()) if options["json"] else estimate.describe())
            return
        if estimate.n_units and not options["yes"]:
            self._ask(estimate)
        if estimate.currency and options["max_units"] is None:
            options["max_units"] = estimate.n_units  # what was agreed to, whatever arrives meanwhile
        super().handle(*args, **options)

    def run(self, progress: Progress, options: dict[str, Any]) -> Result:
        """Annotate."""
        return annotate_images(
            find_collection(options["collection"]),
            again=frozenset(map(Feature, options["again"])),
            unknown=options["unknown"],
            max_units=options["max_units"],
            progress=progress,
        )

    def describe(self, result: dict[str, Any]) -> str:
        """The counts, and why it stopped if it did."""
        text = (
            f"{result['n_images']} images: {result['n_answered']} questions answered, {result['n_reused']} had an answer, "
            f"{result['n_failed']} failed."
        )
        if result["n_unknown"]:
            text += f" The answers to {result['n_unknown']} were lost after sending; see the images marked unknown."
        if result["n_elsewhere"]:
            text += f" {result['n_elsewhere']} are being asked by another run."
        return f"{text} {result['stopped']}".rstrip()

    def failures(self, result: dict[str, Any]) -> int:
        """Questions without an answer."""
        return int(result["n_failed"]) + int(result["n_unknown"])

    def _ask(self, estimate: Estimate) -> None:
        """Raises CommandError unless somebody at a terminal agrees."""
        self.stderr.write(estimate.describe())
        if not sys.stdin.isatty():
            raise CommandError(
                "This costs money and nobody is here to agree: add --yes, or look first with --estimate."
            )
        if input("Pay for it? [y/N] ").strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was sent.")
