"""The images most alike to each: exact, by cosine, in the space that the galaxy was laid out in.

Every image is compared with every other, at a fraction of the price. All vectors are turned onto their principal axes; of each the first 31
components are kept, and the length of the rest. By Cauchy and Schwarz the product of two such short vectors is never less than
the product of the whole ones, so only pairs whose short product reaches the twelfth best so far are looked at as a whole: two in a
hundred. The whole product is a sum of float16 products in float64, which loses no bit of vectors shorter than 5, so equal
cosines are equal to the bit and ties can be told. Images with the very same vector are searched for once.
"""

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from explorer.artifact.binary import Column, decode_columns, encode_columns
from explorer.artifact.format import ArtifactError, OnProgress

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]
Indices = NDArray[np.int32]

N_NEIGHBOURS = 12
NONE = -1
NEIGHBOURS_MAGIC = b"GLXN"
PATCH_MAGIC = b"GLXQ"

N_HEAD = 31  # components; with twice as many fewer pairs must be looked at whole, and the products cost double: as fast, and larger
ROWS_FOR_AXES = 50_000  # any axes give the right answer, good ones a fast one
QUERY_BLOCK = 256
RUN = 2_048  # points: 2 MB of products, which stay in the cache until they are read
ROWS_AT_A_TIME = 8_192  # of float16 turned into float32: 8 MB

_LISTS = (Column("tile", "uint32", N_NEIGHBOURS), Column("similarity", "uint8", N_NEIGHBOURS))
_PATCH = (Column("changed", "uint32", 1), *_LISTS)


