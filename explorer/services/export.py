"""A galaxy as files that need nothing but a web server for files: its page, its artifact and its pictures, in a folder or a bucket."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import numpy as np
from django.core.files.base import ContentFile

from catalog.models import Galaxy, Publication, Rendition
from catalog.services.chunks import IMAGES_PER_QUERY, in_chunks
from catalog.services.media import read_file, storage_of
from catalog.services.progress import Progress, ignore_progress
from catalog.storage import is_half_written
from explorer.artifact import POINTER_NAME, ArtifactError, ArtifactReader
from explorer.portrait import PORTRAIT_NAME
from explorer.public import told_by
from explorer.services.current import find_alive, find_gone
from explorer.services.export_targets import OUR_FOLDERS, ExportError, Listed, Target, open_target
from explorer.services.sinks import GalaxySource
from explorer.services.static_page import read_front_end, render_page
from explorer.services.turns import Turn, publishing_turn
from explorer.services.upload_pool import UploadPool, upload_threads

__all__ = ["ExportError", "ExportResult", "export_galaxy", "require_exportable"]

MARK = "galaxy-export.json"
INDEX = "index.html"


@dataclass
class ExportResult:
    """What lies where, and what of it this run wrote."""

    publication: Publication
    address: str
    n_files: int = 0
    n_written: int = 0
    n_deleted: int = 0
    n_missing: int = 0
    """Pictures that the library itself lacks."""

    def as_json(self) -> dict[str, object]:
        """For a command's last line."""
        return {
            "galaxy": self.publication.galaxy.slug,
            "publication": self.publication.pk,
            "build": self.publication.build.number,
            "n_images": self.publication.n_images,
            "to": self.address,
            "n_files": self.n_files,
            "n_written": self.n_written,
            "n_deleted": self.n_deleted,
            "n_missing": self.n_missing,
        }


def require_exportable(galaxy: Galaxy, to: str, *, even_private: bool = False) -> Target:
    """Return the target, open; ExportError where it is not fit, or the galaxy is not for everybody."""
    if not galaxy.is_public and not even_private:
        raise ExportError(
            f"Expected a public galaxy of a public collection, for whoever finds the copy can look at it, got {galaxy.slug}, which is "
            "not. Make both public in the admin, or say --even-private if the copy goes where only its people come."
        )
    target = open_target(to)
    _require_ours(galaxy, target, target.list_files())
    return target


def export_galaxy(
    galaxy: Galaxy,
    to: str,
    *,
    even_private: bool = False,
    with_views: bool = True,
    url: str = "",
    progress: Progress = ignore_progress,
) -> ExportResult:
    """Copy what visitors see of a galaxy to `to`, a folder or gs://bucket/prefix.

    New files come first, then the page, the pointer last; only then goes what nothing names any more: pictures that were withdrawn or
    hidden, too. What the pointer from before named stays until the next copy, for pages that are open, unless it shows or tells more than
    may be seen today. What others laid beside the copy stays. Interrupted anywhere, it can be run again, and writes only what is missing.

    Parameters
    ----------
    even_private
        Copy it although not everybody may see it.
    with_views
        Copy the large renditions too: ten times the bytes, and sharp pictures.
    url
        The address under which visitors will find the copy, for previews of links to it.

    Raises
    ------
    ExportError
        When nothing is published, the galaxy is not public, or `to` is not empty and not a copy of this galaxy.
    """
    target = require_exportable(galaxy, to, even_private=even_private)
    with publishing_turn(galaxy, "copying", progress=progress) as turn:
        galaxy.refresh_from_db(fields=["current_publication"])
        source = GalaxySource(galaxy)
        reader = ArtifactReader(source)
        publication = _published(galaxy, reader)
        run = _Run(target, target.list_files(), turn, ExportResult(publication, target.address))
        _require_ours(galaxy, target, run.listed)
        run.claim(galaxy)
        run.keep(_still_wanted(galaxy, target, reader, turn))

        run.write_objects(galaxy, reader.object_names())
        run.write_pictures(_uuids(reader), with_views)
        front_end = read_front_end()
        run.write_all(front_end.files)
        run.write(PORTRAIT_NAME, source.get(PORTRAIT_NAME), again=True)
        where = f"{url.rstrip('/')}/" if url else target.url
        index = render_page(galaxy, front_end, is_public=galaxy.is_public, with_views=with_views, url=where)
        run.write(INDEX, index, again=True)
        turn.require()
        run.write(POINTER_NAME, source.get(POINTER_NAME), again=True)
        run.delete_others()
        return run.result


