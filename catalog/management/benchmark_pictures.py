"""`benchmark annotate` and `benchmark ingest`: what is done to pictures, measured against the least that has to be done."""

import json
import os
from argparse import SUPPRESS, ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from catalog.importers import Candidate, CandidateError, SourceError, read_folder
from catalog.management.base import mendable_errors
from catalog.management.progress import ProgressBar
from catalog.management.throwaway import run_in_throwaway_library
from catalog.media import PictureError, verify_picture

__all__ = ["PICTURE_PARTS", "add_picture_parts", "measure_pictures"]

PICTURE_PARTS = ("annotate", "ingest")
MAX_THREADS = 8  # of the annotator and of an import


def add_picture_parts(parts: Any) -> None:
    """`annotate` and `ingest`, each with a folder of pictures."""
    annotate = parts.add_parser(
        "annotate", help="Labels from renditions, against the bare network on tensors made before."
    )
    annotate.add_argument(
        "--threads", type=int, default=min(len(os.sched_getaffinity(0)), MAX_THREADS), help="(default: %(default)s)"
    )
    ingest = parts.add_parser(
        "ingest",
        help="Importing a folder into a library that is thrown away, against plain Pillow: decode, hash and the same renditions.",
    )
    ingest.add_argument("--here", action="store_true", help=SUPPRESS)  # the process that has the library to throw away
    for part in (annotate, ingest):
        _add_common(part)


def _add_common(part: ArgumentParser) -> None:
    part.add_argument("folder", type=Path, metavar="FOLDER", help="Pictures; 200 or more give steady figures.")
    part.add_argument(
        "--repeats", type=int, default=5, help="How often each is measured, in turns. (default: %(default)s)"
    )
    part.add_argument("--json", action="store_true", help="Report nothing but one line of JSON.")


def measure_pictures(options: dict[str, Any]) -> str:
    """Measure the part that was asked for, and say how it went."""
    if options["repeats"] < 1:
        raise CommandError(f"Expected at least 1 repeat, got {options['repeats']}.")
    with mendable_errors():
        speed = _measure_annotate(options) if options["part"] == "annotate" else _measure_ingest(options)
    return json.dumps(speed.as_json()) if options["json"] else str(speed.describe())


def _measure_annotate(options: dict[str, Any]) -> Any:
    from catalog.annotators.benchmark import benchmark_annotate

    renditions = _read_renditions(options["folder"])
    with ProgressBar() as progress:
        return benchmark_annotate(
            renditions, n_threads=options["threads"], n_repeats=options["repeats"], on_progress=progress
        )


def _measure_ingest(options: dict[str, Any]) -> Any:
    from catalog.services.benchmark_ingest import IngestSpeed, benchmark_ingest

    folder = options["folder"].expanduser().resolve()
    if options["here"]:
        return benchmark_ingest(folder, n_repeats=options["repeats"])
    _require_folder(folder)
    arguments = ("benchmark", "ingest", str(folder), "--repeats", str(options["repeats"]), "--here", "--json")
    return IngestSpeed(**json.loads(run_in_throwaway_library(*arguments)))


def _require_folder(folder: Path) -> None:
    try:
        read_folder(folder)
    except SourceError as error:
        raise CommandError(str(error)) from error


def _read_renditions(folder: Path) -> list[bytes]:
    """The small rendition of every picture of a folder that can be read."""
    _require_folder(folder)
    renditions = []
    for item in read_folder(folder):
        if isinstance(item, Candidate):
            try:
                renditions.append(verify_picture(item.read()).renditions[0].data)
            except (CandidateError, PictureError):
                continue  # a benchmark measures what there is
    if not renditions:
        raise CommandError(f"Expected pictures in {folder}, but there are none that can be read.")
    return renditions
