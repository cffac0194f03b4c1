"""What the annotator answered about an image, as one AnnotateImageResponse in Cloud Vision's camelCase JSON."""

import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from catalog.models import Annotation, Image

__all__ = ["assemble_document", "assemble_documents", "pack_payload", "read_colours", "read_failed", "read_payload"]

Document = dict[str, Any]

# What "looked, none found" looks like; "not looked for" is the absence of the key.
EMPTY_ANSWERS: dict[str, Document] = {
    "LABEL_DETECTION": {"labelAnnotations": []},
    "OBJECT_LOCALIZATION": {"localizedObjectAnnotations": []},
    "FACE_DETECTION": {"faceAnnotations": []},
    "LANDMARK_DETECTION": {"landmarkAnnotations": []},
    "LOGO_DETECTION": {"logoAnnotations": []},
    "TEXT_DETECTION": {"textAnnotations": []},
    "DOCUMENT_TEXT_DETECTION": {"fullTextAnnotation": {}},
    "SAFE_SEARCH_DETECTION": {"safeSearchAnnotation": {}},
    "IMAGE_PROPERTIES": {"imagePropertiesAnnotation": {}},
    "CROP_HINTS": {"cropHintsAnnotation": {}},
    "WEB_DETECTION": {"webDetection": {}},
}
RPC_INTERNAL = 13  # google.rpc.Code.INTERNAL
FAILED = "Failed: "
CHUNK = 500


def assemble_document(image: Image) -> Document:
    """The document of the image's current revision by its collection's annotator; {} when nobody looked yet."""
    return assemble_documents([image]).get(image.pk, {})


def assemble_documents(images: Sequence[Image]) -> dict[int, Document]:
    """The documents of many images by image id, in one query for each five hundred.

    A feature that was looked for is there, empty if nothing was found; one that was not looked for is absent; one that
    failed is absent and named in `error`, without the reason, which may speak of the house's inside. Images that nobody
    looked at are absent. Load `collection` and `current_revision` with the images.
    """
    wanted: dict[tuple[str, str], list[int]] = {}
    for image in images:
        if image.current_revision is not None:
            wanted.setdefault((image.collection.annotator, image.current_revision.sha256), []).append(image.pk)
    keys = list(wanted)
    documents: dict[int, Document] = {}
    for start in range(0, len(keys), CHUNK):
        for key, rows in _annotations_of(keys[start : start + CHUNK]).items():
            document = _merge(rows)
            documents |= dict.fromkeys(wanted.get(key, []), document)
    return documents


def read_colours(document: Document) -> list[dict[str, Any]]:
    """The dominant colours of a document, strongest first: [{"colour": "#rrggbb", "score", "pixel_fraction"}]."""
    answer = document.get("imagePropertiesAnnotation", {}).get("dominantColors", {}).get("colors", [])
    colours = [
        {
            "colour": "#" + "".join(f"{round(item['color'].get(part, 0)):02x}" for part in ("red", "green", "blue")),
            "score": item.get("score", 0.0),
            "pixel_fraction": item.get("pixelFraction", 0.0),
        }
        for item in answer
    ]
    return sorted(colours, key=lambda colour: -colour["score"])


def pack_payload(document: Document) -> bytes:
    """A document as an AnnotationPayload keeps it."""
    return zlib.compress(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def read_failed(document: Document) -> list[str]:
    """The features that a document names as failed."""
    message = str(document.get("error", {}).get("message", ""))
    return message.removeprefix(FAILED).removesuffix(".").split(", ") if message.startswith(FAILED) else []


def read_payload(document: bytes | memoryview) -> Document:
    """The JSON of an AnnotationPayload."""
    payload: Document = json.loads(zlib.decompress(document))
    return payload


def _annotations_of(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[Annotation]]:
    """(annotator, sha256) -> what was answered or failed, oldest first."""
    rows = (
        Annotation.objects.filter(
            sha256__in={sha256 for _, sha256 in keys},
            annotator__in={annotator for annotator, _ in keys},
            status__in=[Annotation.Status.ANSWERED, Annotation.Status.FAILED],
        )
        .select_related("payload")
        .order_by("updated_at", "pk")
    )
    found: dict[tuple[str, str], list[Annotation]] = {}
    for row in rows:
        found.setdefault((row.annotator, row.sha256), []).append(row)
    return found


def _merge(annotations: Iterable[Annotation]) -> Document:
    """One document of all features: of each the latest answer, or a failure where there is no answer at all."""
    answers: dict[str, Annotation] = {}
    failed: set[str] = set()
    for annotation in annotations:
        if annotation.status == Annotation.Status.ANSWERED:
            answers[annotation.feature] = annotation
        else:
            failed.add(annotation.feature)
    document: Document = {}
    for feature in answers:
        document |= EMPTY_ANSWERS.get(feature, {})
    # After all the empty ones: two features may fill the same key, as plain and dense text do.
    for _feature, annotation in sorted(answers.items()):
        document |= _read_payload(annotation)
    if missing := sorted(failed - set(answers)):
        document["error"] = {"code": RPC_INTERNAL, "message": f"{FAILED}{', '.join(missing)}."}
    return document


def _read_payload(annotation: Annotation) -> Document:
    # A one-to-one relation that is not there raises on access; select_related has filled in what is.
    payload = getattr(annotation, "payload", None)
    return read_payload(payload.document) if payload else {}
