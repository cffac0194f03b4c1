"""From a tile to its image and point, and from a uuid to its tile."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from explorer.artifact.binary import Column, decode_columns, encode_columns

PLACES_MAGIC = b"GLXI"
LOOKUP_MAGIC = b"GLXU"

NO_POINT = 2**32 - 1
ROWS_PER_LOOKUP = 4_096  # 80 KB: a quick request; a uuid is as good as random, so the files are of about equal size
MAX_LOOKUP_BITS = 8

Ids = NDArray[np.uint8]
"""uint8 (n, 16), as `UUID.bytes`; zeros for tombstones."""

_PLACES = (Column("uuid", "uint8", 16), Column("point", "uint32", 1))
_LOOKUP = (Column("uuid", "uint8", 16), Column("tile", "uint32", 1))


def ids_of(uuids: Sequence[UUID]) -> Ids:
    """Return uuids as an array."""
    return np.frombuffer(b"".join(uuid.bytes for uuid in uuids), dtype=np.uint8).reshape(len(uuids), 16)


def uuids_of(ids: Ids) -> list[UUID]:
    """Undo `ids_of`."""
    raw = np.ascontiguousarray(ids).tobytes()
    return [UUID(bytes=raw[start : start + 16]) for start in range(0, len(raw), 16)]


def encode_places(ids: Ids, points: NDArray[np.uint32]) -> bytes:
    """Return a part of places: each tile's image and point (`NO_POINT`: none)."""
    return encode_columns(PLACES_MAGIC, _PLACES, [ids, points])


def decode_places(data: bytes) -> tuple[Ids, NDArray[np.uint32]]:
    """Read a part of places; raises ArtifactError where it is not one."""
    columns, _ = decode_columns(PLACES_MAGIC, _PLACES, data)
    return columns["uuid"], columns["point"]


def choose_lookup_bits(n: int) -> int:
    """Return of how many bits the lookup's files are chosen, 0 to 8, so that each has some 4,000 rows at most."""
    return min(MAX_LOOKUP_BITS, max(0, -(-n // ROWS_PER_LOOKUP) - 1).bit_length())


def lookup_number(uuid_end: int, bits: int) -> int:
    """Return which of the lookup's files knows a uuid, from its last byte."""
    return uuid_end >> (8 - bits)


def split_lookup(ids: Ids, tiles: NDArray[np.uint32], bits: int) -> list[bytes]:
    """Return the lookup's files, 2^bits of them."""
    numbers = ids[:, 15] >> (8 - bits)
    return [encode_lookup(ids[numbers == k], tiles[numbers == k]) for k in range(1 << bits)]


def encode_lookup(ids: Ids, tiles: NDArray[np.uint32]) -> bytes:
    """Return a file of the lookup; rows in any order, tombstones left out."""
    kept = ids.any(axis=1)
    ids, tiles = ids[kept], tiles[kept]
    order = np.lexsort(ids.T[::-1])
    return encode_columns(LOOKUP_MAGIC, _LOOKUP, [ids[order], tiles[order]])


def decode_lookup(data: bytes) -> tuple[Ids, NDArray[np.uint32]]:
    """Read a file of the lookup, by uuid ascending; raises ArtifactError where it is not one."""
    columns, _ = decode_columns(LOOKUP_MAGIC, _LOOKUP, data)
    return columns["uuid"], columns["tile"]
