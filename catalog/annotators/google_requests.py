"""Pictures as requests to Cloud Vision, packed to its limits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from google.cloud import vision_v1

from catalog.annotators.base import AnnotateOptions, PictureFile, PictureToAnnotate
from catalog.annotators.features import Feature

# Cloud Vision's quotas: images a request, bytes of a request as JSON, bytes of an image in Cloud Storage.
MAX_IMAGES: Final = 16
MAX_REQUEST_BYTES: Final = 10_000_000
MAX_IMAGE_BYTES: Final = 20_000_000
JSON_OVERHEAD_BYTES: Final = 2_000  # of an image's features and context, generously

MAX_RESULTS: Final = 50
FEATURE_TYPES: Final = {feature: vision_v1.Feature.Type.__members__[feature.value] for feature in Feature}
TEXT_FEATURES: Final = frozenset({Feature.TEXT_DETECTION, Feature.DOCUMENT_TEXT_DETECTION})


def choose_file(picture: PictureToAnnotate) -> PictureFile:
    """The original where it is within the limits, else the view rendition: 2,048 pixels, which fits always."""
    original = picture.original
    if original is None:
        return picture.view
    if original.uri:
        return original if original.size_bytes <= MAX_IMAGE_BYTES else picture.view
    return original if _json_bytes(original) <= MAX_REQUEST_BYTES else picture.view


def build_request(
    image: vision_v1.Image, features: Collection[Feature], options: AnnotateOptions
) -> vision_v1.AnnotateImageRequest:
    """One picture's request: the bytes or their address, its features, and the languages to expect."""
    context = vision_v1.ImageContext()
    if options.language_hints and TEXT_FEATURES & set(features):
        context.language_hints = list(options.language_hints)
    if options.crop_ratios and Feature.CROP_HINTS in features:
        context.crop_hints_params = vision_v1.CropHintsParams(aspect_ratios=options.crop_ratios)
    wanted = [vision_v1.Feature(type_=FEATURE_TYPES[feature], max_results=MAX_RESULTS) for feature in features]
    return vision_v1.AnnotateImageRequest(image=image, features=wanted, image_context=context)


def image_at(uri: str) -> vision_v1.Image:
    """An image by its address."""
    return vision_v1.Image(source=vision_v1.ImageSource(image_uri=uri))


def read_image(file: PictureFile) -> vision_v1.Image:
    """An image by its address where it has one, else its bytes. Raises whatever reading the file raises."""
    return image_at(file.uri) if file.uri else vision_v1.Image(content=file.read())


def pack(files: Sequence[PictureFile]) -> Iterator[list[int]]:
    """Cut into requests of at most 16 images and 10 MB of JSON, in order; gives the places in `files`."""
    request: list[int] = []
    size = 0
    for number, file in enumerate(files):
        more = JSON_OVERHEAD_BYTES if file.uri else _json_bytes(file)
        if request and (len(request) == MAX_IMAGES or size + more > MAX_REQUEST_BYTES):
            yield request
            request, size = [], 0
        request.append(number)
        size += more
    if request:
        yield request


def _json_bytes(file: PictureFile) -> int:
    """How long a file is as base64 in a request of its own."""
    return JSON_OVERHEAD_BYTES + file.size_bytes * 4 // 3
