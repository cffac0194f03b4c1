"""Taking a collection, or any selection of it, out: as a table, as JSON Lines, as XMP sidecars, as copies that carry their labels.

Everything is streamed: which images are meant is fixed at the beginning, then five hundred at a time are read and written.
"""

import csv
import io
import json
import logging
import zipfile
from array import array
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.db.models import QuerySet

from catalog.media import JpegError, PictureFacts, write_into_jpeg, write_xmp
from catalog.models import EffectiveLabel, Image, Occurrence, Rendition, Revision
from catalog.services.chunks import in_chunks
from catalog.services.documents import assemble_documents
from catalog.services.media import open_file

__all__ = ["FORMATS", "Export", "ExportFormat", "export_images", "export_rows"]

logger = logging.getLogger(__name__)

CHUNK = 500
BLOCK = 1024**2
COLUMNS = (
    "uuid",
    "file",
    "external_id",
    "title",
    "description",
    "labels",
    "creator",
    "credit",
    "licence",
    "source_url",
    "taken_at",
    "place",
    "text",
    "width",
    "height",
    "sha256",
    "status",
    "hidden",
)
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
UNSAFE_IN_NAMES = str.maketrans(dict.fromkeys('\\:*?"<>|' + "".join(map(chr, range(32))), "_"))
MAX_NAME = 150

Row = dict[str, Any]


@dataclass(frozen=True)
class ExportFormat:
    """One way out."""

    name: str
    title: str
    about: str
    """What it is good for."""
    content_type: str
    extension: str
    write: Callable[[QuerySet[Image]], Iterator[bytes]]


@dataclass(frozen=True)
class Export:
    """What is sent: its parts, and what it is called."""

    file_name: str
    content_type: str
    parts: Iterator[bytes]


def export_images(images: QuerySet[Image], format_name: str, *, name: str) -> Export:
    """The images as one of FORMATS, streamed; `name` becomes the file's, with what the format is called by. KeyError for another format."""
    chosen = FORMATS[format_name]
    return Export(f"{name}.{chosen.extension}", chosen.content_type, chosen.write(images))


def export_rows(images: QuerySet[Image]) -> Iterator[Row]:
    """What is known of each image, in the order in which they came: plain values, by name.

    `labels` are those that hold, strongest first, each {"term", "score", "source"}; `text` is what stands in the picture; `file` and
    `external_id` are of the first place that it came from.
    """
    for chunk in _chunks_of(images):
        labels, places, documents = _labels_of(chunk), _places_of(chunk), assemble_documents(chunk)
        for image in chunk:
            revision = image.current_revision
            place = places.get(image.pk)
            yield {
                "uuid": str(image.uuid),
                "file": place.location if place else "",
                "external_id": place.external_id if place else "",
                **{name: getattr(image, name) for name in ("title", "description", "creator", "credit", "licence")},
                **{name: getattr(image, name) for name in ("source_url", "taken_at", "place", "hidden")},
                "labels": labels.get(image.pk, []),
                "text": _text_of(documents.get(image.pk, {})),
                "width": revision.width if revision else None,
                "height": revision.height if revision else None,
                "sha256": revision.sha256 if revision else "",
                "status": image.annotation_status,
            }


def _chunks_of(images: QuerySet[Image]) -> Iterator[list[Image]]:
    """The images by ascending id. Which ones is fixed first, so that a change meanwhile moves none past the reader."""
    ids = array("q", images.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=10_000))
    for chunk in in_chunks(ids, CHUNK):
        yield list(Image.objects.filter(pk__in=chunk).select_related("collection", "current_revision").order_by("pk"))


