"""Wake-ups through Redis, where `REDIS_URL` names one: a list for each queue, pushed at one end and popped at the other.

A wake-up is a job's uuid and nothing else. One that is lost, because Redis was away or the worker died with it in its hands,
is made up for by the supervisor (`catalog.tasks.tidy_queue`); one too many finds nothing to claim. So nothing needs to be
acknowledged, kept or expired here.
"""

import logging
from typing import Any
from uuid import UUID

import redis
from django.conf import settings
from django.utils import timezone
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus

__all__ = ["RedisBackend", "RedisQueue"]

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 5.0  # what Redis does for us takes far under a millisecond


class RedisQueue:
    """The lists of wake-ups in the Redis at `REDIS_URL`; give it back with `close`. Methods raise redis.RedisError when it is away."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url, socket_timeout=ANSWER_WITHIN_S, socket_connect_timeout=ANSWER_WITHIN_S, decode_responses=True
        )

    def push(self, queue: str, job_uuid: UUID | str) -> None:
        """Add a wake-up at the end of a queue."""
        self._client.lpush(_key(queue), str(job_uuid))

    def pop(self, queue: str, *, wait_s: float) -> UUID | None:
        """Take the oldest wake-up of a queue, waiting for one at most so long (less than ANSWER_WITHIN_S); None if none came."""
        found: Any = self._client.brpop([_key(queue)], timeout=wait_s)
        return UUID(found[1]) if found else None

    def waiting(self, queue: str) -> set[UUID]:
        """The jobs whose wake-up nobody has taken yet."""
        texts: Any = self._client.lrange(_key(queue), 0, -1)
        return {UUID(text) for text in texts}

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


class RedisBackend(BaseTaskBackend):
    """Django tasks' door to the lists: it carries tasks whose one argument is a job's uuid, and keeps no results."""

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self.queue = RedisQueue(settings.REDIS_URL)

    def enqueue(self, task: Task[..., Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        """Push the wake-up. When Redis is away, that is logged and the supervisor makes up for it: the job's row is written."""
        self.validate_task(task)
        (job_uuid,) = args
        try:
            self.queue.push(task.queue_name, job_uuid)
        except redis.RedisError:
            logger.warning("Redis did not take the wake-up of job %s; the supervisor sends it again.", job_uuid)
        return TaskResult(
            task=task,
            id=str(job_uuid),
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            last_attempted_at=None,
            finished_at=None,
            args=list(args),
            kwargs=kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )


def _key(queue: str) -> str:
    return f"galaxy:{queue}"
