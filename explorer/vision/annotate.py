"""From a BatchAnnotateImagesRequest to its response: each picture verified, looked at and forgotten.

Requests and answers go through Google's own message classes, so that what Google's server reads (camelCase or snake_case, enums by
name or number, base64) is read here, and what it would write is written. Nothing of a picture is stored.
"""

import json
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from google.cloud import vision_v1
from google.protobuf import json_format
from google.rpc import code_pb2

from catalog.annotators import (
    AnnotateOptions,
    Annotator,
    Answer,
    Feature,
    PictureFile,
    PictureToAnnotate,
    features_of,
    get_annotator,
)
from catalog.media import PictureError, verify_picture
from explorer.vision.errors import VisionError

MAX_IMAGES = 16
MAX_CROP_RATIOS = 16
MAX_BODY_BYTES = 10 * 1024**2
MAX_IMAGE_BYTES = 20 * 1024**2
DEFAULT_MAX_RESULTS = 10
# Lists that `maxResults` shortens; text and crop hints are always whole.
COUNTED_KEYS = {
    Feature.LABEL_DETECTION: "labelAnnotations",
    Feature.FACE_DETECTION: "faceAnnotations",
}
AT_ONCE = 2  # calls looked at by one process; their decoded pictures are what takes memory
WAIT_FOR_PLACE_S = 10.0

_places = BoundedSemaphore(AT_ONCE)


def parse_request(body: bytes) -> Any:
    """Read the JSON of a BatchAnnotateImagesRequest, as its protocol buffer.

    Raises
    ------
    VisionError: no such JSON, or more than 16 images.
    """
    message = vision_v1.BatchAnnotateImagesRequest.pb(vision_v1.BatchAnnotateImagesRequest())
    try:
        parsed = json.loads(body)
        if not isinstance(parsed, dict):
            raise json_format.ParseError("Expected an object.")
        json_format.ParseDict(parsed, message)
    except (json_format.ParseError, ValueError, RecursionError) as error:
        raise VisionError(HTTPStatus.BAD_REQUEST, f"Invalid JSON payload received. {error}") from error
    for number, item in enumerate(message.requests):
        _check(parsed["requests"][number], item, number)
    if len(message.requests) > MAX_IMAGES:
        raise VisionError(
            HTTPStatus.BAD_REQUEST, f"Too many images per request: {len(message.requests)}, at most {MAX_IMAGES}."
        )
    return message


def _check(given: Any, item: Any, number: int) -> None:
    """What the message class lets pass and Google's server does not. Raises VisionError."""
    for feature in item.features:
        if feature.type_ not in vision_v1.Feature.Type.__members__.values():
            raise VisionError(
                HTTPStatus.BAD_REQUEST,
                f"Invalid value at requests[{number}].features.type: {feature.type_} is no feature.",
            )
        if feature.max_results < 0:
            raise VisionError(
                HTTPStatus.BAD_REQUEST,
                f"Invalid value at requests[{number}].features.maxResults: it must not be negative.",
            )
    if len(item.image_context.crop_hints_params.aspect_ratios) > MAX_CROP_RATIOS:
        raise VisionError(HTTPStatus.BAD_REQUEST, f"Too many aspect ratios: at most {MAX_CROP_RATIOS} a picture.")
    if any(ratio <= 0 for ratio in item.image_context.crop_hints_params.aspect_ratios):
        where = f"requests[{number}].imageContext.cropHintsParams.aspectRatios"
        raise VisionError(HTTPStatus.BAD_REQUEST, f"Invalid value at {where}: each must be above 0.")
    content = (given.get("image") or {}).get("content", "")
    if content and not item.image.content:
        raise VisionError(
            HTTPStatus.BAD_REQUEST, f"Invalid value at requests[{number}].image.content: it is no base64."
        )


