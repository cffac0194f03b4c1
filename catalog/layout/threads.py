"""A few threads for compiled loops, which let go of the interpreter while they run."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from types import TracebackType
from typing import ParamSpec, TypeVar

import joblib  # type: ignore[import-untyped]  # comes with scikit-learn
import numpy as np
from numpy.typing import NDArray

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """Threads for as long as a `with` lasts; one thread means that the caller does it all.

    Work is cut into parts that do not depend on the number of threads, so neither do the results.
    """

    def __init__(self, n_jobs: int) -> None:
        """`n_jobs` as scikit-learn has it: -1 for all cores, -2 for all but one."""
        self.n_threads = int(joblib.effective_n_jobs(n_jobs))
        self._pool = ThreadPoolExecutor(self.n_threads, thread_name_prefix="layout") if self.n_threads > 1 else None

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def start(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Begin one piece of work; without other threads it is done at once."""
        if self._pool is not None:
            return self._pool.submit(function, *args, **kwargs)
        future: Future[T] = Future()
        future.set_result(function(*args, **kwargs))
        return future

    def map(self, function: Callable[[int, int], T], cuts: NDArray[np.int64]) -> list[T]:
        """Call `function(first, last)` for every two neighbouring cuts and return the answers in order."""
        return [future.result() for future in self.start_map(function, cuts)]

    def start_map(self, function: Callable[[int, int], T], cuts: NDArray[np.int64]) -> "list[Future[T]]":
        """As `map`, without waiting."""
        return [self.start(function, int(first), int(last)) for first, last in pairwise(cuts)]


def cut_evenly(n: int, n_parts: int) -> NDArray[np.int64]:
    """Return int64 (n_parts + 1,): bounds of nearly equal parts of range(n); some are empty where n is small."""
    return np.linspace(0, n, n_parts + 1).astype(np.int64)


def cut_into_blocks(n: int, size: int) -> NDArray[np.int64]:
    """Return the bounds of blocks of `size` rows, the last one smaller; int64."""
    return np.append(np.arange(0, n, size, dtype=np.int64), n)
