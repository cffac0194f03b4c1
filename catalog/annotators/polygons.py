"""Corners as Cloud Vision gives them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]


class Frame(NamedTuple):
    """The upright picture, in pixels: all coordinates of answers lie in it."""

    width: int
    height: int


def box_to_points(left: float, top: float, right: float, bottom: float) -> Points:
    """The corners of a box, float64 (4, 2), clockwise from the top left."""
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float64)


def bounding_box(points: Points) -> Points:
    """The corners (4, 2) of the smallest upright box around points (n, 2)."""
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return box_to_points(left, top, right, bottom)


def to_polygon(points: Points, scale: Points, frame: Frame) -> dict[str, Any]:
    """A BoundingPoly: whole pixels within the frame; like Google's JSON it leaves out a coordinate that is zero.

    Parameters
    ----------
    points
        Shape (n, 2), x and y in the pixels of what was looked at.
    scale
        Shape (2,): pixels of the frame for one of those.
    """
    whole = np.clip(np.rint(points * scale), 0, [frame.width, frame.height]).astype(int)
    return {"vertices": [{axis: int(at) for axis, at in zip("xy", point, strict=True) if at} for point in whole]}