def annotate_batch(message: Any) -> list[dict[str, Any]]:
    """Look at each image of a request; gives AnnotateImageResponses as camelCase JSON, in order.

    Raises
    ------
    VisionError: the server is busy with other calls.
    """
    if not _places.acquire(timeout=WAIT_FOR_PLACE_S):
        raise VisionError(HTTPStatus.TOO_MANY_REQUESTS, "The server is busy; send it again later.", retry_after_s=30)
    try:
        annotator = get_annotator("local")
        # One after the other: a batch of large pictures, decoded together, would take a gigabyte.
        return [_annotate(annotator, item) for item in message.requests]
    finally:
        _places.release()


def _annotate(annotator: Annotator, item: Any) -> dict[str, Any]:
    features = list(dict.fromkeys(feature.type_ for feature in item.features if feature.type_))
    names = [vision_v1.Feature.Type(number).name for number in features]
    if not names or not (item.image.content or item.image.HasField("source")):
        return _error(code_pb2.INVALID_ARGUMENT, "Request must specify image and features.")
    if not item.image.content:
        return _error(
            code_pb2.INVALID_ARGUMENT, "This server fetches no addresses: send the picture's bytes as image.content."
        )
    if len(item.image.content) > MAX_IMAGE_BYTES:
        return _error(code_pb2.INVALID_ARGUMENT, f"Image larger than {MAX_IMAGE_BYTES} bytes.")
    known = set(Feature)
    wanted = tuple(Feature(name) for name in names if name in known and Feature(name) in features_of(annotator))
    missing = [name for name in names if name not in wanted]
    response: dict[str, Any] = {}
    if wanted:
        try:
            picture = _picture(item.image.content, wanted)
        except PictureError as error:
            return _error(code_pb2.INVALID_ARGUMENT, f"Bad image data. {error.message}")
        context = item.image_context
        options = AnnotateOptions(tuple(context.language_hints), tuple(context.crop_hints_params.aspect_ratios))
        [answer] = annotator.collect(annotator.submit([picture], options))
        response = _merge(answer, {vision_v1.Feature.Type(f.type_).name: f.max_results for f in item.features})
    if missing:
        response |= _error(code_pb2.UNIMPLEMENTED, f"Not available on this server: {', '.join(missing)}.")
    return response


def _picture(data: bytes, features: tuple[Feature, ...]) -> PictureToAnnotate:
    """Verify the bytes as an import does, and give their renditions to the annotator."""
    verified = verify_picture(data, max_megapixels=settings.GALAXY_MAX_MEGAPIXELS, max_bytes=MAX_IMAGE_BYTES)
    files = {
        made.kind: PictureFile(lambda made=made: made.data, made.width, made.height, len(made.data))  # type: ignore[misc]  # made is bound here
        for made in verified.renditions
    }
    return PictureToAnnotate(
        verified.sha256, features, verified.width, verified.height, small=files["small"], view=files["view"]
    )


def _merge(answer: Answer, max_results: dict[str, int]) -> dict[str, Any]:
    response: dict[str, Any] = {}
    for feature, document in sorted(answer.documents.items()):
        key = COUNTED_KEYS.get(feature)
        if key in document:
            document = {**document, key: document[key][: max_results.get(feature) or DEFAULT_MAX_RESULTS]}
        response |= {name: value for name, value in document.items() if value}
    if answer.errors:
        response |= _error(code_pb2.INTERNAL, f"Could not be looked at: {', '.join(sorted(answer.errors))}.")
    return response


def _error(code: int, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def to_json(response: dict[str, Any], *, enums_as_numbers: bool) -> dict[str, Any]:
    """An answer as Google writes it: through its message class, with enums by name or, as its clients ask, by number."""
    message = vision_v1.AnnotateImageResponse.pb(vision_v1.AnnotateImageResponse())
    json_format.ParseDict(response, message)
    written: dict[str, Any] = json_format.MessageToDict(message, use_integers_for_enums=enums_as_numbers)
    return written
