"""API keys: made once, known by their hash, limited in rate, revoked."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from catalog.models import ApiKey, Collection, Scope
from catalog.permissions import Grant, Verb, grant_to, require
from catalog.services.errors import ServiceError

__all__ = ["create_api_key", "find_api_key", "revoke_api_key", "take_turn"]

PREFIX = "gx_"
USED_EVERY = timedelta(
    minutes=1
)  # how exactly the last use is kept; a write for each call would cost more than the call
BURST = timedelta(minutes=1)  # a quiet key may send a minute's worth at once


def create_api_key(
    owner: User,
    *,
    name: str,
    scopes: Iterable[str],
    collection: Collection | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; the text that comes with it is told this once and kept nowhere.

    Parameters
    ----------
    scopes
        What it opens, at least one: see `Scope`.
    collection
        The only one that it opens; PermissionDenied unless its owner may look at it. None: all that they may open.
    """
    wanted = set(scopes)
    if not wanted or not wanted <= set(Scope.values):
        raise ServiceError(
            f"Expected one or more of {', '.join(Scope.values)}, got {', '.join(sorted(wanted)) or 'none'}."
        )
    if collection is not None:
        require(owner, Verb.VIEW, collection)
    text = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        owner=owner,
        name=name,
        prefix=text[:8],
        key_hash=_hash(text),
        scopes=[scope for scope in Scope.values if scope in wanted],
        collection=collection,
        expires_at=expires_at,
    )
    return key, text


def find_api_key(text: str) -> ApiKey | None:
    """The living key of an active person with this text, or None; notes that it was used.

    Its owner comes with the key's grant: whatever door asks the policy about them, they may do no more than the key.
    """
    now = timezone.now()
    living = Q(expires_at=None) | Q(expires_at__gt=now)
    key = (
        ApiKey.objects.filter(living, key_hash=_hash(text), revoked_at=None, owner__is_active=True)
        .select_related("owner")
        .first()
    )
    if key is not None:
        grant_to(key.owner, Grant(frozenset(key.scopes), key.collection_id))
    if key is not None and (key.last_used_at is None or now - key.last_used_at > USED_EVERY):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def revoke_api_key(key: ApiKey) -> None:
    """Let it open nothing any more, from now on."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())


def take_turn(key: ApiKey, n_images: int, *, now: datetime | None = None) -> bool:
    """Whether the key may send so many pictures now; if so, they are counted. One conditional UPDATE, whoever else asks."""
    now = now or timezone.now()
    needed = timedelta(minutes=n_images / key.images_per_minute)
    while True:
        seen = ApiKey.objects.values_list("next_free_at", flat=True).get(pk=key.pk)
        start = max(seen, now) if seen else now
        if start + needed > now + max(BURST, needed):
            return False
        if ApiKey.objects.filter(pk=key.pk, next_free_at=seen).update(next_free_at=start + needed):
            return True


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
