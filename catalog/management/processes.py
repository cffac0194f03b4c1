"""Child processes that are started, watched, started again when they die, and stopped cleanly."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

from django.conf import settings

__all__ = ["Child", "StopRequest", "Supervised", "stop_all", "stop_requested"]

GRACE_S = 3.0  # from the first SIGTERM to the second, by which a worker hands its task back
KILL_AFTER_S = 10.0  # from the second SIGTERM to SIGKILL; a call into numerics returns within that
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0  # before a child that died is started again; doubles each time
STEADY_AFTER_S = 60.0  # a child that ran this long is well, and its next death is a first one


class Child:
    """A program of ours in a process of its own: `manage` or `gunicorn`, with arguments."""

    def __init__(self, program: str, arguments: list[str], *, environment: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "catalog.management.child", str(os.getpid()), program, *arguments]
        # A session of its own: Ctrl-C on the terminal reaches the parent alone, which then stops the others in order.
        self.process = subprocess.Popen(  # noqa: S603 our own interpreter and arguments, no shell
            command, cwd=settings.BASE_DIR, env={**os.environ, **(environment or {})}, start_new_session=True
        )
        self.started_at = time.monotonic()

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None


class Supervised:
    """A child that is started again when it dies, after a pause that doubles while it keeps dying."""

    def __init__(self, name: str, start: Callable[[], Child]) -> None:
        self.name = name
        self._start = start
        self._pause_s = SHORTEST_PAUSE_S
        self._start_at = 0.0
        self.child: Child | None = None

    def tend(self) -> int | None:
        """Start it if it is due. Returns the exit status once when it is found dead (negative: the signal), else None."""
        now = time.monotonic()
        if self.child is None:
            if now >= self._start_at:
                self.child = self._start()
            return None
        if self.child.is_alive:
            return None
        status = self.child.process.returncode
        steady = now - self.child.started_at >= STEADY_AFTER_S
        self._pause_s = SHORTEST_PAUSE_S if steady else self._pause_s
        self._start_at = now + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        self.child = None
        return status


def stop_all(children: Iterable[Child | None]) -> None:
    """Ask all of them to stop, ask again, and kill what is still there; returns when all have ended."""
    running = [child.process for child in children if child is not None and child.is_alive]
    for ask, wait_s in ((signal.SIGTERM, GRACE_S), (signal.SIGTERM, KILL_AFTER_S), (signal.SIGKILL, KILL_AFTER_S)):
        for process in running:
            process.send_signal(ask)
        deadline = time.monotonic() + wait_s
        while running and time.monotonic() < deadline:
            running = [process for process in running if process.poll() is None]
            time.sleep(0.05)


class StopRequest:
    """Whether somebody asked the process to stop; `request` may be called from a signal handler at any moment.

    Not a threading.Event: its `wait` holds a lock that its `set` needs, and a handler runs in the very thread that waits, so
    a signal at the wrong moment would stop it for ever (seen in a real run). Writing to a pipe needs no lock.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)

    def request(self) -> None:
        """Ask; asking again changes nothing."""
        with suppress(BlockingIOError):  # a full pipe has said it often enough
            os.write(self._write, b"!")

    def wait(self, timeout_s: float) -> bool:
        """Wait until it is asked for, at most so long; say whether it was."""
        return bool(select.select([self._read], [], [], timeout_s)[0])

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._read)
        os.close(self._write)


@contextmanager
def stop_requested() -> Iterator[StopRequest]:
    """What SIGTERM and SIGINT ask for, for as long as this is open; handlers are restored afterwards."""
    stop = StopRequest()

    def note(number: int, frame: FrameType | None) -> None:
        stop.request()

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        stop.close()
