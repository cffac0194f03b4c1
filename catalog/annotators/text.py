"""Printed text by RapidOCR: words in their lines, with where they are and how surely they were read.

RapidOCR (https://github.com/RapidAI/RapidOCR) runs PaddleOCR's PP-OCRv6 on ONNX Runtime; its models lie in its wheel.
"""

from __future__ import annotations

import logging
from typing import Any, Final

import numpy as np
from PIL import Image

from catalog.annotators.onnx_session import file_in_package
from catalog.annotators.text_layout import Line, Word

MODEL_ID: Final = "pp-ocrv6-small/1"
MIN_CONFIDENCE: Final = 0.8
"""Of a line. Below it, what is found in photographs is mostly fur, leaves and fences."""
MAX_SIDE_PX: Final = 2048
DETECT_SHORT_SIDE_PX: Final = 736  # smaller pictures are enlarged to it: what the detector was made for
MAX_ASPECT: Final = 4
MODELS: Final = {
    "Det": "models/PP-OCRv6_det_small.onnx",
    "Rec": "models/PP-OCRv6_rec_small.onnx",
    "Cls": "models/ch_ppocr_mobile_v2.0_cls_mobile.onnx",
}
PARAMETERS: Final = f"min={MIN_CONFIDENCE} side={DETECT_SHORT_SIDE_PX}..{MAX_SIDE_PX}"


class TextModel:
    """RapidOCR, ready to run. Safe to call from several threads at once: what a call changes is its own."""

    def __init__(self) -> None:
        """Import RapidOCR, about a second, and read its models, 32 MB.

        Nothing is downloaded: it does so only for a model that is not named as a file.
        """
        import cv2
        from rapidocr import RapidOCR

        # It is used for nothing but scaling here; its own threads would take the cores from the networks.
        cv2.setNumThreads(1)
        self._engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.return_word_box": True,
                "Global.text_score": MIN_CONFIDENCE,
                "Global.max_side_len": MAX_SIDE_PX,
                "Det.limit_side_len": DETECT_SHORT_SIDE_PX,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                **{f"{part}.model_path": str(file_in_package("rapidocr", name)) for part, name in MODELS.items()},
            }
        )
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)

    def read(self, picture: Image.Image) -> list[Line]:
        """Read an upright RGB picture. Coordinates are its pixels."""
        found: Any = self._engine(np.asarray(_fill_up(picture))[:, :, ::-1])
        if not getattr(found, "txts", None):  # where nothing could be read, it answers with boxes alone
            return []
        lines = []
        # Words are missing altogether when one of the lines could not be cut into any.
        words_of_lines = found.word_results if len(found.word_results or ()) == len(found.txts) else None
        for number, (text, box, score) in enumerate(zip(found.txts, found.boxes, found.scores, strict=True)):
            whole = Word(text.strip(), np.asarray(box, dtype=np.float64), float(score))
            words = [_word(*item) for item in words_of_lines[number]] if words_of_lines else []
            lines.append(Line(whole, [word for word in words if word.text] or [whole]))
        return [line for line in lines if line.whole.text]


def _fill_up(picture: Image.Image) -> Image.Image:
    """Make a strip less narrow, with white at the right or below: the detector enlarges the short side, at whatever cost."""
    width, height = picture.size
    least = -(-max(picture.size) // MAX_ASPECT)
    if min(picture.size) >= least:
        return picture
    filled = Image.new("RGB", (max(width, least), max(height, least)), "white")
    filled.paste(picture)
    return filled


def _word(text: str, score: float, box: Any) -> Word:
    return Word(text.strip(), np.asarray(box, dtype=np.float64), float(score))
