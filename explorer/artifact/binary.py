"""What all binary files of an artifact share: a header of 16 bytes, aligned columns, and gzip around them."""

import gzip
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.artifact.format import FORMAT_VERSION, ArtifactError

HEADER_BYTES = 16
ALIGNMENT = 4  # typed arrays in the browser need aligned starts

_HEADER = struct.Struct("<4sHHII")  # magic, version, 0, number of rows, one more number that the kind of file defines


@dataclass(frozen=True)
class Column:
    """One property of all rows of a file: `components` little-endian numbers of `dtype` a row."""

    name: str
    dtype: str
    components: int


def encode_columns(magic: bytes, columns: Sequence[Column], arrays: Sequence[NDArray[Any]], extra: int = 0) -> bytes:
    """Return a file of these columns, one after the other, each starting at a multiple of 4 bytes; compressed.

    Parameters
    ----------
    magic: 4 bytes.
    columns: what the file holds, in order.
    arrays: as many, each with the same number of rows; (n,) or (n, components).
    extra: the header's last number.
    """
    n = len(arrays[0])
    parts = [pack_header(magic, n, extra)]
    for column, array in zip(columns, arrays, strict=True):
        if array.size != n * column.components:
            raise ArtifactError(f"Expected {n} x {column.components} numbers of {column.name}, got {array.shape}.")
        data = np.ascontiguousarray(array, dtype=np.dtype(column.dtype).newbyteorder("<")).tobytes()
        parts += [data, bytes(-len(data) % ALIGNMENT)]
    return compress(b"".join(parts))


def decode_columns(magic: bytes, columns: Sequence[Column], data: bytes) -> tuple[dict[str, NDArray[Any]], int]:
    """Read what `encode_columns` wrote.

    Returns
    -------
    The columns by name, read-only, (n,) or (n, components), and the header's last number. What lies behind the last column is passed over.

    Raises
    ------
    ArtifactError: another kind of file, another version, or one cut short.
    """
    raw = decompress(data)
    n, extra = read_header(raw, magic)
    arrays: dict[str, NDArray[Any]] = {}
    offset = HEADER_BYTES
    for column in columns:
        try:
            flat = np.frombuffer(raw, np.dtype(column.dtype).newbyteorder("<"), n * column.components, offset)
        except ValueError as error:
            raise ArtifactError(f"Expected {n} rows of {column.name}, got a file cut short: {error}.") from error
        arrays[column.name] = flat.reshape(n, column.components) if column.components > 1 else flat
        offset += flat.nbytes + -flat.nbytes % ALIGNMENT
    return arrays, extra


def pack_header(magic: bytes, n: int, extra: int = 0) -> bytes:
    """Return the 16 bytes that a file of n rows begins with."""
    return _HEADER.pack(magic, FORMAT_VERSION, 0, n, extra)


def read_header(raw: bytes, magic: bytes) -> tuple[int, int]:
    """Return the number of rows and the last number of an uncompressed file's header; raises ArtifactError."""
    if len(raw) < HEADER_BYTES:
        raise ArtifactError(f"Expected at least {HEADER_BYTES} bytes, got {len(raw)}.")
    found, version, _, n, extra = _HEADER.unpack_from(raw)
    if found != magic or version != FORMAT_VERSION:
        raise ArtifactError(
            f"Expected {magic!r} version {FORMAT_VERSION}, got {found!r} version {version}: publish again."
        )
    return int(n), int(extra)


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
