"""Steps of a long command: one line each when done, with the time it took, and a progress bar while it runs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import OutputWrapper

from catalog.management.progress import ProgressBar

__all__ = ["Step", "Steps"]


class Step:
    """One step under way: it is a `Progress`, and `say` sets what the line will tell."""

    def __init__(self, bar: ProgressBar) -> None:
        self._bar = bar
        self.outcome = "done"

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far it is."""
        self._bar(stage, done, total)

    def say(self, outcome: str) -> None:
        """What became of it."""
        self.outcome = outcome


class Steps:
    """Prints `Title: outcome (12 s)` when each step is done."""

    def __init__(self, stdout: OutputWrapper) -> None:
        self._stdout = stdout

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Open one step; a step that fails prints nothing, its error does."""
        started = time.monotonic()
        with ProgressBar(title) as bar:
            step = Step(bar)
            yield step
        seconds = time.monotonic() - started
        took = f" ({seconds:.0f} s)" if seconds >= 1 else ""
        self._stdout.write(f"{title}: {step.outcome}{took}")
        self._stdout.flush()
