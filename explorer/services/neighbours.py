"""Which images are most alike to one, as the published galaxy says: read from its files, for one image at a time."""

from uuid import UUID

import numpy as np

from catalog.models import Galaxy
from explorer.artifact import ArtifactReader
from explorer.artifact.neighbours import N_NEIGHBOURS, decode_neighbours, decode_patch
from explorer.artifact.reader import find_part
from explorer.services.current import is_readable
from explorer.services.sinks import GalaxySource

__all__ = ["N_NEIGHBOURS", "find_neighbours"]


def find_neighbours(galaxy: Galaxy, image: UUID) -> list[tuple[UUID, float]] | None:
    """The images most alike to one that the galaxy shows, the nearest first, and their cosines to within 1/255; at most twelve.

    None where nothing is published, or the publication does not show the image. A handful of small files is read. Whether each may be
    shown today is for the caller to ask.
    """
    publication = galaxy.current_publication
    if publication is None or not is_readable(publication):
        return None
    reader = ArtifactReader(GalaxySource(galaxy), publication.manifest_name)
    tile = reader.find(image)
    if tile is None:
        return None
    tiles, cosines = _read_lists(reader, tile)
    places = [(reader.place(near), cosine) for near, cosine in zip(tiles, cosines, strict=True) if near >= 0]
    return [(place[0], round(cosine, 4)) for place, cosine in places if place is not None]


def _read_lists(reader: ArtifactReader, tile: int) -> tuple[list[int], list[float]]:
    """The tile's neighbours: those of the newest patch that has them, else of the part."""
    for name in reader.tables.neighbour_patches:
        changed, lists, similarity = decode_patch(reader.get(name))
        if len(rows := np.flatnonzero(changed == tile)):
            return lists[rows[0]].tolist(), similarity[rows[0]].tolist()
    part = find_part(reader.tables.neighbours, tile)
    if part is None:
        return [], []
    lists, similarity = decode_neighbours(reader.get(part.url))
    return lists[tile - part.first].tolist(), similarity[tile - part.first].tolist()
