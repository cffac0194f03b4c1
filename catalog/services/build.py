"""Building a galaxy: effective labels -> vectors -> positions -> groups -> clusters, saved as one immutable build."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.annotators.visual import N_VISUAL_FEATURES
from catalog.layout import (
    Groups,
    Layout,
    Requirements,
    compute_groups,
    compute_positions,
    estimate_flattening,
    estimate_requirements,
    extra_groups,
    flatten_positions,
    measure_quality,
    spread_positions,
)
from catalog.models import Build, Galaxy, Group
from catalog.services.build_input import BuildInput, read_input, visible_images
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
from catalog.services.build_vectors import compute_vectors
from catalog.services.clusters import find_clusters
from catalog.services.embeddings import word_vectors
from catalog.services.errors import BuildError
from catalog.services.memory import available_memory, used_memory
from catalog.services.progress import Progress, ignore_progress

__all__ = [
    "BuildDiscardedError",
    "BuildError",
    "BuildResult",
    "build_galaxy",
    "describe_needs",
    "estimate_build",
    "estimate_update",
]

# What the service holds beside the engine: an image's id, labels (8 of 12 bytes), their sparse matrix, old and new place.
SERVICE_BYTES_PER_IMAGE = 600
VECTOR_COPIES = 3
UPDATE_SECONDS_PER_IMAGE = 1e-4


def build_galaxy(
    galaxy: Galaxy,
    *,
    force: bool = False,
    fresh: bool = False,
    vectors_file: Path | None = None,
    positions_file: Path | None = None,
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
    vectors_file, positions_file
        A library's own numbers by external id, in one of the formats of `catalog.layout.read_given`: vectors instead of those
        of the labels, positions instead of the engine's. Positions are centred and otherwise taken as they are. Images that
        a file does not name are left out.
    exceed_memory
        Try even if the machine seems to have too little memory.

    Raises
    ------
    BuildError
        When no visible image has been imported, a file cannot be read or names none of them, or the build would need more
        memory than there is.
    """
    given = read_input(galaxy, vectors_file=vectors_file, positions_file=positions_file, progress=progress)
    last = last_build(galaxy)
    if last is not None and is_current(last, given.fingerprint, {FULL}) and not (force or fresh):
        # What changed meanwhile was taken back: it was made of just these labels.
        Build.objects.filter(pk=last.pk).update(change_number=given.change_number)
        return BuildResult(build=last, created=False)
    if not exceed_memory:
        n_features = None if given.own_vectors is None else given.own_vectors.shape[1]
        needed = estimate_build(galaxy, len(given.image_ids), n_features=n_features)
        if given.own_positions is not None:
            # They need no engine: like an update, only everybody's vectors; and the flat map.
            needed = _with_flattening(
                estimate_update(galaxy, len(given.image_ids), n_features=n_features), len(given.image_ids)
            )
        require_memory(galaxy, needed, progress)
    last = None if fresh or given.own_positions is not None else last
    galaxy_map = map_images(galaxy, given, last, progress)
    progress("Quality", 0, 0)
    quality = measure_quality(
        galaxy_map.vectors,
        galaxy_map.positions,
        galaxy_map.groups.assignments,
        layout_positions=galaxy_map.layout_positions,
        previous_positions=galaxy_map.previous_positions,
        random_state=galaxy.random_state,
    )
    parameters = {"method": FULL, **based_on(last), **given.told}
    build, groups = save_map(galaxy, given, galaxy_map, parameters=parameters, quality=quality)
    save_positions(
        build,
        groups,
        given.image_ids,
        galaxy_map.positions,
        galaxy_map.flat,
        galaxy_map.groups.assignments,
        progress=progress,
    )
    complete_build(build)
    return BuildResult(build=build, created=True)


