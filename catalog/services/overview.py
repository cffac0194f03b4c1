"""What the whole house looks like now: how far collections are, how galaxies stand, what runs, and what waits for a person.

Reads only, a fixed number of queries for however many collections and galaxies. The caller asks the policy what may be counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery

from catalog.models import AnnotationStatus, Build, Collection, Galaxy, Image, Job, JobStatus, NearDuplicate, Refusal
from catalog.services.stale import count_stale

__all__ = [
    "CollectionState",
    "GalaxyState",
    "describe_collections",
    "describe_galaxies",
    "failed_jobs",
    "unfinished_jobs",
]

FAILURES_STAY = timedelta(days=7)


@dataclass(frozen=True)
class CollectionState:
    """How far one collection is."""

    collection: Collection
    n_images: int = 0
    n_annotated: int = 0
    n_waiting: int = 0
    n_failed: int = 0
    n_unknown: int = 0
    """Sent, but the answer was lost: asking again may be paid again."""
    n_hidden: int = 0
    n_refused: int = 0
    n_near_duplicates: int = 0
    """Visible images of which a larger one is there."""


@dataclass(frozen=True)
class GalaxyState:
    """How one galaxy stands."""

    galaxy: Galaxy
    build: Build | None
    """The newest complete one."""
    n_stale: int
    """Images of that build whose labels changed since."""

    @property
    def is_published(self) -> bool:
        """Whether visitors see something."""
        return self.galaxy.current_publication_id is not None

    @property
    def is_behind(self) -> bool:
        """Whether visitors see another build than the newest."""
        publication = self.galaxy.current_publication
        return self.build is not None and publication is not None and publication.build_id != self.build.pk


def describe_collections(collections: Sequence[Collection]) -> list[CollectionState]:
    """Counts of each collection, in the given order; three queries."""
    statuses = {f"n_{status}": Count("pk", filter=Q(annotation_status=status)) for status in AnnotationStatus.values}
    images = Image.objects.filter(collection__in=collections).order_by().values("collection")
    counted = images.annotate(n_images=Count("pk"), n_hidden=Count("pk", filter=Q(hidden=True)), **statuses)
    counts: dict[int, dict[str, Any]] = {row["collection"]: dict(row) for row in counted}
    refused = Refusal.objects.filter(collection__in=collections).order_by().values_list("collection")
    n_refused = dict(refused.annotate(n=Count("pk")))
    smaller = NearDuplicate.objects.filter(image__collection__in=collections, image__hidden=False).order_by()
    n_smaller = dict(smaller.values_list("image__collection").annotate(n=Count("pk")))
    return [
        CollectionState(
            **{
                **counts.get(collection.pk, {}),
                "collection": collection,
                "n_refused": n_refused.get(collection.pk, 0),
                "n_near_duplicates": n_smaller.get(collection.pk, 0),
            }
        )
        for collection in collections
    ]


def describe_galaxies(galaxies: Sequence[Galaxy]) -> list[GalaxyState]:
    """The newest build of each galaxy and how much of it is out of date, in the given order; two queries.

    The galaxies come with `current_publication__build`, else each costs two more.
    """
    newest = Build.objects.filter(galaxy=OuterRef("galaxy"), complete=True).order_by("-number").values("pk")[:1]
    builds = Build.objects.filter(galaxy__in=galaxies, pk=Subquery(newest))
    by_galaxy = {build.galaxy_id: build for build in builds}
    stale = count_stale(galaxies)
    return [
        GalaxyState(galaxy=galaxy, build=by_galaxy.get(galaxy.pk), n_stale=stale.get(galaxy.pk, 0))
        for galaxy in galaxies
    ]


def unfinished_jobs(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Those that run or wait, the running ones first."""
    running = [JobStatus.RUNNING, JobStatus.QUEUED]
    rows = jobs.filter(status__in=running).select_related("collection", "galaxy", "created_by")
    return rows.order_by(F("started_at").asc(nulls_last=True), "pk")


def failed_jobs(jobs: QuerySet[Job], now: datetime) -> QuerySet[Job]:
    """Those that failed within a week and that no later job of their kind has made good, the latest first."""
    since = jobs.filter(status=JobStatus.FAILED, finished_at__gte=now - FAILURES_STAY)
    later = Job.objects.filter(
        kind=OuterRef("kind"), collection=OuterRef("collection"), status=JobStatus.SUCCEEDED
    ).filter(Q(galaxy=OuterRef("galaxy")) | Q(galaxy=None))
    made_good = later.order_by().values("kind").annotate(latest=Max("pk")).values("latest")
    rows = since.annotate(made_good=Subquery(made_good)).filter(Q(made_good=None) | Q(pk__gt=F("made_good")))
    return rows.select_related("collection", "galaxy").order_by("-finished_at")
