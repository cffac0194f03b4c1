"""Letting an annotator look at images: each answer stored once, by bytes and feature, and turned into labels."""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction

from catalog.annotators import (
    AnnotateOptions,
    Annotator,
    Answer,
    Feature,
    PictureFile,
    PictureToAnnotate,
    UnknownAnnotatorError,
    features_of,
    get_annotator,
)
from catalog.models import (
    Annotation,
    AnnotationPayload,
    AnnotationStatus,
    Collection,
    Image,
    Rendition,
)
from catalog.services.documents import read_payload
from catalog.services.errors import ServiceError
from catalog.services.labels import LabelScore, write_machine_labels
from catalog.services.media import read_file
from catalog.services.progress import Progress, ignore_progress

__all__ = ["AnnotateResult", "annotate_images"]

OPTIONS = AnnotateOptions()
CHUNK = 512  # images looked up, and whose labels are written, together


@dataclass
class AnnotateResult:
    """How many images were gone through, and what became of the questions asked about them (one an image and feature)."""

    n_images: int = 0
    n_answered: int = 0
    n_failed: int = 0
    n_reused: int = 0

    def as_json(self) -> dict[str, object]:
        """For a command's last line and a job's result."""
        return dict(vars(self))


def annotate_images(collection: Collection, *, progress: Progress = ignore_progress) -> AnnotateResult:
    """Have the collection's annotator answer the collection's features for every image that lacks an answer.

    Answers belong to bytes: what was answered before, for whatever collection, is used again and not asked again. May be
    stopped between any two batches, or killed, and run again. A picture that the annotator cannot look at is marked failed
    with the reason; the rest goes on. Raises ServiceError when the annotator is unknown.
    """
    annotator = _annotator_of(collection)
    features = sorted(Feature(name) for name in collection.features if name in features_of(annotator))
    images = Image.objects.filter(collection=collection, current_revision__isnull=False)
    result = AnnotateResult()
    n_total = images.count()
    for chunk in _chunks_by_id(images):
        progress("Annotating", result.n_images, n_total)
        _annotate_chunk(
            collection, annotator, features, chunk, result, partial(_shift, progress, result.n_images, n_total)
        )
        result.n_images += len(chunk)
    progress("Annotating", result.n_images, n_total)
    return result


def _annotator_of(collection: Collection) -> Annotator:
    try:
        return get_annotator(collection.annotator)
    except UnknownAnnotatorError as error:
        raise ServiceError(str(error)) from error


def _shift(progress: Progress, before: int, total: int, stage: str, done: int, _total: int) -> None:
    """Progress within a chunk, counted from the first image of the run."""
    progress(stage, before + done, total)


