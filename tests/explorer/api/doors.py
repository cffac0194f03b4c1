"""Who comes to the API with what: people by their session, software by a key."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Collection, Scope
from catalog.services.api_keys import create_api_key
from tests.explorer.world import client_of, make_person

WHO = ("anonymous", "stranger", "viewer", "contributor", "curator", "owner", "superuser")


def key_client(user: User, *scopes: str, collection: Collection | None = None) -> Client:
    """Software that comes by that person's key, with these scopes or all."""
    _key, text = create_api_key(user, name="test", scopes=scopes or Scope.values, collection=collection)
    return Client(headers={"Authorization": f"Bearer {text}"})


def answers(collection: Collection, ask: Any) -> dict[str, int]:
    """The status that each kind of person gets; `ask` is given their client, and makes what it asks about anew."""
    return {kind: ask(client_of(make_person(kind, collection))).status_code for kind in WHO}
