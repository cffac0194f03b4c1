"""What a library already knows about a picture, kept beside its occurrence so that only real changes are written."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from catalog.importers import Candidate
from catalog.models import Collection, Image, Occurrence
from catalog.services.labels import SIDECAR, LabelScore, write_machine_labels
from catalog.terms import split_concept

__all__ = ["apply_sidecars", "sidecar_fields", "sidecar_of"]

FIELDS = {"title": 500, "description": 10_000, "creator": 500, "credit": 500, "licence": 200, "source_url": 2000}


def sidecar_of(candidate: Candidate) -> dict[str, Any]:
    """What the candidate brings beside its bytes, bounded and safe to show: an address that is not http(s) is dropped."""
    sidecar: dict[str, Any] = {name: getattr(candidate, name).strip()[:limit] for name, limit in FIELDS.items()}
    if urlsplit(sidecar["source_url"]).scheme not in {"http", "https"}:
        sidecar["source_url"] = ""
    sidecar["labels"] = [[term, score] for term, score in candidate.labels]
    return {name: value for name, value in sidecar.items() if value}


def sidecar_fields(sidecar: dict[str, Any]) -> dict[str, str]:
    """The part of a sidecar that describes a new image."""
    return {name: sidecar.get(name, "") for name in FIELDS}


def apply_sidecars(
    collection: Collection, brought: Sequence[tuple[Occurrence, dict[str, Any], dict[str, Any]]]
) -> None:
    """Bring images up to date with sidecars that changed.

    `brought` holds (occurrence with its image, the sidecar now, the sidecar before). A field that a person has changed
    since, so that it no longer says what the sidecar said, is left alone.
    """
    images: dict[int, Image] = {}
    labels: dict[int, list[LabelScore]] = {}
    for occurrence, now, before in brought:
        if now == before:
            continue
        image = images.setdefault(occurrence.image_id, occurrence.image)
        for name in FIELDS:
            if getattr(image, name) == before.get(name, ""):
                setattr(image, name, now.get(name, ""))
        if now.get("labels") != before.get("labels"):
            labels[image.pk] = [_label_score(term, score) for term, score in now.get("labels", [])]
    if images:
        Image.objects.bulk_update(images.values(), list(FIELDS))
        write_machine_labels(collection, source=SIDECAR, labels_by_image=labels)


def _label_score(text: str, score: float) -> LabelScore:
    """`cat <wikidata:Q146>` is the term cat and its concept."""
    term, vocabulary, concept_id = split_concept(text)
    return LabelScore(term, score, vocabulary, concept_id)