def _labels_of(images: list[Image]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    rows = EffectiveLabel.objects.filter(image__in=images).order_by("image", "-score", "label__key")
    for image_id, term, score, source in rows.values_list("image", "label__term", "score", "source"):
        found.setdefault(image_id, []).append({"term": term, "score": round(score, 4), "source": source})
    return found


def _places_of(images: list[Image]) -> dict[int, Occurrence]:
    rows = Occurrence.objects.filter(image__in=images).order_by("-pk")
    return {occurrence.image_id: occurrence for occurrence in rows}


def _text_of(document: dict[str, Any]) -> str:
    whole = document.get("fullTextAnnotation", {}).get("text", "")
    lines = document.get("textAnnotations") or [{}]
    return str(whole or lines[0].get("description", ""))


# --- tables ---------------------------------------------------------------------------------------------------------


def _write_csv(images: QuerySet[Image]) -> Iterator[bytes]:
    """UTF-8 with a byte order mark, which spreadsheets want; its columns are among those that an import reads (`metadata.csv`)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    out.write("\ufeff")
    writer.writerow(COLUMNS)
    for row in export_rows(images):
        cells = {**row, "labels": "|".join(f"{_plain(label['term'])}={label['score']:g}" for label in row["labels"])}
        writer.writerow(_cell(cells[name]) for name in COLUMNS)
        if out.tell() >= BLOCK:
            yield _take(out)
    yield _take(out)


def _take(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode("utf-8", "replace")


def _plain(term: str) -> str:
    return term.replace("|", "/")


def _cell(value: Any) -> str:
    """Text for a cell; what a spreadsheet would take for a formula gets an apostrophe before it."""
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def _write_jsonl(images: QuerySet[Image]) -> Iterator[bytes]:
    for row in export_rows(images):
        yield json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


# --- archives -------------------------------------------------------------------------------------------------------


class _Outlet(io.RawIOBase):
    """A file that can only be written to, and whose bytes are taken away again and again."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def _zip(members: Iterator[tuple[str, Iterator[bytes]]], *, compress: bool) -> Iterator[bytes]:
    """An archive of named members, each given in blocks; at no time is more than a block of it in memory."""
    outlet = _Outlet()
    kind = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED  # pictures are compressed already
    with zipfile.ZipFile(outlet, "w", kind) as archive:
        for name, blocks in members:
            # Sizes are not known beforehand; a picture may pass what 32 bits hold.
            with archive.open(name, "w", force_zip64=not compress) as member:
                for block in blocks:
                    member.write(block)
                    yield outlet.take()
            yield outlet.take()
    yield outlet.take()


def _write_sidecars(images: QuerySet[Image]) -> Iterator[bytes]:
    """A zip with `photo.xmp` for each photo.jpg, in the folders that the pictures came from."""
    return _zip(_sidecars(images), compress=True)


def _sidecars(images: QuerySet[Image]) -> Iterator[tuple[str, Iterator[bytes]]]:
    names = _Names()
    for row in export_rows(images):
        path = names.path_of(row, ".xmp")
        yield path, iter([write_xmp(_facts_of(row))])


def _write_copies(images: QuerySet[Image]) -> Iterator[bytes]:
    """A zip of the pictures, labels and all in IPTC and XMP.

    Of an original that is kept a copy; where none is, of the view rendition (long side 2,048). What is no JPEG is copied as it is,
    with a sidecar beside it.
    """
    return _zip(_copies(images), compress=False)


def _copies(images: QuerySet[Image]) -> Iterator[tuple[str, Iterator[bytes]]]:
    names = _Names()
    for rows in in_chunks(export_rows(images), CHUNK):
        revisions = {
            str(revision.image.uuid): revision
            for revision in Revision.objects.filter(current_of__uuid__in=[row["uuid"] for row in rows]).select_related(
                "image"
            )
        }
        views = dict(
            Rendition.objects.filter(revision__in=revisions.values(), kind=Rendition.Kind.VIEW).values_list(
                "revision", "storage_name"
            )
        )
        for row in rows:
            revision = revisions.get(row["uuid"])
            stored = (revision.storage_name or views.get(revision.pk, "")) if revision else ""
            if stored:
                yield from _copy(stored, row, names)


def _copy(stored: str, row: Row, names: "_Names") -> Iterator[tuple[str, Iterator[bytes]]]:
    """The members of one picture. One that cannot be read is logged and left out; the rest goes on."""
    try:
        file = open_file("media", stored)
    except Exception:
        logger.warning("%s could not be read for an export; the picture is left out.", stored, exc_info=True)
        return
    with closing(file):
        facts = _facts_of(row)
        try:
            blocks = write_into_jpeg(file, facts)
        except JpegError:
            file.seek(0)
            suffix = PurePosixPath(row["file"]).suffix[:10] or ".bin"
            path = names.path_of(row, suffix.translate(UNSAFE_IN_NAMES))
            yield path, iter(lambda: file.read(BLOCK), b"")
            yield f"{path}.xmp", iter([write_xmp(facts)])
        else:
            yield names.path_of(row, ".jpg"), blocks


class _Names:
    """Paths in an archive: where the picture came from, made harmless, and none twice."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def path_of(self, row: Row, suffix: str) -> str:
        """Relative, without `..`, drive letters or characters that some system forbids."""
        location = row["file"].partition("://")[2] or row["file"]
        parts = [part.translate(UNSAFE_IN_NAMES).strip(" .")[:MAX_NAME] for part in location.split("/")]
        parts = [part for part in parts if part]
        stem = str(PurePosixPath(*parts).with_suffix("")) if parts else row["uuid"]
        path = f"{stem}{suffix}"
        if path.lower() in self._given:
            path = f"{stem}-{row['uuid'][:8]}{suffix}"
        self._given.add(path.lower())
        return path


def _facts_of(row: Row) -> PictureFacts:
    return PictureFacts(
        title=row["title"],
        description=row["description"],
        creator=row["creator"],
        credit=row["credit"],
        rights=row["licence"],
        source_url=row["source_url"],
        taken_at=row["taken_at"],
        place=row["place"],
        keywords=tuple(label["term"] for label in row["labels"]),
    )


FORMATS = {
    made.name: made
    for made in (
        ExportFormat(
            name="csv",
            title="Table (CSV)",
            about="For a spreadsheet; an import reads it again.",
            content_type="text/csv; charset=utf-8",
            extension="csv",
            write=_write_csv,
        ),
        ExportFormat(
            name="jsonl",
            title="JSON Lines",
            about="For programs: an object a line, each label with its score and who says it.",
            content_type="application/x-ndjson",
            extension="jsonl",
            write=_write_jsonl,
        ),
        ExportFormat(
            name="xmp",
            title="XMP sidecars",
            about="A zip of small files to lay beside the originals; Lightroom, digiKam and archives read them.",
            content_type="application/zip",
            extension="xmp.zip",
            write=_write_sidecars,
        ),
        ExportFormat(
            name="iptc",
            title="Copies with IPTC and XMP",
            about="A zip of the pictures themselves, which carry title, author and labels wherever they go.",
            content_type="application/zip",
            extension="copies.zip",
            write=_write_copies,
        ),
    )
}
