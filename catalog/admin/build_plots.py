"""Plots of a build as inline SVG, drawn on the server. Pure: numbers and names in, markup out.

The content security policy forbids inline styles and scripts, so colours are attributes (clusters') or classes (the theme's).
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

__all__ = ["Dot", "bar", "line_chart", "map_plot", "map_reach"]

MAP_SIZE = 400  # of the drawing's own units, as all lengths below
LEAST_DOT, LARGEST_DOT = 3.0, 8.0
CHART_WIDTH, CHART_HEIGHT = 280, 120
CHART_LEFT, CHART_RIGHT, CHART_TOP, CHART_BOTTOM = 54, 266, 12, 98  # of the axes


class Dot(NamedTuple):
    """An image on the map: its position, and its cluster's colour as "#rrggbb"."""

    x: float
    y: float
    z: float
    colour: str


def map_reach(*maps: Sequence[Dot]) -> float:
    """How far from the origin the plots must reach to show all of the maps at one scale."""
    return max((abs(value) for dots in maps for dot in dots for value in dot[:3]), default=0.0) or 1.0


def map_plot(dots: Sequence[Dot], *, axes: str, reach: float, name: str, title: str, description: str) -> SafeString:
    """The map seen along one axis: `axes` "xy" or "xz", to the right and up; on the dark sky that clusters' colours are made for.

    One path a colour, the largest first so that small clusters stay visible: 3,000 images are 35 KB, as circles they
    would be 150. `name` makes the ids of title and description unique on the page.
    """
    right, up = (Dot._fields.index(axis) for axis in axes)
    scale = 0.48 * MAP_SIZE / reach
    moves: dict[str, list[str]] = defaultdict(list)
    for dot in dots:
        x, y = MAP_SIZE / 2 + scale * dot[right], MAP_SIZE / 2 - scale * dot[up]  # type: ignore[operator]  # right and up are numbers
        moves[dot.colour].append(f"M{x:.0f} {y:.0f}h0")
    paths = sorted(moves.items(), key=lambda item: -len(item[1]))
    width = min(LARGEST_DOT, max(LEAST_DOT, 90 / math.sqrt(len(dots) or 1)))
    return format_html(
        '<svg class="galaxy-map" viewBox="0 0 {size} {size}" role="img"'
        ' aria-labelledby="{name}-title" aria-describedby="{name}-desc">'
        '<title id="{name}-title">{title}</title><desc id="{name}-desc">{description}</desc>'
        '<rect width="{size}" height="{size}"/><g stroke-width="{width}">{paths}</g></svg>',
        size=MAP_SIZE,
        name=name,
        title=title,
        description=description,
        width=f"{width:.1f}",
        paths=format_html_join("", '<path stroke="{}" d="{}"/>', ((colour, "".join(parts)) for colour, parts in paths)),
    )


def bar(share: float, colour: str = "") -> SafeString:
    """A bar as long as `share` (0 to 1) of its place, in a cluster's colour or the theme's; the number stands beside it."""
    fill = format_html(' fill="{}"', colour) if colour else ""
    return format_html(
        '<svg class="galaxy-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="10"{}/></svg>',
        f"{100 * min(max(share, 0.0), 1.0):.1f}",
        fill,
    )


def line_chart(
    values: Sequence[tuple[int, float | None]],
    *,
    name: str,
    title: str,
    as_percent: bool = False,
    from_zero: bool = False,
) -> SafeString:
    """One measure over the builds (number, value), oldest first; a build without it interrupts the line. "" without any value.

    The lowest and the highest value are written on the axis, which need not begin at 0 unless `from_zero`.
    """
    known = [value for _, value in values if value is not None]
    if not known:
        return SafeString("")
    low, high = (0.0 if from_zero else min(known)), max(known)
    margin = 0.15 * (high - low) or 0.05 * abs(high) or 1.0
    bottom, top = (low if from_zero else low - margin), high + margin

    def show(value: float) -> str:
        return f"{100 * value:.1f} %" if as_percent else f"{value:.3f}"

    def x(i: int) -> str:
        return f"{CHART_LEFT + i * (CHART_RIGHT - CHART_LEFT) / max(len(values) - 1, 1):.1f}"

    def y(value: float) -> str:
        return f"{CHART_TOP + (CHART_BOTTOM - CHART_TOP) * (top - value) / (top - bottom):.1f}"

    places = [(x(i), y(value), number, show(value)) for i, (number, value) in enumerate(values) if value is not None]
    line, pen = "", "M"
    for i, (_, value) in enumerate(values):
        line += f"{pen}{x(i)} {y(value)}" if value is not None else ""
        pen = "M" if value is None else "L"
    ticks = [(f"{CHART_LEFT - 8}", y(value), "end", show(value)) for value in sorted({low, high})]
    ticks += [(x(i), f"{CHART_HEIGHT - 4}", "middle", f"{values[i][0]}") for i in sorted({0, len(values) - 1})]
    return format_html(
        '<svg class="galaxy-chart" viewBox="0 0 {width} {height}" role="img"'
        ' aria-labelledby="{name}-title" aria-describedby="{name}-desc">'
        '<title id="{name}-title">{title}</title><desc id="{name}-desc">{described}</desc>'
        '<path class="axis" d="M{left} {top}V{bottom}H{right}"/>{ticks}<path class="line" d="{line}"/>{dots}</svg>',
        width=CHART_WIDTH,
        height=CHART_HEIGHT,
        name=name,
        title=title,
        described="; ".join(f"build {number}: {text}" for _, _, number, text in places),
        left=CHART_LEFT,
        top=CHART_TOP,
        bottom=CHART_BOTTOM,
        right=CHART_RIGHT,
        ticks=format_html_join("", '<text x="{}" y="{}" text-anchor="{}">{}</text>', ticks),
        line=line,
        dots=format_html_join("", '<circle cx="{}" cy="{}" r="3.5"><title>build {}: {}</title></circle>', places),
    )
