"""Uploads: files that a person sends are staged in media storage, imported by a job, and go once they are images."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from catalog.importers import Candidate, Refused, SentFile, ZipLimits, is_table, is_zip, read_upload
from catalog.models import Collection, Job, JobStatus, Refusal, Upload, UploadedFile
from catalog.services.chunks import in_chunks
from catalog.services.errors import ServiceError
from catalog.services.jobs import start_job
from catalog.services.media import forget_staged_files, open_file, stage_files, write_stream
from catalog.services.progress import Progress, ignore_progress
from catalog.services.sources import Source, import_source

__all__ = [
    "IMPORT_UPLOAD",
    "MAX_UPLOAD_BYTES",
    "MAX_UPLOAD_FILES",
    "add_uploaded_file",
    "begin_upload",
    "discard_upload",
    "forget_uploaded_files",
    "import_upload",
    "refusals_of",
    "start_upload",
    "sweep_uploads",
    "waiting_uploads",
]

IMPORT_UPLOAD = "import_upload"
SOURCE_PREFIX = "upload "
MAX_UPLOAD_FILES = 10_000
MAX_UPLOAD_BYTES = 20 * 1024**3
MAX_WAITING_FILES, MAX_WAITING_BYTES = 20_000, 2 * MAX_UPLOAD_BYTES  # of one person, however they were sent
MAX_NAME_LENGTH = 200
KEEP_FOR = timedelta(days=7)  # what was not imported; whoever sent it may try again until then
DELETE_AT_ONCE = 100  # files deleted in one short transaction


def begin_upload(collection: Collection, *, by: User) -> Upload:
    """An empty upload, to which its sender adds files. Raises ServiceError where too much of theirs waits already."""
    waiting = UploadedFile.objects.filter(upload__created_by=by).aggregate(n=Count("pk"), size=Sum("size_bytes"))
    if waiting["n"] >= MAX_WAITING_FILES or (waiting["size"] or 0) >= MAX_WAITING_BYTES:
        raise ServiceError(
            f"{waiting['n']:,} of your files, {waiting['size']:,} bytes, are waiting to be imported. "
            "Import or discard some of them first."
        )
    return Upload.objects.create(collection=collection, created_by=by)


def add_uploaded_file(upload: Upload, name: str, file: File[bytes]) -> UploadedFile:
    """Stage one file; a second of the same name gets a number. Raises ServiceError where that exceeds what an upload may hold.

    Its name is only remembered, and its content type not even that. What is no picture is refused when it is imported, with a
    reason.
    """
    held = upload.files.aggregate(n=Count("pk"), size=Sum("size_bytes"))
    if held["n"] >= MAX_UPLOAD_FILES:
        raise ServiceError(
            f"{name} is left out: at most {MAX_UPLOAD_FILES:,} files are taken at once. Send a zip archive."
        )
    is_archive = is_zip(cast(BinaryIO, file))
    limit = MAX_UPLOAD_BYTES - (held["size"] or 0)
    if not is_archive:
        limit = min(limit, settings.GALAXY_MAX_FILE_MB * 1024**2)
    if file.size > limit:
        raise ServiceError(f"{name} has {file.size:,} bytes; at most {limit:,} are taken here.")
    storage_name = f"uploads/{upload.uuid}/{uuid.uuid4().hex}"
    stage_files("media", [storage_name])
    write_stream("media", storage_name, file)
    for candidate in _names_like(name):
        try:
            with transaction.atomic():
                row = UploadedFile.objects.create(
                    upload=upload,
                    name=candidate,
                    storage_name=storage_name,
                    size_bytes=file.size,
                    is_archive=is_archive,
                )
                forget_staged_files("media", [storage_name])
        except IntegrityError:
            continue
        return row
    raise ServiceError(f"{name} is left out: too many files have this name. Send a zip archive.")


def start_upload(upload: Upload, *, by: User) -> Job:
    """Import in the background what was sent. Raises PermissionDenied if the person may not contribute."""
    return start_job(IMPORT_UPLOAD, {"upload": str(upload.uuid)}, by=by, collection=upload.collection)


def import_upload(
    collection: Collection, upload_uuid: str, *, progress: Progress = ignore_progress
) -> dict[str, object]:
    """Import what waits in an upload of the collection; what became an image is no longer staged, what was refused stays a week.

    May be killed anywhere and run again. Originals are kept: nobody else has them. Raises ServiceError where there is no such
    upload any more.
    """
    upload = Upload.objects.filter(collection=collection, uuid=upload_uuid).first()
    if upload is None:
        raise ServiceError(
            "This upload is not there any more: it was discarded, or a week has passed. Send the files again."
        )
    files = list(upload.files.all())  # those that the import sees: what is sent meanwhile waits for the next one
    source = _source_of(upload)
    result = import_source(collection, source, keep_originals=True, progress=progress)
    refused = {name for name, _message in refusals_of(upload)}
    done = [file.pk for file in files if file.name not in refused and not is_table(file.name)]
    if len(done) == sum(not is_table(file.name) for file in upload.files.all()):
        done = [file.pk for file in files]  # nobody is left for the tables to tell of
    _delete_files(done)
    return {**result.as_json(), "n_left_to_try_again": upload.files.count()}


def refusals_of(upload: Upload) -> list[tuple[str, str]]:
    """(name of the file, place and reason) of what was refused; an archive is named once for each refused member."""
    names = set(upload.files.values_list("name", flat=True))
    rows = Refusal.objects.filter(collection=upload.collection, source=_source_name(upload)).order_by("location")
    places = (
        (location.split("/")[0], location, message) for location, message in rows.values_list("location", "message")
    )
    return [(name, f"{location}: {message}") for name, location, message in places if name in names]


def upload_of_source(collection: Collection, source: str) -> Upload | None:
    """The upload that a refusal names as its source, if something of it still waits."""
    uploads = Upload.objects.filter(collection=collection, uuid=source.removeprefix(SOURCE_PREFIX))
    return uploads.filter(files__isnull=False).first()


def waiting_uploads(collection: Collection, *, by: User) -> list[Upload]:
    """A person's uploads that still hold something and that no job is about to import, the newest first."""
    own = Upload.objects.filter(collection=collection, created_by=by, files__isnull=False).distinct()
    return list(own.exclude(uuid__in=_wanted()))


