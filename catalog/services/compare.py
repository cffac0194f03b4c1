"""Two builds of a galaxy beside each other, and what a new one would be made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.layout import Requirements
from catalog.models import Build, Cluster, Galaxy, Pin
from catalog.services.build import describe_needs, estimate_build
from catalog.services.build_input import read_input
from catalog.services.build_rows import FULL, Placed, is_current, last_build, read_positions
from catalog.services.errors import ServiceError
from catalog.services.progress import Progress, ignore_progress
from catalog.services.stale import count_stale

__all__ = ["BuildComparison", "ClusterComparison", "DryRun", "compare_builds", "dry_run"]

MAP_SETTINGS = {
    "n_clusters": "the number of clusters",
    "extra_cluster_labels": "the clusters by label",
    "visual_weight": "the weight of the look",
    "perplexity": "the perplexity",
}


@dataclass(frozen=True)
class ClusterComparison:
    """One cluster in two builds, pins applied."""

    cluster: Cluster
    n_before: int
    n_after: int
    n_came: int
    """Images that were there before, in another cluster."""
    n_left: int
    """Images that are there still, in another cluster."""


@dataclass(frozen=True)
class BuildComparison:
    """What became of images from one build to another."""

    before: Build
    after: Build
    n_shared: int
    n_new: int
    n_gone: int
    n_moved_cluster: int
    """Images of both that are in another cluster."""
    median_move: float | None
    """How far half of the images of both moved at most, as a share of the galaxy's radius; None where no image is in both."""
    clusters: list[ClusterComparison]
    """In the order of the tour; those that neither build has are left out."""

    def as_json(self) -> dict[str, Any]:
        """For the API and a job's result."""
        return {
            "before": self.before.number,
            "after": self.after.number,
            "n_shared": self.n_shared,
            "n_new": self.n_new,
            "n_gone": self.n_gone,
            "n_moved_cluster": self.n_moved_cluster,
            "median_move": self.median_move,
            "clusters": [
                {
                    "uuid": str(row.cluster.uuid),
                    "name": row.cluster.name,
                    "n_before": row.n_before,
                    "n_after": row.n_after,
                    "n_came": row.n_came,
                    "n_left": row.n_left,
                }
                for row in self.clusters
            ],
        }


@dataclass(frozen=True)
class DryRun:
    """What building a galaxy now would do, as far as that can be said without laying it out."""

    n_images: int
    n_new: int
    """Images that the last build lacks."""
    n_gone: int
    """Images of the last build that are hidden or deleted by now."""
    n_stale: int
    """Images of the last build whose labels changed since."""
    is_current: bool
    """Whether nothing changed, so that building would do nothing."""
    needs: Requirements
    what: list[str]
    """The same in sentences."""

    def as_json(self) -> dict[str, Any]:
        """For the API and a job's result."""
        return {
            "n_images": self.n_images,
            "n_new": self.n_new,
            "n_gone": self.n_gone,
            "n_stale": self.n_stale,
            "is_current": self.is_current,
            "memory_bytes": self.needs.memory_bytes,
            "seconds": round(self.needs.seconds, 1),
            "what": self.what,
        }


def compare_builds(before: Build, after: Build) -> BuildComparison:
    """Say what became of images and clusters from one build to another; clusters are as they are named and merged today.

    Raises ServiceError when they are builds of two galaxies, or the same one.
    """
    if before.galaxy_id != after.galaxy_id or before.pk == after.pk:
        raise ServiceError(f"Expected two builds of one galaxy, got {before} and {after}. Choose two others.")
    galaxy = before.galaxy
    old, new = read_positions(before), read_positions(after)
    rows, shared = old.find(new.image_ids)
    clusters_before, clusters_after = _clusters_of(galaxy, before, old), _clusters_of(galaxy, after, new)
    was, now = clusters_before[rows[shared]], clusters_after[shared]
    moves = np.linalg.norm(new.positions[shared] - old.positions[rows[shared]], axis=1)
    reach = _radius(new.positions)
    counts = {
        "n_before": _count(clusters_before),
        "n_after": _count(clusters_after),
        "n_came": _count(now[was != now]),
        "n_left": _count(was[was != now]),
    }
    known = Cluster.objects.filter(pk__in=counts["n_before"].keys() | counts["n_after"].keys())
    return BuildComparison(
        before=before,
        after=after,
        n_shared=int(shared.sum()),
        n_new=int((~shared).sum()),
        n_gone=len(old.image_ids) - int(shared.sum()),
        n_moved_cluster=int((was != now).sum()),
        median_move=float(np.median(moves)) / reach if len(moves) and reach else None,
        clusters=[
            ClusterComparison(cluster, **{name: of.get(cluster.pk, 0) for name, of in counts.items()})
            for cluster in known.order_by("tour_order", "pk")
        ],
    )


