"""Annotations as machine labels, and how far the machine came with each image."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from catalog.annotators import Annotator, Feature
from catalog.models import Annotation, AnnotationPayload, AnnotationStatus, Collection, Image, MachineLabel
from catalog.services.annotation_questions import Known
from catalog.services.clock import mark_images, next_change_number
from catalog.services.documents import read_payload
from catalog.services.labels import LabelScore, write_machine_labels
from catalog.services.search_words import write_facts

__all__ = ["write_labels"]

Status = Annotation.Status


def write_labels(
    collection: Collection,
    annotator: Annotator,
    features: Sequence[Feature],
    images: list[Image],
    known: Known,
    *,
    asked: set[str],
) -> None:
    """Write labels and status of those images of a chunk for which something is new; who is still being asked keeps both.

    Parameters
    ----------
    features
        Those of this stage: answered all, an image is annotated, whatever later stages bring.
    known
        The rows of all stages: a failure or a lost answer of an earlier one still counts.
    asked
        SHA-256 of what this run asked about.
    """
    with_labels = Feature.LABEL_DETECTION in features
    said = _image_ids_with_labels(annotator, images) if with_labels else set()
    open_states = {AnnotationStatus.WAITING, AnnotationStatus.UNKNOWN}
    fresh = [
        image
        for image in images
        if image.current_revision
        and (
            image.annotation_status in open_states
            or image.current_revision.sha256 in asked
            # Answered for another collection, while this one had another annotator or did not want labels.
            or (with_labels and image.pk not in said)
        )
    ]
    by_sha256: dict[str, dict[Feature, str]] = {}
    for (sha256, feature), row in known.items():
        by_sha256.setdefault(sha256, {})[feature] = row.status
    statuses = {i.pk: by_sha256.get(i.current_revision.sha256, {}) for i in fresh if i.current_revision}
    if with_labels:
        settled = [i for i in fresh if statuses[i.pk].get(Feature.LABEL_DETECTION) in {Status.ANSWERED, Status.FAILED}]
        write_machine_labels(collection, source=annotator.name, labels_by_image=_labels_by_image(settled, known))
    changed = []
    for image in fresh:
        before = image.annotation_status
        of_image = set(statuses[image.pk].values())
        if Status.UNKNOWN in of_image:
            image.annotation_status = AnnotationStatus.UNKNOWN
        elif Status.FAILED in of_image:
            image.annotation_status = AnnotationStatus.FAILED
        elif all(statuses[image.pk].get(feature) == Status.ANSWERED for feature in features):
            image.annotation_status = AnnotationStatus.ANNOTATED
        if image.annotation_status != before:
            changed.append(image)
    with transaction.atomic():
        number = next_change_number(collection.pk)
        Image.objects.bulk_update(changed, ["annotation_status"])
        with_facts = write_facts(collection, _images_with_new_facts(features, images, asked))
        mark_images(collection.pk, {*(image.pk for image in changed), *with_facts}, number)


def _images_with_new_facts(features: Sequence[Feature], images: Sequence[Image], asked: set[str]) -> list[Image]:
    """Images of which this stage may have found faces or text: what it asked, and what was answered for another collection."""
    asks_for_faces = Feature.FACE_DETECTION in features
    asks_for_text = not {Feature.TEXT_DETECTION, Feature.DOCUMENT_TEXT_DETECTION}.isdisjoint(features)
    return [
        image
        for image in images
        if image.current_revision
        and (
            (image.current_revision.sha256 in asked and (asks_for_faces or asks_for_text))
            or (asks_for_faces and image.n_faces is None)
            or (asks_for_text and image.n_characters is None)
        )
    ]


def _image_ids_with_labels(annotator: Annotator, images: Sequence[Image]) -> set[int]:
    rows = MachineLabel.objects.filter(image__in=[image.pk for image in images], source=annotator.name)
    return set(rows.order_by().values_list("image_id", flat=True).distinct())


def _labels_by_image(images: Sequence[Image], known: Known) -> dict[int, list[LabelScore]]:
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
