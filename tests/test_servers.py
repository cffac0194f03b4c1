"""The servers that other tests lean on: each test finds them empty, and finds itself back on SQLite afterwards."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.contrib.auth.models import User
from django.db import connection, connections

from catalog.models import Collection
from tests.factories import CollectionFactory


def count_elsewhere() -> tuple[str, int]:
    """What another thread, with a connection of its own, is told."""
    try:
        return connection.vendor, Collection.objects.count()
    finally:
        connections.close_all()


@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_on_postgresql_has_a_migrated_database_of_its_own(postgres, turn):
    assert connection.vendor == "postgresql"
    assert not Collection.objects.exists()
    CollectionFactory.create()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(count_elsewhere).result() == ("postgresql", 1)


@pytest.mark.django_db
def test_every_other_test_is_on_sqlite():
    assert connection.vendor == "sqlite"
    assert not User.objects.exists()


@pytest.mark.parametrize("turn", [1, 2])
def test_redis_is_empty_when_a_test_begins(redis_url, turn):
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")
