"""Batches: up to a thousand pictures that other software names at once, imported by one job, with a word about each."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import File
from django.db import transaction
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage import Client

from catalog.importers import (
    Candidate,
    CandidateError,
    Fetcher,
    Refused,
    RowError,
    parse_row,
    read_object,
)
from catalog.models import Batch, BatchItem, Collection, Job, UploadedFile
from catalog.services.errors import ServiceError
from catalog.services.ingest import LISTED_REFUSALS, import_images
from catalog.services.ingest_rows import Outcome
from catalog.services.jobs import start_job
from catalog.services.media import read_file
from catalog.services.progress import Progress, ignore_progress
from catalog.services.sources import make_fetcher
from catalog.services.uploads import add_uploaded_file, begin_upload, forget_uploaded_files

__all__ = [
    "IMPORT_BATCH",
    "MAX_BATCH_ITEMS",
    "BatchEntry",
    "import_batch",
    "make_batch",
    "make_batch_of_files",
    "start_batch",
]

IMPORT_BATCH = "import_batch"
MAX_BATCH_ITEMS = 1000
SOURCE = "batch"
"""One source for all batches of a collection, so that an external id sent again finds what it named before."""

# What a fetcher or a bucket's client says of a failure may name hosts and accounts of the house; who sent a reference reads this instead.
PLAIN_REASONS = {
    "bad_address": "is no address that can be fetched; http:// or https:// was expected, without a name or password.",
    "private_address": "leads to an address inside the house, and is not fetched.",
    "unreachable": "could not be reached. Send it again later.",
    "too_slow": "took too long. Send it again later.",
    "redirects": "leads on too often.",
    "unreadable": "could not be read by this server's account.",
    "vanished": "is not there.",
}

Kind, Status = BatchItem.Kind, BatchItem.Status


@dataclass(frozen=True)
class BatchEntry:
    """One picture as it is named by who sends it."""

    kind: str
    """url, gs or upload."""
    reference: str
    """An address, `gs://bucket/name`, or the uuid of an uploaded file."""
    external_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Columns of a sidecar (catalog/importers/sidecar.py) by name."""
    refusal: str = ""
    """Why it is refused before it is looked at."""


def make_batch(
    collection: Collection, *, by: User | None, entries: Sequence[BatchEntry], keep_originals: bool = True
) -> Batch:
    """Note what is to be imported; an entry that cannot be is refused at once, with a reason, and the others wait.

    Parameters
    ----------
    entries
        1 to 1,000; ServiceError otherwise.
    keep_originals
        Whether to copy the bytes of addresses and buckets, or only remember where they are. Uploaded files are always kept.
    """
    if not 1 <= len(entries) <= MAX_BATCH_ITEMS:
        raise ServiceError(
            f"Expected 1 to {MAX_BATCH_ITEMS:,} items, got {len(entries):,}. Send more in further batches."
        )
    own = _own_files(collection, by, [entry.reference for entry in entries if entry.kind == Kind.UPLOAD])
    files = [own.get(entry.reference) if entry.kind == Kind.UPLOAD else None for entry in entries]
    return _save(Batch(collection=collection, created_by=by, keep_originals=keep_originals), entries, files)


def make_batch_of_files(
    collection: Collection, *, by: User, files: Sequence[File[bytes]], metadata: Mapping[str, Mapping[str, Any]]
) -> Batch:
    """Stage files, and note that they are to be imported; a file that may not be staged is refused, and the others wait.

    `metadata` has, by the files' names, the columns of a sidecar and `external_id`. Raises ServiceError where too much of the person's
    waits already.
    """
    upload = begin_upload(collection, by=by)
    entries, rows = [], []
    for file in files:
        name = file.name or "file"
        known = dict(metadata.get(name, {}))
        refusal, row = "", None
        try:
            row = add_uploaded_file(upload, name, file)
        except ServiceError as error:
            refusal = str(error)
        entries.append(
            BatchEntry(Kind.UPLOAD, row.name if row else name[:200], known.pop("external_id", ""), known, refusal)
        )
        rows.append(row)
    return _save(Batch(collection=collection, created_by=by), entries, rows)


