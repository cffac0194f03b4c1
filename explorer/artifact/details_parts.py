"""Write details and, out of the same ones, the search index: nothing can be found that is not shown."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.artifact.details import Details, encode_details, prepare_details
from explorer.artifact.format import OnProgress
from explorer.artifact.inputs import Images, ReadDetails
from explorer.artifact.numbering import NOBODY, Numbering
from explorer.artifact.reader import ArtifactReader
from explorer.artifact.search_index import SearchIndexWriter, Segment, merge_segments, withdraw_tiles
from explorer.artifact.search_words import words_of_details
from explorer.artifact.store import Store
from explorer.artifact.tables import Part

DETAILS_PER_PART = 256  # some 10 KB compressed with short documents: one quick request
MAX_SEGMENTS = 8  # a question asks each of them


def write_details(
    images: Images,
    numbering: Numbering,
    neighbours: NDArray[np.int32],
    read_details: ReadDetails,
    store: Store,
    previous: ArtifactReader | None,
    on_progress: OnProgress,
) -> tuple[tuple[Part, ...], tuple[Segment, ...]]:
    """Write all parts of details, and of the search index what has changed.

    Parameters
    ----------
    images: `clusters` are indices of the manifest.
    neighbours: int32 (n_tiles, k), tiles, -1 for none.
    previous: the publication that is added to; None if all is numbered afresh. Words of images that it has not, or has otherwise, go to a
        segment of their own; those that it has and that do not hold any more are taken out of its segments.
    on_progress: told of "details".
    """
    parts = []
    kept = {part.first: part for part in previous.tables.details} if previous else {}
    outdated: list[int] = []  # tiles whose words in the previous segments do not hold any more
    with SearchIndexWriter(store.add) as index:
        for first, n in numbering.cut(DETAILS_PER_PART, previous.tables.details if previous else ()):
            rows = numbering.image_of_tile[first : first + n]
            entries = _read_entries(images, numbering, rows, neighbours[first : first + n], read_details)
            part = Part(store.add(encode_details(entries), ".bin"), first, n)
            parts.append(part)
            before: Sequence[Details | None] = [None] * n
            if previous is not None and first in kept:
                before = entries if part == kept[first] else previous.details_part(kept[first])
            for tile, (old, new) in enumerate(zip(before, entries, strict=True), start=first):
                had, has = words_of_details(old or {}), words_of_details(new or {})
                if had == has:
                    continue
                if had:
                    outdated.append(tile)
                index.add(tile, has)
            on_progress("details", first + n, numbering.n_tiles)
        newest = index.finish()
    segments = list(previous.tables.search) if previous else []
    if outdated:
        segments = [withdraw_tiles(segment, outdated, store.get, store.add) for segment in segments]
    segments = [segment for segment in [*segments, newest] if segment.shards]
    if len(segments) > MAX_SEGMENTS:
        segments = [merge_segments(segments, store.get, store.add)]
    return tuple(parts), tuple(segments)


def _read_entries(
    images: Images,
    numbering: Numbering,
    rows: NDArray[np.int64],
    neighbours: NDArray[np.int32],
    read_details: ReadDetails,
) -> list[Details | None]:
    """Return the details of a part's tiles, None for tombstones."""
    alive = rows != NOBODY
    asked = rows[alive].tolist()
    near = neighbours[alive]
    near_images = np.where(near >= 0, numbering.image_of_tile[near], NOBODY).astype(np.int32)
    found = prepare_details(
        read_details(asked, near_images) if asked else [],
        [images.uuids[image] for image in asked],
        images.clusters[asked].tolist(),
    )
    details = iter(found)
    return [next(details) if is_alive else None for is_alive in alive.tolist()]
