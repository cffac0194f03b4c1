"""Measure how fast and how good the parts are on this machine."""

import json
from argparse import ArgumentTypeError
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from PIL import Image

from catalog.management.base import mendable_errors
from catalog.management.benchmark_pictures import PICTURE_PARTS, add_picture_parts, measure_pictures
from catalog.management.progress import ProgressBar
from catalog.media import SUPPORTED_EXTENSIONS
from explorer.management.benchmark_api import add_api_part, measure_api


class Command(BaseCommand):
    """Each part has a subcommand; figures are ratios to something measured in the same run."""

    help = "Measure a part of Galaxy on this machine, against a stated rival in the same run. Nothing is saved."

    def add_arguments(self, parser: CommandParser) -> None:
        """`layout`, `annotate`, `ingest`, `duplicates`, `explorer`."""
        parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
        layout = parts.add_parser("layout", help="From vectors to places in space.")
        layout.add_argument(
            "--vectors", type=Path, metavar="FILE.npy", help="What to lay out: real numbers, one row an image."
        )
        layout.add_argument(
            "--n",
            type=_size,
            nargs="+",
            default=None,
            metavar="N",
            help="Without a file: so many synthetic label vectors of 256 features (default 80984). "
            "Several numbers also give the exponent of time.",
        )
        layout.add_argument("--perplexity", type=float, default=50.0, help="(default: %(default)s)")
        layout.add_argument("--seed", type=int, default=0, help="(default: %(default)s)")
        layout.add_argument("--threads", type=int, default=2, help="(default: %(default)s)")
        layout.add_argument(
            "--against",
            action="append",
            choices=["opentsne", "fine"],
            default=[],
            help="Also lay out with openTSNE (Annoy, Barnes-Hut), or with our own descent at theta = 0.2. May be given twice.",
        )
        layout.add_argument(
            "--additions",
            type=int,
            default=0,
            metavar="N",
            help="Instead: how far a map moves in N additions of 1 %% each, and in one placing of 1,000 among fixed others.",
        )
        layout.add_argument("--json", action="store_true", help="Report nothing but one line of JSON.")
        duplicates = parts.add_parser(
            "duplicates", help="Whether the perceptual hash knows changed copies of pictures again."
        )
        duplicates.add_argument("folder", type=Path, help="Pictures, all different.")
        duplicates.add_argument("--json", action="store_true", help="Report nothing but one line of JSON.")
        add_picture_parts(parts)
        add_api_part(parts)
        explorer = parts.add_parser(
            "explorer",
            help="The page in headless Chromium, against three.js drawing nothing but points in the same run.",
        )
        explorer.add_argument(
            "--n", type=_size, nargs="+", default=[80_984], metavar="N", help="So many drawn pictures (default: 80984)."
        )
        explorer.add_argument(
            "--keep", type=Path, metavar="FOLDER", help="Where the galaxies are made, and found again by the next run."
        )
        explorer.add_argument("--repeats", type=_count, default=3, help="How often each opens. (default: %(default)s)")
        explorer.add_argument(
            "--flight", type=_count, default=60, metavar="SECONDS", help="How long it flies. (default: %(default)s)"
        )
        explorer.add_argument("--json", action="store_true", help="Report nothing but one line of JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run each size, and report."""
        if options["part"] in PICTURE_PARTS:
            self.stdout.write(measure_pictures(options))
            return
        if options["part"] == "api":
            self.stdout.write(measure_api(options))
            return
        if options["part"] == "duplicates":
            self._measure_duplicates(options)
            return
        if options["part"] == "explorer":
            self._measure_explorer(options)
            return
        if options["additions"]:
            self._measure_growth(options)
            return
        from catalog.layout.benchmark import benchmark_layout, fit_exponent

        results = []
        for vectors in _inputs(options):
            with ProgressBar() as progress:
                try:
                    result = benchmark_layout(
                        vectors,
                        perplexity=options["perplexity"],
                        random_state=options["seed"],
                        n_jobs=options["threads"],
                        against_opentsne="opentsne" in options["against"],
                        against_fine="fine" in options["against"],
                        on_progress=progress,
                    )
                except ValueError as error:
                    raise CommandError(str(error)) from error
            results.append(result.as_json())
            if not options["json"]:
                self.stdout.write(describe(results[-1]))
        exponents = {}
        if len(results) > 1:
            sizes = [result["n_samples"] for result in results]
            for number, score in enumerate(results[0]["scores"]):
                seconds = [result["scores"][number]["seconds"] for result in results]
                exponents[score["name"]] = round(fit_exponent(sizes, seconds), 3)
        if options["json"]:
            self.stdout.write(json.dumps({"layouts": results, "exponents": exponents}))
        for name, exponent in {} if options["json"] else exponents.items():
            self.stdout.write(f"{name}: time grows as n^{exponent:.2f} over these sizes.")

    def _measure_duplicates(self, options: dict[str, Any]) -> None:
        from catalog.media.benchmark_duplicates import benchmark_duplicates

        paths = [path for path in sorted(options["folder"].glob("*")) if path.suffix.lower() in SUPPORTED_EXTENSIONS]
        if not paths:
            raise CommandError(f"Expected pictures in {options['folder']}, found none.")
        measured = benchmark_duplicates([Image.open(path).convert("RGB") for path in paths])
        self.stdout.write(json.dumps(vars(measured)) if options["json"] else measured.describe())

    def _measure_explorer(self, options: dict[str, Any]) -> None:
        from explorer.management.benchmark_explorer import measure_explorer
        from explorer.management.procedural_galaxy import write_procedural_galaxy

        results = []
        with ExitStack() as stack:
            root = options["keep"] or Path(stack.enter_context(TemporaryDirectory()))
            progress = stack.enter_context(ProgressBar())
            for n in options["n"]:
                write_procedural_galaxy(root / str(n), n, on_progress=progress)
                with mendable_errors():
                    figures = measure_explorer(
                        root / str(n), repeats=options["repeats"], flight_s=options["flight"], progress=progress
                    )
                results.append(figures.as_json())
                if not options["json"]:
                    self.stdout.write(figures.describe())
        if options["json"]:
            self.stdout.write(json.dumps({"galaxies": results}))

    def _measure_growth(self, options: dict[str, Any]) -> None:
        from catalog.layout.benchmark_growth import benchmark_growth

        for vectors in _inputs(options):
            with ProgressBar() as progress:
                growth = benchmark_growth(
                    vectors,
                    n_additions=options["additions"],
                    perplexity=options["perplexity"],
                    random_state=options["seed"],
                    n_jobs=options["threads"],
                    on_progress=progress,
                )
            self.stdout.write(json.dumps(vars(growth)) if options["json"] else growth.describe())


def _size(text: str) -> int:
    if not text.isdecimal() or int(text) < 1000:
        raise ArgumentTypeError(f"expected a number of at least 1000, got {text!r}")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"expected a number of at least 1, got {text!r}")
    return int(text)


