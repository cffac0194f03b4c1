"""Withdrawing: what nobody may see any more leaves every publication that is kept, its files, and the memory of what they were made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from catalog.models import Galaxy, Image, Publication, PublicationObject
from catalog.services.chunks import IMAGES_PER_QUERY, in_chunks
from catalog.services.curate import hide_images
from catalog.services.errors import ServiceError
from catalog.services.jobs import start_job
from catalog.services.media import storage_of
from catalog.services.progress import Progress, ignore_progress
from catalog.services.safe_search import require_safe_search
from explorer.artifact import POINTER_NAME, ArtifactReader, Pointer
from explorer.artifact.withdraw import withdraw
from explorer.portrait import PORTRAIT_NAME
from explorer.public import credits_due, told_by
from explorer.services.current import (
    FindAlive,
    find_alive,
    find_gone,
    is_readable,
    is_shown,
    make_current,
    read_pointer,
    save_objects,
    write_pointer,
)
from explorer.services.sinks import GalaxySink, GalaxySource
from explorer.services.sweep import sweep_objects
from explorer.services.turns import Turn, publishing_turn
from explorer.shown import find_shown

__all__ = ["WithdrawResult", "list_withdrawn", "prepare_roll_back", "rewrite_publications", "withdraw_images"]

CHUNK = 2000


@dataclass(frozen=True)
class WithdrawResult:
    """What it took to take images out of a galaxy's publications."""

    n_images: int = 0
    """Images that some publication held."""
    n_publications: int = 0
    """Publications that were written anew."""
    n_deleted: int = 0
    """Objects that are gone."""

    def as_json(self) -> dict[str, object]:
        """For a job's result."""
        return vars(self)


def withdraw_images(images: QuerySet[Image], *, by: User | None, reason: str = "") -> int:
    """Hide images and take them out of all that is published; says how many were not hidden yet.

    From the moment that this returns the media door refuses them to visitors, and the pointers of their galaxies list them. A job
    for each galaxy, which keeps who asked and why, rewrites the files (`rewrite_publications`).
    """
    return hide_images(images, hidden=True, by=by, reason=reason)


def list_withdrawn(galaxy: Galaxy, uuids: Iterable[UUID]) -> None:
    """Let the pointer say at once which of its publication's images must not be shown; pages hide them from then on.

    Only what the publication holds is listed: the pointer tells of no other image.
    """
    wanted, is_written = set(uuids), False
    while (manifest_name := _find_manifest(galaxy)) is not None:
        held = ArtifactReader(GalaxySource(galaxy), manifest_name).held(wanted)
        pointer = read_pointer(galaxy)
        if pointer is None or not (is_written or held - set(pointer.withdrawn)):
            return
        withdrawn = (set(pointer.withdrawn) - wanted) | held
        write_pointer(galaxy, Pointer(manifest_name, pointer.published_at, tuple(sorted(withdrawn))))
        # Nobody waits for a turn here. Where another deed has changed the publication since we looked, what we wrote may lead to
        # files that are gone: then once more.
        is_written = True
        if _find_manifest(galaxy) == manifest_name:
            return


def rewrite_publications(galaxy: Galaxy, *, progress: Progress = ignore_progress) -> WithdrawResult:
    """Take images that are hidden or deleted out of the files of every kept publication, and delete what held them.

    It finds out by itself what is left to do, so it can be killed anywhere and run again: new files first, then the rows that
    name them, the pointer, and only then do the old files go, whatever else nothing names with them. Publishing waits meanwhile.
    """
    with publishing_turn(galaxy, "withdrawing", progress=progress) as turn:
        galaxy.refresh_from_db()
        gone: set[UUID] = set()
        n_publications = 0
        for publication in galaxy.publications.order_by("-pk"):
            # One of an older format can be neither read nor gone back to.
            found = _withdraw_from(publication, find_alive, turn) if is_readable(publication) else set()
            gone |= found
            n_publications += bool(found)
            if not (is_readable(publication) and publication.n_images):
                publication.delete()
        _mend_pointer(galaxy, turn)
        for publication in galaxy.publications.all():
            _forget_old_objects(publication)
    swept = sweep_objects(galaxy, grace=timedelta(0), progress=progress)
    return WithdrawResult(len(gone), n_publications, swept.n_deleted)


