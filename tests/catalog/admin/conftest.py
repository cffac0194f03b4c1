"""People at the admin's door."""

import pytest
from django.test import Client

from catalog.models import Collection
from tests.factories import MembershipFactory, UserFactory


@pytest.fixture
def admin_client() -> Client:
    """A superuser, logged in."""
    client = Client()
    client.force_login(UserFactory(admin=True))
    return client


@pytest.fixture
def client_as():
    """`client_as(role, collection)`: staff with that role there and none of Django's permissions, logged in."""

    def log_in(role: str | None, collection: Collection | None = None) -> Client:
        user = UserFactory(is_staff=True)
        if role:
            MembershipFactory(user=user, role=role, collection=collection)
        client = Client()
        client.force_login(user)
        return client

    return log_in
