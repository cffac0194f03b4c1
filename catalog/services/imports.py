"""Imports as jobs: from where a person names, and once more for what was refused."""

from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog.importers import COMMONS_SCHEME
from catalog.models import Collection, Job, Refusal, Upload
from catalog.services.errors import ServiceError
from catalog.services.jobs import start_job
from catalog.services.uploads import SOURCE_PREFIX, start_upload, upload_of_source

__all__ = ["IMPORT_SOURCE", "IMPORT_WEB", "RetriedRefusals", "is_on_the_web", "retry_refused", "start_import"]

IMPORT_SOURCE = "import_source"
IMPORT_WEB = "import_web"


def is_on_the_web(text: str) -> bool:
    """Whether a source is read as anybody could read it: an address, or a category of Wikimedia Commons.

    Everything else (a folder, an archive or a table on the server's disk, a bucket) is read with what the server itself may read.
    """
    return text.startswith(("http://", "https://", COMMONS_SCHEME))


def start_import(collection: Collection, text: str, *, keep_originals: bool, by: User) -> Job:
    """Import in the background what a person typed; see `open_source` for what that may be.

    Raises PermissionDenied: what is on the web takes contributing to the collection, everything else an administrator.
    """
    text = text.strip()
    if not text:
        raise ServiceError("Expected where the pictures are, got nothing. Name a folder, a bucket or an address.")
    kind = IMPORT_WEB if is_on_the_web(text) else IMPORT_SOURCE
    return start_job(kind, {"source": text, "keep_originals": keep_originals}, by=by, collection=collection)


@dataclass
class RetriedRefusals:
    """What is looked at again, and what cannot be."""

    jobs: list[Job] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """Why, a sentence a source."""


def retry_refused(collection: Collection, *, by: User) -> RetriedRefusals:
    """Look again, one job a source, at all that was refused, though it be the same bytes: a limit may be another now.

    What was taken is not read again. Raises PermissionDenied where the person may do so with none of the sources.
    """
    outcome = RetriedRefusals()
    denied: list[PermissionDenied] = []
    refusals = Refusal.objects.filter(collection=collection)
    for source in sorted(set(refusals.values_list("source", flat=True))):
        try:
            with transaction.atomic():
                refusals.filter(source=source).update(fingerprint="")
                job = _import_again(collection, source, by)
        except PermissionDenied as error:
            denied.append(error)
            outcome.left.append(f"{source}: only an administrator may read it again.")
        else:
            if job is not None:
                outcome.jobs.append(job)
            else:
                outcome.left.append(f"{source}: what was sent is not there any more. Send it again.")
    if denied and not outcome.jobs:
        raise denied[0]
    return outcome


def _import_again(collection: Collection, source: str, by: User) -> Job | None:
    """Start the import of a source under the name by which the collection knows it; None where it is gone."""
    if source.startswith(SOURCE_PREFIX):
        upload: Upload | None = upload_of_source(collection, source)
        return start_upload(upload, by=by) if upload is not None else None
    if source == "batch":
        return None
    earlier = Job.objects.filter(collection=collection, params__source=source).order_by("-pk").first()
    keep_originals = bool(earlier.params.get("keep_originals")) if earlier else False
    return start_import(collection, source, keep_originals=keep_originals, by=by)
