"""Builds as rows: how one is begun, filled in short transactions, completed, read again, and let go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Avg, Count, Max
from numpy.typing import NDArray

from catalog.models import Build, Cluster, Galaxy, Group, Position
from catalog.services.build_input import METHOD_VERSION
from catalog.services.errors import BuildError
from catalog.services.progress import Progress, ignore_progress

__all__ = [
    "BuildDiscardedError",
    "BuildResult",
    "Placed",
    "begin_build",
    "complete_build",
    "last_build",
    "measure_groups",
    "prune_builds",
    "read_positions",
    "save_positions",
]

CHUNK = 2000  # rows a transaction
KEPT_BUILDS = 5  # the newest ones, and any that a publication shows

FULL = "full"
UPDATE = "update"
SKELETON = "skeleton"


class BuildDiscardedError(BuildError):
    """Another build of the galaxy has begun meanwhile, and this one's rows are gone."""


@dataclass(frozen=True)
class BuildResult:
    """The galaxy's newest build, and whether this run made it or found that nothing had changed."""

    build: Build
    created: bool

    def as_json(self) -> dict[str, object]:
        """For a command's last line and a job's result."""
        told = ("method", "based_on", "n_new", "n_replaced", "n_left_out", "left_out", "n_unknown_ids", "unknown_ids")
        long = ("group_sizes", "group_silhouettes")
        return {
            "galaxy": self.build.galaxy.slug,
            "build": self.build.number,
            "created": self.created,
            "n_images": self.build.n_images,
            "n_groups": self.build.groups.count(),
            **{name: self.build.parameters[name] for name in told if name in self.build.parameters},
            "quality": {k: v for k, v in self.build.quality.items() if k not in long},
        }


