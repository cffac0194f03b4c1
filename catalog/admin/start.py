"""The start page: how the library stands, what runs now, and what waits for a person."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from catalog.admin.addresses import galaxy_address, portrait_address
from catalog.admin.build import trustworthiness
from catalog.admin.job_report import job_title, report_job
from catalog.admin.pictures import thumbnails
from catalog.admin.policy import may
from catalog.admin.shown_builds import find_covers
from catalog.admin.wall import wall_address
from catalog.models import Cluster, Collection, Galaxy, Job, TaughtLabel
from catalog.permissions import Verb, permitted, permitted_by_role
from catalog.services.overview import (
    CollectionState,
    GalaxyState,
    describe_collections,
    describe_galaxies,
    failed_jobs,
    unfinished_jobs,
)

__all__ = ["start_page"]

MAX_SHOWN = 24  # collections, and galaxies; a house with more looks for them in the lists
MAX_JOBS = 10
N_COVERS = 6


def start_page(request: HttpRequest) -> dict[str, Any]:
    """Context of admin/catalog/start.html, for what the person has a role in; as many queries for one collection as for twenty."""
    roles = permitted_by_role(request.user, Verb.VIEW, Collection.objects.order_by("title", "pk"))
    collections = list(roles[: MAX_SHOWN + 1])
    shown = collections[:MAX_SHOWN]
    states = describe_collections(shown)
    galaxies = _galaxies(request)
    jobs = permitted(request.user, Verb.VIEW, Job.objects.all())
    failed = list(failed_jobs(jobs, timezone.now())[:MAX_JOBS])
    return {
        "may_add": request.user.has_perm("catalog.add_collection"),
        "collections": [_collection_row(state) for state in states],
        "more_collections": len(collections) > MAX_SHOWN,
        "galaxies": [_galaxy_card(request, state, covers) for state, covers in galaxies],
        "jobs": [_job_row(job) for job in unfinished_jobs(jobs)[:MAX_JOBS]],
        "needs": [
            *_needs_of_jobs(failed),
            *_needs_of_images(request, states),
            *_needs_of_galaxies(request, galaxies),
            *_needs_of_teaching(request),
        ],
    }


def _galaxies(request: HttpRequest) -> list[tuple[GalaxyState, list[Any]]]:
    """Each with pictures of its first clusters."""
    rows = permitted_by_role(request.user, Verb.VIEW, Galaxy.objects.order_by("title", "pk"))
    galaxies = list(rows.select_related("collection", "current_publication__build")[:MAX_SHOWN])
    unpublished = [galaxy.pk for galaxy in galaxies if galaxy.current_publication_id is None]
    clusters = list(Cluster.objects.filter(galaxy__in=unpublished, hidden=False).order_by("tour_order", "pk"))
    pictures = find_covers(clusters, n_covers=1)
    covers: dict[int, list[Any]] = {}
    for cluster in clusters:
        covers.setdefault(cluster.galaxy_id, []).extend(pictures.get(cluster.pk, []))
    return [(state, covers.get(state.galaxy.pk, [])[:N_COVERS]) for state in describe_galaxies(galaxies)]


def _collection_row(state: CollectionState) -> dict[str, Any]:
    collection = state.collection
    counts = [
        ("waiting", state.n_waiting, wall_address(collection, status="waiting")),
        ("failed", state.n_failed, wall_address(collection, status="failed")),
        ("unknown", state.n_unknown, wall_address(collection, status="unknown")),
        ("hidden", state.n_hidden, wall_address(collection, hidden="true")),
    ]
    return {
        "collection": collection,
        "wall": wall_address(collection),
        "n_images": f"{state.n_images:,}",
        "n_annotated": f"{state.n_annotated:,}",
        "share": f"{state.n_annotated / state.n_images:.3f}" if state.n_images else "",
        "counts": [{"name": name, "n": f"{n:,}", "address": address} for name, n, address in counts if n],
    }


def _galaxy_card(request: HttpRequest, state: GalaxyState, covers: list[Any]) -> dict[str, Any]:
    galaxy, publication = state.galaxy, state.galaxy.current_publication
    return {
        "galaxy": galaxy,
        "open": galaxy_address(galaxy.slug) if publication else "",
        "portrait": f"{portrait_address(galaxy.uuid)}?{publication.pk}" if publication else "",
        "covers": thumbnails(covers) if covers else "",
        "build": state.build,
        "n_images": f"{state.build.n_images:,}" if state.build else "",
        "quality": trustworthiness(state.build) if state.build else "",
        "publication": publication,
        "is_behind": state.is_behind,
    }


def _job_row(job: Job) -> dict[str, Any]:
    return {
        "job": job,
        "title": job_title(job),
        "about": job.galaxy or job.collection or "",
        **report_job(job, timezone.now()),
    }


def _need(text: str, address: str, link: str) -> dict[str, str]:
    return {"text": text, "address": address, "link": link}


def _number(n: int, one: str, many: str) -> str:
    """ "1 image is", "2,000 images are"."""
    return f"1 {one}" if n == 1 else f"{n:,} {many}"


def _needs_of_jobs(failed: list[Job]) -> Iterator[dict[str, str]]:
    for job in failed:
        about = job.galaxy or job.collection
        text = f"{job_title(job)}{f' of {about}' if about else ''} failed: {job.error[:160]}"
        yield _need(text, reverse("admin:catalog_job_progress", args=[job.pk]), "See why, try again")


def _needs_of_images(request: HttpRequest, states: list[CollectionState]) -> Iterator[dict[str, str]]:
    """What somebody who may mend it should look at."""
    for state in states:
        collection = state.collection
        page = reverse("admin:catalog_collection_change", args=[collection.pk])
        if state.n_refused and may(request, Verb.CONTRIBUTE, collection):
            refused = reverse("admin:catalog_refusal_changelist", query={"collection__id__exact": collection.pk})
            files = _number(state.n_refused, "file was", "files were")
            yield _need(f"{collection}: {files} refused", refused, "See why")
        if not may(request, Verb.CURATE, collection):
            continue
        if not state.n_images:
            upload = reverse("admin:catalog_collection_upload", args=[collection.pk])
            yield _need(f"{collection}: there is no picture in it yet", upload, "Add pictures")
        if state.n_failed:
            images = _number(state.n_failed, "image", "images")
            text = f"{collection}: the annotator could not look at {images}"
            yield _need(text, wall_address(collection, status="failed"), "Look at them")
        if state.n_unknown:
            answers = _number(state.n_unknown, "image lost its answer", "images lost their answers")
            yield _need(f"{collection}: {answers}, perhaps paid already", page, "Decide whether to ask again")
        if state.n_near_duplicates:
            images = _number(state.n_near_duplicates, "image looks", "images look")
            text = f"{collection}: {images} nearly like a larger one"
            yield _need(text, wall_address(collection, duplicates="smaller", hidden="false"), "Look through them")


def _needs_of_galaxies(request: HttpRequest, galaxies: list[tuple[GalaxyState, list[Any]]]) -> Iterator[dict[str, str]]:
    for state, _covers in galaxies:
        galaxy = state.galaxy
        page = reverse("admin:catalog_galaxy_change", args=[galaxy.pk])
        if not may(request, Verb.CURATE, galaxy):
            continue
        if state.build is None:
            yield _need(f"{galaxy} has not been built", page, "Build it")
        elif state.n_stale:
            images = _number(
                state.n_stale, "image lies where its old labels put it", "images lie where their old labels put them"
            )
            start = reverse("admin:catalog_galaxy_start", args=[galaxy.pk, "replace_stale"])
            text = f"{galaxy}: {images}"
            yield {**_need(text, start, "Place them anew"), "post": "yes"}
        if state.build is not None and not state.is_published:
            yield _need(f"{galaxy} is built and not published", page, "Look at it, publish it")
        elif state.is_behind:
            yield _need(f"{galaxy}: visitors see an older build than the newest", page, "Compare, publish")


def _needs_of_teaching(request: HttpRequest) -> Iterator[dict[str, str]]:
    """Labels that were taught and that nobody has accepted yet."""
    taught = permitted(request.user, Verb.CURATE, TaughtLabel.objects.filter(current_version=None))
    for row in taught.select_related("label", "collection")[:MAX_JOBS]:
        address = reverse("admin:catalog_taughtlabel_change", args=[row.pk])
        yield _need(f"{row.collection}: “{row.label.term}” was taught and is not in use yet", address, "Judge it")
