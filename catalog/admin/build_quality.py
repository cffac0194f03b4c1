"""A build's measures in words and numbers, beside those of the build before it. Pure: what `Build.quality` holds in, rows out."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

__all__ = ["Measure", "Side", "compare_making", "compare_measures", "describe_groups", "describe_moves", "read_measure"]

LEAST_DIFFERENCE = 0.005  # half a percent: nobody sees less on the map, and a few other images already make as much
# The divergence grows with the number of images and falls with the perplexity: 2 % more or less of either moves it by some 0.02.
LIKE_SIZES = 0.02


@dataclass(frozen=True)
class Measure:
    """One number in `Build.quality`: where it is, what it is called, what it means."""

    key: str
    name: str
    meaning: str
    higher_is_better: bool
    as_percent: bool = False

    def show(self, value: float) -> str:
        """The value as people read it."""
        return (f"{100 * value:.2f} %" if self.as_percent else f"{value:.3f}").replace("-", "−")

    def show_difference(self, difference: float) -> str:
        """With its sign, unless it is nothing; shares differ by points."""
        number = f"{100 * difference:+.2f}" if self.as_percent else f"{difference:+.3f}"
        number = number.replace("-", "−") if float(number) else number[1:]
        return f"{number} points" if self.as_percent else number


@dataclass(frozen=True)
class Side:
    """What is compared of a build."""

    quality: dict[str, Any]
    parameters: dict[str, Any]
    n_images: int


MEASURES = [
    Measure(
        "trustworthiness",
        "Trustworthiness",
        "Whether neighbours on the map are like each other, from 0 to 1. A stranger among them costs more, the less alike it is.",
        higher_is_better=True,
    ),
    Measure(
        "knn_recall_at_10",
        "Recall at 10",
        "Which part of the ten nearest on the map are among the ten most alike, from 0 to 1.",
        higher_is_better=True,
    ),
    Measure(
        "knn_recall_at_10_before_spreading",
        "Recall before piles were loosened",
        "The same before pictures that hid each other were pushed apart. What is missing above is the price of seeing them all.",
        higher_is_better=True,
    ),
    Measure(
        "silhouette",
        "Silhouette",
        "How well groups stand apart on the map, from −1 (mixed) to 1 (far from each other).",
        higher_is_better=True,
    ),
    Measure(
        "kl_divergence",
        "KL divergence",
        "What t-SNE makes small, in nats: how much of who is near whom the map does not show.",
        higher_is_better=False,
    ),
    Measure(
        "moved.median",
        "Moved, half of the images",
        "Half of the images that were there before moved no farther, as a share of the galaxy’s radius.",
        higher_is_better=False,
        as_percent=True,
    ),
    Measure(
        "moved.p95",
        "Moved, 95 of 100 images",
        "95 of 100 of them moved no farther.",
        higher_is_better=False,
        as_percent=True,
    ),
]


def read_measure(quality: dict[str, Any], key: str) -> float | None:
    """The number under a key, "moved.median" being `quality["moved"]["median"]`; None where there is none."""
    value: Any = quality
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def compare_measures(this: Side, last: Side | None) -> list[dict[str, Any]]:
    """Rows of the measures that this build has: name, meaning, value, error, last, difference, verdict.

    The verdict is "better", "worse", "about the same" (within twice the standard error of the difference), "not comparable",
    or "" where there is nothing to compare with.
    """
    rows = []
    for measure in MEASURES:
        value = read_measure(this.quality, measure.key)
        if value is None:
            continue
        before = read_measure(last.quality, measure.key) if last else None
        error = read_measure(this.quality, f"standard_errors.{measure.key}")
        row = {
            "name": measure.name,
            "meaning": measure.meaning,
            "value": measure.show(value),
            "error": measure.show(error) if error else "",
            "last": "",
            "difference": "",
            "verdict": "",
        }
        if last is not None and before is not None:
            difference = value - before
            row["last"] = measure.show(before)
            row["difference"] = measure.show_difference(difference)
            row["verdict"] = _judge(measure, difference, this, last)
        rows.append(row)
    return rows


def _judge(measure: Measure, difference: float, this: Side, last: Side) -> str:
    if measure.key == "kl_divergence" and not _have_like_divergences(this, last):
        return "not comparable"
    errors = [read_measure(side.quality, f"standard_errors.{measure.key}") or 0.0 for side in (this, last)]
    if abs(difference) <= max(2 * math.hypot(*errors), LEAST_DIFFERENCE):
        return "about the same"
    return "better" if (difference > 0) == measure.higher_is_better else "worse"


def _have_like_divergences(this: Side, last: Side) -> bool:
    pairs = [(this.n_images, last.n_images), (_perplexity(this), _perplexity(last))]
    return all(a is not None and b is not None and abs(a - b) <= LIKE_SIZES * b for a, b in pairs)


def _perplexity(side: Side) -> float | None:
    """The one used, or where that was not noted the one asked for."""
    used = read_measure(side.quality, "perplexity")
    return read_measure(side.parameters, "perplexity") if used is None else used


def compare_making(this: Side, last: Side | None) -> list[dict[str, str]]:
    """Rows of how the builds were made: name, value, last; without a verdict, for a machine may have been busy."""
    sources: list[tuple[str, Callable[[Side], float | None], Callable[[float], str]]] = [
        ("Images", lambda side: side.n_images, lambda n: f"{n:,.0f}"),
        ("Perplexity", _perplexity, lambda value: f"{value:g}"),
        ("Iterations", lambda side: read_measure(side.quality, "n_iterations"), lambda n: f"{n:,.0f}"),
        ("Peak memory", lambda side: read_measure(side.quality, "peak_memory_bytes"), lambda n: f"{n / 1e6:,.0f} MB"),
    ]
    rows = [(name, read(this), read(last) if last else None, show) for name, read, show in sources]
    seconds, before = _stage_seconds(this), _stage_seconds(last) if last else {}
    stages = [(f"Seconds, {stage}", seconds[stage], before.get(stage), _show_seconds) for stage in seconds]
    if len(stages) > 1:
        total = sum(before.values()) if before else None
        stages.append(("Seconds in all", sum(seconds.values()), total, _show_seconds))
    measured = [
        {"name": name, "value": show(value), "last": "" if was is None else show(was)}
        for name, value, was, show in [*rows, *stages]
        if value is not None
    ]
    asked = [
        {
            "name": f"Parameter, {_parameter_name(name)}",
            "value": _show_parameter(name, value),
            "last": _show_last(name, last),
        }
        for name, value in this.parameters.items()
    ]
    return measured + asked


def _parameter_name(name: str) -> str:
    return (f"number of {name[2:]}" if name.startswith("n_") else name).replace("_", " ")


def _show_last(name: str, last: Side | None) -> str:
    return _show_parameter(name, last.parameters[name]) if last and name in last.parameters else ""


def _show_parameter(name: str, value: Any) -> str:
    if value is None:
        return "automatic" if name == "n_clusters" else "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _stage_seconds(side: Side) -> dict[str, float]:
    stages = side.quality.get("stage_seconds")
    return {str(stage): float(seconds) for stage, seconds in stages.items()} if isinstance(stages, dict) else {}


def _show_seconds(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def describe_groups(this: Side, last: Side | None) -> str:
    """How many groups there are and how large, "" where sizes were not kept."""
    sizes = sorted(this.quality.get("group_sizes") or [])
    if not sizes:
        return ""
    text = f"{len(sizes)} groups of {sizes[0]:,} to {sizes[-1]:,} images, half of them with at least {sizes[len(sizes) // 2]:,}"
    before = len(last.quality.get("group_sizes") or []) if last else 0
    return f"{text}; the last build had {before} groups." if before else f"{text}."


def describe_moves(quality: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the histogram of movement: between which shares of the radius, how many images, and their share of all."""
    moved = quality.get("moved") or {}
    histogram = moved.get("histogram") or {}
    edges, counts = histogram.get("edges") or [], histogram.get("counts") or []
    total = sum(counts)
    if not total:
        return []
    names = [f"{100 * low:g} to {100 * high:g} %" for low, high in pairwise(edges)]
    names.append(f"{100 * edges[-1]:g} % or more")
    return [{"name": name, "count": count, "share": count / total} for name, count in zip(names, counts, strict=True)]