@dataclass
class _Run:
    """One copying: what was there before, and what has to be there afterwards."""

    target: Target
    listed: dict[str, Listed]
    turn: Turn
    result: ExportResult
    wanted: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)

    def claim(self, galaxy: Galaxy) -> None:
        """Mark the place as this galaxy's; ExportError where another galaxy's copy began at the same moment."""
        self._want(MARK)
        if MARK in self.listed:
            return
        mark = json.dumps({"format": "galaxy-export", "galaxy": str(galaxy.uuid)}).encode()
        if not self.target.create(MARK, mark):
            _require_ours(galaxy, self.target, self.target.list_files())
        self.result.n_written += 1

    def keep(self, names: set[str]) -> None:
        """Leave files that are there, though the copy does not name them any more."""
        self.kept = names

    def write(self, name: str, data: bytes, *, again: bool = False) -> None:
        """Write a file at once; one that is there only if it may have changed."""
        self._want(name)
        if again or name not in self.listed:
            self.target.put(name, ContentFile(data))
            self.result.n_written += 1

    def write_all(self, files: dict[str, bytes]) -> None:
        """Write the files that are not there, several at a time."""
        with self._pool() as pool:
            for name, data in files.items():
                self._want(name)
                if name not in self.listed:
                    pool.submit(partial(self.target.put, name, ContentFile(data)))
                    self.result.n_written += 1

    def write_objects(self, galaxy: Galaxy, names: list[str]) -> None:
        """Copy the objects of a publication, whose names say what is in them."""
        storage_of("galaxies")  # made here, before threads would each make one
        with self._pool() as pool:
            for done, name in enumerate(names):
                self.turn.progress("Copying the galaxy", done, len(names))
                self._want(name)
                if name not in self.listed:
                    pool.submit(partial(self._copy_object, f"{galaxy.uuid}/{name}", name))
                    self.result.n_written += 1

    def write_pictures(self, uuids: Iterable[str], with_views: bool) -> None:
        """Copy the renditions of these images, those that are hidden by now excepted."""
        total = self.result.publication.n_images
        kinds = [Rendition.Kind.SMALL, *([Rendition.Kind.VIEW] if with_views else [])]
        storage_of("media")
        with self._pool() as pool:
            done = 0
            for chunk in in_chunks(uuids, IMAGES_PER_QUERY):
                for name, storage_name, is_there in self._find_renditions(chunk, kinds):
                    self.turn.progress("Copying pictures", done, total)
                    self._want(name)
                    if not is_there:
                        pool.submit(partial(self._copy_picture, storage_name, name))
                        self.result.n_written += 1
                done += len(chunk)
        self.result.n_missing = len(self.missing)
        self.result.n_written -= len(self.missing)

    def delete_others(self) -> None:
        """Delete what nothing of the copy names any more, and what killed runs left half written."""
        others = self.listed.keys() - self.wanted - self.kept
        stale = sorted(name for name in others if name.startswith(OUR_FOLDERS) or is_half_written(name))
        with self._pool() as pool:
            for done, name in enumerate(stale):
                self.turn.progress("Deleting what is gone", done, len(stale))
                pool.submit(partial(self.target.delete, name))
        self.result.n_deleted = len(stale)

    def _find_renditions(self, uuids: list[str], kinds: list[Rendition.Kind]) -> Iterator[tuple[str, str, bool]]:
        """Yield each rendition's name in the copy, its name in our storage, and whether the copy has it."""
        shown = Rendition.objects.filter(
            kind__in=kinds, revision__current_of__uuid__in=uuids, revision__current_of__hidden=False
        )
        facts = ("revision__current_of__uuid", "kind", "storage_name", "size_bytes", "revision__created_at")
        for uuid, kind, storage_name, size_bytes, made_at in shown.values_list(*facts):
            name = f"pictures/{uuid}/{kind}.jpg"
            there = self.listed.get(name)
            # A retouched picture is newer than its copy, even where it is as long to the byte.
            is_there = there is not None and there.size_bytes == size_bytes and there.modified_at > made_at
            yield name, storage_name, is_there

    def _copy_object(self, storage_name: str, name: str) -> None:
        self.target.put(name, ContentFile(read_file("galaxies", storage_name)))

    def _copy_picture(self, storage_name: str, name: str) -> None:
        try:
            data = read_file("media", storage_name)
        except FileNotFoundError:
            self.missing.append(name)  # from a thread: a list's append is whole, a number's += is not
            return
        self.target.put(name, ContentFile(data))

    def _want(self, name: str) -> None:
        self.wanted.add(name)
        self.result.n_files = len(self.wanted)

    def _pool(self) -> UploadPool:
        return UploadPool(upload_threads(self.target.storage))


