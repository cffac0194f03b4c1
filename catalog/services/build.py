"""Building a galaxy: effective labels -> vectors -> positions -> groups -> clusters, saved as one immutable build."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from django.db.models import Max
from numpy.typing import NDArray

from catalog.layout import (
    built_in_words,
    compute_groups,
    compute_positions,
    extra_groups,
    label_vectors,
    measure_quality,
    spread_positions,
)
from catalog.models import Build, Cluster, EffectiveLabel, Galaxy, Group, Image, Position
from catalog.services.chunks import in_chunks
from catalog.services.clusters import find_clusters, groups_in
from catalog.services.errors import ServiceError
from catalog.services.progress import Progress, ignore_progress

__all__ = ["BuildError", "BuildResult", "build_galaxy"]

# Raised when the same input would give another map: it is part of what makes a build the same build.
METHOD_VERSION = 4  # 2: piles are spread; 3: images without labels are one group; 4: groups go on from the last build
CHUNK = 2000
KEPT_BUILDS = 5  # the newest ones, and any that a publication shows


class BuildError(ServiceError):
    """There is nothing to build from, or what there is cannot be built."""


@dataclass(frozen=True)
class BuildResult:
    """The galaxy's newest build, and whether this run made it or found that nothing had changed."""

    build: Build
    created: bool

    def as_json(self) -> dict[str, object]:
        """For a command's last line and a job's result."""
        return {
            "galaxy": self.build.galaxy.slug,
            "build": self.build.number,
            "created": self.created,
            "n_images": self.build.n_images,
            "n_groups": self.build.groups.count(),
            "quality": {k: v for k, v in self.build.quality.items() if k != "group_sizes"},
        }


@dataclass(frozen=True)
class _Input:
    """What a galaxy is built from; lists are parallel, in order of image id."""

    image_ids: list[int]
    labels: list[list[str]]
    scores: list[list[float]]
    fingerprint: str


def build_galaxy(galaxy: Galaxy, *, force: bool = False, progress: Progress = ignore_progress) -> BuildResult:
    """Place the collection's visible images and group them; the same input as last time gives back the last build.

    Parameters
    ----------
    force
        Build although nothing changed.

    Raises
    ------
    BuildError
        When no visible image has been imported.
    """
    progress("Reading labels", 0, 0)
    given = _read_input(galaxy)
    if not given.image_ids:
        raise BuildError(
            f"The collection {galaxy.collection.slug} has no visible image to build from. Import some first: "
            f"manage.py import_images FOLDER --collection {galaxy.collection.slug}"
        )
    last = galaxy.builds.filter(complete=True).order_by("-number").first()
    if last is not None and last.input_fingerprint == given.fingerprint and not force:
        return BuildResult(build=last, created=False)

    progress("Vectors", 0, 0)
    vectors = label_vectors(given.labels, given.scores, built_in_words())
    layout = compute_positions(
        vectors, perplexity=galaxy.perplexity, random_state=galaxy.random_state, on_progress=progress
    )
    progress("Groups", 0, 0)
    positions = spread_positions(layout.positions)
    groups = compute_groups(
        layout.positions,
        k=galaxy.n_clusters,
        random_state=galaxy.random_state,
        apart=~vectors.any(axis=1),
        extra=extra_groups(given.labels, given.scores, galaxy.extra_cluster_labels),
        previous=None if last is None else groups_in(last, given.image_ids),
    )
    asked_for = {
        group: galaxy.extra_cluster_labels[extra] for group, extra in enumerate(groups.extra.tolist()) if extra >= 0
    }
    progress("Quality", 0, 0)
    quality = measure_quality(vectors, positions, groups.assignments, random_state=galaxy.random_state)
    quality |= {"kl_divergence": layout.kl_divergence, "stage_seconds": layout.stage_seconds}
    clusters = find_clusters(
        galaxy, given.image_ids, groups.assignments, given.labels, given.scores, asked_for=asked_for
    )
    # A label that nobody has makes no cluster, and its curator should know why.
    quality["labels_without_images"] = [
        term for number, term in enumerate(galaxy.extra_cluster_labels) if number not in groups.extra
    ]
    build = _save_build(galaxy, given, positions, groups.assignments, clusters, quality, progress)
    _prune_builds(galaxy)
    return BuildResult(build=build, created=True)