@dataclass(frozen=True)
class Placed:
    """Where a build put its images; everything is in order of image id."""

    image_ids: NDArray[np.int64]
    """int64 (n_images,), ascending."""
    positions: NDArray[np.float32]
    """float32 (n_images, 3), as they were when they were saved, to the bit."""
    flat: NDArray[np.float32]
    """float32 (n_images, 2): the flat map, NaN in builds without one."""
    group_ids: NDArray[np.int64]
    """int64 (n_images,): primary keys of groups."""

    def find(self, image_ids: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """For each image its row here, intp (n,), and whether it has one, bool (n,); where it has none, the row means nothing."""
        rows = np.minimum(np.searchsorted(self.image_ids, image_ids), max(len(self.image_ids) - 1, 0))
        found = self.image_ids[rows] == image_ids if len(self.image_ids) else np.zeros(len(image_ids), dtype=bool)
        return rows, found

    def positions_of(self, image_ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return float32 (n, 3), NaN for images that the build did not place."""
        return self._places_of(image_ids, self.positions)

    def flat_of(self, image_ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return float32 (n, 2), NaN for images that the build did not place in the plane."""
        return self._places_of(image_ids, self.flat)

    def _places_of(self, image_ids: NDArray[np.int64], places: NDArray[np.float32]) -> NDArray[np.float32]:
        rows, found = self.find(image_ids)
        known = np.full((len(image_ids), places.shape[1]), np.nan, dtype=np.float32)
        known[found] = places[rows[found]]
        return known

    def numbers_of(self, groups: Sequence[Group]) -> NDArray[np.int32]:
        """Return int32 (n_images,): each image's place in the list of all groups of the build."""
        keys = np.array([group.pk for group in groups])
        order = np.argsort(keys)
        return order[np.searchsorted(keys, self.group_ids, sorter=order)].astype(np.int32)

    def groups_of(self, image_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return int64 (n,): groups numbered from 0 in order of their keys, -1 for images that the build did not place."""
        rows, found = self.find(image_ids)
        _, numbers = np.unique(self.group_ids, return_inverse=True)
        return np.where(found, numbers.ravel()[rows], -1)


def last_build(galaxy: Galaxy) -> Build | None:
    """The newest complete build."""
    return galaxy.builds.filter(complete=True).order_by("-number").first()


def is_current(build: Build | None, fingerprint: str, methods: set[str]) -> bool:
    """Whether the build was made of just this input, by one of these methods."""
    return (
        build is not None and build.input_fingerprint == fingerprint and build.parameters.get("method", FULL) in methods
    )


def read_positions(build: Build, *, up_to: int | None = None) -> Placed:
    """Read a build's positions, those of the skeleton alone if `up_to` is the key of its last."""
    rows = Position.objects.filter(build=build)
    if up_to is not None:
        rows = rows.filter(pk__lte=up_to)
    table = np.fromiter(
        (
            (*row[:5], *(np.nan if place is None else place for place in row[5:]))
            for row in rows.order_by("image_id")
            .values_list("image_id", "group_id", "x", "y", "z", "flat_x", "flat_y")
            .iterator(10_000)
        ),
        np.dtype([("image", "i8"), ("group", "i8"), *((name, "f4") for name in ("x", "y", "z", "flat_x", "flat_y"))]),
    )
    positions, flat = (
        np.column_stack([table[axis] for axis in axes]) for axes in (("x", "y", "z"), ("flat_x", "flat_y"))
    )
    return Placed(table["image"], positions, flat, table["group"])


@transaction.atomic
def begin_build(
    galaxy: Galaxy,
    *,
    fingerprint: str,
    change_number: int,
    n_images: int,
    clusters: Sequence[Cluster],
    assignments: NDArray[np.int32],
    positions: NDArray[np.float32],
    parameters: dict[str, Any],
    quality: dict[str, Any],
) -> tuple[Build, list[Group]]:
    """Make a build and its groups. It counts only once `complete_build` was called.

    What another build of the galaxy left incomplete goes: a killed run, or a skeleton whose rest is still being placed.

    Parameters
    ----------
    change_number
        Images with a higher one lie where they lay before their labels changed.
    clusters
        One a group.
    assignments, positions
        int32 (n,) and float32 (n, 3): from which the groups' sizes and centroids are made.
    """
    galaxy.builds.filter(complete=False).delete()
    number = (galaxy.builds.aggregate(Max("number"))["number__max"] or 0) + 1
    build = Build.objects.create(
        galaxy=galaxy,
        number=number,
        parameters={
            "method_version": METHOD_VERSION,
            "n_clusters": galaxy.n_clusters,
            "extra_cluster_labels": galaxy.extra_cluster_labels,
            "visual_weight": galaxy.visual_weight,
            "perplexity": galaxy.perplexity,
            **parameters,
        },
        random_state=galaxy.random_state,
        input_fingerprint=fingerprint,
        change_number=change_number,
        quality=quality,
        n_images=n_images,
    )
    sizes = np.bincount(assignments, minlength=len(clusters))
    centroids = np.column_stack([np.bincount(assignments, positions[:, i], len(clusters)) / sizes for i in range(3)])
    groups = Group.objects.bulk_create(
        Group(build=build, number=i, cluster=cluster, n_images=int(sizes[i]), x=x, y=y, z=z)
        for i, (cluster, (x, y, z)) in enumerate(zip(clusters, centroids.tolist(), strict=True))
    )
    return build, groups


def save_positions(
    build: Build,
    groups: Sequence[Group],
    image_ids: NDArray[np.int64],
    positions: NDArray[np.float32],
    flat: NDArray[np.float32],
    assignments: NDArray[np.int32],
    *,
    chunk: int = CHUNK,
    progress: Progress = ignore_progress,
) -> None:
    """Write positions in short transactions of `chunk` rows; an image that has one already keeps it.

    Raises
    ------
    BuildDiscardedError
        When another build of the galaxy has begun meanwhile.
    """
    for start in range(0, len(image_ids), chunk):
        progress("Saving", start, len(image_ids))
        end = start + chunk
        rows = zip(
            image_ids[start:end].tolist(),
            assignments[start:end].tolist(),
            positions[start:end].tolist(),
            flat[start:end].tolist(),
            strict=True,
        )
        with transaction.atomic():
            # The lock keeps the build from going while its rows are written; SQLite has one writer at a time anyway.
            if not Build.objects.select_for_update().filter(pk=build.pk).exists():
                raise BuildDiscardedError(
                    f"Build {build.number} of {build.galaxy.slug} is gone: another build of it has begun meanwhile."
                )
            Position.objects.bulk_create(
                [
                    Position(
                        build=build, image_id=image_id, group=groups[group], x=x, y=y, z=z, flat_x=flat_x, flat_y=flat_y
                    )
                    for image_id, group, (x, y, z), (flat_x, flat_y) in rows
                ],
                ignore_conflicts=True,
            )
    progress("Saving", len(image_ids), len(image_ids))


def measure_groups(build: Build) -> list[int]:
    """Write each group's size and centroid from the positions there are; answer with the sizes, by number."""
    groups = list(build.groups.order_by("number"))
    rows = Position.objects.filter(build=build).order_by().values_list("group")
    measured = {pk: values for pk, *values in rows.annotate(Count("pk"), Avg("x"), Avg("y"), Avg("z"))}
    for group in groups:
        group.n_images, group.x, group.y, group.z = measured[group.pk]
    Group.objects.bulk_update(groups, ["n_images", "x", "y", "z"])
    return [group.n_images for group in groups]


def complete_build(build: Build) -> None:
    """Let the build count, and older ones go."""
    _keep_hidden(build)
    build.complete = True
    build.save(update_fields=["complete", "n_images", "quality"])
    prune_builds(build.galaxy)


@transaction.atomic
def _keep_hidden(build: Build) -> None:
    """Give images whose cluster a curator had hidden, and that now fell into a visible one, a group of that cluster again.

    k-means may melt a hidden cluster into its neighbours, and publishing would then show what was to be hidden. Pins are applied
    after this, so a person's word about one image still counts more.
    """
    last = last_build(build.galaxy)
    if last is None:
        return
    changed = False
    for cluster in build.galaxy.clusters.filter(hidden=True).order_by("pk"):
        was_hidden = last.positions.filter(group__cluster=cluster).values("image")
        shown = build.positions.filter(image__in=was_hidden, group__cluster__hidden=False)
        if not shown.exists():
            continue
        group = build.groups.filter(cluster=cluster).first()
        if group is None:
            number = (build.groups.aggregate(Max("number"))["number__max"] or 0) + 1
            group = Group.objects.create(build=build, number=number, cluster=cluster, n_images=1, x=0, y=0, z=0)
        shown.update(group=group)
        changed = True
    if changed:
        build.groups.filter(positions__isnull=True).delete()
        build.quality["group_sizes"] = measure_groups(build)


def prune_builds(galaxy: Galaxy) -> None:
    """Let old builds go, except those that a publication shows."""
    kept = galaxy.builds.filter(complete=True).order_by("-number").values_list("pk", flat=True)[:KEPT_BUILDS]
    galaxy.builds.exclude(pk__in=list(kept)).filter(publications__isnull=True).delete()
