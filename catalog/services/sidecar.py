"""What a library and the file itself already know of a picture, kept beside its occurrence so that only real changes are written."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from catalog.importers import Candidate
from catalog.models import Collection, Image, Occurrence
from catalog.services.labels import SIDECAR, LabelScore, write_machine_labels
from catalog.services.search_words import index_words
from catalog.terms import MAX_TERM_LENGTH, split_concept

__all__ = ["apply_sidecars", "sidecar_fields", "sidecar_of"]

FIELDS = {
    "title": 500,
    "description": 10_000,
    "creator": 500,
    "credit": 500,
    "licence": 200,
    "source_url": 2000,
    "taken_at": 32,
    "place": 300,
}
# What the file says of itself, by the fields of an image; of several the first that is there.
FROM_FILE = {
    "title": ("title",),
    "description": ("description",),
    "creator": ("artist",),
    "credit": ("credit", "copyright"),
    "licence": ("licence",),
    "taken_at": ("captured_at",),
    "place": ("place",),
}


def sidecar_of(candidate: Candidate, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a picture beside its pixels, bounded and safe to show: an address that is not http(s) is dropped.

    Field by field, what the candidate brings (a row of a table, an importer's own knowledge) wins over what the file says of
    itself, its `metadata` as of `catalog.media`; so do the candidate's labels, if it has any, over the file's keywords.
    """
    sidecar: dict[str, Any] = {}
    for name, limit in FIELDS.items():
        own = next((metadata[key] for key in FROM_FILE.get(name, ()) if metadata.get(key)), "")
        sidecar[name] = (getattr(candidate, name).strip() or str(own))[:limit]
    if urlsplit(sidecar["source_url"]).scheme not in {"http", "https"}:
        sidecar["source_url"] = ""
    sidecar["labels"] = [[term, score] for term, score in candidate.labels]
    sidecar["keywords"] = [] if candidate.labels else [term[:MAX_TERM_LENGTH] for term in metadata.get("keywords", [])]
    return {name: value for name, value in sidecar.items() if value}


def sidecar_fields(sidecar: dict[str, Any]) -> dict[str, str]:
    """The part of a sidecar that describes a new image."""
    return {name: sidecar.get(name, "") for name in FIELDS}


def apply_sidecars(
    collection: Collection, brought: Sequence[tuple[Occurrence, dict[str, Any], dict[str, Any]]]
) -> None:
    """Bring images up to date with sidecars that changed.

    `brought` holds (occurrence with its image, the sidecar now, the sidecar before). A field that a person has changed
    since, so that it no longer says what the sidecar said, is left alone. To be called when the occurrences are saved.
    """
    images: dict[int, Image] = {}
    relabelled: set[int] = set()
    for occurrence, now, before in brought:
        if now == before:
            continue
        image = images.setdefault(occurrence.image_id, occurrence.image)
        for name in FIELDS:
            if getattr(image, name) == before.get(name, ""):
                setattr(image, name, now.get(name, ""))
        if any(now.get(name) != before.get(name) for name in ("labels", "keywords")):
            relabelled.add(image.pk)
    if images:
        Image.objects.bulk_update(images.values(), list(FIELDS))
        index_words(list(images))
        write_machine_labels(collection, source=SIDECAR, labels_by_image=_labels_of(relabelled))


def _labels_of(image_ids: set[int]) -> dict[int, list[LabelScore]]:
    """What the occurrences of each image say together: their tables, or where none has labels, the files' own keywords."""
    said: dict[int, list[LabelScore]] = {image_id: [] for image_id in image_ids}
    keywords: dict[int, list[LabelScore]] = {image_id: [] for image_id in image_ids}
    rows = Occurrence.objects.filter(image__in=image_ids).order_by("pk").values_list("image", "metadata")
    for image_id, sidecar in rows:
        said[image_id] += [_label_score(term, score) for term, score in sidecar.get("labels", [])]
        keywords[image_id] += [_label_score(term, 1.0) for term in sidecar.get("keywords", [])]
    return {image_id: said[image_id] or keywords[image_id] for image_id in image_ids}


def _label_score(text: str, score: float) -> LabelScore:
    """`cat <wikidata:Q146>` is the term cat and its concept."""
    term, vocabulary, concept_id = split_concept(text)
    return LabelScore(term, score, vocabulary, concept_id)
