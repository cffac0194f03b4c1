"""The columns of all points: quantised, in the order of a space-filling curve, packed into one file."""

import gzip
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.artifact.format import (
    FORMAT_VERSION,
    HEADER_BYTES,
    IDS_MAGIC,
    POINTS_MAGIC,
    TILES_PER_ATLAS,
    ArtifactError,
    Bounds,
    Column,
)

POSITION_STEPS = 65_535  # 16 bits an axis: a step is a 65,000th of the galaxy, far below what a screen shows
ASPECT_SQUARE = 128
ASPECT_STEPS_PER_DOUBLING = 32  # 2.2 % a step; from 1:16 to 15.7:1

_HEADER = struct.Struct("<4sHHII")
_COLUMNS = (
    ("position", "uint16", 3),
    ("cluster", "uint8", 1),
    ("colour", "uint8", 3),
    ("aspect", "uint8", 1),
    ("flags", "uint8", 1),
    ("tile", "uint32", 1),
)


@dataclass(frozen=True)
class Points:
    """What the points file says of every point, in point order."""

    position: NDArray[np.uint16]
    """(n, 3)"""
    cluster: NDArray[np.uint8]
    """(n,)"""
    colour: NDArray[np.uint8]
    """(n, 3), mean RGB"""
    aspect: NDArray[np.uint8]
    """(n,), see `quantise_aspect`"""
    flags: NDArray[np.uint8]
    """(n,), 0 for now"""
    tile: NDArray[np.uint32]
    """(n,), atlas << 16 | slot"""

    def __len__(self) -> int:
        return len(self.cluster)


def measure_bounds(positions: NDArray[np.float32]) -> Bounds:
    """Return the smallest cube around the points, and the galaxy's radius; one single place gets a cube of edge 1."""
    places = positions.astype(np.float64)
    low, high = places.min(axis=0), places.max(axis=0)
    extent = float((high - low).max()) or 1.0
    x, y, z = ((low + high - extent) / 2).tolist()
    return Bounds((x, y, z), extent, measure_radius(places, extent))


def measure_radius(places: NDArray[np.float64], extent: float) -> float:
    """Return the distance from the centre of mass within which 95 % of the points lie, at least extent / 100."""
    distances = np.linalg.norm(places - places.mean(axis=0), axis=1)
    return max(float(np.percentile(distances, 95)), extent / 100)


def quantise_positions(positions: NDArray[np.float32], bounds: Bounds) -> NDArray[np.uint16]:
    """Return uint16 (n, 3): steps of extent / 65535 from the cube's lowest corner, rounded to the nearest."""
    steps = (positions.astype(np.float64) - np.array(bounds.origin)) * (POSITION_STEPS / bounds.extent)
    return np.asarray(np.clip(np.round(steps), 0, POSITION_STEPS), dtype=np.uint16)


def restore_positions(quantised: NDArray[np.uint16], bounds: Bounds) -> NDArray[np.float32]:
    """Undo `quantise_positions`, to within half a step an axis; float32 (n, 3)."""
    return np.asarray(np.array(bounds.origin) + quantised * (bounds.extent / POSITION_STEPS), dtype=np.float32)


def quantise_aspect(aspect_ratios: ArrayLike) -> NDArray[np.uint8]:
    """Return width / height as uint8: 128 is square, each 32 steps a doubling, clamped to 1:16 and 15.7:1."""
    ratios = np.asarray(aspect_ratios, dtype=np.float64)
    steps = np.round(ASPECT_SQUARE + ASPECT_STEPS_PER_DOUBLING * np.log2(ratios))
    return np.clip(steps, 0, 255).astype(np.uint8)


def restore_aspect(quantised: ArrayLike) -> NDArray[np.float64]:
    """Undo `quantise_aspect`."""
    return np.asarray(2.0 ** ((np.asarray(quantised, dtype=np.float64) - ASPECT_SQUARE) / ASPECT_STEPS_PER_DOUBLING))