def start_batch(batch: Batch, *, by: User | None) -> Job:
    """Import a batch in the background. Raises PermissionDenied if the person may not contribute."""
    with transaction.atomic():
        batch.job = start_job(IMPORT_BATCH, {"batch": str(batch.uuid)}, by=by, collection=batch.collection)
        batch.save(update_fields=["job"])
    return batch.job


def import_batch(batch: Batch, *, progress: Progress = ignore_progress) -> dict[str, object]:
    """Import what of a batch still waits, and note what becomes of each item as it is saved; answers with the counts.

    A known external id names its image, whatever source it came from: other bytes are a new revision of it. May be stopped or killed
    anywhere and run again. Uploaded files that became images are no longer staged.
    """
    waiting = list(batch.items.filter(status=Status.WAITING).select_related("uploaded_file"))
    by_location = {_location_of(batch, item): item for item in waiting}

    def note(outcomes: Mapping[str, Outcome]) -> None:
        told = [_settle(by_location[location], outcome) for location, outcome in outcomes.items()]
        BatchItem.objects.bulk_update(told, ["status", "image", "code", "message"])

    for kept, items in _by_keeping(batch, waiting):
        import_images(
            batch.collection,
            _candidates(batch, items),
            source=SOURCE,
            n_total=len(items),
            keep_originals=kept,
            ids_decide=True,
            report=note,
            progress=progress,
        )
    taken = batch.items.filter(uploaded_file__isnull=False).exclude(status__in=[Status.WAITING, Status.REFUSED])
    forget_uploaded_files(list(taken.values_list("uploaded_file", flat=True)))
    return _count(batch)


def _save(batch: Batch, entries: Sequence[BatchEntry], files: Sequence[UploadedFile | None]) -> Batch:
    named = Counter(entry.external_id for entry in entries if entry.external_id)
    items = []
    for number, (entry, file) in enumerate(zip(entries, files, strict=True)):
        code, message = _complaint(entry, file, named)
        items.append(
            BatchItem(
                batch=batch,
                number=number,
                kind=entry.kind,
                reference=file.name if file else entry.reference,
                uploaded_file=file,
                external_id=entry.external_id,
                metadata=dict(entry.metadata),
                status=Status.REFUSED if code else Status.WAITING,
                code=code,
                message=message,
            )
        )
    with transaction.atomic():
        batch.save()
        BatchItem.objects.bulk_create(items)
    return batch


def _own_files(collection: Collection, by: User | None, references: Sequence[str]) -> dict[str, UploadedFile]:
    """Uploaded files of that person in that collection, by the references that name them."""
    uuids = {reference: uuid for reference in references if (uuid := _uuid_of(reference)) is not None}
    rows = UploadedFile.objects.filter(uuid__in=uuids.values(), upload__created_by=by, upload__collection=collection)
    found = {row.uuid: row for row in rows}
    return {reference: found[uuid] for reference, uuid in uuids.items() if uuid in found}


def _uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _complaint(entry: BatchEntry, file: UploadedFile | None, named: Counter[str]) -> tuple[str, str]:
    """Why an entry is refused before anything is read: (code, message), or two empty texts."""
    if entry.refusal:
        return "not_taken", entry.refusal
    if named[entry.external_id] > 1:
        return "external_id_twice", f"The external id {entry.external_id!r} is given to several items of this batch."
    if entry.kind == Kind.UPLOAD and file is None:
        return (
            "unknown_upload",
            f"There is no uploaded file {entry.reference!r} of yours in this collection. Send it again.",
        )
    if entry.kind == Kind.GS and not _may_be_read(entry.reference):
        return (
            "bucket_not_open",
            f"{entry.reference} lies in no folder that this server reads for others; its operator names them.",
        )
    try:
        _row, complaint = parse_row({**entry.metadata, "file": "picture"})
    except RowError as error:
        return "bad_metadata", f"Its metadata cannot be used: {error}."
    return ("bad_metadata", f"Its metadata cannot be used: {complaint}.") if complaint else ("", "")


