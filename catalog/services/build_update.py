"""The living galaxy: new images find their places on the map that there is, and nobody else moves."""

import numpy as np
from django.db import transaction

from catalog.layout import join_groups, measure_quality, place_new, spread_positions
from catalog.models import Galaxy, Group
from catalog.services.build import based_on
from catalog.services.build_input import BuildError, compute_vectors, read_input
from catalog.services.build_rows import (
    FULL,
    POSITIONS,
    SKELETON,
    UPDATE,
    BuildResult,
    begin_build,
    complete_build,
    is_current,
    last_build,
    read_positions,
    save_positions,
)
from catalog.services.progress import Progress, ignore_progress

__all__ = ["update_galaxy"]


def update_galaxy(galaxy: Galaxy, *, force: bool = False, progress: Progress = ignore_progress) -> BuildResult:
    """Place what is new among the images of the last build, which keep their places to the bit.

    Each new image joins the group that most of its neighbours on the map are in, and with it their cluster; images that are
    hidden or deleted by now leave. Nothing else changes, so it takes seconds where a build takes minutes; a build from time
    to time makes the best of all images again.

    Parameters
    ----------
    force
        Make a build although nothing changed.

    Raises
    ------
    BuildError
        When there is no build yet, or none of its images is left.
    """
    last = last_build(galaxy)
    how = f"Build it first: manage.py build_galaxy --collection {galaxy.collection.slug} --galaxy {galaxy.slug}"
    if last is None:
        raise BuildError(f"Expected a build of {galaxy.slug} to add new images to, but there is none yet. {how}")
    given = read_input(galaxy, progress=progress)
    if is_current(last, given.fingerprint, {FULL, UPDATE, SKELETON, POSITIONS}) and not force:
        return BuildResult(build=last, created=False)
    placed = read_positions(last)
    rows, old = placed.find(given.image_ids)
    if not old.any():
        raise BuildError(
            f"None of the images of build {last.number} of {galaxy.slug} is left to place new ones among. {how}"
        )

    progress("Vectors", 0, 0)
    vectors = compute_vectors(galaxy, given.image_ids, given.rows)
    positions = placed.positions_of(given.image_ids)
    positions[~old] = place_new(
        vectors[~old],
        vectors[old],
        positions[old],
        perplexity=galaxy.perplexity,
        random_state=galaxy.random_state,
        on_progress=progress,
    )
    positions = spread_positions(positions, fixed=old)

    progress("Groups", 0, 0)
    group_ids = np.empty(len(positions), dtype=np.int64)
    group_ids[old] = placed.group_ids[rows[old]]
    kept, numbers = np.unique(group_ids[old], return_inverse=True)
    group_ids[~old] = kept[join_groups(positions[~old], positions[old], numbers.ravel())]
    # In the order of their numbers, so that the groups of an update are the last build's.
    old_groups = list(Group.objects.filter(pk__in=kept.tolist()).select_related("cluster").order_by("number"))
    number_of = {group.pk: number for number, group in enumerate(old_groups)}
    assignments = np.array([number_of[pk] for pk in kept.tolist()], dtype=np.int32)[np.searchsorted(kept, group_ids)]

    progress("Quality", 0, 0)
    quality = measure_quality(vectors, positions, assignments, random_state=galaxy.random_state)
    with transaction.atomic():
        build, groups = begin_build(
            galaxy,
            fingerprint=given.fingerprint,
            n_images=len(given.image_ids),
            clusters=[group.cluster for group in old_groups],
            assignments=assignments,
            positions=positions,
            parameters={"method": UPDATE, "n_new": int((~old).sum()), **based_on(last)},
            quality=quality,
        )
    save_positions(build, groups, given.image_ids, positions, assignments, progress=progress)
    complete_build(build)
    return BuildResult(build=build, created=True)