def prepare_roll_back(publication: Publication, *, turn: Turn) -> Publication:
    """Make a publication fit to be shown again: without what is hidden, deleted or not safe for everybody today.

    Raises
    ------
    ServiceError
        When it tells something that the galaxy does not publish any more, when nothing of it may be shown, or (SafeSearchError) when
        everybody would see images at which safe search has not looked.
    """
    galaxy = publication.galaxy
    if more := sorted(set(publication.told) - set(told_by(galaxy))):
        raise ServiceError(
            f"Expected a publication that tells no more than {galaxy.slug} does today, got one that also tells {', '.join(more)}. Publish "
            "again instead, or turn that on again first."
        )
    shown = find_shown(galaxy, publication.build)
    if not publication.despite_safe_search:
        require_safe_search(galaxy, publication.build, shown.cluster_of)
    rows = Image.objects.filter(positions__build=publication.build).values_list("pk", "uuid")
    alive = {uuid for pk, uuid in rows.iterator(CHUNK) if pk in shown.cluster_of}
    if _withdraw_from(publication, alive.intersection, turn):
        # The files from before are named until that job has looked, and then they go.
        start_job("withdraw_images", {}, by=None, galaxy=galaxy)
    if not publication.n_images:
        raise ServiceError(f"Nothing of publication {publication.pk} of {galaxy.slug} may be shown any more.")
    return publication


def _withdraw_from(publication: Publication, find_alive: FindAlive, turn: Turn) -> set[UUID]:
    """Write the files of a publication anew without those of its images that may not be shown; says which these are.

    The old files stay named, for the pointer may still lead to them.
    """
    galaxy = publication.galaxy
    reader = ArtifactReader(GalaxySource(galaxy), publication.manifest_name)
    gone = find_gone(reader, find_alive, turn)
    if not gone:
        return gone
    with GalaxySink(galaxy) as sink:
        thanked = credits_due(publication.build, find_shown(galaxy, publication.build))
        written = withdraw(sink, publication.manifest_name, gone, thanked=thanked, on_progress=turn.progress)
    turn.require()
    named = set(publication.objects_published.values_list("storage_name", flat=True))
    with transaction.atomic():
        publication.manifest_name = written.manifest_name
        publication.n_images = written.manifest.n_images
        publication.size_bytes = written.size_bytes
        # It shows what no build and no settings make any more: publishing must not take it for up to date.
        publication.content_fingerprint = ""
        publication.save(update_fields=["manifest_name", "n_images", "size_bytes", "content_fingerprint"])
        save_objects(publication, [row for row in written.objects if f"{galaxy.uuid}/{row[0]}" not in named])
    return gone


def _find_manifest(galaxy: Galaxy) -> str | None:
    """The manifest of the current publication, as the database has it now; None where there is none that can be read."""
    galaxy.refresh_from_db(fields=["current_publication"])
    publication = galaxy.current_publication
    return publication.manifest_name if publication is not None and is_readable(publication) else None


def _mend_pointer(galaxy: Galaxy, turn: Turn) -> None:
    """Let the pointer lead to the current publication as it is now, and list nobody who is in it no more; without one, it goes."""
    galaxy.refresh_from_db(fields=["current_publication"])
    publication = galaxy.current_publication
    if publication is None:
        turn.require()
        for name in (POINTER_NAME, PORTRAIT_NAME):
            storage_of("galaxies").delete(f"{galaxy.uuid}/{name}")
        return
    pointer = read_pointer(galaxy)
    if not is_shown(galaxy, publication) or (pointer is not None and pointer.withdrawn):
        make_current(galaxy, publication, turn=turn)


def _forget_old_objects(publication: Publication) -> None:
    """Strike off the objects that a publication does not need any more, so that the sweep takes them."""
    reader = ArtifactReader(GalaxySource(publication.galaxy), publication.manifest_name)
    wanted = {f"{publication.galaxy.uuid}/{name}" for name in reader.object_names()}
    rows = publication.objects_published.values_list("pk", "storage_name")
    for chunk in in_chunks([pk for pk, name in rows if name not in wanted], IMAGES_PER_QUERY):
        PublicationObject.objects.filter(pk__in=chunk).delete()
