"""The queue in Redis carries wake-ups; what it loses, the supervisor makes up for."""

from datetime import timedelta
from uuid import uuid4

import pytest
import redis
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_tasks import task_backends

from catalog.models import Job
from catalog.redis_queue import RedisBackend, RedisQueue
from catalog.services.jobs import start_job
from catalog.tasks import tidy_queue
from tests.factories import CollectionFactory
from tests.servers import free_port


@pytest.fixture
def queue(redis_url, settings):
    """The queue, which is also the one that jobs are put into."""
    settings.REDIS_URL = redis_url
    settings.TASKS = {"default": {"BACKEND": "catalog.redis_queue.RedisBackend", "QUEUES": ["long", "short"]}}
    made = RedisQueue(redis_url)
    yield made
    made.close()
    task_backends["default"].queue.close()  # type: ignore[attr-defined]  # the Redis one has it


def test_what_was_pushed_first_is_popped_first_and_once(queue):
    first, second = uuid4(), uuid4()
    queue.push("long", first)
    queue.push("long", second)
    assert queue.waiting("long") == {first, second} and queue.waiting("short") == set()
    assert [queue.pop("long", wait_s=0.1) for _ in range(3)] == [first, second, None]


@pytest.mark.django_db(transaction=True)
def test_a_job_that_is_started_waits_in_its_queue(queue):
    job = start_job("find_near_duplicates", {}, by=None, collection=CollectionFactory.create())
    assert isinstance(task_backends["default"], RedisBackend)
    assert queue.pop(job.queue, wait_s=1) == job.uuid


@pytest.mark.django_db(transaction=True)
def test_a_lost_wake_up_is_sent_again_and_one_that_waits_is_not(queue):
    collection = CollectionFactory.create()
    waits = start_job("find_near_duplicates", {}, by=None, collection=collection)
    lost = start_job("find_near_duplicates", {"n": 2}, by=None, collection=collection)
    for _ in range(2):
        queue.pop("long", wait_s=1)
    queue.push("long", waits.uuid)
    assert tidy_queue() == 0, "they have only just been started"
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    assert tidy_queue() == 1
    assert queue.waiting("long") == {waits.uuid, lost.uuid}
    assert tidy_queue() == 0


@pytest.mark.django_db(transaction=True)
def test_a_job_is_started_even_while_redis_is_away(settings, caplog):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    settings.TASKS = {"default": {"BACKEND": "catalog.redis_queue.RedisBackend", "QUEUES": ["long", "short"]}}
    job = start_job("find_near_duplicates", {}, by=None, collection=CollectionFactory.create())
    job.refresh_from_db()
    assert job.status == "queued"
    assert "the supervisor sends it again" in caplog.text
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(redis.RedisError):
        tidy_queue()


def test_a_worker_without_a_redis_says_what_is_missing():
    with pytest.raises(CommandError, match="REDIS_URL"):
        call_command("redis_worker", "--queue-name", "long", "--worker-id", "w")
