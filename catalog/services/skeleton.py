"""Galaxies too large for one machine: a sample is laid out as the skeleton, and the rest is placed around it in batches, as jobs.

The skeleton's rows are saved first, in a build that is not complete; its settings say which position was its last. A batch is a
range of image ids, saved whole or not at all: done again after a kill it gives the same rows, and what is missing is always
what has no position yet. Whoever places the last batch completes the build.
"""

import os
import socket
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from django.db.models import Exists, Max, OuterRef, QuerySet
from numpy.typing import NDArray

from catalog.layout import flatten_new, join_groups, measure_quality, place_new, spread_positions
from catalog.models import Build, Galaxy, Group, Image, Job, JobStatus, Position
from catalog.services.build import (
    based_on,
    build_galaxy,
    estimate_build,
    find_kinds,
    map_images,
    require_memory,
    save_map,
)
from catalog.services.build_input import (
    BuildInput,
    read_ids,
    read_input,
    read_labels,
    visible_images,
)
from catalog.services.build_rows import (
    FULL,
    SKELETON,
    BuildDiscardedError,
    BuildResult,
    complete_build,
    is_current,
    last_build,
    measure_groups,
    read_positions,
    save_positions,
)
from catalog.services.build_vectors import Spaces, compute_vectors, read_spaces
from catalog.services.errors import BuildError
from catalog.services.jobs import recover_dead_jobs, run_job, start_job
from catalog.services.leases import request_cancel
from catalog.services.progress import Progress, ignore_progress

__all__ = ["PlaceResult", "build_by_skeleton", "place_images"]

SMALLEST_SKELETON = 10  # fewer images are not laid out by t-SNE at all
# Images a job. Their rows are one transaction, and 20,000 are written in 0.6 s; their vectors take 20 MB.
IMAGES_PER_BATCH = 20_000
QUALITY_SAMPLE = 50_000  # images: their vectors take 50 MB instead of the gigabyte of a million
LOOK_EVERY_S = 1.0  # at jobs that other workers took


@dataclass(frozen=True)
class PlaceResult:
    """What a batch came to."""

    n_placed: int
    completed: bool
    """Whether it was the last, and the build is complete now."""
    discarded: bool = False
    """Whether the build was gone: another one of the galaxy has begun meanwhile."""

    def as_json(self) -> dict[str, object]:
        """For a job's result."""
        return {"n_placed": self.n_placed, "completed": self.completed, "discarded": self.discarded}


@dataclass(frozen=True)
class _Skeleton:
    given: BuildInput
    spaces: Spaces
    positions: NDArray[np.float32]
    flat: NDArray[np.float32]
    assignments: NDArray[np.int32]
    groups: list[Group]


def build_by_skeleton(
    galaxy: Galaxy,
    n_skeleton: int,
    *,
    force: bool = False,
    fresh: bool = False,
    exceed_memory: bool = False,
    progress: Progress = ignore_progress,
) -> BuildResult:
    """Lay out a random sample of the images, then place the rest around it in jobs that any worker may take.

    Jobs that no worker takes are worked off here. Stopped in the middle and called again with the same input, it goes on where
    it was. Groups are found, and clusters named, on the skeleton; every other image joins the group of its neighbours.

    Parameters
    ----------
    n_skeleton
        How many images to lay out, at least 10; a galaxy that has no more is built as a whole.
    force, fresh, exceed_memory
        As for `build_galaxy`.

    Raises
    ------
    BuildError
        As `build_galaxy`; or when a batch fails.
    """
    if n_skeleton < SMALLEST_SKELETON:
        raise BuildError(
            f"Expected a skeleton of at least {SMALLEST_SKELETON} images, got {n_skeleton}; 100000 suits a million."
        )
    if visible_images(galaxy.collection).count() <= n_skeleton:
        return build_galaxy(galaxy, force=force, fresh=fresh, exceed_memory=exceed_memory, progress=progress)
    given = read_input(galaxy, progress=progress)
    last = last_build(galaxy)
    if last is not None and is_current(last, given.fingerprint, {FULL, SKELETON}) and not (force or fresh):
        return BuildResult(build=last, created=False)
    build = _find_unfinished(galaxy, given.fingerprint, n_skeleton, fresh)
    if build is None:
        if not exceed_memory:
            require_memory(galaxy, estimate_build(galaxy, len(given.image_ids), n_skeleton=n_skeleton), progress)
        build = _lay_skeleton(galaxy, given, n_skeleton, fresh, progress)
    del given  # 200 MB of a million images, of which nothing is needed any more
    _place_rest(build, progress)
    build.refresh_from_db()
    return BuildResult(build=build, created=True)


