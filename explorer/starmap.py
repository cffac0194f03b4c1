"""A galaxy as a small star map: where on a card each group glows, and which of them have room for a picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["HEIGHT", "WIDTH", "Glow", "Star", "draw_starmap"]

# In the units of the SVG's view box.
WIDTH = 400
HEIGHT = 250
MARGIN = 46
MIN_PICTURE_RADIUS = 14.0
MAX_PICTURE_RADIUS = 38.0
GAP = 5.0
MAX_PICTURES = 12
# How much longer one axis may be drawn than the other, so that a round galaxy fills a wide card.
MAX_STRETCH = 1.5
MAX_SCALE = 1e6  # of a map whose stars all lie in one place


@dataclass(frozen=True)
class Star:
    """One group: its place in the build, how many images it has, its colour #rrggbb and, if it has one, its picture."""

    x: float
    y: float
    n_images: int
    colour: str
    picture_url: str = ""


@dataclass(frozen=True)
class Glow:
    """A star on the map: centre and radius of its picture (or of its core), and the radius of the light around it."""

    cx: float
    cy: float
    r: float
    halo: float
    colour: str
    picture_url: str

    @property
    def box(self) -> dict[str, float]:
        """The square around the picture."""
        return {"x": round(self.cx - self.r, 1), "y": round(self.cy - self.r, 1), "side": round(2 * self.r, 1)}


def draw_starmap(stars: Sequence[Star]) -> list[Glow]:
    """Place stars on the map, the largest first; a star whose picture would cover another's stays a point of light.

    The map is the build seen along its z axis, centred, and stretched a little to fill the card.
    """
    if not stars:
        return []
    low_x, high_x = min(star.x for star in stars), max(star.x for star in stars)
    low_y, high_y = min(star.y for star in stars), max(star.y for star in stars)
    scale_x = min((WIDTH - 2 * MARGIN) / max(high_x - low_x, 1e-9), MAX_SCALE)
    scale_y = min((HEIGHT - 2 * MARGIN) / max(high_y - low_y, 1e-9), MAX_SCALE)
    scale_x, scale_y = min(scale_x, MAX_STRETCH * scale_y), min(scale_y, MAX_STRETCH * scale_x)
    largest = max(star.n_images for star in stars)
    glows: list[Glow] = []
    pictures: list[Glow] = []
    for star in sorted(stars, key=lambda star: -star.n_images):
        cx = WIDTH / 2 + (star.x - (low_x + high_x) / 2) * scale_x
        cy = HEIGHT / 2 - (star.y - (low_y + high_y) / 2) * scale_y
        # Area tells the number of images, so the radius goes with its root.
        share = math.sqrt(star.n_images / largest)
        radius = max(MIN_PICTURE_RADIUS, MAX_PICTURE_RADIUS * share)
        room = min((math.hypot(cx - p.cx, cy - p.cy) - p.r - GAP for p in pictures), default=radius)
        has_room = room >= MIN_PICTURE_RADIUS and len(pictures) < MAX_PICTURES
        if star.picture_url and has_room:
            glow = _glow(cx, cy, min(radius, room), share, star.colour, star.picture_url)
            pictures.append(glow)
        else:
            glow = _glow(cx, cy, 1.2 + 1.8 * share, share, star.colour, "")
        glows.append(glow)
    return glows


def _glow(cx: float, cy: float, r: float, share: float, colour: str, picture_url: str) -> Glow:
    halo = max(2.1 * r, 26 + 40 * share)
    return Glow(round(cx, 1), round(cy, 1), round(r, 1), round(halo, 1), colour, picture_url)
