"""Cloud Vision's answers as documents: one part a feature, in pixels of the upright picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.cloud import vision_v1
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.rpc import code_pb2

from catalog.annotators.base import Answer, AnswerError, Failure, PictureFile, PictureToAnnotate
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


@dataclass(frozen=True)
class Asked:
    """What has to be known of a picture that was sent, to make its answer of Cloud Vision's."""

    sha256: str
    features: tuple[Feature, ...]
    width: int
    """Pixels of the upright picture."""
    height: int
    sent_width: int
    """Of the file that was sent, whose pixels the response speaks of."""
    sent_height: int
    uri: str = ""
    """Where the file was sent by its address."""

    @classmethod
    def of(cls, picture: PictureToAnnotate, file: PictureFile) -> Asked:
        """A picture, and the file that is sent for it."""
        size = (picture.width, picture.height, file.width, file.height)
        return cls(picture.sha256, picture.features, *size, uri=file.uri)


def response_to_json(response: vision_v1.AnnotateImageResponse) -> Document:
    """A message as camelCase JSON; like Google's REST, it leaves out what is zero or empty."""
    document: Document = MessageToDict(vision_v1.AnnotateImageResponse.pb(response))
    return document


def read_response(response: Document) -> Document | None:
    """An AnnotateImageResponse of a file that Cloud Vision wrote, in the form of `response_to_json`; None if it is none."""
    try:
        message = ParseDict(response, vision_v1.AnnotateImageResponse.pb()(), ignore_unknown_fields=True)
    except ParseError:
        return None
    document: Document = MessageToDict(message)
    return document


def answer_from_json(asked: Asked, response: Document, *, permission: Failure = Failure.DENIED) -> Answer:
    """One picture's AnnotateImageResponse as an answer; what it lacks was looked for and not found.

    Parameters
    ----------
    permission: what PERMISSION_DENIED in the response means, see `what_permission_means`.
    """
    scaled = scale_coordinates(response, asked.width / asked.sent_width, asked.height / asked.sent_height)
    for page in scaled.get("fullTextAnnotation", {}).get("pages", []):
        page |= {"width": asked.width, "height": asked.height}
    error = response.get("error")
    answer = Answer(asked.sha256)
    for feature in asked.features:
        document = {key: scaled[key] for key in KEYS[feature] if key in scaled}
        if error and not document:
            message = f"Cloud Vision refused the picture: {error.get('message') or 'it gave no reason'}"
            code = int(error.get("code", 0))
            failure = permission if code == code_pb2.PERMISSION_DENIED else classify_status(code)
            answer.errors[feature] = AnswerError(failure, message)
        else:
            answer.documents[feature] = document
    return answer


def what_permission_means(asked: Sequence[Asked], responses: Sequence[Document]) -> Failure:
    """Say what PERMISSION_DENIED inside the answers of one call is.

    Of a picture sent by its address it says that Cloud Vision could not open that file. One such file is its own misfortune,
    and the rest goes on; where it is all of several, the bucket is closed to Cloud Vision, and a person has to open it.
    """
    if not all(item.uri for item in asked):
        return Failure.DENIED
    denied = [response.get("error", {}).get("code") == code_pb2.PERMISSION_DENIED for response in responses]
    return Failure.DENIED if len(denied) > 1 and all(denied) else Failure.REFUSED


def fail(asked: Asked, failure: Failure, message: str) -> Answer:
    """The same error for every feature of a picture."""
    return Answer(asked.sha256, errors=dict.fromkeys(asked.features, AnswerError(failure, message)))


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