def place_images(
    galaxy: Galaxy, build_id: int, first: int, last: int, *, progress: Progress = ignore_progress
) -> PlaceResult:
    """Place one batch of a skeleton's build: the visible images with ids from `first` to `last` that have no position yet.

    The last batch completes the build. Where the build is gone or complete already, nothing is done.
    """
    build = galaxy.builds.filter(pk=build_id).select_related("galaxy__collection").first()
    if build is None or build.complete:
        return PlaceResult(0, completed=False, discarded=build is None)
    image_ids = read_ids(_unplaced(build).filter(pk__gte=first, pk__lte=last))
    try:
        if len(image_ids):
            _place_batch(build, image_ids, progress)
        # From the end: batches are begun in order, so what is missing is found at once.
        completed = _unplaced(build).order_by("-pk").first() is None
        if completed:
            _finish(build, progress)
    except BuildDiscardedError:
        return PlaceResult(0, completed=False, discarded=True)
    return PlaceResult(len(image_ids), completed=completed)


def _find_unfinished(galaxy: Galaxy, fingerprint: str, n_skeleton: int, fresh: bool) -> Build | None:
    """The build that an earlier call left unfinished, if its skeleton was saved and it is the one that would be made now."""
    asked = {"method": SKELETON, "n_skeleton": n_skeleton, "fresh": fresh}
    for build in galaxy.builds.filter(complete=False, input_fingerprint=fingerprint).order_by("-number"):
        saved = build.parameters
        if "last_skeleton_position" in saved and {name: saved.get(name) for name in asked} == asked:
            return build
    return None


def _lay_skeleton(galaxy: Galaxy, given: BuildInput, n_skeleton: int, fresh: bool, progress: Progress) -> Build:
    """Choose, lay out, group and save the skeleton."""
    # Evenly among all, not the known ones first: a new half of the library needs its half of the skeleton.
    rng = np.random.default_rng(galaxy.random_state)
    chosen = np.sort(rng.choice(len(given.image_ids), n_skeleton, replace=False))
    skeleton = given.take(chosen)
    last = None if fresh else last_build(galaxy)
    galaxy_map = map_images(galaxy, skeleton, last, progress)
    parameters = {"method": SKELETON, "n_skeleton": n_skeleton, "fresh": fresh, **based_on(last)}
    build, groups = save_map(galaxy, skeleton, galaxy_map, parameters=parameters, quality={})
    save_positions(
        build,
        groups,
        skeleton.image_ids,
        galaxy_map.positions,
        galaxy_map.flat,
        galaxy_map.groups.assignments,
        progress=progress,
    )
    build.parameters["last_skeleton_position"] = build.positions.aggregate(Max("pk"))["pk__max"]
    build.parameters["last_image"] = int(given.image_ids[-1])
    build.save(update_fields=["parameters"])
    return build


def _place_rest(build: Build, progress: Progress) -> None:
    """Start a job for each batch, work off those that nobody takes, and wait for the others."""
    image_ids = read_ids(_unplaced(build))
    batches = [image_ids[i : i + IMAGES_PER_BATCH] for i in range(0, len(image_ids), IMAGES_PER_BATCH)]
    sizes = {_start_batch(build, int(batch[0]), int(batch[-1])): len(batch) for batch in batches}
    worker = f"{socket.gethostname()[:30]}-build-{os.getpid()}"
    try:
        while _work_off(set(sizes), worker):
            done = Job.objects.filter(pk__in=sizes, status=JobStatus.SUCCEEDED).values_list("pk", flat=True)
            progress("Placing the rest", sum(sizes[pk] for pk in done), len(image_ids))
    except BaseException:
        # Whoever stops this wants it to stop: what waits goes; what another worker has begun, it finishes.
        for job in Job.objects.filter(pk__in=sizes, status=JobStatus.QUEUED):
            request_cancel(job)
        raise
    progress("Placing the rest", len(image_ids), len(image_ids))
    if not Build.objects.filter(pk=build.pk).exists():
        raise BuildDiscardedError(
            f"Build {build.number} of {build.galaxy.slug} is gone: another build of it has begun meanwhile."
        )
    build.refresh_from_db()
    if not build.complete:  # nothing was left to place, or the last one was hidden meanwhile
        _finish(build, progress)


def _start_batch(build: Build, first: int, last: int) -> int:
    """The key of the batch's job: a new one, unless one waits or runs."""
    params = {"build": build.pk, "first": first, "last": last}
    running = Job.objects.filter(kind="place_images", params=params, status=JobStatus.RUNNING).first()
    return (running or start_job("place_images", params, by=None, galaxy=build.galaxy)).pk


