"""A worker of one queue in Redis: what `db_worker` is to the queue in the database. `supervise` starts it."""

import logging
import signal
import sys
import time
from types import FrameType
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, close_old_connections

from catalog.redis_queue import RedisQueue
from catalog.services.jobs import run_job

logger = logging.getLogger(__name__)

WAIT_S = 1.0  # for a wake-up, before it is looked whether somebody asked to stop
PAUSE_S = 1.0  # after Redis or the database did not answer


class Command(BaseCommand):
    """The first SIGTERM lets it finish its job; the second ends the job, which hands itself back."""

    help = "Run the jobs of one queue in Redis, one at a time, until told to stop."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which queue, and by what name jobs remember who runs them."""
        parser.add_argument("--queue-name", required=True)
        parser.add_argument("--worker-id", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Take wake-ups and run their jobs."""
        if not settings.REDIS_URL:
            raise CommandError("Expected REDIS_URL to name the Redis that holds the queue, but it is not set.")
        queue = RedisQueue(settings.REDIS_URL)
        stop = _Stop()
        try:
            while not stop.asked:
                self._work(queue, options["queue_name"], options["worker_id"], stop)
        finally:
            queue.close()

    def _work(self, queue: RedisQueue, name: str, worker: str, stop: "_Stop") -> None:
        close_old_connections()
        try:
            if job_uuid := queue.pop(name, wait_s=WAIT_S):
                stop.in_job = True
                run_job(job_uuid, worker=worker)
        except (redis.RedisError, DatabaseError):
            # The job still waits in its row, and the supervisor sends its wake-up again.
            logger.warning("Redis or the database did not answer; the worker goes on.", exc_info=True)
            time.sleep(PAUSE_S)
        finally:
            stop.in_job = False


class _Stop:
    """What SIGTERM and SIGINT ask for."""

    def __init__(self) -> None:
        self.asked = False
        self.in_job = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked or not self.in_job:
            sys.exit(1 if self.in_job else 0)
        self.asked = True
