"""Import pictures from a folder, an archive or a bucket."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from catalog.management.base import CollectionCommand, Result, add_strict_argument
from catalog.models import Visibility
from catalog.services.collections import ensure_collection
from catalog.services.progress import Progress
from catalog.services.sources import import_source, open_source


class Command(CollectionCommand):
    """A thin shell around `open_source` and `import_source`."""

    help = (
        "Import every picture of a source into a collection, which is made if it does not exist. Run again, it reads only "
        "what is new or changed. A metadata.csv or metadata.json in the source gives titles, labels and credits; what the "
        "files say of themselves fills in the rest. More: docs/importing.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the source and how to make the collection."""
        super().add_arguments(parser)
        parser.add_argument(
            "source", metavar="SOURCE", help="A folder, a zip archive, or gs://bucket/prefix in Cloud Storage."
        )
        parser.add_argument(
            "--metadata",
            type=Path,
            metavar="FILE",
            help="A table (CSV or JSON) to read instead of the metadata.csv or metadata.json of the source.",
        )
        parser.add_argument("--title", default="", help="Title of a new collection; its slug by default.")
        parser.add_argument(
            "--visibility",
            choices=Visibility.values,
            default=Visibility.PRIVATE,
            help="Who may look at a new collection; an existing one is left as it is. (default: %(default)s)",
        )
        parser.add_argument(
            "--keep-originals",
            action="store_true",
            help="Copy the files into the media storage; otherwise only their places are remembered.",
        )
        add_strict_argument(parser, "a file was refused")

    def run(self, progress: Progress, options: dict[str, Any]) -> Result:
        """Make the collection if need be, and import."""
        source = open_source(options["source"], metadata=options["metadata"])
        collection = ensure_collection(options["collection"], title=options["title"], visibility=options["visibility"])
        return import_source(collection, source, keep_originals=options["keep_originals"], progress=progress)

    def describe(self, result: dict[str, Any]) -> str:
        """The counts, and each refused file with its reason."""
        lines = [f"{item['location']}: {item['message']}" for item in result["refused"]]
        if result["n_refused"] > len(lines):
            lines.append(
                f"... and {result['n_refused'] - len(lines)} more; the admin lists all of them, under Refusals."
            )
        counts = ("added", "revised", "duplicates", "unchanged", "refused")
        lines.append(f"{result['n_seen']} seen: " + ", ".join(f"{result[f'n_{name}']} {name}" for name in counts) + ".")
        return "\n".join(lines)

    def failures(self, result: dict[str, Any]) -> int:
        """Refused files."""
        return int(result["n_refused"])
