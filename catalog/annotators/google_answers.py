"""Cloud Vision's answers as documents: one part a feature, in pixels of the upright picture."""

from __future__ import annotations

from typing import Any, Final

from google.cloud import vision_v1
from google.protobuf.json_format import MessageToDict

from catalog.annotators.base import Answer, AnswerError, Failure, PictureToAnnotate
from catalog.annotators.features import Feature
from catalog.annotators.google_client import classify_status

Document = dict[str, Any]

# Plain and dense text fill the same keys; asked together, Cloud Vision answers both as dense text.
KEYS: Final[dict[Feature, tuple[str, ...]]] = {
    Feature.LABEL_DETECTION: ("labelAnnotations",),
    Feature.OBJECT_LOCALIZATION: ("localizedObjectAnnotations",),
    Feature.FACE_DETECTION: ("faceAnnotations",),
    Feature.LANDMARK_DETECTION: ("landmarkAnnotations",),
    Feature.LOGO_DETECTION: ("logoAnnotations",),
    Feature.TEXT_DETECTION: ("textAnnotations", "fullTextAnnotation"),
    Feature.DOCUMENT_TEXT_DETECTION: ("textAnnotations", "fullTextAnnotation"),
    Feature.SAFE_SEARCH_DETECTION: ("safeSearchAnnotation",),
    Feature.IMAGE_PROPERTIES: ("imagePropertiesAnnotation",),
    Feature.CROP_HINTS: ("cropHintsAnnotation",),
    Feature.WEB_DETECTION: ("webDetection",),
}


def response_to_json(response: vision_v1.AnnotateImageResponse) -> Document:
    """A message as camelCase JSON; like Google's REST, it leaves out what is zero or empty."""
    document: Document = MessageToDict(vision_v1.AnnotateImageResponse.pb(response))
    return document


def answer_from_json(picture: PictureToAnnotate, response: Document, sent_width: int, sent_height: int) -> Answer:
    """One picture's AnnotateImageResponse as an answer; what it lacks was looked for and not found.

    Parameters
    ----------
    sent_width, sent_height: of the file that was sent, whose pixels the response speaks of.
    """
    scaled = scale_coordinates(response, picture.width / sent_width, picture.height / sent_height)
    for page in scaled.get("fullTextAnnotation", {}).get("pages", []):
        page |= {"width": picture.width, "height": picture.height}
    error = response.get("error")
    answer = Answer(picture.sha256)
    for feature in picture.features:
        document = {key: scaled[key] for key in KEYS[feature] if key in scaled}
        if error and not document:
            message = f"Cloud Vision refused the picture: {error.get('message') or 'it gave no reason'}"
            answer.errors[feature] = AnswerError(classify_status(int(error.get("code", 0))), message)
        else:
            answer.documents[feature] = document
    return answer


def fail(picture: PictureToAnnotate, failure: Failure, message: str) -> Answer:
    """The same error for every feature of a picture."""
    return Answer(picture.sha256, errors=dict.fromkeys(picture.features, AnswerError(failure, message)))


def scale_coordinates(value: Any, x: float, y: float) -> Any:
    """Scale all `vertices` (whole pixels) and `position`s of a document; normalized ones are shares, and stay."""
    if x == 1 and y == 1:
        return value
    if isinstance(value, list):
        return [scale_coordinates(item, x, y) for item in value]
    if not isinstance(value, dict):
        return value
    scaled: Document = {}
    for key, item in value.items():
        if key == "vertices":
            scaled[key] = [{axis: round(at * (x if axis == "x" else y)) for axis, at in v.items()} for v in item]
        elif key == "position":
            # Depth has the scale of the width, as Cloud Vision's face landmarks do.
            scaled[key] = {axis: at * (y if axis == "y" else x) for axis, at in item.items()}
        else:
            scaled[key] = scale_coordinates(item, x, y)
    return scaled