class NeighbourSearch:
    """All images, made ready for asking any of them for its neighbours: worth keeping from one part to the next.

    Memory beside the vectors: 170 bytes an image, and blocks. The answers depend neither on the number of threads nor on which images
    are asked together.
    """

    def __init__(self, vectors: Halves, *, n_jobs: int = -1) -> None:
        """Prepare.

        Parameters
        ----------
        vectors: float16 (n_images, n_features), finite; a row of zeros is an image of which nothing is known.
        n_jobs: threads, -1 for all cores.

        Raises
        ------
        ArtifactError: another type or shape, or numbers that are not finite.
        """
        if vectors.dtype != np.float16 or vectors.ndim != 2:
            raise ArtifactError(
                f"Expected float16 vectors of shape (n_images, n_features), got {vectors.dtype} {vectors.shape}."
            )
        if not all(np.isfinite(vectors[part]).all() for part in _blocks(len(vectors))):
            raise ArtifactError("Expected finite vectors, got NaN or infinite numbers: build the galaxy again.")
        self._vectors = np.ascontiguousarray(vectors)
        self._n_jobs = n_jobs
        self._group_of, self._members, self._starts = _group_equals(self._vectors)
        self._firsts = self._members[self._starts[:-1]]
        self._squares, self._short = _shorten(self._vectors, self._firsts)

    def find(self, rows: slice | NDArray[np.integer], *, k: int = N_NEIGHBOURS) -> tuple[Indices, Floats]:
        """Return the k nearest of some images: int32 (n_rows, k), nearest first, and their cosines, float32 (n_rows, k).

        Equal cosines: the lower number first. An image is not its own neighbour; one without a vector has none and is nobody's. Where there
        are fewer than k, -1 and 0 fill up.
        """
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

        from catalog.layout.threads import Workers, cut_into_blocks  # half a second of imports that only this needs

        asked = np.arange(len(self._vectors))[rows]
        groups, of_asked = np.unique(self._group_of[asked], return_inverse=True)
        near = np.full((len(groups), k + 1), NONE, dtype=np.int64)  # one more: an image's own group is its nearest
        cosines = np.full((len(groups), k + 1), -np.inf)

        def search(first: int, last: int) -> None:
            self._search(groups[first:last], near[first:last], cosines[first:last])

        with Workers(self._n_jobs) as workers, threadpool_limits(1):  # BLAS's own threads would only wait for ours
            workers.map(search, cut_into_blocks(len(groups), QUERY_BLOCK))
        indices = np.full((len(asked), k), NONE, dtype=np.int32)
        similarity = np.zeros((len(asked), k), dtype=np.float32)
        for place, (image, group) in enumerate(zip(asked.tolist(), of_asked.ravel().tolist(), strict=True)):
            found = self._list_images(image, near[group].tolist(), cosines[group].tolist(), k)
            indices[place, : len(found)] = [member for _, member in found]
            similarity[place, : len(found)] = [-value for value, _ in found]
        return indices, similarity

    def find_affected(self, lists: NDArray[np.integer], changed: NDArray[np.integer]) -> Indices:
        """Tell which images need a new list because some came, left, or got another vector.

        Parameters
        ----------
        lists: (n_listed, k), the neighbours of the first images as they were found before, -1 for none.
        changed: numbers of the images that are new, gone (a row of zeros now) or other than they were.

        Returns
        -------
        int32, ascending: the changed ones themselves, those that have one of them on their list, and those whose last is farther than a
        changed one. All others' lists are what `find` would return.
        """
        from explorer.artifact.cosines import mark_nearer, measure_lasts

        n_listed = len(lists)
        is_changed = np.zeros(len(self._vectors) + 1, dtype=np.bool_)  # the one too many is for -1
        is_changed[changed] = True
        affected = is_changed[:-1].copy()
        affected[n_listed:] = True
        affected[:n_listed] |= is_changed[lists].any(axis=1)
        new = np.unique(self._group_of[changed])
        new = new[self._squares[new] > 0]
        limits = np.empty(RUN)
        for first in range(0, n_listed, RUN):
            part = slice(first, min(first + RUN, n_listed))
            mine, last = self._group_of[part], lists[part, -1]
            lasts = np.where(last >= 0, self._group_of[last], NONE)
            measure_lasts(self._bits, self._squares, self._firsts, mine, lasts, limits)
            bounds = self._short[mine] @ self._short[new].T
            mark_nearer(bounds, self._bits, self._squares, self._firsts, mine, new, limits, affected[part])
        return np.flatnonzero(affected).astype(np.int32)

    @property
    def _bits(self) -> NDArray[np.uint16]:
        return self._vectors.view(np.uint16)

    def _search(self, groups: NDArray[np.int64], near: NDArray[np.int64], cosines: NDArray[np.float64]) -> None:
        """Find the nearest groups of some, their own among them."""
        from explorer.artifact.cosines import collect_nearest

        queries = self._short[groups]
        products = np.empty(len(groups) * RUN, dtype=np.float32)
        for first, last in _tiles_from(int(groups[len(groups) // 2]), len(self._firsts)):
            bounds = products[: len(groups) * (last - first)].reshape(len(groups), last - first)
            np.matmul(queries, self._short[first:last].T, out=bounds)
            collect_nearest(bounds, first, groups, self._bits, self._squares, self._firsts, near, cosines)

    def _list_images(self, image: int, near: list[int], cosines: list[float], k: int) -> list[tuple[float, int]]:
        """Return the k nearest images of the nearest groups as (-cosine, number), without the image itself."""
        found: list[tuple[float, int]] = []
        for group, cosine in zip(near, cosines, strict=True):
            if group == NONE or (len(found) > k and -cosine > found[k][0]):
                break
            # Of equals one more than is wanted, as the image itself may be among them.
            members = self._members[self._starts[group] : self._starts[group + 1]][: k + 1]
            found += [(-cosine, member) for member in members.tolist()]
        return sorted(pair for pair in found if pair[1] != image)[:k]


def find_neighbours(
    vectors: Halves,
    *,
    k: int = N_NEIGHBOURS,
    rows: slice | NDArray[np.integer] | None = None,
    on_progress: OnProgress = lambda stage, done, total: None,
) -> tuple[Indices, Floats]:
    """Return the k nearest of all images, or of some: as `NeighbourSearch.find`, which is the one to use part by part.

    Parameters
    ----------
    on_progress: told of "neighbours" (images).
    """
    asked = np.arange(len(vectors))[slice(None) if rows is None else rows]
    search = NeighbourSearch(vectors)
    indices = np.empty((len(asked), k), dtype=np.int32)
    similarity = np.empty((len(asked), k), dtype=np.float32)
    for first in range(0, len(asked), RUN):
        on_progress("neighbours", first, len(asked))
        part = slice(first, first + RUN)
        indices[part], similarity[part] = search.find(asked[part], k=k)
    on_progress("neighbours", len(asked), len(asked))
    return indices, similarity


def encode_neighbours(indices: Indices, similarity: Floats) -> bytes:
    """Return a part of neighbours: for each tile twelve tiles, -1 for none, and their cosines, of which 255ths are kept; below 0 is 0."""
    return encode_columns(NEIGHBOURS_MAGIC, _LISTS, [_unsign(indices), _to_bytes(similarity)])


def decode_neighbours(data: bytes) -> tuple[Indices, Floats]:
    """Read a part of neighbours as it was given to `encode_neighbours`; raises ArtifactError where it is not one."""
    columns, _ = decode_columns(NEIGHBOURS_MAGIC, _LISTS, data)
    return _sign(columns["tile"]), _to_cosines(columns["similarity"])


def encode_patch(tiles: NDArray[np.integer], indices: Indices, similarity: Floats) -> bytes:
    """Return a patch: the new lists of some tiles, which are given ascending."""
    if (np.diff(tiles) <= 0).any():
        raise ArtifactError("Expected the tiles of a patch in ascending order, each once, got others.")
    return encode_columns(PATCH_MAGIC, _PATCH, [tiles, _unsign(indices), _to_bytes(similarity)])


def decode_patch(data: bytes) -> tuple[Indices, Indices, Floats]:
    """Read a patch: tiles, int32 (n,), and their lists as `decode_neighbours`; raises ArtifactError where it is not one."""
    columns, _ = decode_columns(PATCH_MAGIC, _PATCH, data)
    return _sign(columns["changed"]), _sign(columns["tile"]), _to_cosines(columns["similarity"])


def _unsign(indices: Indices) -> NDArray[np.uint32]:
    return np.ascontiguousarray(indices, dtype=np.int32).view(np.uint32)  # -1 is 4294967295


def _sign(indices: NDArray[np.uint32]) -> Indices:
    return indices.astype(np.uint32).view(np.int32)


def _to_bytes(similarity: Floats) -> NDArray[np.uint8]:
    return np.rint(255 * np.clip(similarity, 0, 1)).astype(np.uint8)


def _to_cosines(similarity: NDArray[np.uint8]) -> Floats:
    return np.asarray(similarity / 255, dtype=np.float32)


def _group_equals(vectors: Halves) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Number the distinct vectors in order of their first image.

    Returns
    -------
    int64 (n_images,), each image's group; int64 (n_images,), the images group by group, ascending; int64 (n_groups + 1,), where each
    group begins there.
    """
    numbers: dict[bytes, int] = {}
    group_of = np.fromiter(
        (numbers.setdefault(blake2b(row.data, digest_size=16).digest(), len(numbers)) for row in vectors),
        np.int64,
        len(vectors),
    )
    starts = np.concatenate(([0], np.cumsum(np.bincount(group_of, minlength=len(numbers)))))
    return group_of, np.argsort(group_of, kind="stable"), starts


def _shorten(vectors: Halves, firsts: NDArray[np.int64]) -> tuple[NDArray[np.float64], Floats]:
    """Return the groups' squared lengths, float64, and their short vectors, float32 (n_groups, at most 32)."""
    n_features = vectors.shape[1]
    n_head = min(N_HEAD, n_features)
    squared = np.empty(len(firsts))
    short = np.empty((len(firsts), n_head + 1), dtype=np.float32)
    axes = _principal_axes(vectors[firsts[:: 1 + len(firsts) // ROWS_FOR_AXES]])
    for part in _blocks(len(firsts)):
        rows = vectors[firsts[part]].astype(np.float64)
        squared[part] = np.einsum("ij,ij->i", rows, rows)
        turned = _unit(rows).astype(np.float32) @ axes
        short[part, :n_head] = turned[:, :n_head]
        short[part, n_head] = np.linalg.norm(turned[:, n_head:], axis=1)
    return squared, short


def _principal_axes(vectors: Halves) -> Floats:
    """Return float32 (n_features, n_features), orthonormal columns, those along which unit vectors are longest first."""
    units = _unit(vectors.astype(np.float64))
    _, axes = np.linalg.eigh(units.T @ units)
    return np.ascontiguousarray(axes[:, ::-1], dtype=np.float32)


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0))


def _blocks(n: int) -> Iterator[slice]:
    return (slice(first, first + ROWS_AT_A_TIME) for first in range(0, n, ROWS_AT_A_TIME))


def _tiles_from(middle: int, n: int) -> Iterator[tuple[int, int]]:
    """Go through all tiles, beginning where the queries are: what lies near comes first, and little is nearer after that."""
    n_tiles = -(-n // RUN)
    for turn in range(n_tiles):
        first = (middle // RUN + turn) % n_tiles * RUN
        yield first, min(first + RUN, n)
