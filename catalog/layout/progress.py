"""How long work tells where it is."""

from typing import Protocol


class OnProgress(Protocol):
    """Called now and then with the stage's name and how much of it is done; raising from it stops the work."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


def no_progress(stage: str, done: int, total: int) -> None:
    """Tell nobody."""
