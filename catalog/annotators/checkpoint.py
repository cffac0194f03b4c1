"""Read the tensors of a PyTorch checkpoint without PyTorch.

The format is the one before PyTorch 1.6: four pickles in a row (a magic number, a protocol number, a header, the object
with its tensors by reference), a fifth with the list of storage keys, then each storage as an int64 count and raw bytes.
A pickle can run any code it names, so every name but the few that a state dict needs is refused.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

MAGIC_NUMBER: Final = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION: Final = 1001
STORAGE_DTYPES: Final[dict[str, np.dtype[Any]]] = {
    "FloatStorage": np.dtype("<f4"),
    "LongStorage": np.dtype("<i8"),
}


class CheckpointError(Exception):
    """The file is not a checkpoint that this reader understands, or is damaged."""


@dataclass(frozen=True)
class _StorageType:
    """Stands for `torch.FloatStorage` and the like."""

    dtype: np.dtype[Any]


@dataclass(frozen=True)
class _TensorReference:
    """A tensor before its numbers are known: a view into a storage."""

    storage_key: str
    dtype: np.dtype[Any]
    offset: int  # in elements
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # in elements


def _rebuild_tensor(storage: _TensorReference, offset: int, shape: Any, strides: Any, *_: Any) -> _TensorReference:
    return _TensorReference(storage.storage_key, storage.dtype, int(offset), tuple(shape), tuple(strides))


class _StateDictUnpickler(pickle.Unpickler):
    """Unpickles a state dict, and nothing that could run code."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in STORAGE_DTYPES:
            return _StorageType(STORAGE_DTYPES[name])
        raise CheckpointError(
            f"Expected a checkpoint of plain tensors, but it names {module}.{name}, which is not loaded for safety. "
            "Use a state dict saved with torch.save(model.state_dict())."
        )

    def persistent_load(self, pid: Any) -> Any:
        if not (isinstance(pid, tuple) and len(pid) >= 3 and pid[0] == "storage" and isinstance(pid[1], _StorageType)):
            raise CheckpointError(f"Expected a reference to a tensor's storage, but got {pid!r}. The file is damaged.")
        return _TensorReference(storage_key=str(pid[2]), dtype=pid[1].dtype, offset=0, shape=(), strides=())


def read_checkpoint(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read every tensor of a state dict.

    Parameters
    ----------
    path
        A `.pth` file in the format before PyTorch 1.6, little-endian.

    Returns
    -------
    dict of str to ndarray
        Arrays of the tensors' shapes, float32 or int64, C-contiguous. Strides in the file are honoured: weights that
        came from TensorFlow lie transposed there, and reading them in file order gives right shapes and wrong numbers.

    Raises
    ------
    CheckpointError
        The file is something else, names code to run, or is cut short.
    """
    with path.open("rb") as stream:
        try:
            header = [_StateDictUnpickler(stream).load() for _ in range(3)]
            if header[0] != MAGIC_NUMBER or header[1] != PROTOCOL_VERSION or not header[2].get("little_endian"):
                raise CheckpointError(
                    f"Expected a little-endian PyTorch checkpoint of protocol {PROTOCOL_VERSION} in {path.name}, "
                    "but its header differs. Install the package that requirements.txt names again."
                )
            references = _StateDictUnpickler(stream).load()
            keys = _StateDictUnpickler(stream).load()
        except (pickle.UnpicklingError, EOFError, AttributeError, IndexError, TypeError, ValueError, KeyError) as error:
            raise CheckpointError(
                f"Expected a PyTorch checkpoint in {path.name}, but could not read it ({error}). "
                "Install the package that requirements.txt names again."
            ) from error
        dtypes = {reference.storage_key: reference.dtype for reference in references.values()}
        storages = {str(key): _read_storage(stream, dtypes[str(key)], path.name) for key in keys}
    return {name: _tensor(reference, storages[reference.storage_key]) for name, reference in references.items()}


def _read_storage(stream: IO[bytes], dtype: np.dtype[Any], file_name: str) -> npt.NDArray[Any]:
    size = stream.read(8)
    count = struct.unpack("<q", size)[0] if len(size) == 8 else -1
    data = stream.read(count * dtype.itemsize) if count >= 0 else b""
    if count < 0 or len(data) != count * dtype.itemsize:
        raise CheckpointError(
            f"Expected {max(count, 0)} numbers in a storage of {file_name}, but the file ends before. "
            "Install the package that requirements.txt names again."
        )
    return np.frombuffer(data, dtype=dtype)


def _tensor(reference: _TensorReference, storage: npt.NDArray[Any]) -> npt.NDArray[Any]:
    last = reference.offset + sum((n - 1) * s for n, s in zip(reference.shape, reference.strides, strict=True))
    if min(reference.strides, default=0) < 0 or reference.offset < 0 or last >= max(storage.size, 1):
        raise CheckpointError(
            f"Expected a tensor of shape {reference.shape} within {storage.size} numbers, but it reaches to {last}."
        )
    strides_bytes = [stride * storage.itemsize for stride in reference.strides]
    view = np.lib.stride_tricks.as_strided(storage[reference.offset :], reference.shape, strides_bytes, writeable=False)
    return np.ascontiguousarray(view).reshape(reference.shape)  # ascontiguousarray makes scalars 1-d
