"""A picture's dominant colours: weighted k-means in OKLab, the same answer for the same picture every time.

OKLab: Björn Ottosson, "A perceptual color space for image processing" (2020); equal steps in it look equally large.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

MODEL_ID: Final = "dominant-colours/1"
N_COLOURS: Final = 10
N_ITERATIONS: Final = 6
MERGE_DISTANCE: Final = 0.04  # in OKLab; nearer colours look like one when not side by side
MIN_FRACTION: Final = 0.002
VIVID_CHROMA: Final = 0.2  # about the strongest that photographs hold
GREY_WEIGHT: Final = 0.3
CORNER_WEIGHT: Final = 0.3
PARAMETERS: Final = f"n={N_COLOURS} merge={MERGE_DISTANCE} min={MIN_FRACTION} grey={GREY_WEIGHT} corner={CORNER_WEIGHT}"

_RGB_TO_LMS: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    dtype=np.float32,
)
_LMS_TO_LAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    dtype=np.float32,
)
Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]


def annotate_colours(sample: npt.NDArray[np.uint8]) -> dict[str, Any]:
    """Find the dominant colours of a picture, as Cloud Vision gives them.

    Parameters
    ----------
    sample
        uint8, shape (height, width, 3), sRGB; the whole picture, scaled down.

    Returns
    -------
    dict
        `{"imagePropertiesAnnotation": {"dominantColors": {"colors": [{"color": {"red", "green", "blue"}, "score",
        "pixelFraction"}]}}}`: up to 10, the highest score first. `pixelFraction` is the share of the picture's area;
        together at most 1. `score` is prominence and sums to 1: area, where a pixel in a corner counts 0.3 of one in
        the middle, times vividness, 0.3 for grey to 1 for a chroma of 0.2.
    """
    colours, areas, prominences = _bin_colours(sample)
    lab = srgb_to_oklab(colours)
    nearest = _cluster(lab, areas)
    n_clusters = int(nearest.max()) + 1
    fractions = np.bincount(nearest, areas, n_clusters)
    sums = np.stack([np.bincount(nearest, areas * colours[:, c], n_clusters) for c in range(3)], axis=1)
    means: Floats = (sums / fractions[:, None]).astype(np.float32)
    chroma = np.hypot(*srgb_to_oklab(means)[:, 1:].T)
    vividness = GREY_WEIGHT + (1 - GREY_WEIGHT) * np.minimum(chroma / VIVID_CHROMA, 1)
    scores = np.bincount(nearest, prominences, n_clusters) * vividness
    kept = fractions >= MIN_FRACTION
    scores = scores / scores[kept].sum()
    order = [i for i in np.argsort(-scores, kind="stable") if kept[i]]
    return {
        "imagePropertiesAnnotation": {
            "dominantColors": {"colors": [_colour(means[i], scores[i], fractions[i]) for i in order]}
        }
    }


def _colour(mean: Floats, score: float, fraction: float) -> dict[str, Any]:
    red, green, blue = (round(float(channel)) for channel in mean)
    # Rounded down, so that the fractions of all never add up to more than 1.
    return {
        "color": {"red": red, "green": green, "blue": blue},
        "score": round(float(score), 4),
        "pixelFraction": float(np.floor(fraction * 1e4) / 1e4),
    }


def srgb_to_oklab(colours: Floats) -> Floats:
    """Convert 8-bit sRGB values, float32 (n, 3) in 0..255, to OKLab, float32 (n, 3)."""
    scaled = colours / np.float32(255)
    linear = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4).astype(np.float32)
    lab: Floats = np.cbrt(linear @ _RGB_TO_LMS.T) @ _LMS_TO_LAB.T
    return lab


@cache
def _centre_weights(height: int, width: int) -> npt.NDArray[np.float64]:
    """1 in the middle, CORNER_WEIGHT in the corners; flat, shape (height * width,)."""
    y, x = np.mgrid[-1 : 1 : complex(0, height), -1 : 1 : complex(0, width)]
    weights: npt.NDArray[np.float64] = 1 - (1 - CORNER_WEIGHT) * (x**2 + y**2) / 2
    return weights.ravel()


def _bin_colours(sample: npt.NDArray[np.uint8]) -> tuple[Floats, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Put pixels of nearly the same colour together: a few hundred mean colours stand for 4,096 pixels.

    Returns the mean colours (n, 3), their shares of the area (n,), and of the area weighted by nearness to the middle.
    """
    height, width, _ = sample.shape
    pixels = sample.reshape(-1, 3)
    high = (pixels >> 4).astype(np.intp)
    _, bins, counts = np.unique(high[:, 0] << 8 | high[:, 1] << 4 | high[:, 2], return_inverse=True, return_counts=True)
    sums = np.stack([np.bincount(bins, pixels[:, c]) for c in range(3)], axis=1)
    weights = _centre_weights(height, width)
    means = (sums / counts[:, None]).astype(np.float32)
    return means, counts / len(pixels), np.bincount(bins, weights) / weights.sum()


def _cluster(lab: Floats, areas: npt.NDArray[np.float64]) -> Indices:
    """Give each colour (n, 3) the number of its cluster (n,), at most N_COLOURS of them, none empty.

    Starts from the commonest colour, then each time from the one worst served, so nothing is left to chance.
    """
    centres = [lab[int(areas.argmax())]]
    distances = ((lab - centres[0]) ** 2).sum(axis=1)
    while len(centres) < N_COLOURS and distances.max() > MERGE_DISTANCE**2:
        centres.append(lab[int((distances * areas).argmax())])
        distances = np.minimum(distances, ((lab - centres[-1]) ** 2).sum(axis=1))
    found = np.array(centres)
    nearest = _nearest(lab, found)
    for _ in range(N_ITERATIONS):
        weights = np.bincount(nearest, areas, len(found))
        sums = np.stack([np.bincount(nearest, areas * lab[:, c], len(found)) for c in range(3)], axis=1)
        found = (sums[weights > 0] / weights[weights > 0, None]).astype(np.float32)
        nearest = _nearest(lab, found)
    nearest = _merge_near(found)[nearest]
    numbers: Indices = np.unique(nearest, return_inverse=True)[1]
    return numbers


def _nearest(lab: Floats, centres: Floats) -> Indices:
    # |a - b|² without |a|², which is the same for every centre.
    distances = (centres**2).sum(axis=1) - 2 * (lab @ centres.T)
    nearest: Indices = distances.argmin(axis=1)
    return nearest


def _merge_near(centres: Floats) -> Indices:
    """Give each centre (k, 3) the first centre that looks like it, itself if none."""
    near = ((centres[:, None] - centres) ** 2).sum(axis=2) < MERGE_DISTANCE**2
    first: Indices = near.argmax(axis=1)
    return first[first]  # where a centre's like has a like of its own, all three become one
