"""Coming in by a key: `Authorization: Bearer gx_…`."""

from typing import TYPE_CHECKING

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from catalog.services.api_keys import find_api_key

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from rest_framework.request import Request

    from catalog.models import ApiKey


class KeyAuthentication(BaseAuthentication):
    """By a bearer token alone: keys in addresses end up in logs. The key's owner carries its grant, which the policy obeys."""

    def authenticate(self, request: "Request") -> "tuple[User, ApiKey] | None":
        """The key's owner and the key; None without one. Raises AuthenticationFailed for a key that is none."""
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = find_api_key(text.strip())
        if key is None:
            raise AuthenticationFailed("The key is unknown, expired or revoked.")
        return key.owner, key

    def authenticate_header(self, request: "Request") -> str:
        """What a 401 says is missing; without it, DRF would answer 403."""
        return 'Bearer realm="Galaxy"'
