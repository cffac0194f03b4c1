"""Images as annotators take them: their two renditions, and the original where it can be sent as it is."""

from collections.abc import Mapping, Sequence
from functools import partial

from django.core.files.storage import storages

from catalog.annotators import Feature, PictureFile, PictureToAnnotate
from catalog.models import Image, Rendition, Revision
from catalog.services.media import read_file

__all__ = ["pictures_to_annotate"]

SENDABLE = frozenset({"JPEG", "PNG"})


def pictures_to_annotate(images: Sequence[Image], to_ask: Mapping[str, tuple[Feature, ...]]) -> list[PictureToAnnotate]:
    """One picture for each SHA-256 in `to_ask`, with the features to ask of it. Load `current_revision` with the images."""
    revisions = {image.current_revision.sha256: image.current_revision for image in images if image.current_revision}
    files = {
        (row.revision_id, row.kind): PictureFile(
            partial(read_file, "media", row.storage_name),
            row.width,
            row.height,
            row.size_bytes,
            uri=_uri(row.storage_name),
        )
        for row in Rendition.objects.filter(revision__in=[revisions[sha256].pk for sha256 in to_ask])
    }
    return [
        PictureToAnnotate(
            sha256=sha256,
            features=wanted,
            width=revision.width,
            height=revision.height,
            small=files[revision.pk, Rendition.Kind.SMALL],
            view=files[revision.pk, Rendition.Kind.VIEW],
            original=_original(revision),
        )
        for sha256, wanted in to_ask.items()
        for revision in [revisions[sha256]]
    ]


def _original(revision: Revision) -> PictureFile | None:
    """The original, where it was kept, and is known to need neither turning nor another format."""
    if revision.format not in SENDABLE or revision.metadata.get("orientation") != 1:
        return None
    if not revision.storage_name:
        # At its source there may be other bytes by now, whose answer would be kept for these.
        return None
    read = partial(read_file, "media", revision.storage_name)
    return PictureFile(read, revision.width, revision.height, revision.size_bytes, uri=_uri(revision.storage_name))


def _uri(storage_name: str) -> str:
    """The gs:// address of an object of media storage; "" where that is a folder."""
    bucket = getattr(storages["media"], "bucket_name", "")
    location = getattr(storages["media"], "location", "") if bucket else ""
    return f"gs://{bucket}/{'/'.join(part for part in (location, storage_name) if part)}" if bucket else ""
