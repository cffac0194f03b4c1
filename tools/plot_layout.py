"""Draw how long layouts take: `python tools/plot_layout.py docs/layout-figures.json docs/pictures/layout-time.svg`.

The figures are those of `manage.py benchmark layout --json`, put together by hand: a list of series, each with a name, whether
its last points are extrapolated, and pairs of (images, seconds).
"""

import json
import math
import sys
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 30, 50
SIZES = (8_000, 1_200_000)
SECONDS = (1, 40_000)
COLOURS = ("#1f6feb", "#d1571b")


def main() -> None:
    """Read the figures and write the picture."""
    figures, picture = Path(sys.argv[1]), Path(sys.argv[2])
    picture.write_text(draw(json.loads(figures.read_text(encoding="utf-8"))["time"]), encoding="utf-8")


def draw(series: list[dict[str, Any]]) -> str:
    """Return an SVG with both axes logarithmic; what was not measured is dashed and hollow."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        "<title>Seconds of a layout against the number of images, on two cores</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for n in (10_000, 50_000, 100_000, 500_000, 1_000_000):
        parts += _grid_line(_x(n), TOP, _x(n), HEIGHT - BOTTOM)
        parts.append(_text(_x(n), HEIGHT - BOTTOM + 20, f"{n:,}", anchor="middle"))
    for seconds, name in ((1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min"), (3600, "1 h"), (36_000, "10 h")):
        parts += _grid_line(LEFT, _y(seconds), WIDTH - RIGHT, _y(seconds))
        parts.append(_text(LEFT - 8, _y(seconds) + 4, name, anchor="end"))
    for line, colour in zip(series, COLOURS, strict=False):
        measured = [(_x(n), _y(s)) for n, s in line["measured"]]
        guessed = [(_x(n), _y(s)) for n, s in line.get("extrapolated", [])]
        parts.append(_path(measured, colour, ""))
        if guessed:
            parts.append(_path([measured[-1], *guessed], colour, ' stroke-dasharray="5 5"'))
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in measured]
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#fff" stroke="{colour}"/>' for x, y in guessed]
        x, y = (guessed or measured)[-1]
        parts.append(_text(x + 10, y + 4, line["name"], fill=colour))
        if guessed:
            parts.append(_text(x + 10, y + 20, "(extrapolated)", fill=colour))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(n: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * _share(n, SIZES)


def _y(seconds: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * _share(seconds, SECONDS)


def _share(value: float, limits: tuple[int, int]) -> float:
    return math.log(value / limits[0]) / math.log(limits[1] / limits[0])


def _grid_line(x1: float, y1: float, x2: float, y2: float) -> list[str]:
    return [f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dddddd"/>']


def _path(points: list[tuple[float, float]], colour: str, dashes: str) -> str:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _text(x: float, y: float, text: str, anchor: str = "start", fill: str = "#444444") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">{text}</text>'


if __name__ == "__main__":
    main()
