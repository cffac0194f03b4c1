"""Write each image's neighbours, and the codes for more like it."""

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from explorer.artifact.codes import Coder, encode_codes, fit_coder, measure_recall_at_50
from explorer.artifact.format import FORMAT_VERSION, OnProgress
from explorer.artifact.neighbours import (
    N_NEIGHBOURS,
    NONE,
    NeighbourSearch,
    decode_neighbours,
    encode_neighbours,
    encode_patch,
)
from explorer.artifact.numbering import Numbering
from explorer.artifact.reader import ArtifactReader
from explorer.artifact.store import Store
from explorer.artifact.tables import Codes, Part

NEIGHBOURS_PER_PART = 1_024
CODES_PER_PART = 16_384
MAX_PATCHES = 8  # a reader asks each of them before the part
ROWS_AT_A_TIME = 8_192

Lists = NDArray[np.int32]
Cosines = NDArray[np.float32]


@dataclass(frozen=True)
class Near:
    """What is known of who is near whom."""

    lists: Lists
    """(n_tiles, 12), tiles, nearest first, -1 for none"""
    parts: tuple[Part, ...]
    patches: tuple[str, ...]
    codes: Codes


def write_neighbours(
    vectors: NDArray[np.float16] | None,
    numbering: Numbering,
    store: Store,
    previous: ArtifactReader | None,
    on_progress: OnProgress,
) -> Near:
    """Write neighbours and codes.

    Parameters
    ----------
    vectors: float16 (n_images, d), in the order of the input; None: nothing is written.
    previous: the publication that is added to, None if all is numbered afresh. Its lists are kept where they are still right: a tile
        whose code is another one has another vector. New lists of old tiles go to a patch; if an image is gone or has
        changed, or there are too many patches, all lists are written into the parts, and what was there is nowhere any more.
    on_progress: told of "neighbours".
    """
    if vectors is None:
        return Near(np.full((numbering.n_tiles, N_NEIGHBOURS), NONE, dtype=np.int32), (), (), Codes(0, None, None, ()))
    by_tile = _order_by_tile(vectors, numbering)
    if previous is not None and previous.tables.codes.coder is not None:
        coder = Coder.from_bytes(store.get(previous.tables.codes.coder))
        if coder.projection.shape[0] == vectors.shape[1]:
            return _update(by_tile, coder, numbering, store, previous, on_progress)
    coder = fit_coder(by_tile)
    codes = coder.encode(by_tile)
    lists, parts = _search_all(by_tile, numbering, store, on_progress)
    return Near(
        lists, parts, (), _write_codes(coder, codes, measure_recall_at_50(by_tile, codes), numbering, store, ())
    )


def _order_by_tile(vectors: NDArray[np.float16], numbering: Numbering) -> NDArray[np.float16]:
    """Return the vector of each tile, zeros for tombstones; a memory map is read block by block."""
    ordered = np.zeros((numbering.n_tiles, vectors.shape[1]), dtype=np.float16)
    for first in range(0, len(vectors), ROWS_AT_A_TIME):
        rows = slice(first, first + ROWS_AT_A_TIME)
        ordered[numbering.tile_of_image[rows]] = vectors[rows]
    return ordered


def _search_all(
    vectors: NDArray[np.float16], numbering: Numbering, store: Store, on_progress: OnProgress
) -> tuple[Lists, tuple[Part, ...]]:
    """Find everybody's neighbours; parts that an interrupted run has found already are read back."""
    of_vectors = sha256(vectors.data)
    search = NeighbourSearch(vectors)
    lists = np.empty((numbering.n_tiles, N_NEIGHBOURS), dtype=np.int32)
    parts = []
    for first, n in numbering.cut(NEIGHBOURS_PER_PART, ()):
        rows = slice(first, first + n)
        digest = of_vectors.copy()
        digest.update(f"neighbours {FORMAT_VERSION} {first} {n}".encode())
        key = digest.hexdigest()
        name = store.recall(key)
        if name is None:
            lists[rows], cosines = search.find(rows)
            name = store.add(encode_neighbours(lists[rows], cosines), ".bin")
            store.remember(key, name)
        else:
            lists[rows], _ = decode_neighbours(store.get(name))
        parts.append(Part(name, first, n))
        on_progress("neighbours", first + n, numbering.n_tiles)
    return lists, tuple(parts)


def _update(
    vectors: NDArray[np.float16],
    coder: Coder,
    numbering: Numbering,
    store: Store,
    previous: ArtifactReader,
    on_progress: OnProgress,
) -> Near:
    """Find the neighbours of newcomers and of those whom they displace."""
    tables, n_kept = previous.tables, numbering.n_kept_tiles
    codes = coder.encode(vectors)
    has_changed = (codes[:n_kept] != previous.codes).any(axis=1)
    changed = np.concatenate((np.flatnonzero(has_changed), np.arange(n_kept, numbering.n_tiles)))
    lists = np.full((numbering.n_tiles, N_NEIGHBOURS), NONE, dtype=np.int32)
    cosines = np.zeros(lists.shape, dtype=np.float32)
    lists[:n_kept], cosines[:n_kept] = previous.neighbours
    # A withdrawal takes an image off others' lists and fills up none: it has no vectors.
    is_short = (lists[:n_kept, -1] == NONE) & vectors[:n_kept].any(axis=1)
    affected = np.flatnonzero(is_short)
    if len(changed) or len(affected):
        search = NeighbourSearch(vectors)
        affected = np.union1d(affected, search.find_affected(lists[:n_kept], changed))
        for first in range(0, len(affected), NEIGHBOURS_PER_PART):
            tiles = affected[first : first + NEIGHBOURS_PER_PART]
            lists[tiles], cosines[tiles] = search.find(tiles)
            on_progress("neighbours", first + len(tiles), len(affected))
    patches = tables.neighbour_patches
    patched = np.flatnonzero((lists[:n_kept] != previous.neighbours[0]).any(axis=1))
    is_patched = not has_changed.any() and len(patches) < MAX_PATCHES
    if is_patched and len(patched):
        patches = (store.add(encode_patch(patched, lists[patched], cosines[patched]), ".bin"), *patches)
    parts = []
    for first, n in numbering.cut(NEIGHBOURS_PER_PART, tables.neighbours):
        rows = slice(first, first + n)
        if is_patched and first < n_kept:
            parts.append(next(part for part in tables.neighbours if part.first == first))
        else:
            parts.append(Part(store.add(encode_neighbours(lists[rows], cosines[rows]), ".bin"), first, n))
    recall = tables.codes.recall_at_50
    return Near(
        lists,
        tuple(parts),
        patches if is_patched else (),
        _write_codes(coder, codes, recall, numbering, store, tables.codes.parts),
    )


def _write_codes(
    coder: Coder,
    codes: NDArray[np.int8],
    recall_at_50: float | None,
    numbering: Numbering,
    store: Store,
    kept: tuple[Part, ...],
) -> Codes:
    """Write all parts of codes: those that are as they were have the names that they had."""
    parts = [
        Part(store.add(encode_codes(codes[first : first + n]), ".bin"), first, n)
        for first, n in numbering.cut(CODES_PER_PART, kept)
    ]
    return Codes(codes.shape[1], recall_at_50, store.add(coder.to_bytes(), ".bin"), tuple(parts))
