"""What every test gets: files in a folder of its own, and no network beyond this machine."""

import ipaddress
import itertools
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from pytest_django import Settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.catalog.services.looking import ColourModel
from tests.servers import postgres, postgres_server, postgres_url, redis_server, redis_url
from tests.settings import TEST_DATA

__all__ = ["postgres", "postgres_server", "postgres_url", "redis_server", "redis_url"]  # fixtures for every test

_numbers = itertools.count()


class OneBrowserScheduling(LoadScopeScheduling):
    """Give a file's tests to one worker, so that it shares what they are given; and all that open a browser to one, for
    software WebGL keeps more than one core busy. They are the largest group, and the largest is begun first.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith("tests/e2e/") else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneBrowserScheduling:
    """How `pytest -n 2` shares the tests out."""
    return OneBrowserScheduling(config, log)


@pytest.fixture(autouse=True)
def own_storages(settings: Settings) -> None:
    """The storages `media` and `galaxies` as empty folders of this test alone, made when the first file is written."""
    folder = TEST_DATA / f"test-{next(_numbers)}"
    stores = {
        alias: {"BACKEND": "catalog.storage.AtomicFileSystemStorage", "OPTIONS": {"location": str(folder / alias)}}
        for alias in ("media", "galaxies")
    }
    settings.STORAGES = {**settings.STORAGES, **stores, "default": stores["media"]}


@pytest.fixture(autouse=True)
def nobody_has_asked_yet() -> None:
    """An empty cache: how many requests somebody sent in another test counts in none after it."""
    cache.clear()


@pytest.fixture(autouse=True)
def no_columns_of_other_tests() -> None:
    """Counts are kept in memory by a collection's id and clock, and both begin anew in every test's database."""
    from catalog.search.columns import forget_columns

    forget_columns()


@pytest.fixture
def colour_model(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ColourModel:
    """Pictures are looked at by a model that sees their colour, with a cache of the test's own."""
    settings.GALAXY_CACHE = tmp_path / "cache"
    model = ColourModel()
    monkeypatch.setattr("catalog.services.embeddings.visual_model", lambda: model)
    return model


class NetworkForbiddenError(Exception):
    """A test reached for the network."""


def _require_loopback(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in ("", "localhost"):
        return
    try:
        is_loopback = ipaddress.ip_address(str(name).split("%")[0]).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise NetworkForbiddenError(
            f"A test may only speak with this machine itself, but this one reached for {name!r}. "
            "Give it a server on 127.0.0.1, or the data it wanted."
        )


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Forbid every connection and every name look-up that leaves this machine."""
    patch = pytest.MonkeyPatch()
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded(original: Any) -> Any:
        def call(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                _require_loopback(address[0])
            return original(self, address)

        return call

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        _require_loopback(host)
        return getaddrinfo(host, *args, **kwargs)

    patch.setattr(socket.socket, "connect", guarded(connect))
    patch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
    patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
    yield
    patch.undo()
