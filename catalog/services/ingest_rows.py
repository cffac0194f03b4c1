"""Saving what an import read: which image each arrival is, its files first, then its rows in one short transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, OuterRef, Subquery

from catalog.importers import Candidate, Refused
from catalog.media import PERCEPTUAL_HASH_VERSION, VerifiedPicture
from catalog.models import AnnotationStatus, Collection, Image, Occurrence, Refusal, Rendition, Revision
from catalog.services.clock import mark_images, next_change_number
from catalog.services.media import forget_staged_files, rendition_name, stage_files, write_file
from catalog.services.search_words import index_words
from catalog.services.sidecar import apply_sidecars, sidecar_fields, sidecar_of

__all__ = ["Arrival", "BatchOutcome", "Outcome", "Report", "ignore_outcomes", "save_arrivals", "save_refusals"]


@dataclass(frozen=True)
class Outcome:
    """What became of one candidate."""

    status: str
    """added, revised, duplicate, unchanged or refused."""
    image_id: int | None = None
    code: str = ""
    message: str = ""


Report = Callable[[Mapping[str, Outcome]], None]
"""Is told what became of some candidates, by their locations; of those that were saved, within the transaction that saves them."""


def ignore_outcomes(outcomes: Mapping[str, Outcome]) -> None:
    """For whom the counts are enough."""


@dataclass(frozen=True)
class Arrival:
    """A candidate whose bytes were verified; `original` holds them only if they are to be kept."""

    candidate: Candidate
    picture: VerifiedPicture
    original: bytes | None


@dataclass
class BatchOutcome:
    """How many arrivals of a batch were what, and those that contradict what we know."""

    n_added: int = 0
    n_revised: int = 0
    n_duplicates: int = 0
    n_unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)


@dataclass
class _Plan:
    """What a batch will write."""

    images: list[Image] = field(default_factory=list)
    revisions: list[tuple[Revision, Arrival]] = field(default_factory=list)
    occurrences: list[tuple[Occurrence, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    moved: list[Revision] = field(default_factory=list)
    """Known bytes whose original has another generation by now."""
    touched: list[Image] = field(default_factory=list)
    """Of which something will be another: bytes, sidecar, or by which occurrences and external ids they are known."""
    outcome: BatchOutcome = field(default_factory=BatchOutcome)
    became: dict[str, tuple[str, Image]] = field(default_factory=dict)
    """Location -> what it became, and of which image, which may have no id yet."""


def save_arrivals(
    collection: Collection,
    source: str,
    arrivals: Sequence[Arrival],
    *,
    ids_decide: bool = False,
    report: Report = ignore_outcomes,
) -> BatchOutcome:
    """Save a batch of verified pictures of one collection; raises IntegrityError if another import got in between.

    `ids_decide` makes a known external id name the image, wherever it came from before: other bytes are its new revision.
    """
    plan = _make_plan(collection, source, arrivals, ids_decide=ids_decide)
    files = _files_of(collection, plan)
    stage_files("media", files)
    for name, data in files.items():
        write_file("media", name, data)
    with transaction.atomic():
        number = next_change_number(collection.pk)
        _require_new_bytes(collection, plan)
        _save_plan(collection, plan, number)
        forget_staged_files("media", list(files))
        Refusal.objects.filter(
            collection=collection, source=source, location__in=[o.location for o, _now, _before in plan.occurrences]
        ).delete()
        report({location: Outcome(status, image.pk) for location, (status, image) in plan.became.items()})
    return plan.outcome


def save_refusals(collection: Collection, source: str, refused: Sequence[tuple[Refused, str]]) -> None:
    """Record what could not be taken, each with the fingerprint for which that holds (empty: look again next time)."""
    rows = {
        item.location: Refusal(
            collection=collection,
            source=source,
            location=item.location,
            fingerprint=fingerprint,
            code=item.code,
            message=item.message,
        )
        for item, fingerprint in refused
    }
    Refusal.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["collection", "source", "location"],
        update_fields=["fingerprint", "code", "message", "refused_at"],
    )


def _make_plan(collection: Collection, source: str, arrivals: Sequence[Arrival], *, ids_decide: bool) -> _Plan:
    """Decide for each arrival which image it is."""
    plan = _Plan()
    known = Occurrence.objects.filter(collection=collection).select_related("image__current_revision")
    by_location = {
        o.location: o for o in known.filter(source=source, location__in=[a.candidate.location for a in arrivals])
    }
    external_ids = [a.candidate.external_id for a in arrivals if a.candidate.external_id]
    rows = {o.pk: o for o in by_location.values()}  # one object a row, whichever way it was found
    by_external_id = {o.external_id: rows.get(o.pk, o) for o in known.filter(external_id__in=external_ids)}
    current = Image.objects.filter(
        collection=collection, current_revision__sha256__in={a.picture.sha256 for a in arrivals}
    ).select_related("current_revision")
    by_sha256 = {image.current_revision.sha256: image for image in current if image.current_revision}
    image_ids = {o.image_id for o in (*by_location.values(), *by_external_id.values())}
    n_occurrences = dict(Image.objects.filter(pk__in=image_ids).annotate(n=Count("occurrences")).values_list("pk", "n"))
    earlier = {(r.image_id, r.sha256): r for r in Revision.objects.filter(image__in=image_ids)}
    n_revisions = dict(Image.objects.filter(pk__in=image_ids).annotate(n=Count("revisions")).values_list("pk", "n"))

    for arrival in arrivals:
        candidate, sha256 = arrival.candidate, arrival.picture.sha256
        occurrence = by_location.get(candidate.location)
        namesake = by_external_id.get(candidate.external_id)
        if namesake is not None and namesake is not occurrence:
            if occurrence is not None or (not ids_decide and _sha256_of(namesake.image) != sha256):
                plan.outcome.refused.append(_taken(candidate, namesake))
                continue
            occurrence = namesake  # the library's own number: the file was moved
        before = dict(occurrence.metadata) if occurrence else {}
        known_as = (occurrence.image_id, occurrence.external_id, occurrence.metadata) if occurrence else None
        left = occurrence.image if occurrence else None
        now = sidecar_of(candidate, arrival.picture.metadata)
        twin = by_sha256.get(sha256)
        became = "added"

        if occurrence is not None and _sha256_of(occurrence.image) == sha256:
            became = "unchanged"
            plan.outcome.n_unchanged += 1
            _follow_original(plan, occurrence, source, candidate)
        elif twin is not None:
            became = "duplicate"
            plan.outcome.n_duplicates += 1
            occurrence = _point(occurrence, twin)
        elif occurrence is not None and n_occurrences.get(occurrence.image_id, 0) <= 1:
            image = occurrence.image
            revision = earlier.get((image.pk, sha256)) or _revision(
                collection, source, image, n_revisions.get(image.pk, 0) + 1, arrival
            )
            revision.image = image
            plan.revisions.append((revision, arrival))
            by_sha256[sha256] = image
            became = "revised"
            plan.outcome.n_revised += 1
        else:
            image = Image(collection=collection, **sidecar_fields(now))
            plan.images.append(image)
            plan.revisions.append((_revision(collection, source, image, 1, arrival), arrival))
            by_sha256[sha256] = image
            before = {**now, "labels": [], "keywords": []}
            plan.outcome.n_added += 1
            occurrence = _point(occurrence, image)

        occurrence.collection = collection
        occurrence.source = source
        occurrence.location = candidate.location
        occurrence.external_id = candidate.external_id
        occurrence.fingerprint = candidate.fingerprint
        occurrence.metadata = now
        by_location[candidate.location] = occurrence
        if candidate.external_id:
            by_external_id[candidate.external_id] = occurrence
        plan.occurrences.append((occurrence, now, before))
        plan.became[candidate.location] = (became, occurrence.image)
        if known_as != (occurrence.image_id, candidate.external_id, now):
            plan.touched += [occurrence.image] if left is None else [left, occurrence.image]
    plan.touched += [revision.image for revision, _arrival in plan.revisions]
    return plan


def _require_new_bytes(collection: Collection, plan: _Plan) -> None:
    """Raise IntegrityError if another import has saved bytes meanwhile that the plan takes for new; the clock keeps others out."""
    new = {revision.sha256 for revision, _arrival in plan.revisions}
    if Image.objects.filter(collection=collection, current_revision__sha256__in=new).exists():
        raise IntegrityError("Another import saved the same pictures meanwhile.")


def _save_plan(collection: Collection, plan: _Plan, number: int) -> None:
    Image.objects.bulk_create(plan.images)
    for revision, _arrival in plan.revisions:
        revision.image = revision.image  # takes the image's new id
    new = [(revision, arrival) for revision, arrival in plan.revisions if revision._state.adding]
    Revision.objects.bulk_create([revision for revision, _arrival in new])
    Rendition.objects.bulk_create(
        [
            Rendition(
                revision=revision,
                kind=data.kind,
                storage_name=rendition_name(collection.uuid, revision.image.uuid, revision.sha256, data.kind),
                width=data.width,
                height=data.height,
                size_bytes=len(data.data),
            )
            for revision, arrival in new
            for data in arrival.picture.renditions
        ]
    )
    Revision.objects.bulk_update(plan.moved, ["source_generation"])
    # A new image waits for annotation as it is, and has one revision; said so, a batch costs a tenth of updating row by row.
    only = Revision.objects.filter(image=OuterRef("pk")).values("pk")[:1]
    Image.objects.filter(pk__in=[image.pk for image in plan.images]).update(current_revision=Subquery(only))
    for revision, _arrival in plan.revisions:
        revision.image.current_revision = revision
        revision.image.annotation_status = AnnotationStatus.WAITING
    new_ids = {image.pk for image in plan.images}
    revised = [revision.image for revision, _arrival in plan.revisions if revision.image_id not in new_ids]
    Image.objects.bulk_update(revised, ["current_revision", "annotation_status"])
    occurrences = {id(o): o for o, _now, _before in plan.occurrences}.values()
    for occurrence in occurrences:
        occurrence.image = occurrence.image  # likewise
    new_occurrences = [o for o in occurrences if o._state.adding]
    Occurrence.objects.bulk_update(
        [o for o in occurrences if not o._state.adding],
        ["image", "source", "location", "external_id", "fingerprint", "metadata"],
    )
    Occurrence.objects.bulk_create(new_occurrences)
    mark_images(collection.pk, {image.pk for image in plan.touched}, number)
    index_words([image.pk for image in plan.images])
    apply_sidecars(collection, plan.occurrences)


def _files_of(collection: Collection, plan: _Plan) -> dict[str, bytes]:
    """Storage name -> bytes of all files that the new revisions of a plan need."""
    files: dict[str, bytes] = {}
    for revision, arrival in plan.revisions:
        if not revision._state.adding:
            continue
        for data in arrival.picture.renditions:
            files[rendition_name(collection.uuid, revision.image.uuid, revision.sha256, data.kind)] = data.data
        if arrival.original is not None:
            files[revision.storage_name] = arrival.original
    return files


def _revision(collection: Collection, source: str, image: Image, number: int, arrival: Arrival) -> Revision:
    picture = arrival.picture
    red, green, blue = picture.mean_colour
    original = rendition_name(collection.uuid, image.uuid, picture.sha256, "original")
    return Revision(
        image=image,
        number=number,
        sha256=picture.sha256,
        size_bytes=picture.size_bytes,
        format=picture.format,
        width=picture.width,
        height=picture.height,
        mean_colour=red << 16 | green << 8 | blue,
        perceptual_hash=picture.perceptual_hash,
        hash_version=PERCEPTUAL_HASH_VERSION,
        metadata=picture.metadata,
        storage_name=original if arrival.original is not None else "",
        source_uri=_uri_of(source, arrival.candidate),
        source_generation=arrival.candidate.generation,
    )


def _uri_of(source: str, candidate: Candidate) -> str:
    return (candidate.uri or f"{source}/{candidate.location}")[:2000]


def _follow_original(plan: _Plan, occurrence: Occurrence, source: str, candidate: Candidate) -> None:
    """The same bytes were written anew: remember the generation under which the original can be had now."""
    revision = occurrence.image.current_revision
    if revision is None or revision.source_uri != _uri_of(source, candidate):
        return
    if revision.source_generation != candidate.generation:
        revision.source_generation = candidate.generation
        plan.moved.append(revision)


def _point(occurrence: Occurrence | None, image: Image) -> Occurrence:
    """The occurrence, new if there was none, pointing to the image."""
    occurrence = occurrence or Occurrence()
    occurrence.image = image
    return occurrence


def _sha256_of(image: Image) -> str:
    return image.current_revision.sha256 if image.current_revision else ""


def _taken(candidate: Candidate, namesake: Occurrence) -> Refused:
    return Refused(
        location=candidate.location,
        code="external_id_taken",
        message=f"{candidate.location}: the external id {candidate.external_id!r} already belongs to {namesake.location}, "
        "which is another picture. Give each picture an id of its own.",
    )