def dry_run(galaxy: Galaxy, *, progress: Progress = ignore_progress) -> DryRun:
    """Say what building the galaxy now would do, from what it would be built of; nothing is laid out and nothing written.

    Raises BuildError as `build_galaxy`, when there is no image to build from.
    """
    given = read_input(galaxy, progress=progress)
    last = last_build(galaxy)
    needs = estimate_build(galaxy, len(given.image_ids))
    if last is None:
        what = [f"It would be the first build, of {len(given.image_ids):,} images.", describe_needs(needs)]
        return DryRun(len(given.image_ids), len(given.image_ids), 0, 0, False, needs, what)
    progress("Comparing", 0, 0)
    placed = read_positions(last)
    _rows, old = placed.find(given.image_ids)
    n_new, n_gone = int((~old).sum()), len(placed.image_ids) - int(old.sum())
    n_stale = count_stale([galaxy]).get(galaxy.pk, 0)
    current = is_current(last, given.fingerprint, {FULL})
    what = _describe(galaxy, last, n_new=n_new, n_gone=n_gone, n_stale=n_stale, is_same=current)
    return DryRun(
        len(given.image_ids),
        n_new,
        n_gone,
        n_stale,
        current,
        needs,
        what if current else [*what, describe_needs(needs)],
    )


def _describe(galaxy: Galaxy, last: Build, *, n_new: int, n_gone: int, n_stale: int, is_same: bool) -> list[str]:
    if is_same:
        return [f"Nothing changed since build {last.number}: building would keep it as it is."]
    settings = [
        f"{name}: {_show(last.parameters.get(field))} becomes {_show(getattr(galaxy, field))}"
        for field, name in MAP_SETTINGS.items()
        if last.parameters.get(field) != getattr(galaxy, field)
    ]
    if last.random_state != galaxy.random_state:
        settings.append(f"the seed: {last.random_state} becomes {galaxy.random_state}")
    what = [
        f"{_images(n_new)} would find a place: new since build {last.number}." if n_new else "",
        f"{_images(n_gone)} would leave: hidden or deleted since build {last.number}." if n_gone else "",
        f"{_images(n_stale)} of build {last.number} got other labels since, and would move to others like them."
        if n_stale
        else "",
        f"The whole map would be laid out by other settings. {'; '.join(settings).capitalize()}." if settings else "",
        "All other images start from where they are; clusters that curators named, merged, hid or pinned images to stay theirs.",
    ]
    if "vectors" in last.parameters or "positions" in last.parameters:
        what.append(
            f"Build {last.number} goes by the library's own numbers; a build from here goes by labels and looks."
        )
    return [sentence for sentence in what if sentence]


def _images(n: int) -> str:
    return f"{n:,} {'image' if n == 1 else 'images'}"


def _show(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "automatic" if value is None else f"{value:g}"


def _clusters_of(galaxy: Galaxy, build: Build, placed: Placed) -> NDArray[np.int64]:
    """The cluster id of each image of a build, pins applied; int64 (n_images,)."""
    groups = dict(build.groups.values_list("pk", "cluster_id"))
    keys, numbers = np.unique(placed.group_ids, return_inverse=True)
    clusters = np.array([groups[key] for key in keys.tolist()], dtype=np.int64)[numbers.ravel()]
    pins = np.array(list(Pin.objects.filter(galaxy=galaxy).values_list("image_id", "cluster_id")), dtype=np.int64)
    if len(pins):
        rows, found = placed.find(pins[:, 0])
        clusters[rows[found]] = pins[found, 1]
    return clusters


def _count(clusters: NDArray[np.int64]) -> Mapping[int, int]:
    keys, counts = np.unique(clusters, return_counts=True)
    return dict(zip(keys.tolist(), counts.tolist(), strict=True))


def _radius(positions: NDArray[np.float32]) -> float:
    """As `catalog.layout.quality` measures moves: the distance from the centre within which 95 of 100 images are."""
    if not len(positions):
        return 0.0
    return float(np.percentile(np.linalg.norm(positions - positions.mean(axis=0), axis=1), 95))
