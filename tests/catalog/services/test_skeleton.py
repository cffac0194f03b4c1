"""A galaxy too large to be laid out at once: a skeleton, and the rest around it in jobs that may die anywhere."""

import time

import numpy as np
import pytest

from catalog.layout import place_new
from catalog.models import Build, Image, Job, JobStatus, Position
from catalog.services import skeleton
from catalog.services.build import BuildDiscardedError, BuildError, build_galaxy
from catalog.services.build_update import update_galaxy
from catalog.services.jobs import run_job
from catalog.services.leases import claim_job
from catalog.services.progress import CancelledError
from catalog.services.skeleton import build_by_skeleton
from tests.factories import GalaxyFactory
from tests.factories_library import make_library

pytestmark = pytest.mark.django_db

N = 1000
N_SKELETON = 200


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """Eight batches of a hundred."""
    monkeypatch.setattr(skeleton, "IMAGES_PER_BATCH", 100)
    monkeypatch.setattr(skeleton, "LOOK_EVERY_S", 0.01)


@pytest.fixture
def galaxy():
    """A library of a thousand pictures, not built yet."""
    made = GalaxyFactory(n_clusters=8)
    make_library(made.collection, N, n_topics=20)
    return made


def rows_of(build):
    return list(
        build.positions.order_by("image").values_list("image", "x", "y", "z", "flat_x", "flat_y", "group__number")
    )


def stop_at(stage, at):
    """Progress that stops the deed when `at` units of a stage are done."""

    def progress(name, done, total):
        if name == stage and done >= at:
            raise CancelledError

    return progress


def test_every_image_is_placed_among_its_like(galaxy):
    result = build_by_skeleton(galaxy, N_SKELETON)

    build = result.build
    assert result.created and build.complete and build.number == 1
    assert build.n_images == build.positions.count() == N
    assert sum(build.groups.values_list("n_images", flat=True)) == N == sum(build.quality["group_sizes"])
    assert build.parameters["method"] == "skeleton"
    assert build.quality["trustworthiness"] > 0.8
    jobs = Job.objects.filter(kind="place_images")
    assert [job.status for job in jobs] == [JobStatus.SUCCEEDED] * 8
    assert sum(job.result["n_placed"] for job in jobs) == N - N_SKELETON
    assert [job.result["completed"] for job in jobs.order_by("pk")] == [False] * 7 + [True]
    assert np.isfinite(np.array(build.positions.values_list("flat_x", "flat_y"))).all()
    assert not build_by_skeleton(galaxy, N_SKELETON).created


def test_stopped_in_the_middle_it_goes_on_and_comes_to_the_same(galaxy):
    with pytest.raises(CancelledError):
        build_by_skeleton(galaxy, N_SKELETON, progress=stop_at("Placing the rest", 300))
    half = Build.objects.get()
    placed = half.positions.count()
    assert not half.complete and placed == N_SKELETON + 300
    assert not Job.objects.filter(status=JobStatus.QUEUED).exists(), "who stops it wants it to stop"

    stages = []
    resumed = build_by_skeleton(galaxy, N_SKELETON, progress=lambda stage, done, total: stages.append(stage)).build

    assert resumed.pk == half.pk and resumed.complete
    assert "positions" not in stages, "the skeleton is not laid out again"
    whole = build_by_skeleton(galaxy, N_SKELETON, fresh=True).build
    assert rows_of(whole) == rows_of(resumed)


def test_a_skeleton_that_was_not_saved_whole_is_laid_again(galaxy):
    with pytest.raises(CancelledError):
        build_by_skeleton(galaxy, N_SKELETON, progress=stop_at("Saving", 0))
    assert Build.objects.get().complete is False

    assert build_by_skeleton(galaxy, N_SKELETON).build.positions.count() == N
    assert Build.objects.count() == 1


def test_a_batch_that_dies_while_it_is_placed_is_placed_by_another_worker(galaxy, monkeypatch):
    """Its worker vanishes with the lease; the command that waits for it hands the job on."""
    died: list[bool] = []

    def die_once(*arguments, **options):
        if not died:
            died.append(True)
            raise KeyboardInterrupt
        return place_new(*arguments, **options)

    monkeypatch.setattr(skeleton, "place_new", die_once)
    with pytest.raises(KeyboardInterrupt):
        build_by_skeleton(galaxy, N_SKELETON)
    assert Build.objects.get().positions.count() == N_SKELETON

    build = build_by_skeleton(galaxy, N_SKELETON).build
    assert build.complete and build.positions.count() == N


def test_what_other_workers_took_is_waited_for(galaxy, monkeypatch, settings):
    """A worker elsewhere holds two batches; one it finishes, with the other it dies and the lease runs out."""
    with pytest.raises(CancelledError):
        build_by_skeleton(galaxy, N_SKELETON, progress=stop_at("Placing the rest", 100))
    build = Build.objects.get()
    start = skeleton._start_batch
    taken: list[Job] = []

    def start_and_take(*arguments):
        pk = start(*arguments)
        if len(taken) < 2:
            job = Job.objects.get(pk=pk)
            taken.append(job)
            claim_job(job.uuid, worker="elsewhere")
        return pk

    def elapse(seconds):
        finished, dead = taken
        Job.objects.filter(pk=dead.pk, worker="elsewhere").update(lease_expires_at="2020-01-01T00:00:00Z")
        if Job.objects.filter(pk=finished.pk, status=JobStatus.RUNNING).exists():
            Job.objects.filter(pk=finished.pk).update(
                status=JobStatus.QUEUED, lease_token=None, lease_expires_at=None, attempt=0
            )
            run_job(finished.uuid, worker="elsewhere")

    monkeypatch.setattr(skeleton, "_start_batch", start_and_take)
    monkeypatch.setattr(time, "sleep", elapse)
    assert build_by_skeleton(galaxy, N_SKELETON).build == build
    assert build.positions.count() == N
    dead = Job.objects.get(pk=taken[1].pk)
    assert (dead.status, dead.attempt) == (JobStatus.SUCCEEDED, 2)
    assert dead.worker != "elsewhere"


