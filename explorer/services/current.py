"""Which publication visitors see: the pointer, and the few that are kept to go back to."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from catalog.models import Galaxy, Publication, PublicationObject
from catalog.services.media import write_file
from explorer.artifact import FORMAT_VERSION, POINTER_NAME, ArtifactReader, Pointer
from explorer.portrait import PORTRAIT_NAME, draw_portrait
from explorer.services.sinks import GalaxySource
from explorer.services.turns import Turn

__all__ = ["KEPT_PUBLICATIONS", "make_current", "prune_publications", "save_objects"]

KEPT_PUBLICATIONS = 5
CHUNK = 2000


def make_current(galaxy: Galaxy, publication: Publication, *, turn: Turn, withdrawn: Sequence[UUID] = ()) -> None:
    """Show a publication, whose files and rows are there: the portrait first, then the pointer, then the database says so."""
    reader = ArtifactReader(GalaxySource(galaxy), publication.manifest_name)
    portrait = draw_portrait(reader)
    turn.require()
    write_file("galaxies", f"{galaxy.uuid}/{PORTRAIT_NAME}", portrait)
    pointer = Pointer(manifest=publication.manifest_name, published_at=timezone.now(), withdrawn=tuple(withdrawn))
    write_file("galaxies", f"{galaxy.uuid}/{POINTER_NAME}", pointer.encode())
    galaxy.current_publication = publication
    galaxy.save(update_fields=["current_publication"])


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
