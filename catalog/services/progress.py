"""How long deeds report how far they are, and learn that they should stop."""

from typing import Protocol


class Progress(Protocol):
    """Called between chunks of work.

    A progress bar, a job row, or nothing: the service does not know which. It may raise `CancelledError` to stop the deed at
    this safe point; what was done so far stays done.
    """

    def __call__(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` units of `stage`; total 0 means unknown."""


class CancelledError(Exception):
    """Somebody asked the deed to stop, or the worker lost the right to go on."""


def ignore_progress(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
