"""Shards of the search index: words in order, each with the images that have it. Bytes in, bytes out."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.artifact.binary import HEADER_BYTES, compress, decompress, pack_header, read_header
from explorer.artifact.format import ArtifactError
from explorer.artifact.search_words import KINDS

SHARD_MAGIC = b"GLXS"


Tiles = NDArray[np.uint32]
Scores = NDArray[np.uint8]


class Entry(NamedTuple):
    """A word of a shard."""

    key: str
    term: str
    """As it is shown."""
    kind: int
    """Place in `KINDS`."""
    n: int
    """How many images have it."""
    postings: bytes
    """Which, see `encode_postings`; empty in the list of common words."""


def encode_shard(entries: Iterable[Entry]) -> bytes:
    """Return a shard; entries in ascending order of their keys (by code points)."""
    parts = [encode_entry(entry) for entry in entries]
    return pack_shard(parts)


def pack_shard(encoded: list[bytes]) -> bytes:
    """Return a shard of entries that are encoded already."""
    return compress(pack_header(SHARD_MAGIC, len(encoded)) + b"".join(encoded))


def decode_shard(data: bytes) -> list[Entry]:
    """Read a shard.

    Raises
    ------
    ArtifactError: not a shard of this version, or one that is cut short.
    """
    raw = decompress(data)
    n, _ = read_header(raw, SHARD_MAGIC)
    entries: list[Entry] = []
    at = HEADER_BYTES
    try:
        for _ in range(n):
            entry, at = read_entry(raw, at)
            entries.append(entry)
    except (IndexError, UnicodeDecodeError) as error:
        raise ArtifactError(f"Expected {n} words in a shard, got a file cut short: {error}.") from error
    return entries


def encode_entry(entry: Entry) -> bytes:
    """Return key, term (empty if it is the key), kind, number of images and postings, each text and the postings after its length."""
    key = entry.key.encode()
    term = b"" if entry.term == entry.key else entry.term.encode()
    return b"".join(
        (
            _varint(len(key)),
            key,
            _varint(len(term)),
            term,
            bytes((entry.kind,)),
            _varint(entry.n),
            _varint(len(entry.postings)),
            entry.postings,
        )
    )


def read_entry(raw: bytes, at: int) -> tuple[Entry, int]:
    """Read the entry that begins at a byte; also returns where the next one begins. Raises IndexError past the end."""
    size, at = _read_varint(raw, at)
    key, at = raw[at : at + size].decode(), at + size
    size, at = _read_varint(raw, at)
    term, at = raw[at : at + size].decode(), at + size
    kind = raw[at]
    n, at = _read_varint(raw, at + 1)
    size, at = _read_varint(raw, at)
    if at + size > len(raw) or kind >= len(KINDS):
        raise IndexError(f"the word at byte {at} of {len(raw)} is not whole")
    return Entry(key, term or key, kind, n, raw[at : at + size]), at + size


def encode_postings(tiles: Tiles, scores: Scores) -> bytes:
    """Return ascending tiles as the varint of each one's distance from the one before (the first: from 0), then a byte of score each."""
    data, _ends = encode_varints(np.diff(tiles, prepend=np.uint32(0)))
    return data.tobytes() + scores.tobytes()


def decode_postings(entry: Entry) -> tuple[Tiles, Scores]:
    """Return the tiles of the images that have a word, ascending, uint32 (n,), and their scores, uint8 (n,)."""
    raw = np.frombuffer(entry.postings, np.uint8)
    packed, scores = raw[: len(raw) - entry.n], raw[len(raw) - entry.n :]
    last = np.flatnonzero(packed < 0x80)
    if len(last) != entry.n or len(scores) != entry.n:
        raise ArtifactError(f"Expected {entry.n} images with {entry.key!r}, got {len(last)}: the shard is damaged.")
    if not entry.n:
        return np.zeros(0, dtype=np.uint32), scores
    starts = np.concatenate(([0], last[:-1] + 1))
    shifts = 7 * (np.arange(len(packed)) - np.repeat(starts, last - starts + 1)).astype(np.uint64)
    values = np.add.reduceat((packed & np.uint8(0x7F)).astype(np.uint64) << shifts, starts)
    return np.cumsum(values, dtype=np.uint64).astype(np.uint32), scores


def encode_varints(values: NDArray[np.uint32]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return numbers as varints (7 bits a byte, the lowest first, 128 added to all but the last), and where each one ends."""
    longest = max(1, -(-int(values.max(initial=0)).bit_length() // 7))
    lengths = np.ones(len(values), dtype=np.int64)
    for place in range(1, longest):
        lengths += values >= np.uint32(1 << 7 * place)
    ends = np.cumsum(lengths)
    data = np.empty(int(ends[-1]) if len(ends) else 0, dtype=np.uint8)
    for place in range(longest):
        rows = np.flatnonzero(lengths > place)
        more = np.where(lengths[rows] > place + 1, 0x80, 0)
        data[ends[rows] - lengths[rows] + place] = (values[rows] >> np.uint32(7 * place) & 0x7F) | more
    return data, ends


def join_entries(entries: list[Entry]) -> Entry:
    """Return one entry of several with the same key: every image once with its best score, under the most telling kind's term."""
    if len(entries) == 1:
        return entries[0]
    found = [decode_postings(entry) for entry in entries]
    tiles, scores = merge_postings(np.concatenate([t for t, _ in found]), np.concatenate([s for _, s in found]))
    best = min(entries, key=lambda entry: entry.kind)
    return Entry(best.key, best.term, best.kind, len(tiles), encode_postings(tiles, scores))


def merge_postings(tiles: Tiles, scores: Scores) -> tuple[Tiles, Scores]:
    """Return the tiles ascending, each once, with the highest of its scores."""
    order = np.argsort(tiles, kind="stable")
    tiles, scores = tiles[order], scores[order]
    first = np.flatnonzero(np.concatenate(([True], tiles[1:] != tiles[:-1])))
    return tiles[first], np.maximum.reduceat(scores, first)


def remove_tiles(data: bytes, tiles: ArrayLike) -> bytes | None:
    """Return a shard without some images; words that nobody else has go with them.

    Parameters
    ----------
    data: a shard.
    tiles: the images' tiles.

    Returns
    -------
    The new shard; `data` itself if none of these images is in it; None if nothing is left.
    """
    unwanted = np.asarray(tiles, dtype=np.uint32)
    before = decode_shard(data)
    after = [left for entry in before if (left := _without(entry, unwanted)) is not None]
    if after == before:
        return data
    return encode_shard(after) if after else None


def _without(entry: Entry, unwanted: Tiles) -> Entry | None:
    tiles, scores = decode_postings(entry)
    kept = ~np.isin(tiles, unwanted)
    if kept.all():
        return entry
    n = int(kept.sum())
    return entry._replace(n=n, postings=encode_postings(tiles[kept], scores[kept])) if n else None


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