def _read_input(galaxy: Galaxy) -> _Input:
    """Read images and effective labels in order of image id, hashing what is read."""
    images = Image.objects.filter(collection=galaxy.collection, hidden=False, current_revision__isnull=False)
    uuid_of = dict(images.order_by("pk").values_list("pk", "uuid"))
    parameters = [
        METHOD_VERSION,
        galaxy.n_clusters,
        galaxy.extra_cluster_labels,
        galaxy.perplexity,
        galaxy.random_state,
    ]
    digest = hashlib.sha256(json.dumps(parameters).encode())
    labels: dict[int, list[str]] = {pk: [] for pk in uuid_of}
    scores: dict[int, list[float]] = {pk: [] for pk in uuid_of}
    rows = (
        EffectiveLabel.objects.filter(image__in=images)
        .order_by("image_id", "label__key")
        .values_list("image_id", "label__term", "score")
    )
    for image_id, term, score in rows.iterator(CHUNK):
        if image_id in labels:
            labels[image_id].append(term)
            scores[image_id].append(score)
    for pk, uuid in uuid_of.items():
        digest.update(uuid.bytes)
        digest.update(json.dumps([labels[pk], [round(score, 6) for score in scores[pk]]]).encode())
    return _Input(list(uuid_of), list(labels.values()), list(scores.values()), digest.hexdigest())


def _save_build(
    galaxy: Galaxy,
    given: _Input,
    positions: NDArray[np.float32],
    assignments: NDArray[np.int32],
    clusters: Sequence[Cluster],
    quality: dict[str, object],
    progress: Progress,
) -> Build:
    """Write a build in short transactions; it counts only once it is complete."""
    Build.objects.filter(galaxy=galaxy, complete=False).delete()  # what a killed run left behind
    sizes = np.bincount(assignments)
    centroids = [positions[assignments == group].mean(axis=0).tolist() for group in range(len(sizes))]
    with transaction.atomic():
        number = (galaxy.builds.aggregate(Max("number"))["number__max"] or 0) + 1
        build = Build.objects.create(
            galaxy=galaxy,
            number=number,
            parameters={
                "method_version": METHOD_VERSION,
                "n_clusters": galaxy.n_clusters,
                "extra_cluster_labels": galaxy.extra_cluster_labels,
                "perplexity": galaxy.perplexity,
            },
            random_state=galaxy.random_state,
            input_fingerprint=given.fingerprint,
            quality=quality,
            n_images=len(given.image_ids),
        )
        groups = Group.objects.bulk_create(
            [
                Group(build=build, number=i, cluster=cluster, n_images=int(sizes[i]), x=x, y=y, z=z)
                for i, (cluster, (x, y, z)) in enumerate(zip(clusters, centroids, strict=True))
            ]
        )
    rows = zip(given.image_ids, assignments.tolist(), positions.tolist(), strict=True)
    done = 0
    for chunk in in_chunks(rows, CHUNK):
        progress("Saving", done, len(given.image_ids))
        Position.objects.bulk_create(
            [
                Position(build=build, image_id=image_id, group=groups[group], x=x, y=y, z=z)
                for image_id, group, (x, y, z) in chunk
            ],
        )
        done += len(chunk)
    build.complete = True
    build.save(update_fields=["complete"])
    progress("Saving", done, len(given.image_ids))
    return build


def _prune_builds(galaxy: Galaxy) -> None:
    """Let old builds go, except those that a publication shows."""
    kept = galaxy.builds.filter(complete=True).order_by("-number").values_list("pk", flat=True)[:KEPT_BUILDS]
    galaxy.builds.exclude(pk__in=list(kept)).filter(publications__isnull=True).delete()