def forget_uploaded_files(pks: list[int]) -> None:
    """Forget staged files that are images now, and uploads that held nothing else."""
    uploads = list(UploadedFile.objects.filter(pk__in=pks).values_list("upload", flat=True).distinct())
    _delete_files(pks)
    Upload.objects.filter(pk__in=uploads, files__isnull=True).delete()


def discard_upload(upload: Upload) -> None:
    """Forget what is still staged."""
    _delete_files(list(upload.files.values_list("pk", flat=True)))
    upload.delete()


def sweep_uploads() -> int:
    """Discard uploads older than a week that no job is about to import; says how many went."""
    old = list(Upload.objects.filter(created_at__lt=timezone.now() - KEEP_FOR))
    if not old:  # nearly always; the supervisor asks every few seconds
        return 0
    wanted = _wanted()
    swept = [upload for upload in old if str(upload.uuid) not in wanted]
    for upload in swept:
        discard_upload(upload)
    return len(swept)


def _wanted() -> set[str]:
    """The uploads that a job imports, or is about to: whole, or files of them as items of a batch."""
    active = Job.objects.filter(status__in=[JobStatus.QUEUED, JobStatus.RUNNING])
    whole = active.filter(kind=IMPORT_UPLOAD).values_list("params", flat=True)
    in_batches = Upload.objects.filter(files__batch_items__batch__job__in=active).values_list("uuid", flat=True)
    return {str(params.get("upload")) for params in whole} | {str(uuid) for uuid in in_batches.distinct()}


def _delete_files(pks: list[int]) -> None:
    for chunk in in_chunks(pks, DELETE_AT_ONCE):
        with transaction.atomic():
            UploadedFile.objects.filter(pk__in=chunk).delete()


def _source_name(upload: Upload) -> str:
    # Each upload is a source of its own: two people's IMG_0001.jpg are two pictures, not two revisions of one.
    return f"{SOURCE_PREFIX}{upload.uuid}"


def _source_of(upload: Upload) -> Source:
    """What waits in an upload as a source; archives are opened once and closed with it."""
    stack = ExitStack()
    archives: dict[str, BinaryIO] = {}

    def open_staged(file: UploadedFile) -> BinaryIO:
        if not file.is_archive:
            return open_file("media", file.storage_name)
        if file.storage_name not in archives:
            archives[file.storage_name] = stack.enter_context(open_file("media", file.storage_name))
        return archives[file.storage_name]

    def sent(file: UploadedFile) -> SentFile:
        return SentFile(file.name, file.storage_name, file.is_archive, lambda: open_staged(file))

    def read() -> Iterator[Candidate | Refused]:
        limits = ZipLimits(max_member_bytes=settings.GALAXY_MAX_FILE_MB * 1024**2)
        return read_upload([sent(file) for file in upload.files.all()], limits=limits)

    return Source(name=_source_name(upload), read=read, countable=True, close=stack.close)


def _names_like(name: str) -> Iterator[str]:
    """The last part of what a browser calls a file, printable and bounded, then the same with numbers."""
    path = PurePosixPath("".join(c for c in name.replace("\\", "/") if c.isprintable()).strip() or "file")
    suffix = path.suffix[:20]
    stem = path.name.removesuffix(path.suffix)[: MAX_NAME_LENGTH - 30] or "file"
    yield f"{stem}{suffix}"
    for number in range(2, 1000):
        yield f"{stem} ({number}){suffix}"
