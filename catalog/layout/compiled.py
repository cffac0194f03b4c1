"""Loops over numbers as machine code, compiled by Numba at first use and kept on disk."""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])

# Sums may be regrouped, so that sixteen of them run side by side, and nothing is ever NaN (inputs are checked at the door); infinity
# stays itself, because searches start from it. The interpreter is let go of, so plain threads run side by side.
_FASTMATH = {"contract", "reassoc", "nsz", "arcp", "afn", "nnan"}


def kernel(function: F) -> F:
    """Compile a function at its first call with each set of types; later processes read it from disk (`__pycache__`).

    Where nothing may be written, neither beside the source nor in the user's cache, every process compiles anew (some
    twenty seconds); the environment variable NUMBA_CACHE_DIR names a place.
    """
    try:
        return cast(F, _compile(function, cache=True))
    except RuntimeError:  # numba: "cannot cache function: no locator available"
        return cast(F, _compile(function, cache=False))


def _compile(function: Callable[..., object], *, cache: bool) -> object:
    return njit(cache=cache, fastmath=_FASTMATH, error_model="numpy", nogil=True, boundscheck=False)(function)