def test_a_batch_done_twice_makes_no_second_row(galaxy):
    build_by_skeleton(galaxy, N_SKELETON)
    build = Build.objects.get()
    before = rows_of(build)
    job = Job.objects.filter(kind="place_images").last()
    image_ids = [job.params["first"], job.params["last"]]
    build.positions.filter(
        image__in=range(image_ids[0], image_ids[1] + 1), pk__gt=build.parameters["last_skeleton_position"]
    ).delete()
    Build.objects.update(complete=False)

    first = skeleton.place_images(galaxy, build.pk, *image_ids)
    again = skeleton.place_images(galaxy, build.pk, *image_ids)

    assert (first.n_placed, first.completed) == (100, True)
    assert (again.n_placed, again.completed) == (0, False)
    assert rows_of(build) == before


def test_another_build_meanwhile_discards_it_and_its_jobs_end_politely(galaxy):
    with pytest.raises(CancelledError):
        build_by_skeleton(galaxy, N_SKELETON, progress=stop_at("Placing the rest", 0))
    old = Build.objects.get()
    # A job of it that still waits in some queue.
    pk = skeleton._start_batch(old, 1, 10**9)
    build_galaxy(galaxy)

    run_job(Job.objects.get(pk=pk).uuid, worker="w")

    job = Job.objects.get(pk=pk)
    assert job.status == JobStatus.SUCCEEDED
    assert job.result == {"n_placed": 0, "completed": False, "discarded": True}
    assert Build.objects.get().parameters["method"] == "full"


def test_discarded_while_it_waits_it_says_so(galaxy):
    def discard(stage, done, total):
        if stage == "Placing the rest" and done == 200:
            Build.objects.all().delete()

    with pytest.raises(BuildDiscardedError, match="another build of it has begun meanwhile"):
        build_by_skeleton(galaxy, N_SKELETON, progress=discard)


def test_a_batch_that_fails_is_told_with_its_reason(galaxy, monkeypatch):
    def fail(*arguments, **options):
        raise BuildError("The disk is full.")

    monkeypatch.setattr(skeleton, "place_new", fail)
    with pytest.raises(BuildError, match=r"could not be placed: The disk is full\. What was placed is kept"):
        build_by_skeleton(galaxy, N_SKELETON)
    assert not Job.objects.filter(status__in=[JobStatus.QUEUED, JobStatus.RUNNING]).exists()


def test_a_job_for_a_build_of_another_galaxy_does_nothing(galaxy):
    with pytest.raises(CancelledError):
        build_by_skeleton(galaxy, N_SKELETON, progress=stop_at("Placing the rest", 0))
    other = GalaxyFactory()
    result = skeleton.place_images(other, Build.objects.get().pk, 1, 10**9)
    assert result.n_placed == 0 and result.discarded


def test_an_image_hidden_meanwhile_is_left_out_and_does_not_keep_the_build_waiting(galaxy):
    with pytest.raises(CancelledError):
        build_by_skeleton(galaxy, N_SKELETON, progress=stop_at("Placing the rest", 700))
    build = Build.objects.get()
    placed = set(Position.objects.values_list("image", flat=True))
    waiting = Image.objects.exclude(pk__in=placed).order_by("-pk")
    Job.objects.filter(status=JobStatus.CANCELLED).update(
        status=JobStatus.QUEUED, finished_at=None, cancel_requested_at=None
    )
    hidden = waiting.first()
    Image.objects.filter(pk=hidden.pk).update(hidden=True)
    for job in Job.objects.filter(status=JobStatus.QUEUED):
        run_job(job.uuid, worker="w")
    build.refresh_from_db()
    assert build.complete and build.n_images == N - 1


def test_a_few_images_are_built_as_a_whole_and_too_small_a_skeleton_is_refused(galaxy):
    assert build_by_skeleton(galaxy, 5000).build.parameters["method"] == "full"
    with pytest.raises(BuildError, match="at least 10 images, got 3"):
        build_by_skeleton(galaxy, 3)


def test_the_skeleton_starts_from_the_last_map_and_can_be_added_to(galaxy):
    first = build_by_skeleton(galaxy, N_SKELETON).build
    make_library(galaxy.collection, 10, n_topics=20)
    second = build_by_skeleton(galaxy, N_SKELETON).build
    assert second.parameters["based_on"] == first.number
    make_library(galaxy.collection, 10, n_topics=20)
    third = update_galaxy(galaxy).build
    assert third.n_images == N + 20
    kept = np.array(rows_of(second))
    assert [row for row in rows_of(third) if row[0] in set(kept[:, 0].astype(int))] == rows_of(second)
