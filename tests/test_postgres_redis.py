"""The whole way as a larger library runs it: PostgreSQL, the queue in Redis, and two workers for each queue.

The workers are real processes under a real supervisor. The test starts jobs and looks, as the web process does.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django_tasks import task_backends

from catalog.models import Collection, Galaxy, Image, Job, Occurrence
from catalog.services.jobs import start_job, wake
from explorer.artifact import ArtifactReader
from tests.factories import CollectionFactory, GalaxyFactory
from tests.pictures import write_pictures
from tests.test_whole_way import GalaxyAddresses

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
DONE_WITHIN_S = 120


@pytest.fixture
def workers(postgres, redis_url, settings, tmp_path) -> Iterator["subprocess.Popen[str]"]:
    """A supervisor with two workers for each queue, on this test's database and files."""
    settings.REDIS_URL = redis_url
    settings.TASKS = {"default": {"BACKEND": "catalog.redis_queue.RedisBackend", "QUEUES": ["long", "short"]}}
    (tmp_path / "counted").mkdir()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.catalog.worker_settings",
        "GALAXY_TEST_DATABASE": postgres,
        "GALAXY_TEST_DATA": str(tmp_path),
        "REDIS_URL": redis_url,
        "MEDIA_ROOT": storages["media"].location,  # type: ignore[attr-defined]  # the folder that every test has
        "GALAXIES_ROOT": storages["galaxies"].location,  # type: ignore[attr-defined]
    }
    command = [sys.executable, "manage.py", "supervise", "--workers", "2"]
    supervisor = subprocess.Popen(command, cwd=ROOT, env=environment, text=True)
    yield supervisor
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(timeout=60) == 0
    task_backends["default"].queue.close()  # type: ignore[attr-defined]  # the Redis one has it


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DONE_WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {DONE_WITHIN_S} s: {what}; {list(Job.objects.values())}"
        time.sleep(0.1)


def finish(*jobs: Job) -> list[Job]:
    """The jobs and all that they start, done; none has failed."""
    wait_for(lambda: not Job.objects.filter(status__in=["queued", "running"]).exists(), "the jobs end")
    ended = [Job.objects.get(pk=job.pk) for job in jobs]
    assert [(job.kind, job.error) for job in Job.objects.exclude(status="succeeded")] == []
    return ended


def run(kind: str, collection: Collection, galaxy: Galaxy | None = None, **params: object) -> Job:
    if galaxy is not None:
        return start_job(kind, params, by=None, galaxy=galaxy)
    return start_job(kind, params, by=None, collection=collection)


def count_slowly(n: int, *, each_s: float) -> Job:
    """A job of a kind that only the workers know."""
    job = Job.objects.create(kind="count_slowly", params={"n": n, "each_s": each_s})
    wake(job)
    return job


def are_at_once(first: Job, second: Job) -> bool:
    """Whether there was a moment at which both were run, by two workers."""
    assert first.started_at and first.finished_at and second.started_at and second.finished_at
    return (
        first.worker != second.worker
        and first.started_at < second.finished_at
        and second.started_at < first.finished_at
    )


@pytest.mark.usefixtures("workers")
def test_from_two_folders_at_once_to_the_visitors_browser(tmp_path: Path):
    assert connection.vendor == "postgresql"
    slow = finish(count_slowly(12, each_s=0.2), count_slowly(12, each_s=0.2))
    assert are_at_once(*slow), "two workers of one queue, each with a job"

    collection = CollectionFactory.create(public=True)
    # The second folder holds the first one's pictures again, and some of its own.
    folders = [write_pictures(tmp_path / "first", 16), write_pictures(tmp_path / "second", 24)]
    imports = finish(*(run("import_source", collection, source=str(folder)) for folder in folders))
    assert len({job.worker for job in imports}) == 2
    assert Image.objects.count() == 24, "no picture twice, whoever came first"
    assert Occurrence.objects.count() == 16 + 24

    galaxy = GalaxyFactory.create(collection=collection, visibility="public")
    finish(run("annotate_images", collection))
    finish(run("find_near_duplicates", collection))
    finish(run("build_galaxy", collection, galaxy))
    finish(run("publish_galaxy", collection, galaxy, despite_safe_search=True))

    reader = ArtifactReader(GalaxyAddresses(Client(), galaxy))
    assert reader.manifest.n_images == 24
    assert all(reader.find(uuid) is not None for uuid in Image.objects.values_list("uuid", flat=True))


@pytest.mark.usefixtures("workers")
def test_a_worker_killed_in_the_middle_is_replaced_and_its_job_goes_on(tmp_path: Path):
    job = count_slowly(8, each_s=0.3)
    log = tmp_path / "counted" / "log"
    wait_for(lambda: log.exists() and len(log.read_text().splitlines()) >= 3, "a worker takes the job up")
    victim = int(log.read_text().split()[-1])
    os.kill(victim, signal.SIGKILL)
    [job] = finish(job)
    assert job.attempt == 2
    lines = [line.split() for line in log.read_text().splitlines()]
    # Only the one thing that was under way when the kill came may have been noted and not yet kept.
    assert {int(number) for number, _pid in lines} == set(range(8)) and len(lines) <= 9
    assert int(lines[-1][1]) != victim
