"""Chunks: the columns of a node's points, and the columns that are loaded only when they are wanted."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from explorer.artifact.binary import Column, decode_columns, encode_columns
from explorer.artifact.points import ASPECT_SQUARE, POSITION_STEPS

CHUNK_MAGIC = b"GLXP"
EXTRA_MAGIC = b"GLXE"

TOMBSTONE = 1
NEWCOMER = 2

COLUMNS = (
    Column("position", "uint16", 3),
    Column("cluster", "uint8", 1),
    Column("colour", "uint8", 3),
    Column("aspect", "uint8", 1),
    Column("flags", "uint8", 1),
    Column("tile", "uint32", 1),
)
EXTRA_COLUMNS = {"flat": Column("flat", "uint16", 2), "time": Column("time", "int32", 1)}


@dataclass(frozen=True)
class Points:
    """What chunks say of every point, in point order; see `COLUMNS` for the types."""

    position: NDArray[np.uint16]
    """(n, 3)"""
    cluster: NDArray[np.uint8]
    colour: NDArray[np.uint8]
    """(n, 3), mean RGB"""
    aspect: NDArray[np.uint8]
    """See `quantise_aspect`."""
    flags: NDArray[np.uint8]
    """`TOMBSTONE`, `NEWCOMER`"""
    tile: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.cluster)

    def __getitem__(self, rows: slice | NDArray[np.int64]) -> "Points":
        return Points(*(getattr(self, field.name)[rows] for field in fields(self)))


def encode_chunk(points: Points) -> bytes:
    """Return a node's chunk."""
    return encode_columns(CHUNK_MAGIC, COLUMNS, [getattr(points, column.name) for column in COLUMNS])


def decode_chunk(data: bytes) -> Points:
    """Read a chunk; raises ArtifactError where it is not one."""
    return Points(**decode_columns(CHUNK_MAGIC, COLUMNS, data)[0])


def join_chunks(chunks: list[Points]) -> Points:
    """Return the points of several chunks, one after the other."""
    return Points(*(np.concatenate([getattr(chunk, field.name) for chunk in chunks]) for field in fields(Points)))


def encode_extra(name: str, values: NDArray[np.uint16] | NDArray[np.int32]) -> bytes:
    """Return the file of a further column, `flat` or `time`, for a node's points."""
    return encode_columns(EXTRA_MAGIC, [EXTRA_COLUMNS[name]], [values])


def decode_extra(name: str, data: bytes) -> NDArray[np.uint16] | NDArray[np.int32]:
    """Read the file of a further column; raises ArtifactError where it is not one."""
    return decode_columns(EXTRA_MAGIC, [EXTRA_COLUMNS[name]], data)[0][name]


def find_stand_ins(is_tombstone: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return whose place each of a node's points takes: its own, or for a tombstone that of the last living point before it.

    Nothing of a withdrawn image may be left, its place neither; and that of its neighbour in line widens no bounding ball. Before the
    first living point its place is taken, and -1 says that there is none at all.
    """
    n = len(is_tombstone)
    alive = np.flatnonzero(~is_tombstone)
    if not len(alive):
        return np.full(n, -1)
    last = np.maximum.accumulate(np.where(is_tombstone, -1, np.arange(n)))
    return np.where(last >= 0, last, alive[0])


def bury_points(points: Points, is_tombstone: NDArray[np.bool_]) -> Points:
    """Return a node's points with these as tombstones: flag and tile of their own, all else says nothing of the image."""
    stand_ins = find_stand_ins(is_tombstone)
    dead = is_tombstone
    if stand_ins[0] < 0:
        position = np.full_like(points.position, POSITION_STEPS // 2)
        cluster = np.zeros_like(points.cluster)
    else:
        position, cluster = points.position[stand_ins], points.cluster[stand_ins]
    return Points(
        position=position,
        cluster=cluster,
        colour=np.where(dead[:, None], np.uint8(0), points.colour),
        aspect=np.where(dead, np.uint8(ASPECT_SQUARE), points.aspect),
        flags=np.where(dead, np.uint8(TOMBSTONE), points.flags),
        tile=points.tile,
    )


def bury_extra(
    name: str, values: NDArray[np.uint16] | NDArray[np.int32], is_tombstone: NDArray[np.bool_]
) -> NDArray[np.uint16] | NDArray[np.int32]:
    """Return a node's further column without what it says of tombstones."""
    if name == "time":
        return np.where(is_tombstone, np.int32(-(2**31)), values)
    stand_ins = find_stand_ins(is_tombstone)
    return values[stand_ins] if stand_ins[0] >= 0 else np.full_like(values, POSITION_STEPS // 2)
