"""Who asks, and what a request says."""

from typing import Any

from django.contrib.auth.models import User
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

__all__ = ["person_of", "validated"]


def person_of(request: Request) -> User:
    """Who asks, where a deed has to be somebody's; the permission class has let no stranger through. Raises NotAuthenticated."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def validated(serializer_class: type[BaseSerializer[Any]], data: Any, **options: Any) -> dict[str, Any]:
    """What a body or a query string says, read by a serializer that is made with these options. Raises ValidationError."""
    serializer = serializer_class(data=data, **options)
    serializer.is_valid(raise_exception=True)
    asked: dict[str, Any] = serializer.validated_data
    return asked