def _inputs(options: dict[str, Any]) -> Any:
    """Vectors, one set after another, so that only one lies in memory."""
    from catalog.layout.benchmark import synthetic_vectors

    path = options["vectors"]
    if path is not None and options["n"] is not None:
        raise CommandError("Expected --vectors or --n, got both: a file brings its own number of rows.")
    if path is None:
        for n in options["n"] or [80_984]:
            yield synthetic_vectors(n, random_state=options["seed"])
        return
    try:
        yield np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise CommandError(f"Expected a .npy file of numbers at {path}: {error}") from error


def describe(result: dict[str, Any]) -> str:
    """A table for people."""
    lines = [
        f"{result['n_samples']:,} x {result['n_features']}, perplexity {result['perplexity']:g}, "
        f"{result['n_threads']} threads; peak memory {result['peak_memory_bytes'] / 1e9:.2f} GB",
        f"Kernels compiled, or loaded from disk, in {result['compile_seconds']:.1f} s, not counted below",
        f"{'':18} {'seconds':>9} {'ratio':>7} {'KL':>9} {'recall@10':>10}   stages",
    ]
    slowest = max(score["seconds"] for score in result["scores"] if len(score["stage_seconds"]) > 1)
    for score in result["scores"]:
        stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in score["stage_seconds"].items())
        whole = len(score["stage_seconds"]) > 1
        ratio = f"1/{slowest / score['seconds']:.1f}" if whole and score["seconds"] < slowest else "1" if whole else "–"
        error = f" ± {score['kl_standard_error']:.1g}" if score["kl_standard_error"] else ""
        lines.append(
            f"{score['name']:18} {score['seconds']:9.1f} {ratio:>7} {score['kl_divergence']:9.4f}{error} "
            f"{score['knn_recall_at_10']:10.4f}   {stages}"
        )
    lines.append(
        f"KL against {result['reference']}; recall of {min(10_000, result['n_samples']):,} rows; "
        f"our search found {result['neighbours_found']:.1%} of the true neighbours."
    )
    return "\n".join(lines)