def _work_off(jobs: set[int], worker: str) -> bool:
    """Do one of the jobs that wait, or wait for those that others do; False when all are done."""
    open_jobs = Job.objects.filter(pk__in=jobs).exclude(status=JobStatus.SUCCEEDED)
    ended = open_jobs.filter(status__in=JobStatus.ended()).first()
    if ended is not None:
        raise BuildError(
            f"A batch of the images could not be placed: {ended.error or 'its job was cancelled.'} "
            "What was placed is kept; run it again to go on."
        )
    waiting = open_jobs.filter(status=JobStatus.QUEUED).order_by("pk").first()
    if waiting is not None:
        run_job(waiting.uuid, worker=worker)
        return True
    if open_jobs.exists():
        recover_dead_jobs()  # where no supervisor runs, nobody else would
        time.sleep(LOOK_EVERY_S)
        return True
    return False


def _place_batch(build: Build, image_ids: NDArray[np.int64], progress: Progress) -> None:
    """Place images among the skeleton, and write their rows in one transaction."""
    galaxy = build.galaxy
    progress("Skeleton", 0, 0)
    skeleton = _read_skeleton(build.pk, build.input_fingerprint)
    given = _read_some(image_ids, progress)
    # Mixed together: what each space is scaled by depends on who is in it.
    vectors = skeleton.spaces.followed_by(read_spaces(galaxy, given, progress=progress)).mix(galaxy.visual_weight)
    fixed = np.arange(len(vectors)) < len(skeleton.positions)
    placed = place_new(
        vectors[~fixed],
        vectors[fixed],
        skeleton.positions,
        on_progress=progress,
    )
    progress("Groups", 0, 0)
    positions = spread_positions(np.concatenate([skeleton.positions, placed]), fixed=fixed)[~fixed]
    assignments = join_groups(
        positions,
        skeleton.positions,
        skeleton.assignments,
        new_kinds=find_kinds(galaxy, given, vectors[~fixed]),
        kinds=find_kinds(galaxy, skeleton.given, vectors[fixed]),
    )
    flat = flatten_new(positions, skeleton.positions, skeleton.flat)
    save_positions(
        build, skeleton.groups, image_ids, positions, flat, assignments, chunk=len(image_ids), progress=progress
    )


@lru_cache(maxsize=1)
def _read_skeleton(build_id: int, fingerprint: str) -> _Skeleton:
    """The skeleton of a build, kept for the next batch: 120 MB and six seconds for 100,000 images.

    `fingerprint` is only there to tell builds apart when a database was made anew.
    """
    build = Build.objects.select_related("galaxy__collection").get(pk=build_id)
    placed = read_positions(build, up_to=build.parameters["last_skeleton_position"])
    groups = list(build.groups.order_by("number"))
    given = _read_some(placed.image_ids)
    spaces = read_spaces(build.galaxy, given)
    return _Skeleton(given, spaces, placed.positions, placed.flat, placed.numbers_of(groups), groups)


def _finish(build: Build, progress: Progress) -> None:
    """Measure the groups and, on a sample, the quality; then the build counts."""
    progress("Quality", 0, 0)
    galaxy = build.galaxy
    placed = read_positions(build)
    rng = np.random.default_rng(build.random_state)
    sample = np.sort(rng.permutation(len(placed.image_ids))[:QUALITY_SAMPLE])
    image_ids = placed.image_ids[sample]
    before = galaxy.builds.filter(number=build.parameters["based_on"], complete=True).first()
    quality: dict[str, Any] = measure_quality(
        compute_vectors(galaxy, _read_some(image_ids)),
        placed.positions[sample],
        placed.numbers_of(list(build.groups.order_by("number")))[sample],
        previous_positions=None if before is None else read_positions(before).positions_of(image_ids),
        random_state=build.random_state,
    )
    build.quality |= {**quality, "n_measured": len(sample), "group_sizes": measure_groups(build)}
    build.n_images = len(placed.image_ids)
    complete_build(build)


def _unplaced(build: Build) -> QuerySet[Image]:
    """The visible images that the build was begun for and that have no position in it yet."""
    has_position = Exists(Position.objects.filter(build=build, image=OuterRef("pk")))
    return visible_images(build.galaxy.collection).filter(~has_position, pk__lte=build.parameters["last_image"])


def _read_some(image_ids: NDArray[np.int64], progress: Progress = ignore_progress) -> BuildInput:
    return BuildInput(image_ids, read_labels(image_ids, progress=progress), fingerprint="")
