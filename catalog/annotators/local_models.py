"""What the local annotator can look for: which model answers, from which rendition, and each model loaded once."""

from __future__ import annotations

from threading import Lock
from typing import Any, Final, TypeVar

import numpy as np
from PIL import Image

from catalog.annotators import colours, crop_hints, faces, label_model, safe_search, text
from catalog.annotators.base import AnnotateOptions, PictureToAnnotate
from catalog.annotators.crop_hints import annotate_crops
from catalog.annotators.faces import FaceModel, Faces, annotate_faces
from catalog.annotators.features import Feature
from catalog.annotators.label_tree import load_label_tree
from catalog.annotators.pictures import to_colour_sample
from catalog.annotators.polygons import Frame
from catalog.annotators.safe_search import AdultModel, annotate_safety
from catalog.annotators.text import TextModel
from catalog.annotators.text_layout import annotate_text

STAGES: Final = (
    frozenset({Feature.LABEL_DETECTION, Feature.IMAGE_PROPERTIES}),
    frozenset(
        {
            Feature.FACE_DETECTION,
            Feature.SAFE_SEARCH_DETECTION,
            Feature.CROP_HINTS,
            Feature.TEXT_DETECTION,
            Feature.DOCUMENT_TEXT_DETECTION,
        }
    ),
)
FROM_SMALL: Final = STAGES[0] | {Feature.SAFE_SEARCH_DETECTION}
"""Answered from the small rendition."""
FROM_VIEW: Final = STAGES[1] - FROM_SMALL
MODEL_IDS: Final = {
    Feature.LABEL_DETECTION: label_model.MODEL_ID,
    Feature.IMAGE_PROPERTIES: colours.MODEL_ID,
    Feature.FACE_DETECTION: faces.MODEL_ID,
    Feature.SAFE_SEARCH_DETECTION: safe_search.MODEL_ID,
    Feature.CROP_HINTS: crop_hints.MODEL_ID,
    Feature.TEXT_DETECTION: text.MODEL_ID,
    Feature.DOCUMENT_TEXT_DETECTION: text.MODEL_ID,
}
Model = TypeVar("Model")


def parameters_of(feature: Feature, options: AnnotateOptions) -> str:
    """What else decides an answer; see Annotator. Raises KeyError for a feature that is not looked for."""
    if feature == Feature.LABEL_DETECTION:
        return load_label_tree().parameters
    if feature == Feature.CROP_HINTS and options.crop_ratios:
        return f"{crop_hints.PARAMETERS} asked={options.crop_ratios}"
    return {
        Feature.IMAGE_PROPERTIES: colours.PARAMETERS,
        Feature.FACE_DETECTION: faces.PARAMETERS,
        Feature.SAFE_SEARCH_DETECTION: safe_search.PARAMETERS,
        Feature.CROP_HINTS: crop_hints.PARAMETERS,
        Feature.TEXT_DETECTION: text.PARAMETERS,
        Feature.DOCUMENT_TEXT_DETECTION: text.PARAMETERS,
    }[feature]


class LocalModels:
    """The models, each loaded when it is first asked for. Safe to use from several threads at once."""

    def __init__(self) -> None:
        """Load nothing yet."""
        self._models: dict[type[Any], Any] = {}
        self._lock = Lock()

    def get(self, kind: type[Model]) -> Model:
        """The one model of this class; whoever else asks for any while it loads, waits."""
        with self._lock:
            if kind not in self._models:
                self._models[kind] = kind()
            model: Model = self._models[kind]
        return model


class SmallLook:
    """One picture's small rendition, for what is answered from it alone; labels are answered for several at once."""

    def __init__(self, models: LocalModels, small: Image.Image) -> None:
        """Take the decoded rendition."""
        self._models = models
        self._small = small

    def look(self, feature: Feature) -> dict[str, Any]:
        """Answer one feature."""
        if feature == Feature.IMAGE_PROPERTIES:
            return colours.annotate_colours(to_colour_sample(self._small))
        return annotate_safety(self._models.get(AdultModel).score(self._small))


class ViewLook:
    """One picture's view, for all features that are answered from it: faces are found once, and text is read once."""

    def __init__(
        self, models: LocalModels, picture: PictureToAnnotate, view: Image.Image, options: AnnotateOptions
    ) -> None:
        """Take the decoded view; nothing is looked for yet."""
        self._models = models
        self._view = view
        self._options = options
        self._frame = Frame(picture.width, picture.height)
        self._scale = np.array(self._frame, dtype=np.float64) / view.size
        self._faces: Faces | None = None
        self._text: dict[str, Any] | None = None

    def look(self, feature: Feature) -> dict[str, Any]:
        """Answer one feature."""
        if feature == Feature.FACE_DETECTION:
            return annotate_faces(self._found_faces(), self._scale, self._frame)
        if feature == Feature.CROP_HINTS:
            return annotate_crops(self._view, self._found_faces(), self._frame, self._options.crop_ratios)
        if self._text is None:
            self._text = annotate_text(self._models.get(TextModel).read(self._view), self._scale, self._frame)
        return self._text

    def _found_faces(self) -> Faces:
        if self._faces is None:
            self._faces = self._models.get(FaceModel).find(self._view)
        return self._faces
