"""One at a time: whoever writes or deletes a galaxy's published files holds its lease, and the others wait."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import Galaxy, PublishingLease
from catalog.services.errors import ServiceError
from catalog.services.heartbeat import Heartbeat
from catalog.services.progress import Progress

__all__ = ["Turn", "TurnLostError", "publishing_turn"]

LOOK_EVERY_S = 0.5


class TurnLostError(ServiceError):
    """The lease ran out while its holder could not renew it, and another deed may be at the files by now."""


class Turn:
    """The lease while it is held. Its `progress` passes on, and stops the deed when the lease is lost."""

    def __init__(self, galaxy: Galaxy, deed: str, progress: Progress) -> None:
        self.deed = deed
        self._galaxy = galaxy
        self._token = uuid.uuid4()
        self._progress = progress
        self._lost = threading.Event()

    def progress(self, stage: str, done: int, total: int) -> None:
        """A `Progress`."""
        if self._lost.is_set():
            raise TurnLostError(
                f"The machine was too slow to hold on to {self._galaxy.slug}: expected to renew its lease within "
                f"{settings.GALAXY_LEASE_S} s. Run it again, or raise GALAXY_LEASE_S."
            )
        self._progress(stage, done, total)

    def require(self) -> None:
        """Renew the lease, and raise TurnLostError where it is lost: to be called right before what cannot be undone."""
        self.renew()
        self.progress("Finishing", 0, 0)

    def renew(self) -> None:
        """Hold on for another GALAXY_LEASE_S."""
        if not self._held().update(expires_at=_lease_end()):
            self._lost.set()

    def claim(self) -> bool:
        """Take the lease if it is free, or has run out."""
        try:
            row, is_free = PublishingLease.objects.get_or_create(
                galaxy=self._galaxy, defaults={"deed": self.deed, "token": self._token, "expires_at": _lease_end()}
            )
        except IntegrityError:  # somebody came and went while we looked
            return False
        if is_free:
            return True
        expired = PublishingLease.objects.filter(pk=row.pk, token=row.token, expires_at__lt=timezone.now())
        if expired.update(deed=self.deed, token=self._token, expires_at=_lease_end()):
            return True
        self._progress(f"Waiting until {row.deed} has ended", 0, 0)
        return False

    def release(self) -> None:
        """Let the next one."""
        self._held().delete()

    def _held(self) -> QuerySet[PublishingLease]:
        return PublishingLease.objects.filter(galaxy=self._galaxy, token=self._token)


@contextmanager
def publishing_turn(galaxy: Galaxy, deed: str, *, progress: Progress) -> Iterator[Turn]:
    """Hold the right to write a galaxy's published files; first waits until who holds it has ended or died.

    Parameters
    ----------
    deed
        What is done, for those who wait: `publishing`, `sweeping`.
    progress
        Told of the waiting, which it may end by raising CancelledError.
    """
    turn = Turn(galaxy, deed, progress)
    while not turn.claim():
        time.sleep(LOOK_EVERY_S)
    try:
        with Heartbeat(turn.renew, name=f"{deed} {galaxy.slug}"):
            yield turn
    finally:
        turn.release()


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.GALAXY_LEASE_S)
