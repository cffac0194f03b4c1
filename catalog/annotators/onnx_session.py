"""How every network here is run: ONNX Runtime on the processor, one core a call."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import onnxruntime


def make_session(model: bytes | Path, *, keep_memory: bool = True) -> onnxruntime.InferenceSession:
    """Load a model. The session may be run from several threads at once; each run uses one core.

    Parameters
    ----------
    keep_memory
        Whether memory is kept for the next run. Right where all inputs have the same size; where sizes differ, what is
        kept would be the sum of the largest of everything.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = keep_memory
    options.enable_mem_pattern = keep_memory
    options.log_severity_level = 3  # errors; the models' makers left warnings that nobody here can mend
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def file_in_package(package: str, name: str) -> Path:
    """Where a file lies that came inside an installed package, which is not imported.

    Raises FileNotFoundError when the package or the file is not there.
    """
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations if spec else None) or []:
        if (path := Path(folder) / name).is_file():
            return path
    raise FileNotFoundError(
        f"Expected {name} in the package {package}, but it is not there. Install requirements.txt again."
    )
