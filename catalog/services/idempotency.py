"""Requests that their sender may repeat: the first answer is kept for a day, and given again.

The row is written before the deed, in a transaction of its own, so that of two requests at once one does it. A process that dies in between
leaves a row without an answer; after a minute the next attempt takes it over.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from catalog.models import IdempotencyKey
from catalog.services.errors import ServiceError

__all__ = [
    "InProgressError",
    "KeyMismatchError",
    "Replay",
    "claim_key",
    "forget_key",
    "keep_answer",
    "sweep_idempotency_keys",
]

KEPT = timedelta(days=1)
TAKEN_OVER_AFTER = timedelta(seconds=60)


class InProgressError(ServiceError):
    """The first request with this key has no answer yet."""

    code = "idempotency_in_progress"


class KeyMismatchError(ServiceError):
    """The key stands for another request."""

    code = "idempotency_mismatch"


@dataclass(frozen=True)
class Replay:
    """What was answered the first time."""

    status_code: int
    response: Any
    location: str


def claim_key(owner: User, key: str, request_hash: str) -> IdempotencyKey | Replay:
    """The row of a request that is to be done now, or the answer to one that was done before.

    Raises
    ------
    KeyMismatchError
        The key was used for another request.
    InProgressError
        The first request with this key is still under way, and not for long.
    """
    now = timezone.now()
    IdempotencyKey.objects.filter(owner=owner, key=key, created_at__lt=now - KEPT).delete()
    row, is_new = IdempotencyKey.objects.get_or_create(owner=owner, key=key, defaults={"request_hash": request_hash})
    if is_new:
        return row
    if row.request_hash != request_hash:
        raise KeyMismatchError(
            f"The Idempotency-Key {key} was used for another request. Use a new key for each new request."
        )
    if row.status_code is not None:
        return Replay(row.status_code, row.response, row.location)
    taken = IdempotencyKey.objects.filter(pk=row.pk, created_at=row.created_at, status_code=None)
    if row.created_at > now - TAKEN_OVER_AFTER or not taken.update(created_at=now):
        raise InProgressError(
            f"The first request with the Idempotency-Key {key} is still under way. Ask again in a while."
        )
    row.created_at = now
    return row


def keep_answer(row: IdempotencyKey, *, status_code: int, response: Any, location: str) -> None:
    """Keep what was answered, to be given again. Small, JSON."""
    IdempotencyKey.objects.filter(pk=row.pk).update(status_code=status_code, response=response, location=location)


def forget_key(row: IdempotencyKey) -> None:
    """Nothing was done: the same key may be used again."""
    IdempotencyKey.objects.filter(pk=row.pk, status_code=None).delete()


def sweep_idempotency_keys() -> int:
    """Delete what is older than a day; says how many."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]