def _published(galaxy: Galaxy, reader: ArtifactReader) -> Publication:
    """The publication that the pointer names."""
    if galaxy.current_publication is not None:
        try:
            publication = galaxy.publications.filter(manifest_name=reader.pointer.manifest).order_by("-pk").first()
        except (ArtifactError, FileNotFoundError):
            publication = None
        if publication is not None:
            return publication
    raise ExportError(f"{galaxy.slug} is not published in the format of this program. Publish it first.")


def _still_wanted(galaxy: Galaxy, target: Target, reader: ArtifactReader, turn: Turn) -> set[str]:
    """The objects that pages want which read the target's pointer before it is replaced; none if they tell what is not told today.

    Files that somebody was withdrawn from are no kept publication's any more.
    """
    before = ArtifactReader(_TargetSource(target))
    try:
        earlier = galaxy.publications.filter(manifest_name=before.manifest_name).first()
        if earlier is None or set(earlier.told) - set(told_by(galaxy)):
            return set()
        withdrawn, shown = set(reader.pointer.withdrawn), np.sort(reader.ids.view("S16").ravel())

        def still_shown(uuids: Collection[UUID]) -> set[UUID]:
            alive = list(find_alive(uuids) - withdrawn)
            keys = np.array([uuid.bytes for uuid in alive], "S16")
            places = np.minimum(np.searchsorted(shown, keys), len(shown) - 1)
            return {uuid for uuid, is_there in zip(alive, shown[places] == keys, strict=True) if is_there}

        if find_gone(before, still_shown, turn):
            return set()
        return set(before.object_names())
    except (ArtifactError, FileNotFoundError):
        return set()


class _TargetSource:
    """A copy's files, to be read."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def get(self, name: str) -> bytes:
        """The file, whole."""
        with self._target.storage.open(name) as file:
            return bytes(file.read())


def _require_ours(galaxy: Galaxy, target: Target, listed: dict[str, Listed]) -> None:
    """Raise ExportError unless the target is empty or holds a copy of this galaxy, whole or begun."""
    if not listed:
        return
    owner = None
    if MARK in listed:
        with target.storage.open(MARK) as file:
            owner = _read_mark(file.read())
    if owner != str(galaxy.uuid):
        found = "a copy of another galaxy" if owner else f"{len(listed)} files of something else, such as {min(listed)}"
        raise ExportError(
            f"Expected an empty place or an earlier copy of {galaxy.slug} at {target.address}, found {found}. Name another place, or "
            "empty it yourself."
        )


def _read_mark(data: bytes) -> str | None:
    """The uuid of the galaxy that a copy is of; None where the mark is not one of ours."""
    try:
        mark = json.loads(data)
        return str(UUID(mark["galaxy"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _uuids(reader: ArtifactReader) -> Iterator[str]:
    """The images that the publication shows, those that its pointer withdraws excepted."""
    withdrawn = set(reader.pointer.withdrawn)
    for row in reader.ids:
        uuid = UUID(bytes=row.tobytes())
        if uuid.int and uuid not in withdrawn:
            yield str(uuid)
