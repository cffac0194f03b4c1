"""The guard that keeps tests from the network does its work."""

import socket

import pytest

from tests.conftest import NetworkForbiddenError


def test_names_and_addresses_beyond_this_machine_are_refused():
    with pytest.raises(NetworkForbiddenError, match="reached for 'example\\.org'"):
        socket.create_connection(("example.org", 80), timeout=0.1)
    with socket.socket() as client, pytest.raises(NetworkForbiddenError, match=r"203\.0\.113\.1"):
        client.connect(("203.0.113.1", 80))


def test_this_machine_answers_itself():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5):
        server.accept()[0].close()
