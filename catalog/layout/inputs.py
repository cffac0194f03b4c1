"""What is refused at the door of the numerics, and how it is said."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]


def check_array(values: ArrayLike, name: str, shape: tuple[int, int] | None = None) -> Floats:
    """Return `values` as C-contiguous float32 (n_samples, n_features).

    Parameters
    ----------
    values: real numbers, finite and within float32.
    name: what the error calls them.
    shape: what shape they must have; without it any with two dimensions and at least one feature.

    Raises
    ------
    ValueError: another dtype or shape, or numbers that are not finite; it says which row is the first.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"Expected {name} of real numbers, got dtype {array.dtype}.")
    if shape is not None and array.shape != shape:
        raise ValueError(f"Expected {name} of shape {shape}, one row per image, got {array.shape}.")
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"Expected {name} of shape (n_samples, n_features), got {array.shape}.")
    # Through float32 first: what does not fit into it is as bad as infinity.
    with np.errstate(over="ignore"):
        array = np.ascontiguousarray(array, dtype=np.float32)
    finite = np.isfinite(array).all(axis=1)
    if not finite.all():
        row = int(np.flatnonzero(~finite)[0])
        raise ValueError(
            f"Expected finite {name}, got NaN, infinite or huge values in {(~finite).sum()} rows, first in row {row}."
        )
    return array
