"""A job from its start to its end: who may start it, what ends it how, and what happens when its worker dies."""

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from catalog import tasks
from catalog.models import Job, JobStatus
from catalog.permissions import Verb
from catalog.services import jobs
from catalog.services.errors import ServiceError
from catalog.services.jobs import (
    JobKind,
    JobRun,
    cancel_job,
    recover_dead_jobs,
    register_job_kind,
    retry_job,
    run_job,
    start_job,
)
from catalog.services.leases import claim_job, renew_lease, write_progress
from catalog.services.progress import CancelledError
from tests.factories import CollectionFactory, GalaxyFactory, JobFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch):
    """The registry of this test alone."""
    monkeypatch.setattr(jobs, "_kinds", {})


def register(run, **options):
    register_job_kind(JobKind("deed", run, "A deed", **options))


def start(**options):
    return start_job("deed", options.pop("params", {}), by=None, **options)


def expire(job):
    Job.objects.filter(pk=job.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def wake_ups():
    return DBTaskResult.objects.filter(task_path="catalog.tasks.wake_up")


def test_a_started_job_wakes_its_queue_on_commit(django_capture_on_commit_callbacks):
    register(lambda run: {}, queue="short")
    with django_capture_on_commit_callbacks(execute=True):
        job = start(collection=CollectionFactory(), params={"force": True})
        assert not wake_ups().exists(), "a worker must not be woken for a row that may be rolled back"
    assert (job.status, job.queue, job.params) == (JobStatus.QUEUED, "short", {"force": True})
    assert [(row.queue_name, row.args_kwargs["args"]) for row in wake_ups()] == [("short", [str(job.uuid)])]


def test_an_equal_job_that_waits_is_not_queued_twice():
    register(lambda run: {})
    galaxy = GalaxyFactory()
    first = start(galaxy=galaxy)
    assert first.collection == galaxy.collection
    assert start(galaxy=galaxy) == first
    assert start(galaxy=galaxy, params={"force": True}) != first
    run_job(first.uuid, worker="w")
    assert start(galaxy=galaxy) != first, "what ran may have missed what came since"


def test_an_unknown_kind_names_those_there_are():
    register(lambda run: {})
    with pytest.raises(ServiceError, match=r"There is no job kind 'dance'\. There are: deed\."):
        start_job("dance", {}, by=None)


def test_a_job_that_succeeds_keeps_its_result_and_its_last_progress():
    def deed(run: JobRun):
        for done in range(101):
            run.progress("Counting", done, 100)
        return {"n": 100}

    register(deed)
    job = start(collection=CollectionFactory())
    run_job(job.uuid, worker="worker-1")
    job.refresh_from_db()
    assert (job.status, job.result, job.error, job.attempt) == (JobStatus.SUCCEEDED, {"n": 100}, "", 1)
    assert (job.stage, job.progress_done, job.progress_total) == ("Counting", 100, 100)
    assert job.worker == "worker-1" and job.lease_token is None and job.finished_at >= job.started_at


def test_progress_is_written_at_each_stage_and_otherwise_seldom(django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(jobs, "WRITE_EVERY_S", 3600)  # however slow the machine is
    counted = {}

    def deed(run: JobRun):
        # Of each stage its progress, and a line of the log: whether there is room for it, and the line.
        with django_assert_num_queries(6):
            for stage in ("Reading", "Writing"):
                for done in range(1000):
                    run.progress(stage, done, 1000)
        counted["done"] = True
        return {}

    register(deed)
    run_job(start().uuid, worker="w")
    assert counted


def test_a_failure_that_a_person_can_mend_is_told_as_it_is():
    def deed(run):
        raise ServiceError("Expected pictures, but the collection is empty. Import some first.")

    register(deed)
    job = start()
    run_job(job.uuid, worker="w")
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert job.error == "Expected pictures, but the collection is empty. Import some first."


def test_any_other_failure_goes_to_the_log_and_not_to_the_page(caplog):
    def deed(run):
        raise ValueError("cannot read /home/somebody/secret.jpg")

    register(deed)
    job = start()
    run_job(job.uuid, worker="w")
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert job.error == f"It failed unexpectedly (ValueError). The worker's log tells more, under job {job.uuid}."
    assert str(job.uuid) in caplog.text and "secret.jpg" in caplog.text


def test_a_job_of_a_kind_that_this_worker_does_not_know_fails_with_a_reason():
    job = JobFactory(kind="from-the-future")
    run_job(job.uuid, worker="w")
    job.refresh_from_db()
    assert job.error == "This worker knows no job kind 'from-the-future'; is it older than the web process?"


def test_a_wake_up_too_many_finds_nothing_to_do():
    ran = []

    def deed(run: JobRun):
        ran.append(run.job.pk)
        return {}

    register(deed)
    job = start()
    run_job(job.uuid, worker="a")
    run_job(job.uuid, worker="b")
    run_job(uuid.uuid4(), worker="c")
    assert ran == [job.pk]


def test_a_waiting_job_is_cancelled_at_once():
    register(lambda run: pytest.fail("a cancelled job must not run"))
    job = cancel_job(start(), by=None)
    assert job.status == JobStatus.CANCELLED and job.finished_at
    run_job(job.uuid, worker="w")


def test_a_running_job_is_cancelled_at_its_next_safe_point():
    reached = []

    def deed(run: JobRun):
        run.progress("Working", 0, 2)
        cancel_job(run.job, by=None)
        assert Job.objects.get(pk=run.job.pk).status == JobStatus.RUNNING
        reached.append("asked")
        run.progress("Tidying", 1, 2)
        reached.append("went on")

    register(deed)
    job = start()
    run_job(job.uuid, worker="w")
    job.refresh_from_db()
    assert reached == ["asked"]
    assert job.status == JobStatus.CANCELLED and job.error == ""


def test_cancelling_what_has_ended_changes_nothing():
    register(lambda run: {"n": 1})
    job = start()
    run_job(job.uuid, worker="w")
    assert cancel_job(job, by=None).status == JobStatus.SUCCEEDED


def test_a_failed_job_is_tried_again_as_a_new_one():
    def deed(run):
        raise ServiceError("No.")

    register(deed)
    job = start(params={"folder": "/a"})
    with pytest.raises(ServiceError, match="Only a failed or cancelled job can be tried again; this one is Queued"):
        retry_job(job, by=None)
    run_job(job.uuid, worker="w")
    job.refresh_from_db()
    again = retry_job(job, by=None)
    assert again != job and again.params == job.params and again.status == JobStatus.QUEUED


class TestWhoMayStart:
    def test_a_role_that_may_and_one_that_may_not(self):
        register(lambda run: {}, verb=Verb.CURATE)
        curator = MembershipFactory()
        viewer = MembershipFactory(collection=curator.collection, role="viewer")
        job = start_job("deed", {}, by=curator.user, collection=curator.collection)
        assert job.created_by == curator.user
        with pytest.raises(PermissionDenied, match="You may not curate this collection"):
            start_job("deed", {}, by=viewer.user, collection=curator.collection)
        with pytest.raises(PermissionDenied):
            cancel_job(job, by=viewer.user)

    def test_what_reaches_beyond_the_collection_takes_an_administrator(self):
        register(lambda run: {}, trusted_only=True)
        owner = MembershipFactory(role="owner")
        with pytest.raises(PermissionDenied, match="Only an administrator"):
            start_job("deed", {}, by=owner.user, collection=owner.collection)
        start_job("deed", {}, by=UserFactory(admin=True), collection=owner.collection)


class TestAWorkerDies:
    def test_its_job_is_queued_again_once_its_lease_has_run_out(self, django_capture_on_commit_callbacks):
        register(lambda run: {})
        job = start()
        claim_job(job.uuid, worker="dead")
        assert recover_dead_jobs() == [], "its lease still runs"
        expire(job)
        with django_capture_on_commit_callbacks(execute=True):
            assert recover_dead_jobs() == [job]
            assert recover_dead_jobs() == [], "a second supervisor finds nothing left to do"
        job.refresh_from_db()
        assert (job.status, job.attempt, job.lease_token) == (JobStatus.QUEUED, 1, None)
        assert wake_ups().count() == 1
        run_job(job.uuid, worker="next")
        job.refresh_from_db()
        assert (job.status, job.attempt) == (JobStatus.SUCCEEDED, 2)

    def test_one_that_is_known_to_be_dead_is_not_waited_for(self):
        register(lambda run: {})
        job = start()
        claim_job(job.uuid, worker="known-dead")
        assert recover_dead_jobs(dead_workers=frozenset({"another"})) == []
        assert recover_dead_jobs(dead_workers=frozenset({"known-dead"})) == [job]

    def test_one_that_dies_every_time_fails_in_the_end(self):
        register(lambda run: {})
        job = start()
        for _attempt in range(job.max_attempts):
            assert claim_job(job.uuid, worker="w")
            expire(job)
            recover_dead_jobs()
        job.refresh_from_db()
        assert job.status == JobStatus.FAILED
        assert job.error.startswith("Its worker died 5 times in the middle.")

    def test_one_that_somebody_cancelled_meanwhile_ends_cancelled(self):
        register(lambda run: {})
        job = start()
        claim_job(job.uuid, worker="w")
        cancel_job(job, by=None)
        expire(job)
        assert recover_dead_jobs() == []
        job.refresh_from_db()
        assert job.status == JobStatus.CANCELLED

    def test_one_believed_dead_cannot_overwrite_its_successor(self):
        def deed(run: JobRun):
            run.progress("Working", 0, 2)
            expire(run.job)
            recover_dead_jobs()
            assert claim_job(run.job.uuid, worker="successor")
            run.progress("Tidying", 1, 2)
            pytest.fail("it has lost its lease")

        register(deed)
        job = start()
        run_job(job.uuid, worker="believed-dead")
        job.refresh_from_db()
        assert (job.status, job.worker, job.stage) == (JobStatus.RUNNING, "successor", "")

    def test_a_lost_lease_is_neither_renewed_nor_written_to(self):
        register(lambda run: {})
        job = start()
        lease = claim_job(job.uuid, worker="a")
        assert lease and renew_lease(lease) and write_progress(lease, "Working", 1, 2, new_stage=True)
        expire(job)
        recover_dead_jobs()
        assert not renew_lease(lease)
        assert not write_progress(lease, "Working", 2, 2, new_stage=False)

    def test_a_heartbeat_that_finds_the_lease_lost_stops_the_deed(self):
        def deed(run: JobRun):
            run.progress("Working", 0, 3)
            Job.objects.filter(pk=run.job.pk).update(lease_token=uuid.uuid4())
            run.renew()
            with pytest.raises(CancelledError, match="lease is lost"):
                run.progress("Working", 1, 3)
            return {}

        register(deed)
        run_job(start().uuid, worker="w")


def test_a_worker_that_is_told_to_stop_hands_its_job_back(django_capture_on_commit_callbacks):
    def deed(run):
        raise SystemExit(1)

    register(deed)
    job = start()
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(SystemExit):
        run_job(job.uuid, worker="w")
    job.refresh_from_db()
    assert (job.status, job.attempt, job.worker) == (JobStatus.QUEUED, 0, "")
    assert wake_ups().count() == 1


class TestTheQueueIsTidied:
    def test_a_lost_wake_up_is_made_up_for(self, django_capture_on_commit_callbacks):
        register(lambda run: {})
        job = start()
        assert tasks.tidy_queue() == 0, "its wake-up may be on its way"
        Job.objects.update(created_at=timezone.now() - timedelta(minutes=1))
        with django_capture_on_commit_callbacks(execute=True):
            assert tasks.tidy_queue() == 1
        assert tasks.tidy_queue() == 0
        assert wake_ups().get().args_kwargs["args"] == [str(job.uuid)]

    def test_a_wake_up_whose_worker_died_is_no_longer_shown_as_running(self, django_capture_on_commit_callbacks):
        register(lambda run: {})
        with django_capture_on_commit_callbacks(execute=True):
            dead, alive = start(params={"n": 1}), start(params={"n": 2})
        for row, worker in zip(wake_ups().order_by("enqueued_at"), ("dead", "alive"), strict=True):
            row.claim(worker)
            claim_job(uuid.UUID(row.args_kwargs["args"][0]), worker=worker)
        wake_ups().update(started_at=timezone.now() - timedelta(hours=1))
        recover_dead_jobs(dead_workers=frozenset({"dead"}))
        tasks.tidy_queue()
        status = {row.args_kwargs["args"][0]: str(row.status) for row in wake_ups()}
        assert status == {str(dead.uuid): "FAILED", str(alive.uuid): "RUNNING"}

    def test_what_is_long_done_is_forgotten(self, django_capture_on_commit_callbacks):
        register(lambda run: {})
        with django_capture_on_commit_callbacks(execute=True):
            start()
        wake_ups().update(status="SUCCESSFUL", finished_at=timezone.now() - timedelta(days=2))
        tasks.tidy_queue()
        assert not wake_ups().exists()
