"""Jobs that fill a library and place its images."""

from typing import Any

from catalog.models import Scope
from catalog.permissions import Verb
from catalog.services import jobs
from catalog.services.annotate import annotate_images, annotator_of, wanted_features
from catalog.services.annotation_units import units_of_job
from catalog.services.build import build_galaxy
from catalog.services.build_update import update_galaxy
from catalog.services.duplicates import find_near_duplicates
from catalog.services.errors import ServiceError
from catalog.services.imports import IMPORT_SOURCE, IMPORT_WEB, is_on_the_web
from catalog.services.jobs import JobKind, JobRun
from catalog.services.labels import recompute_collection_labels
from catalog.services.skeleton import place_images
from catalog.services.sources import import_source, open_source
from catalog.services.stale import stale_images
from catalog.services.uploads import IMPORT_UPLOAD, import_upload
from catalog.tasks.subjects import collection_of, galaxy_of


def run_import(run: JobRun) -> dict[str, Any]:
    """Import `source`, anything that `open_source` takes, into the job's collection."""
    source = open_source(str(run.params["source"]))
    keep = bool(run.params.get("keep_originals"))
    return import_source(collection_of(run), source, keep_originals=keep, progress=run.progress).as_json()


def run_web_import(run: JobRun) -> dict[str, Any]:
    """Import `source`, which must be on the web: whoever started this may not have the server's own disk read."""
    source = str(run.params["source"])
    if not is_on_the_web(source):
        raise ServiceError(
            f"Expected an address on the web, got {source}. Other places are imported by administrators."
        )
    return run_import(run)


def run_upload(run: JobRun) -> dict[str, Any]:
    """Import what waits in `upload` into the job's collection."""
    return import_upload(collection_of(run), str(run.params["upload"]), progress=run.progress)


def run_annotate(run: JobRun) -> dict[str, Any]:
    """Annotate what of the job's collection is not annotated yet: one of the annotator's stages, and a job for the next one.

    What costs money was confirmed as `max_units`, and no more is taken, however many attempts and stages it needs. `unknown`
    asks again what was lost before the job was started.
    """
    collection, stage = collection_of(run), int(run.params.get("stage", 0))
    max_units = run.params.get("max_units")
    if max_units is None and annotator_of(collection).prices is not None:
        raise ServiceError(
            f"Annotating with {collection.annotator} costs money, and nobody has agreed to it. Start it from the collection's page."
        )
    result = annotate_images(
        collection,
        stage=stage,
        unknown=bool(run.params.get("unknown")),
        since=run.job.created_at,
        max_units=max_units,
        job_uuid=run.job.uuid,
        by=run.job.created_by,
        progress=run.progress,
    )
    if not result.stopped and stage + 1 < len(wanted_features(collection, annotator_of(collection))):
        left = {} if max_units is None else {"max_units": max_units - units_of_job(run.job.uuid)}
        following = {**run.params, "stage": stage + 1, **left}
        jobs.start_job("annotate_images", following, by=run.job.created_by, collection=collection)
    return result.as_json()


def run_duplicates(run: JobRun) -> dict[str, Any]:
    """Group the images of the job's collection that look nearly the same."""
    return find_near_duplicates(collection_of(run), progress=run.progress).as_json()


def run_recompute(run: JobRun) -> dict[str, Any]:
    """Derive the effective labels of the job's collection anew, after its settings changed."""
    return {"n_images": recompute_collection_labels(collection_of(run), progress=run.progress)}


def run_build(run: JobRun) -> dict[str, Any]:
    """Build the job's galaxy; `force` builds it even when nothing changed."""
    return build_galaxy(galaxy_of(run), force=bool(run.params.get("force")), progress=run.progress).as_json()


def run_update(run: JobRun) -> dict[str, Any]:
    """Place what is new in the job's galaxy, and move nothing else but, with `replace: "stale"`, those whose labels changed."""
    galaxy = galaxy_of(run)
    replace = stale_images(galaxy) if run.params.get("replace") == "stale" else None
    return update_galaxy(galaxy, replace=replace, progress=run.progress).as_json()


def run_place(run: JobRun) -> dict[str, Any]:
    """Place a batch of a skeleton's build: images from `first` to `last`."""
    first, last = int(run.params["first"]), int(run.params["last"])
    return place_images(galaxy_of(run), int(run.params["build"]), first, last, progress=run.progress).as_json()


KINDS = (
    # A folder of the server's own disk, a bucket that the server's account may read: whoever names it may read there.
    JobKind(IMPORT_SOURCE, run_import, "Import", verb=Verb.MANAGE, trusted_only=True),
    # Fetched from the web, as anybody could, within the fetcher's limits.
    JobKind(IMPORT_WEB, run_web_import, "Import from the web", verb=Verb.CONTRIBUTE),
    JobKind(IMPORT_UPLOAD, run_upload, "Import an upload", verb=Verb.CONTRIBUTE),
    JobKind(
        "annotate_images", run_annotate, "Annotate images", scope=Scope.ANNOTATE, consents=("max_units", "unknown")
    ),
    JobKind("find_near_duplicates", run_duplicates, "Find near-duplicates"),
    JobKind("recompute_labels", run_recompute, "Apply the minimum score"),
    JobKind("build_galaxy", run_build, "Build the galaxy"),
    JobKind("update_galaxy", run_update, "Place new and changed images"),
    JobKind("place_images", run_place, "Place images around a skeleton"),
)
