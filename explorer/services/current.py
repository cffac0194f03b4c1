"""Which publication visitors see: the pointer, and the few that are kept to go back to."""

from collections.abc import Callable, Collection, Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from catalog.models import Galaxy, Image, Publication, PublicationObject
from catalog.services.chunks import IMAGES_PER_QUERY, in_chunks
from catalog.services.jobs import start_job
from catalog.services.media import write_file
from explorer.artifact import FORMAT_VERSION, POINTER_NAME, ArtifactError, ArtifactReader, Pointer
from explorer.artifact.places import decode_places, uuids_of
from explorer.portrait import PORTRAIT_NAME, draw_portrait
from explorer.services.sinks import GalaxySource
from explorer.services.turns import Turn

__all__ = [
    "KEPT_PUBLICATIONS",
    "FindAlive",
    "find_alive",
    "find_gone",
    "is_readable",
    "is_shown",
    "make_current",
    "prune_publications",
    "read_pointer",
    "save_objects",
    "write_pointer",
]

KEPT_PUBLICATIONS = 5
CHUNK = 2000

FindAlive = Callable[[Collection[UUID]], set[UUID]]
"""Which of some images may still be shown."""


def make_current(galaxy: Galaxy, publication: Publication, *, turn: Turn) -> None:
    """Show a publication, whose files and rows are there: the portrait first, then the database says so, the pointer last.

    The pointer lists its images that were hidden or deleted meanwhile, and a job takes them out of its files.
    """
    reader = ArtifactReader(GalaxySource(galaxy), publication.manifest_name)
    portrait = draw_portrait(reader)
    turn.require()
    write_file("galaxies", f"{galaxy.uuid}/{PORTRAIT_NAME}", portrait)
    galaxy.current_publication = publication
    galaxy.save(update_fields=["current_publication"])
    gone = find_gone(reader, find_alive, turn)
    # Looking takes a while: who was listed in the meantime must not be forgotten.
    listed = set(before.withdrawn) if (before := read_pointer(galaxy)) else set()
    gone |= reader.held(listed - find_alive(listed))
    write_pointer(galaxy, Pointer(publication.manifest_name, timezone.now(), tuple(sorted(gone))))
    if gone:
        start_job("withdraw_images", {}, by=None, galaxy=galaxy)


def is_readable(publication: Publication) -> bool:
    """Whether this program reads its files; older formats are published again."""
    return publication.format_version == FORMAT_VERSION


def is_shown(galaxy: Galaxy, publication: Publication) -> bool:
    """Whether visitors see this publication: the database and the pointer say so."""
    pointer = read_pointer(galaxy)
    names_it = pointer is not None and pointer.manifest == publication.manifest_name
    return names_it and galaxy.current_publication_id == publication.pk


def read_pointer(galaxy: Galaxy) -> Pointer | None:
    """The pointer as it is now; None where there is none, or one of an older format."""
    try:
        return ArtifactReader(GalaxySource(galaxy)).pointer
    except (FileNotFoundError, ArtifactError):
        return None


def write_pointer(galaxy: Galaxy, pointer: Pointer) -> None:
    """Replace the pointer, whole."""
    write_file("galaxies", f"{galaxy.uuid}/{POINTER_NAME}", pointer.encode())


def find_gone(reader: ArtifactReader, find_alive: FindAlive, turn: Turn) -> set[UUID]:
    """The images of a publication that may not be shown."""
    gone: set[UUID] = set()
    parts = reader.tables.places
    for done, part in enumerate(parts):
        turn.progress("Looking", done, len(parts))
        ids, _points = decode_places(reader.get(part.url))
        uuids = uuids_of(ids[ids.any(axis=1)])
        gone |= set(uuids) - find_alive(uuids)
    return gone


def find_alive(uuids: Iterable[UUID]) -> set[UUID]:
    """Which of these images are there, and not hidden."""
    alive: set[UUID] = set()
    for chunk in in_chunks(uuids, IMAGES_PER_QUERY):
        alive.update(Image.objects.filter(uuid__in=chunk, hidden=False).values_list("uuid", flat=True))
    return alive


def save_objects(publication: Publication, objects: Sequence[tuple[str, int]]) -> None:
    """Note the objects of a publication, by name and size in bytes; from now on the sweep leaves them."""
    prefix = f"{publication.galaxy.uuid}/"
    PublicationObject.objects.bulk_create(
        [PublicationObject(publication=publication, storage_name=prefix + name, size_bytes=n) for name, n in objects],
        batch_size=CHUNK,
    )


def prune_publications(galaxy: Galaxy) -> None:
    """Keep the newest few that can still be gone back to, and the current one; the sweep deletes what no kept one names."""
    usable = galaxy.publications.filter(format_version=FORMAT_VERSION).order_by("-pk")
    kept = list(usable.values_list("pk", flat=True)[:KEPT_PUBLICATIONS])
    for publication in galaxy.publications.exclude(pk__in=kept).exclude(current_of=galaxy):
        with transaction.atomic():
            PublicationObject.objects.filter(publication=publication).delete()
            publication.delete()
