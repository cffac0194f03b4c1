"""Colours for clusters: bright on the dark sky, and told apart by colour-blind eyes too."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# The candidates: even steps of OKLCH. Lightness 0.66 stands out from #05060a at more than 5:1; above 0.90 hues pale to white,
# and below chroma 0.11 they grey. Of the grids tried, this one keeps the nearest two of 25 and of 40 farthest apart.
LIGHTNESSES = (0.66, 0.74, 0.82, 0.90)
CHROMAS = (0.11, 0.15, 0.19)
HUE_STEP = 10  # degrees
FIRST_HUE = 250  # blue: the first colour is the largest cluster's, and the calmest

# Ottosson, "A perceptual color space for image processing" (2020): OKLab to cone responses (cubed), those to linear sRGB.
_LAB_TO_LMS = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
)
_LMS_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
# Machado, Oliveira and Fernandes (IEEE TVCG 15, 2009), severity 1.0, on linear sRGB: what dichromats see.
_PROTANOPIA = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)
_DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)
# Two colours that only colour-blind eyes confuse are less bad than two that everybody confuses.
_COLOUR_BLIND_WEIGHT = 1.4

Floats = NDArray[np.float64]


def cluster_palette(n: int) -> list[str]:
    """Return n colours, each as far as can be from those before it.

    From an even OKLCH grid, each next colour is the one whose nearest earlier neighbour is farthest, measured in OKLab as seen by
    common, red-blind and green-blind eyes, whichever sees least difference. The first n colours are the same whatever n is, so a
    galaxy that gains a cluster keeps its colours. From a few hundred on, the colours start again.

    Parameters
    ----------
    n: how many, at least 0.

    Returns
    -------
    n strings "#rrggbb"; the nearest two of the first 25 differ by 0.05 in OKLab (0.035 to colour-blind eyes), of the
    first 40 by 0.04 (0.02); 0.02 is about the least that is seen.

    Raises
    ------
    ValueError: n below 0.
    """
    if n < 0:
        raise ValueError(f"Expected a number of colours of at least 0, got {n}.")
    ordered = _ordered_colours()
    return [ordered[i % len(ordered)] for i in range(n)]


@lru_cache(maxsize=1)
def _ordered_colours() -> tuple[str, ...]:
    linear = _candidates()
    views = [
        (_linear_to_lab(linear), 1.0),
        (_linear_to_lab(np.clip(linear @ _PROTANOPIA.T, 0, 1)), _COLOUR_BLIND_WEIGHT),
        (_linear_to_lab(np.clip(linear @ _DEUTERANOPIA.T, 0, 1)), _COLOUR_BLIND_WEIGHT),
    ]
    order: list[int] = []
    nearest = np.full(len(linear), np.inf)
    following = 0
    for _ in range(len(linear)):
        order.append(following)
        for lab, weight in views:
            nearest = np.minimum(nearest, weight * np.linalg.norm(lab - lab[following], axis=1))
        nearest[order] = -1.0
        following = int(np.round(nearest, 9).argmax())
    return tuple(_to_hex(linear[i]) for i in order)


def _candidates() -> Floats:
    """Return the grid's colours that a screen can show, linear sRGB (n, 3), the calm first blue at index 0."""
    hues = (FIRST_HUE + np.arange(0, 360, HUE_STEP)) % 360
    lightness, chroma, hue = (
        axis.ravel() for axis in np.meshgrid((0.78, *LIGHTNESSES), CHROMAS, np.radians(hues), indexing="ij")
    )
    lab = np.column_stack((lightness, chroma * np.cos(hue), chroma * np.sin(hue)))
    linear = (lab @ _LAB_TO_LMS.T) ** 3 @ _LMS_TO_RGB.T
    shown = linear[((linear >= 0) & (linear <= 1)).all(axis=1)]
    _, first = np.unique(shown.round(9), axis=0, return_index=True)
    return np.asarray(shown[np.sort(first)])


def _linear_to_lab(linear: Floats) -> Floats:
    lms = np.cbrt(linear @ np.linalg.inv(_LMS_TO_RGB).T)
    return np.asarray(lms @ np.linalg.inv(_LAB_TO_LMS).T)


def _to_hex(linear: Floats) -> str:
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)
    red, green, blue = np.clip(np.round(255 * encoded), 0, 255).astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"