@dataclass(frozen=True)
class GalaxyMap:
    """Where images lie and which groups they make."""

    vectors: NDArray[np.float32]
    """float32 (n_images, n_features)."""
    layout_positions: NDArray[np.float32]
    """float32 (n_images, 3), centred: as t-SNE found them, or as the library gave them."""
    positions: NDArray[np.float32]
    """float32 (n_images, 3), centred: as they are shown, t-SNE's piles spread."""
    flat: NDArray[np.float32]
    """float32 (n_images, 2), centred: the same galaxy in the plane."""
    previous_positions: NDArray[np.float32] | None
    """float32 (n_images, 3), NaN for new images: where the last build put them; None if it does not start from one."""
    groups: Groups
    told: dict[str, Any]
    """What the engine says of its work."""


def map_images(galaxy: Galaxy, given: BuildInput, last: Build | None, progress: Progress) -> GalaxyMap:
    """Lay images out, from where the build `last` put them, and group them, with the galaxy's settings."""
    vectors = compute_vectors(galaxy, given, progress=progress)
    previous, previous_groups, previous_flat, apart = None, None, None, None
    if given.own_positions is not None:
        # Not spread: whoever computed them wants to see them. Nor are images without labels taken out of their places.
        found = given.own_positions - given.own_positions.mean(axis=0, dtype=np.float64)
        found = shown = found.astype(np.float32)
        told: dict[str, Any] = {}
    else:
        if last is not None:
            placed = read_positions(last)
            previous, previous_groups = placed.positions_of(given.image_ids), placed.groups_of(given.image_ids)
            previous_flat = placed.flat_of(given.image_ids)
        layout = lay_out(galaxy, vectors, previous, progress)
        found, shown = layout.positions, spread_positions(layout.positions)
        apart = ~vectors.any(axis=1)
        told = {
            "kl_divergence": layout.kl_divergence,
            "kl_standard_error": layout.kl_standard_error,
            "perplexity": layout.perplexity,
            "n_iterations": layout.n_iterations,
            "stage_seconds": layout.stage_seconds,
        }
    progress("Groups", 0, 0)
    extra = extra_groups(given.rows.labels, given.rows.scores, galaxy.extra_cluster_labels)
    # On what t-SNE found: spreading loosens piles, and is for the eye alone.
    groups = compute_groups(
        found,
        k=galaxy.n_clusters,
        random_state=galaxy.random_state,
        apart=apart,
        extra=extra,
        previous=previous_groups,
    )
    flat = flatten_positions(shown, previous=previous_flat, on_progress=progress)
    return GalaxyMap(vectors, found, shown, flat, previous, groups, told)


def find_kinds(galaxy: Galaxy, given: BuildInput, vectors: NDArray[np.float32]) -> NDArray[np.int32]:
    """Number the images whose group was not made by position: those with a label asked for by name, and those without any.

    int32 (n_images,), -1 for all others.
    """
    kinds = extra_groups(given.rows.labels, given.rows.scores, galaxy.extra_cluster_labels)
    kinds[(kinds < 0) & ~vectors.any(axis=1)] = len(galaxy.extra_cluster_labels)
    return kinds


def save_map(
    galaxy: Galaxy, given: BuildInput, galaxy_map: GalaxyMap, *, parameters: dict[str, Any], quality: dict[str, Any]
) -> tuple[Build, list[Group]]:
    """Find or make a cluster for each group, and begin the build; positions are for the caller to save."""
    rows, groups, terms = given.rows, galaxy_map.groups, galaxy.extra_cluster_labels
    clusters = find_clusters(
        galaxy,
        given.image_ids.tolist(),
        groups.assignments,
        rows.labels,
        rows.scores,
        asked_for={group: terms[extra] for group, extra in enumerate(groups.extra.tolist()) if extra >= 0},
    )
    # A label that nobody has makes no cluster, and its curator should know why.
    without_images = [term for number, term in enumerate(terms) if number not in groups.extra]
    return begin_build(
        galaxy,
        fingerprint=given.fingerprint,
        change_number=given.change_number,
        n_images=len(given.image_ids),
        clusters=clusters,
        assignments=groups.assignments,
        positions=galaxy_map.positions,
        parameters=parameters,
        quality={**quality, **galaxy_map.told, "labels_without_images": without_images},
    )


