"""Building a galaxy: effective labels -> vectors -> positions -> groups -> clusters, saved as one immutable build."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from catalog.layout import (
    Layout,
    Requirements,
    compute_groups,
    compute_positions,
    estimate_requirements,
    measure_quality,
    place_new,
    spread_positions,
)
from catalog.models import Build, Galaxy, Group
from catalog.services.build_input import BuildError, LabelRows, compute_vectors, read_input, visible_images
from catalog.services.build_rows import (
    FULL,
    BuildDiscardedError,
    BuildResult,
    begin_build,
    complete_build,
    is_current,
    last_build,
    read_positions,
    save_positions,
)
from catalog.services.clusters import find_clusters
from catalog.services.memory import available_memory, used_memory
from catalog.services.progress import Progress, ignore_progress

__all__ = ["BuildDiscardedError", "BuildError", "BuildResult", "build_galaxy", "estimate_build", "require_memory"]

# What the service holds beside the engine: an image's id, labels (8 of 12 bytes), their sparse matrix, old and new place.
SERVICE_BYTES_PER_IMAGE = 600


def build_galaxy(
    galaxy: Galaxy,
    *,
    force: bool = False,
    fresh: bool = False,
    exceed_memory: bool = False,
    progress: Progress = ignore_progress,
) -> BuildResult:
    """Place the collection's visible images and group them; the same input as last time gives back the last build.

    It starts from where the last build put the images, whatever has changed since, so that the map people know stays put.

    Parameters
    ----------
    force
        Build although nothing changed.
    fresh
        Forget the last build's positions and start from nothing; also builds although nothing changed.
    exceed_memory
        Try even if the machine seems to have too little memory.

    Raises
    ------
    BuildError
        When no visible image has been imported, or when the build would need more memory than there is.
    """
    given = read_input(galaxy, progress=progress)
    last = last_build(galaxy)
    if last is not None and is_current(last, given.fingerprint, {FULL}) and not (force or fresh):
        return BuildResult(build=last, created=False)
    n_images = len(given.image_ids)
    if not exceed_memory:
        require_memory(galaxy, estimate_build(galaxy, n_images))

    galaxy_map = map_images(galaxy, given.image_ids, given.rows, None if fresh else last, progress)
    progress("Quality", 0, 0)
    quality = measure_quality(
        galaxy_map.vectors, galaxy_map.positions, galaxy_map.assignments, random_state=galaxy.random_state
    )
    build, groups = save_map(
        galaxy,
        given.image_ids,
        given.rows,
        galaxy_map,
        fingerprint=given.fingerprint,
        n_images=n_images,
        parameters={"method": FULL, **based_on(None if fresh else last)},
        quality=quality,
    )
    save_positions(build, groups, given.image_ids, galaxy_map.positions, galaxy_map.assignments, progress=progress)
    complete_build(build)
    return BuildResult(build=build, created=True)


@dataclass(frozen=True)
class GalaxyMap:
    """Where images lie and which groups they make."""

    vectors: NDArray[np.float32]
    """float32 (n_images, n_features)."""
    positions: NDArray[np.float32]
    """float32 (n_images, 3), centred, piles spread."""
    assignments: NDArray[np.int32]
    """int32 (n_images,), groups from 0."""
    layout: Layout


def map_images(
    galaxy: Galaxy, image_ids: NDArray[np.int64], rows: LabelRows, last: Build | None, progress: Progress
) -> GalaxyMap:
    """Lay images out, from where the build `last` put them, and group them, with the galaxy's settings."""
    progress("Vectors", 0, 0)
    vectors = compute_vectors(galaxy, image_ids, rows)
    previous = None if last is None else read_positions(last).positions_of(image_ids)
    layout = lay_out(galaxy, vectors, previous, progress)
    progress("Groups", 0, 0)
    # On what t-SNE found: spreading loosens piles, and is for the eye alone.
    groups = compute_groups(
        layout.positions, k=galaxy.n_clusters, random_state=galaxy.random_state, apart=~vectors.any(axis=1)
    )
    return GalaxyMap(vectors, spread_positions(layout.positions), groups.assignments, layout)


def save_map(
    galaxy: Galaxy,
    image_ids: NDArray[np.int64],
    rows: LabelRows,
    galaxy_map: GalaxyMap,
    *,
    fingerprint: str,
    n_images: int,
    parameters: dict[str, Any],
    quality: dict[str, Any],
) -> tuple[Build, list[Group]]:
    """Find or make a cluster for each group, and begin the build; positions are for the caller to save."""
    layout = galaxy_map.layout
    with transaction.atomic():
        return begin_build(
            galaxy,
            fingerprint=fingerprint,
            n_images=n_images,
            clusters=find_clusters(galaxy, image_ids.tolist(), galaxy_map.assignments, rows.labels, rows.scores),
            assignments=galaxy_map.assignments,
            positions=galaxy_map.positions,
            parameters=parameters,
            quality={**quality, "kl_divergence": layout.kl_divergence, "stage_seconds": layout.stage_seconds},
        )


def estimate_build(galaxy: Galaxy, n_images: int | None = None, *, n_skeleton: int | None = None) -> Requirements:
    """Say what laying out the galaxy's visible images, or so many, takes: the engine's memory and time, and this service's.

    Parameters
    ----------
    n_skeleton
        If it is by a skeleton, of how many images.
    """
    n_images = visible_images(galaxy.collection).count() if n_images is None else n_images
    n_laid_out = n_images if n_skeleton is None else min(n_skeleton, n_images)
    engine = estimate_requirements(n_laid_out, perplexity=galaxy.perplexity)
    return Requirements(engine.memory_bytes + SERVICE_BYTES_PER_IMAGE * n_images, engine.seconds)


def require_memory(galaxy: Galaxy, needed: Requirements) -> None:
    """Refuse to begin what would be killed in the middle; where the system does not say what it has, nothing is refused.

    Raises
    ------
    BuildError
        When the process would come to need more than it has and can still get.
    """
    available = available_memory()
    if available is not None and needed.memory_bytes > available + used_memory():
        raise BuildError(
            f"Building {galaxy.slug} needs about {in_gb(needed.memory_bytes)} of memory, and this machine has "
            f"{in_gb(available)} left. Lay out a part and place the rest around it (--skeleton 100000), "
            "give the machine more memory, or try it anyway (--exceed-memory)."
        )


def in_gb(n_bytes: int) -> str:
    """Return a size for people: "2.1 GB"."""
    return f"{n_bytes / 1e9:.1f} GB"


def lay_out(
    galaxy: Galaxy, vectors: NDArray[np.float32], previous: NDArray[np.float32] | None, progress: Progress
) -> Layout:
    """Run the engine with the galaxy's settings; `previous` (n, 3) is where to start, NaN for new images."""
    if previous is not None and np.isnan(previous).all():
        previous = None
    if previous is not None and (new := np.isnan(previous).any(axis=1)).any():
        # Until the engine takes NaN: new images are placed among the old ones first.
        previous = previous.copy()
        previous[new] = place_new(vectors[new], vectors[~new], previous[~new], random_state=galaxy.random_state)
    return compute_positions(
        vectors,
        perplexity=galaxy.perplexity,
        random_state=galaxy.random_state,
        initial=previous,
        on_progress=progress,
    )


def based_on(last: Build | None) -> dict[str, Any]:
    """Which build's map a new one continues."""
    return {"based_on": None if last is None else last.number}