def _may_be_read(address: str) -> bool:
    """Whether a bucket's object lies below a folder that the operator opened: the server's own account may read more than the caller."""
    return any(address.startswith(f"{folder.rstrip('/')}/") for folder in settings.GALAXY_IMPORT_BUCKETS)


def _by_keeping(batch: Batch, items: Sequence[BatchItem]) -> Iterator[tuple[bool, list[BatchItem]]]:
    """The items whose originals are kept, and the others."""
    for kept in (True, False):
        those = [item for item in items if (batch.keep_originals or item.kind == Kind.UPLOAD) is kept]
        if those:
            yield kept, those


def _location_of(batch: Batch, item: BatchItem) -> str:
    return item.external_id or f"{batch.uuid}/{item.number}"


def _candidates(batch: Batch, items: Sequence[BatchItem]) -> Iterator[Candidate | Refused]:
    fetcher = make_fetcher()
    client = _bucket_client() if any(item.kind == Kind.GS for item in items) else None
    for item in items:
        location = _location_of(batch, item)
        row, _complaint = parse_row({**item.metadata, "file": "picture"})
        known = {name: getattr(row, name) for name in KNOWN}
        if item.kind == Kind.URL and not known["source_url"]:
            known["source_url"] = item.reference
        yield Candidate(
            location,
            "",  # nothing tells without reading whether it is what was sent before
            _reader_of(item, fetcher, client),
            external_id=item.external_id,
            uri="" if item.kind == Kind.UPLOAD else item.reference,
            **known,
        )


KNOWN = ("title", "description", "creator", "credit", "licence", "source_url", "taken_at", "place", "labels")


def _reader_of(item: BatchItem, fetcher: Fetcher, client: Client | None) -> Callable[[], bytes]:
    if item.kind == Kind.URL:
        return partial(_read_plainly, item.reference, lambda: fetcher.get(item.reference).data)
    if item.kind == Kind.GS:
        return partial(_read_plainly, item.reference, partial(_read_object, client, item.reference))
    return partial(_read_upload, item)


def _read_plainly(reference: str, read: Callable[[], bytes]) -> bytes:
    """Read, and where that fails say so in words that tell of nothing but the reference."""
    try:
        return read()
    except CandidateError as error:
        reason = PLAIN_REASONS.get(error.code)
        raise CandidateError(error.code, f"{reference} {reason}" if reason else error.message) from error


def _bucket_client() -> Client | None:
    try:
        return Client()
    except (GoogleAuthError, OSError):
        return None


def _read_object(client: Client | None, address: str) -> bytes:
    if client is None:
        raise CandidateError("unreadable", "This server has no account of Google Cloud.")
    return read_object(client, address, max_bytes=settings.GALAXY_MAX_FILE_MB * 1024**2)


def _read_upload(item: BatchItem) -> bytes:
    gone = CandidateError("vanished", "The uploaded file is not there any more: a week has passed. Send it again.")
    if item.uploaded_file is None:
        raise gone
    try:
        return read_file("media", item.uploaded_file.storage_name)
    except OSError as error:
        raise gone from error


def _settle(item: BatchItem, outcome: Outcome) -> BatchItem:
    item.status, item.image_id = outcome.status, outcome.image_id
    item.code, item.message = outcome.code, outcome.message
    return item


def _count(batch: Batch) -> dict[str, object]:
    """What became of the items, as a job's result."""
    found = Counter(batch.items.values_list("status", flat=True))
    refused = batch.items.filter(status=Status.REFUSED).order_by("number")[:LISTED_REFUSALS]
    return {
        "n_seen": sum(found.values()),
        "n_added": found[Status.ADDED],
        "n_revised": found[Status.REVISED],
        "n_duplicates": found[Status.DUPLICATE],
        "n_unchanged": found[Status.UNCHANGED],
        "n_refused": found[Status.REFUSED],
        "refused": [
            {"location": item.external_id or f"item {item.number}", "code": item.code, "message": item.message}
            for item in refused
        ],
    }
