"""A checkpoint is read without PyTorch, and without trusting it."""

import os
import pickle
import struct
import sys
import types
from collections import OrderedDict

import numpy as np
import pytest

from catalog.annotators.checkpoint import MAGIC_NUMBER, PROTOCOL_VERSION, CheckpointError, read_checkpoint


class Tensor:
    """A view into a storage of float32, pickled as PyTorch does it."""

    def __init__(self, numbers, shape, strides, offset=0):
        self.numbers, self.shape, self.strides, self.offset = numbers, shape, strides, offset

    def __reduce__(self):
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (Storage(self.numbers), self.offset, self.shape, self.strides, False, OrderedDict())


class Storage:
    def __init__(self, numbers):
        self.numbers = numbers


@pytest.fixture
def write_checkpoint(tmp_path, monkeypatch):
    """Write a state dict in the format before PyTorch 1.6, with a stand-in where the pickler looks for PyTorch."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    float_storage = type("FloatStorage", (), {"__module__": "torch"})
    vars(torch).update(FloatStorage=float_storage, _utils=utils)
    exec("def _rebuild_tensor_v2(*arguments): ...", utils.__dict__)  # noqa: S102  # a function that calls that module its home
    utils._rebuild_tensor_v2.__module__ = "torch._utils"
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)

    def write(state, magic=MAGIC_NUMBER):
        path = tmp_path / "weights.pth"
        storages: dict[str, list[float]] = {}

        class Pickler(pickle.Pickler):
            def persistent_id(self, value):
                if not isinstance(value, Storage):
                    return None
                key = str(len(storages))
                storages[key] = value.numbers
                return ("storage", float_storage, key, "cpu", len(value.numbers), None)

        with path.open("wb") as stream:
            for head in (magic, PROTOCOL_VERSION, {"little_endian": True}):
                pickle.dump(head, stream, protocol=2)
            Pickler(stream, protocol=2).dump(state)
            pickle.dump(list(storages), stream, protocol=2)
            for numbers in storages.values():
                stream.write(struct.pack("<q", len(numbers)) + np.array(numbers, "<f4").tobytes())
        return path

    return write


def test_a_transposed_tensor_comes_out_as_it_was_meant(write_checkpoint):
    path = write_checkpoint(OrderedDict(weight=Tensor([0, 1, 2, 3, 4, 5], (2, 3), (1, 2))))

    weight = read_checkpoint(path)["weight"]

    assert weight.tolist() == [[0, 2, 4], [1, 3, 5]]
    assert weight.dtype == np.float32
    assert weight.flags["C_CONTIGUOUS"]


def test_a_tensor_may_be_a_part_of_its_storage_and_a_scalar_has_no_shape(write_checkpoint):
    path = write_checkpoint(OrderedDict(part=Tensor([0, 1, 2, 3], (2,), (1,), offset=2), one=Tensor([7], (), ())))

    tensors = read_checkpoint(path)

    assert tensors["part"].tolist() == [2, 3]
    assert tensors["one"].shape == ()


def test_a_checkpoint_that_would_run_a_program_is_refused_before_it_does(write_checkpoint, tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "it ran"),)

    with pytest.raises(CheckpointError, match=r"names posix\.mkdir, which is not loaded for safety"):
        read_checkpoint(write_checkpoint(OrderedDict(weight=Evil())))
    assert not (tmp_path / "it ran").exists()


def test_a_tensor_larger_than_its_storage_is_refused(write_checkpoint):
    path = write_checkpoint(OrderedDict(weight=Tensor([0, 1], (3,), (1,))))

    with pytest.raises(CheckpointError, match="within 2 numbers, but it reaches to 2"):
        read_checkpoint(path)


def test_a_checkpoint_cut_short_is_refused(write_checkpoint):
    path = write_checkpoint(OrderedDict(weight=Tensor([0, 1, 2, 3], (4,), (1,))))
    path.write_bytes(path.read_bytes()[:-3])

    with pytest.raises(CheckpointError, match="the file ends before"):
        read_checkpoint(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip, as newer PyTorch writes", b"plain text"])
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)

    with pytest.raises(CheckpointError, match=r"Expected a PyTorch checkpoint in weights\.pth"):
        read_checkpoint(path)


def test_another_magic_number_is_refused(write_checkpoint):
    with pytest.raises(CheckpointError, match="its header differs"):
        read_checkpoint(write_checkpoint(OrderedDict(), magic=1))
