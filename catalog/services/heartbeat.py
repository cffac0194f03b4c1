"""Holding on to a lease from a thread, while the deed it is for keeps the main one busy."""

import logging
import threading
from collections.abc import Callable
from types import TracebackType

from django.conf import settings
from django.db import DatabaseError, connection

__all__ = ["Heartbeat"]

logger = logging.getLogger(__name__)


class Heartbeat:
    """While open, renews a lease every third of GALAXY_LEASE_S, from a thread with a database connection of its own."""

    def __init__(self, renew: Callable[[], object], *, name: str) -> None:
        """`renew` does it once; `name` says in the log whose lease it is."""
        self._renew = renew
        self._name = name
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease of {name}", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._stop.wait(settings.GALAXY_LEASE_S / 3):
                try:
                    self._renew()
                except DatabaseError:
                    # Busy or briefly gone; there are two more beats before the lease runs out.
                    logger.warning("Could not renew the lease of %s.", self._name, exc_info=True)
                    connection.close()
        finally:
            connection.close()