def estimate_build(
    galaxy: Galaxy, n_images: int | None = None, *, n_skeleton: int | None = None, n_features: int | None = None
) -> Requirements:
    """Say what laying out the galaxy's visible images, or so many, takes: the engine's memory and time, and this service's.

    Parameters
    ----------
    n_skeleton
        If it is by a skeleton, of how many images.
    n_features
        Length of the vectors; that of the spaces that count in the galaxy by default.
    """
    n_images = visible_images(galaxy.collection).count() if n_images is None else n_images
    n_laid_out = n_images if n_skeleton is None else min(n_skeleton, n_images)
    engine = estimate_requirements(n_laid_out, n_features or _n_features(galaxy), perplexity=galaxy.perplexity)
    engine = _with_flattening(engine, n_laid_out)
    return Requirements(engine.memory_bytes + SERVICE_BYTES_PER_IMAGE * n_images, engine.seconds)


def estimate_update(galaxy: Galaxy, n_images: int | None = None, *, n_features: int | None = None) -> Requirements:
    """Say what placing new images among so many old ones takes: the vectors of all, the old ones', and those reduced."""
    n_images = visible_images(galaxy.collection).count() if n_images is None else n_images
    bytes_per_vector = 4 * (n_features or _n_features(galaxy))
    memory = used_memory() + n_images * (SERVICE_BYTES_PER_IMAGE + VECTOR_COPIES * bytes_per_vector)
    return Requirements(memory, n_images * UPDATE_SECONDS_PER_IMAGE)


def _with_flattening(needed: Requirements, n_images: int) -> Requirements:
    """Add the flat map, which is made when the memory of the rest is free again."""
    flat = estimate_flattening(n_images)
    return Requirements(max(needed.memory_bytes, flat.memory_bytes), needed.seconds + flat.seconds)


def _n_features(galaxy: Galaxy) -> int:
    """The length of the vectors that the galaxy is laid out by."""
    meaning = word_vectors().n_features if galaxy.visual_weight < 1 else 0
    return meaning + (N_VISUAL_FEATURES if galaxy.visual_weight > 0 else 0)


def require_memory(galaxy: Galaxy, needed: Requirements, progress: Progress = ignore_progress) -> None:
    """Say what is needed, and refuse to begin what would be killed in the middle.

    Where the system does not say what it has, nothing is refused.

    Raises
    ------
    BuildError
        When the process would come to need more than it has and can still get.
    """
    progress(describe_needs(needed), 0, 0)
    available = available_memory()
    if available is not None and needed.memory_bytes > available + used_memory():
        raise BuildError(
            f"Building {galaxy.slug} needs about {in_gb(needed.memory_bytes)} of memory, and this machine has "
            f"{in_gb(available)} left. Lay out a part and place the rest around it (--skeleton 100000), "
            "give the machine more memory, or try it anyway (--exceed-memory)."
        )


def describe_needs(needed: Requirements) -> str:
    """Say for people what a build takes, and what there is: "Needs about 2.1 GB of memory (21.0 GB are free) and 1 minute."."""
    available = available_memory()
    free = "" if available is None else f" ({in_gb(available)} are free)"
    minutes = needed.seconds / 60
    duration = f"{minutes:.0f} minutes" if minutes >= 1.5 else "a minute" if minutes > 0.5 else "less than a minute"
    return f"Needs about {in_gb(needed.memory_bytes)} of memory{free} and {duration}."


def in_gb(n_bytes: int) -> str:
    """Return a size for people: "2.1 GB"."""
    return f"{n_bytes / 1e9:.1f} GB"


def lay_out(
    galaxy: Galaxy, vectors: NDArray[np.float32], previous: NDArray[np.float32] | None, progress: Progress
) -> Layout:
    """Run the engine with the galaxy's settings; `previous` (n, 3) is where to start, NaN for new images."""
    if previous is not None and np.isnan(previous).all():
        previous = None
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
