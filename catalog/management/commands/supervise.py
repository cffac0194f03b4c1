"""Run the workers, and see to it that what they leave in the middle is taken up again."""

import argparse
import logging
import secrets
import socket
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections
from redis import RedisError

from catalog import tasks
from catalog.management.processes import Child, Supervised, stop_all, stop_requested
from catalog.services.idempotency import sweep_idempotency_keys
from catalog.services.jobs import recover_dead_jobs
from catalog.services.media import delete_pending_files
from catalog.services.search_words import start_indexing
from catalog.services.uploads import sweep_uploads

logger = logging.getLogger(__name__)

QUEUES = ("long", "short")
LOOK_EVERY_S = 0.5  # at the workers
ROUND_EVERY_S = 5.0  # at the database


class Command(BaseCommand):
    """A second supervisor, here or on another machine, does no harm: every repair happens once, whoever sees the need."""

    help = "Run a worker for each queue, start those again that die, and resume what dead workers left in the middle."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many at once."""
        parser.add_argument(
            "--workers", type=_n_workers, default=1, help="Workers for each of the two queues. (default: %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Until SIGTERM or Ctrl-C; then the workers are stopped, and what they were doing waits for the next start."""
        workers = [Worker(queue) for queue in QUEUES for _ in range(options["workers"])]
        next_round = 0.0
        with stop_requested() as stop:
            try:
                while not stop.wait(LOOK_EVERY_S):
                    dead = frozenset(worker_id for worker in workers if (worker_id := worker.tend()))
                    if dead or time.monotonic() >= next_round:
                        do_round(dead)
                        next_round = time.monotonic() + min(ROUND_EVERY_S, settings.GALAXY_LEASE_S / 3)
            finally:
                stop_all(worker.child for worker in workers)


class Worker:
    """A worker of one queue; every start has a new id, by which jobs remember who runs them."""

    def __init__(self, queue: str) -> None:
        self._queue = queue
        self._id = ""
        self._supervised = Supervised(f"worker of the queue {queue}", self._start)

    @property
    def child(self) -> Child | None:
        """Its process, if one runs."""
        return self._supervised.child

    def tend(self) -> str | None:
        """Start it if need be; if it has died, the id that it had."""
        status = self._supervised.tend()
        if status is None:
            return None
        logger.warning("The %s ended with status %s; it is started again.", self._supervised.name, status)
        return self._id

    def _start(self) -> Child:
        self._id = f"{socket.gethostname()[:30]}-{self._queue}-{secrets.token_hex(6)}"
        naming = ["--queue-name", self._queue, "--worker-id", self._id]
        if settings.REDIS_URL:
            return Child("manage", ["redis_worker", *naming])
        # Quiet: a job says itself how it went. Not reloading: code changes would kill jobs in the middle.
        options = ["--interval", "1", "--no-reload", "--no-startup-delay", "--verbosity", "0"]
        return Child("manage", ["db_worker", *naming, *options])


def do_round(dead_workers: frozenset[str]) -> None:
    """One look at the database. What fails now (it is busy, or away) is done in the next round."""
    close_old_connections()
    try:
        recover_dead_jobs(dead_workers=dead_workers)
        tasks.tidy_queue()
        start_indexing()
        sweep_uploads()
        sweep_idempotency_keys()
        delete_pending_files()
    except (DatabaseError, RedisError):
        logger.warning("The database or Redis did not answer; the next round tries again.", exc_info=True)


def _n_workers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to 64, got {text!r}")
    return int(text)