def morton_order(quantised: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Return the order that sorts points along a Morton (Z-order) curve, so that neighbours in space are neighbours in line.

    Points in one place keep the order they came in.
    """
    bits = quantised.astype(np.uint64)
    # Each 16-bit coordinate is spread to every third bit by doubling the gaps: 16 -> 8 -> 4 -> 2 -> 1.
    for shift, mask in (
        (16, 0x0000FF0000FF),
        (8, 0x00F00F00F00F),
        (4, 0x0C30C30C30C3),
        (2, 0x249249249249),
    ):
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    codes = bits[:, 0] | (bits[:, 1] << np.uint64(1)) | (bits[:, 2] << np.uint64(2))
    return np.argsort(codes, kind="stable")


def tile_references(n: int) -> NDArray[np.uint32]:
    """Return each point's tile: atlases are filled in point order."""
    index = np.arange(n, dtype=np.uint32)
    return np.asarray((index // TILES_PER_ATLAS) << 16 | index % TILES_PER_ATLAS, dtype=np.uint32)


def encode_points(points: Points) -> tuple[bytes, tuple[Column, ...]]:
    """Return the points file and where each column lies in it (uncompressed, from the file's start)."""
    n = len(points)
    parts = [_HEADER.pack(POINTS_MAGIC, FORMAT_VERSION, 0, n, 0)]
    columns: list[Column] = []
    offset = HEADER_BYTES
    for name, dtype, components in _COLUMNS:
        data = np.ascontiguousarray(getattr(points, name), dtype=np.dtype(dtype).newbyteorder("<")).tobytes()
        columns.append(Column(name, dtype, components, offset))
        padding = -len(data) % 4  # typed arrays in the browser need aligned starts
        parts += [data, bytes(padding)]
        offset += len(data) + padding
    return compress(b"".join(parts)), tuple(columns)


def decode_points(data: bytes, columns: Sequence[Column]) -> Points:
    """Read a points file; columns that we do not know are passed over.

    Raises
    ------
    ArtifactError: not a points file, too short, or a column missing or of another type.
    """
    raw = decompress(data)
    n = _read_header(raw, POINTS_MAGIC)
    by_name = {column.name: column for column in columns}
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, dtype, components in _COLUMNS:
        column = by_name.get(name)
        if column is None or (column.dtype, column.components) != (dtype, components):
            raise ArtifactError(f"Expected a column {name} of {components} x {dtype}, got {column}.")
        try:
            flat = np.frombuffer(raw, np.dtype(dtype).newbyteorder("<"), n * components, column.offset)
        except ValueError as error:
            raise ArtifactError(f"Expected {n} points in column {name}, got a file cut short: {error}.") from error
        arrays[name] = flat.reshape(n, components) if components > 1 else flat
    return Points(**arrays)  # type: ignore[arg-type]


def encode_ids(uuids: Sequence[UUID]) -> bytes:
    """Return the ids file: 16 bytes a point, as in `UUID.bytes`."""
    header = _HEADER.pack(IDS_MAGIC, FORMAT_VERSION, 0, len(uuids), 0)
    return compress(header + b"".join(uuid.bytes for uuid in uuids))


def decode_ids(data: bytes) -> list[UUID]:
    """Read an ids file; raises ArtifactError where it is not one."""
    raw = decompress(data)
    n = _read_header(raw, IDS_MAGIC)
    if len(raw) != HEADER_BYTES + 16 * n:
        raise ArtifactError(f"Expected {HEADER_BYTES + 16 * n} bytes for {n} ids, got {len(raw)}.")
    return [UUID(bytes=raw[start : start + 16]) for start in range(HEADER_BYTES, len(raw), 16)]


def compress(data: bytes) -> bytes:
    """Gzip with neither time nor name inside, so that the same content always has the same hash."""
    return gzip.compress(data, compresslevel=6, mtime=0)


def decompress(data: bytes) -> bytes:
    """Gunzip what begins like gzip and return the rest as it is: some servers have undone it already."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError) as error:
        raise ArtifactError(f"Expected a whole gzip file, got a damaged one of {len(data)} bytes: {error}.") from error


def _read_header(raw: bytes, magic: bytes) -> int:
    if len(raw) < HEADER_BYTES:
        raise ArtifactError(f"Expected at least {HEADER_BYTES} bytes, got {len(raw)}.")
    found, version, _, n, _ = _HEADER.unpack_from(raw)
    if found != magic or version != FORMAT_VERSION:
        raise ArtifactError(f"Expected {magic!r} version {FORMAT_VERSION}, got {found!r} version {version}.")
    return int(n)
