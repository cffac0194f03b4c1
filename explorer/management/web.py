"""The processes of `make run`: web and workers, on loopback, until somebody stops them or the web process dies."""

import errno
import http.client
import socket
import time
from collections.abc import Callable

from django.core.management.base import CommandError

from catalog.management.processes import Child, StopRequest, Supervised, stop_all

__all__ = ["require_free_port", "serve"]

HOST = "127.0.0.1"
ANSWERS_WITHIN_S = 90.0  # a cold start on a small machine that is busy with something else
LOOK_EVERY_S = 0.2

# Plain HTTP is right here and only here: nobody but this machine can reach the address.
ENVIRONMENT = {"GALAXY_HTTPS": "0", "DEBUG": "0", "ALLOWED_HOSTS": "localhost,127.0.0.1"}


def require_free_port(port: int) -> None:
    """Raise CommandError, with what to do, if we could not listen there."""
    with socket.socket() as probe:
        # As the server will: a port whose last connections only linger is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            problem = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            other = port + 1 if 1024 <= port < 65535 else 8000
            raise CommandError(f"Port {port} {problem}; choose another: make run PORT={other}") from error


def serve(port: int, stop: StopRequest, *, on_answer: Callable[[], None]) -> None:
    """Run web and workers until `stop` is set; all of them have ended when this returns or raises.

    Raises
    ------
    CommandError
        When the web process dies or does not answer in time.
    """
    supervisor = Supervised("supervisor", lambda: Child("manage", ["supervise"], environment=ENVIRONMENT))
    address = f"{HOST}:{port}"
    web = Child(
        "gunicorn",
        ["--config", "python:galaxy_site.gunicorn", "--bind", address, "galaxy_site.wsgi:application"],
        environment=ENVIRONMENT,
    )
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    answered = False
    try:
        while not stop.wait(LOOK_EVERY_S):
            supervisor.tend()
            if not web.is_alive:
                raise CommandError(
                    f"The web process ended with status {web.process.returncode}; what it said stands above. "
                    "Everything is stopped."
                )
            if not answered and _answers(port):
                answered = True
                on_answer()
            if not answered and time.monotonic() > deadline:
                raise CommandError(
                    f"The web process did not answer on {address} within {ANSWERS_WITHIN_S:.0f} seconds."
                )
    finally:
        stop_all([web, supervisor.child])


def _answers(port: int) -> bool:
    """Whether the entrance page comes."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
