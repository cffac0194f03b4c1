"""Progress as a bar on a terminal."""

import sys
from types import TracebackType

from tqdm import tqdm

__all__ = ["ProgressBar"]


class ProgressBar:
    """A `Progress`: one bar a stage, on standard error, and only if that is a terminal. A log gets no control characters."""

    def __init__(self, title: str = "") -> None:
        self._title = title
        self._shown = sys.stderr.isatty()
        self._stage = ""
        self._bar: tqdm[None] | None = None

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` units of `stage` are done; total 0 means unknown."""
        if not self._shown:
            return
        if self._bar is None or stage != self._stage:
            self._close()
            self._stage = stage
            name = f"{self._title}: {stage}" if self._title else stage
            self._bar = tqdm(desc=name, total=total or None, file=sys.stderr, leave=False, dynamic_ncols=True)
        if total:
            self._bar.total = total
        self._bar.n = done
        self._bar.refresh()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
