"""The living galaxy: new images find their places on the map that there is, and nobody else moves."""

from pathlib import Path

import numpy as np
from django.db.models import Min, QuerySet

from catalog.layout import flatten_new, flatten_positions, join_groups, measure_quality, place_new, spread_positions
from catalog.models import Galaxy, Image
from catalog.services.build import based_on, estimate_update, find_kinds, require_memory
from catalog.services.build_input import BuildInput, read_ids, read_input
from catalog.services.build_rows import (
    FULL,
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
from catalog.services.build_vectors import compute_vectors
from catalog.services.errors import BuildError
from catalog.services.progress import Progress, ignore_progress
from catalog.services.stale import stale_images

__all__ = ["update_galaxy"]


def update_galaxy(
    galaxy: Galaxy,
    *,
    replace: QuerySet[Image] | None = None,
    force: bool = False,
    vectors_file: Path | None = None,
    exceed_memory: bool = False,
    progress: Progress = ignore_progress,
) -> BuildResult:
    """Place what is new among the images of the last build, which keep their places to the bit.

    Each new image joins the group that most of its neighbours on the map are in, and with it their cluster; images that are
    hidden or deleted by now leave. Nothing else changes, so it takes seconds where a build takes minutes; a build from time
    to time makes the best of all images again.

    Parameters
    ----------
    replace
        Images of the last build that are placed anew, as if they were new: those whose labels changed (`stale_images`), say.
    force
        Make a build although nothing changed.
    vectors_file, exceed_memory
        As for `build_galaxy`; a galaxy that was built by its own vectors is updated by them.

    Raises
    ------
    BuildError
        When there is no build yet, none of its images is left, or the library's own vectors are missing.
    """
    last = last_build(galaxy)
    how = f"Build it first: manage.py build_galaxy --collection {galaxy.collection.slug} --galaxy {galaxy.slug}"
    if last is None:
        raise BuildError(f"Expected a build of {galaxy.slug} to add new images to, but there is none yet. {how}")
    if "vectors" in last.parameters and vectors_file is None:
        raise BuildError(
            f"Build {last.number} of {galaxy.slug} goes by the library's own vectors, so new images need theirs: "
            f"manage.py build_galaxy --collection {galaxy.collection.slug} --galaxy {galaxy.slug} --update --vectors FILE"
        )
    given = read_input(galaxy, vectors_file=vectors_file, progress=progress)
    to_replace = np.zeros(0, np.int64) if replace is None else read_ids(replace)
    if is_current(last, given.fingerprint, {FULL, UPDATE, SKELETON}) and not (force or len(to_replace)):
        return BuildResult(build=last, created=False)
    placed = read_positions(last)
    rows, old = placed.find(given.image_ids)
    replaced = old & np.isin(given.image_ids, to_replace)
    old &= ~replaced
    if not old.any():
        raise BuildError(
            f"None of the images of build {last.number} of {galaxy.slug} is left to place new ones among. {how}"
        )

    if not exceed_memory:
        require_memory(galaxy, estimate_update(galaxy, len(given.image_ids)), progress)
    vectors = compute_vectors(galaxy, given, progress=progress)
    positions = placed.positions_of(given.image_ids)
    positions[~old] = place_new(
        vectors[~old],
        vectors[old],
        positions[old],
        on_progress=progress,
    )
    positions = spread_positions(positions, fixed=old)
    progress("Flattening", 0, 0)
    flat = placed.flat_of(given.image_ids)
    if np.isfinite(flat[old]).all():
        flat[~old] = flatten_new(positions[~old], positions[old], flat[old])
    else:  # the last build was made before there were flat maps
        flat = flatten_positions(positions, on_progress=progress)

    progress("Groups", 0, 0)
    old_groups = list(last.groups.select_related("cluster").order_by("number"))
    assignments = np.empty(len(positions), dtype=np.int32)
    assignments[old] = placed.numbers_of(old_groups)[rows[old]]
    kinds = find_kinds(galaxy, given, vectors)
    assignments[~old] = join_groups(
        positions[~old], positions[old], assignments[old], new_kinds=kinds[~old], kinds=kinds[old]
    )
    # A group whose images are all gone goes, too; the others keep their order.
    left, renumbered = np.unique(assignments, return_inverse=True)
    assignments = renumbered.ravel().astype(np.int32)

    progress("Quality", 0, 0)
    quality = measure_quality(
        vectors,
        positions,
        assignments,
        previous_positions=placed.positions_of(given.image_ids),
        random_state=galaxy.random_state,
    )
    build, groups = begin_build(
        galaxy,
        fingerprint=given.fingerprint,
        change_number=_change_number(galaxy, given, replace),
        n_images=len(given.image_ids),
        clusters=[old_groups[number].cluster for number in left],
        assignments=assignments,
        positions=positions,
        parameters={
            "method": UPDATE,
            "n_new": int((~old & ~replaced).sum()),
            "n_replaced": int(replaced.sum()),
            **based_on(last),
            **given.told,
        },
        quality=quality,
    )
    save_positions(build, groups, given.image_ids, positions, flat, assignments, progress=progress)
    complete_build(build)
    return BuildResult(build=build, created=True)


def _change_number(galaxy: Galaxy, given: BuildInput, replace: QuerySet[Image] | None) -> int:
    """Up to where the new build knows the collection's changes.

    Whoever keeps a place although the labels changed is still to be placed anew, so the number stays below the first such change.
    New images that were annotated after it count with them, until somebody places all of these anew.
    """
    left = stale_images(galaxy).filter(label_change_number__lte=given.change_number)
    if replace is not None:
        left = left.exclude(pk__in=replace.order_by().values("pk"))
    first = left.aggregate(first=Min("label_change_number"))["first"]
    return given.change_number if first is None else first - 1
