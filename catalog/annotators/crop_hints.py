"""Where to cut a picture so that what matters stays in it: around faces, else around what stands out in colour.

What stands out: R. Achanta, S. Hemami, F. Estrada, S. Süsstrunk, "Frequency-tuned Salient Region Detection", CVPR 2009: how
far a pixel's colour, slightly blurred, is from the picture's mean colour; here in OKLab instead of CIELAB.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from catalog.annotators import faces as faces_
from catalog.annotators.colours import srgb_to_oklab
from catalog.annotators.faces import Faces
from catalog.annotators.polygons import Frame, box_to_points, to_polygon

MODEL_ID: Final = f"frequency-tuned-saliency+{faces_.MODEL_ID}/1"
RATIOS: Final = ((1, 1), (4, 3), (16, 9))
MAP_PX: Final = 96  # long side of the map of importance; scaling down to it is the blur
FACE_SHARE: Final = 0.8
"""If there are faces, they have this share of the importance together, and what stands out has the rest."""
PARAMETERS: Final = (
    f"ratios={'+'.join(f'{a}:{b}' for a, b in RATIOS)} map={MAP_PX} faces={FACE_SHARE} {faces_.PARAMETERS}"
)
Floats = npt.NDArray[np.float64]


def annotate_crops(picture: Image.Image, faces: Faces, frame: Frame, ratios: Sequence[float] = ()) -> dict[str, Any]:
    """Find for each aspect ratio the largest crop, and of its places the one that holds the most of what matters.

    Parameters
    ----------
    picture
        RGB, upright; of any size.
    faces
        Its faces, in its pixels.
    ratios
        Width by height of each crop, above 0; () stands for 1:1, 4:3 and 16:9.

    Returns
    -------
    dict
        `{"cropHintsAnnotation": {"cropHints": [{"boundingPoly", "confidence", "importanceFraction"}]}}`, one for each
        ratio. `importanceFraction` is the share of what matters that lies inside. `confidence` is how much of the rest
        this place saves over an average one: 0 if what matters is spread evenly, 1 if nothing is lost.
    """
    importance = find_importance(picture, faces)
    hints = [_hint(importance, ratio, frame) for ratio in ratios or [a / b for a, b in RATIOS]]
    return {"cropHintsAnnotation": {"cropHints": hints}}


def find_importance(picture: Image.Image, faces: Faces) -> Floats:
    """How much each part of a picture matters: float64, long side 96 (less for a smaller picture), its sum 1."""
    factor = min(1.0, MAP_PX / max(picture.size))
    width, height = (max(1, round(side * factor)) for side in picture.size)
    pixels = np.asarray(picture.resize((width, height), Image.Resampling.BOX, reducing_gap=2.0), dtype=np.float32)
    lab = srgb_to_oklab(pixels.reshape(-1, 3))
    standing_out = np.linalg.norm(lab - lab.mean(axis=0), axis=1).reshape(height, width).astype(np.float64)
    importance = _as_shares(standing_out)
    if len(faces.boxes):
        covered = np.zeros((height, width))
        for left, top, right, bottom in faces.boxes * factor:
            columns = slice(max(0, int(left)), max(1, int(np.ceil(right))))
            rows = slice(max(0, int(top)), max(1, int(np.ceil(bottom))))
            covered[rows, columns] = 1
        importance = FACE_SHARE * _as_shares(covered) + (1 - FACE_SHARE) * importance
    return importance


def _as_shares(weights: Floats) -> Floats:
    total = weights.sum()
    return weights / total if total > 0 else np.full(weights.shape, 1 / weights.size)


def _hint(importance: Floats, ratio: float, frame: Frame) -> dict[str, Any]:
    """The best place of the largest crop of width / height = ratio: it spans one side, and slides along the other."""
    slides_across = frame.width > frame.height * ratio
    share = frame.height * ratio / frame.width if slides_across else frame.width / ratio / frame.height
    profile = importance.sum(axis=0 if slides_across else 1)
    total_up_to = np.concatenate([[0], np.cumsum(profile)])
    places = np.arange(len(total_up_to))
    starts = np.linspace(0, len(profile) * (1 - share), 65)
    ends = np.minimum(starts + len(profile) * share, len(profile))
    inside = np.interp(ends, places, total_up_to) - np.interp(starts, places, total_up_to)
    # Of places that are as good as the best, the one nearest the middle.
    good = np.flatnonzero(inside >= inside.max() - 1e-3)
    best = int(good[np.abs(good - 32).argmin()])
    start, end = starts[best] / len(profile), ends[best] / len(profile)
    fraction = min(1.0, float(inside[best]))
    corners = box_to_points(start, 0, end, 1) if slides_across else box_to_points(0, start, 1, end)
    return {
        "boundingPoly": to_polygon(corners, np.array(frame, dtype=np.float64), frame),
        "confidence": round(max(0.0, (fraction - share) / (1 - share)) if share < 0.999 else 1.0, 4),
        "importanceFraction": round(fraction, 4),
    }