def _chunks_by_id(images: Any) -> Iterator[list[Image]]:
    """All images in chunks, each read when its turn comes, so that a long run sees no stale rows and holds no cursor."""
    last = 0
    while chunk := list(images.filter(pk__gt=last).select_related("current_revision").order_by("pk")[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


def _annotate_chunk(
    collection: Collection,
    annotator: Annotator,
    features: Sequence[Feature],
    images: list[Image],
    result: AnnotateResult,
    progress: Progress,
) -> None:
    sha256_of = {image.pk: image.current_revision.sha256 for image in images if image.current_revision}
    known = _known_annotations(annotator, features, set(sha256_of.values()))
    asked_for = {
        sha256: tuple(f for f in features if _needs_asking(known.get((sha256, f))))
        for sha256 in dict.fromkeys(sha256_of.values())
    }
    to_ask = {sha256: wanted for sha256, wanted in asked_for.items() if wanted}
    result.n_reused += sum(len(features) - len(wanted) for wanted in asked_for.values())
    if to_ask:
        pictures = _pictures_to_annotate(images, to_ask)
        for start in range(0, len(pictures), annotator.max_batch_size):
            progress("Annotating", min(start, len(images)), 0)
            batch = pictures[start : start + annotator.max_batch_size]
            _ask(annotator, batch, result)
        known = _known_annotations(annotator, features, set(sha256_of.values()))
    _write_labels(collection, annotator, features, images, known, asked=set(to_ask))


def _pictures_to_annotate(images: Sequence[Image], to_ask: dict[str, tuple[Feature, ...]]) -> list[PictureToAnnotate]:
    revisions = {image.current_revision.sha256: image.current_revision for image in images if image.current_revision}
    files = {
        (row.revision_id, row.kind): PictureFile(
            partial(read_file, "media", row.storage_name), row.width, row.height, row.size_bytes
        )
        for row in Rendition.objects.filter(revision__in=[revisions[sha256].pk for sha256 in to_ask])
    }
    return [
        PictureToAnnotate(
            sha256=sha256,
            features=wanted,
            width=revisions[sha256].width,
            height=revisions[sha256].height,
            small=files[revisions[sha256].pk, Rendition.Kind.SMALL],
            view=files[revisions[sha256].pk, Rendition.Kind.VIEW],
        )
        for sha256, wanted in to_ask.items()
    ]


def _needs_asking(annotation: Annotation | None) -> bool:
    """A local look costs nothing, so one whose answer was lost (a kill between asking and saving) is asked again."""
    return annotation is None or annotation.status not in {Annotation.Status.ANSWERED, Annotation.Status.FAILED}


def _known_annotations(
    annotator: Annotator, features: Sequence[Feature], sha256s: set[str]
) -> dict[tuple[str, Feature], Annotation]:
    found: dict[tuple[str, Feature], Annotation] = {}
    for feature in features:
        rows = Annotation.objects.filter(
            sha256__in=sha256s,
            annotator=annotator.name,
            feature=feature,
            model=annotator.model_of(feature),
            parameters=annotator.parameters_of(feature, OPTIONS),
        )
        found |= {(row.sha256, feature): row for row in rows}
    return found


def _ask(annotator: Annotator, batch: Sequence[PictureToAnnotate], result: AnnotateResult) -> None:
    """Reserve, send, collect and save one batch; nothing is held open while the annotator works."""
    rows = [
        Annotation(
            sha256=picture.sha256,
            annotator=annotator.name,
            feature=feature,
            model=annotator.model_of(feature),
            parameters=annotator.parameters_of(feature, OPTIONS),
            status=Annotation.Status.SENT,
        )
        for picture in batch
        for feature in picture.features
    ]
    Annotation.objects.bulk_create(rows, ignore_conflicts=True)
    answers = annotator.collect(annotator.submit(batch, OPTIONS))
    _save_answers(annotator, batch, answers, result)


def _save_answers(
    annotator: Annotator, batch: Sequence[PictureToAnnotate], answers: Sequence[Answer], result: AnnotateResult
) -> None:
    features = {feature for picture in batch for feature in picture.features}
    with transaction.atomic():
        known = _known_annotations(annotator, sorted(features), {picture.sha256 for picture in batch})
        payloads, changed = [], []
        for answer in answers:
            for feature, document in answer.documents.items():
                row = known[answer.sha256, feature]
                row.status, row.error = Annotation.Status.ANSWERED, ""
                changed.append(row)
                packed = zlib.compress(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
                payloads.append(AnnotationPayload(annotation=row, document=packed))
            for feature, error in answer.errors.items():
                row = known[answer.sha256, feature]
                row.status, row.error = Annotation.Status.FAILED, error.message
                changed.append(row)
                result.n_failed += 1
        Annotation.objects.bulk_update(changed, ["status", "error"])
        AnnotationPayload.objects.bulk_create(
            payloads, update_conflicts=True, unique_fields=["annotation"], update_fields=["document"]
        )
        result.n_answered += len(payloads)


def _write_labels(
    collection: Collection,
    annotator: Annotator,
    features: Sequence[Feature],
    images: list[Image],
    known: dict[tuple[str, Feature], Annotation],
    *,
    asked: set[str],
) -> None:
    """Write labels and status of those images of a chunk for which something is new."""
    fresh = [
        image
        for image in images
        if image.current_revision
        and (image.annotation_status == AnnotationStatus.WAITING or image.current_revision.sha256 in asked)
    ]
    if not fresh:
        return
    if Feature.LABEL_DETECTION in features:
        labels_by_image = _labels_by_image(fresh, known)
        write_machine_labels(collection, source=annotator.name, labels_by_image=labels_by_image)
    for image in fresh:
        statuses = {
            row.status
            for feature in features
            if image.current_revision and (row := known.get((image.current_revision.sha256, feature)))
        }
        failed = Annotation.Status.FAILED in statuses
        image.annotation_status = AnnotationStatus.FAILED if failed else AnnotationStatus.ANNOTATED
    Image.objects.bulk_update(fresh, ["annotation_status"])


def _labels_by_image(
    images: Sequence[Image], known: dict[tuple[str, Feature], Annotation]
) -> dict[int, list[LabelScore]]:
    annotation_of = {
        image.pk: known[image.current_revision.sha256, Feature.LABEL_DETECTION].pk
        for image in images
        if image.current_revision and (image.current_revision.sha256, Feature.LABEL_DETECTION) in known
    }
    documents = dict(
        AnnotationPayload.objects.filter(pk__in=annotation_of.values()).values_list("annotation_id", "document")
    )
    return {
        image.pk: [
            _label_score(item) for item in read_payload(documents[annotation_of[image.pk]]).get("labelAnnotations", [])
        ]
        if annotation_of.get(image.pk) in documents
        else []
        for image in images
    }


def _label_score(item: dict[str, Any]) -> LabelScore:
    """A labelAnnotation as a label: its mid names the concept (/m/ and /g/: Knowledge Graph; /wn30/: WordNet 3.0)."""
    mid = item.get("mid", "")
    vocabulary = "wordnet" if mid.startswith("/wn30/") else "kg" if mid else ""
    return LabelScore(item["description"], float(item.get("score", 0.0)), vocabulary, mid)
