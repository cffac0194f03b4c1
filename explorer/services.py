"""Publishing: a build becomes an artifact that the world can open."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from django.contrib.auth.models import User as Person
from django.db import transaction
from django.utils import timezone

from catalog.models import Build, Galaxy, Position, Publication, PublicationObject, Rendition
from catalog.permissions import User
from catalog.services.errors import ServiceError
from catalog.services.media import (
    forget_staged_files,
    keep_staged_files,
    read_file,
    stage_files,
    storage_of,
    write_file,
)
from catalog.services.progress import Progress, ignore_progress
from catalog.services.safe_search import require_safe_search
from explorer.artifact import (
    FORMAT_VERSION,
    OBJECTS,
    POINTER_NAME,
    ArtifactError,
    GalaxyPoints,
    Pointer,
    WrittenArtifact,
    write_artifact,
)
from explorer.public import credits_of, fingerprint_of, galaxy_info, public_cluster, public_details
from explorer.shown import Shown, find_shown

__all__ = ["PublishError", "PublishResult", "publish_galaxy", "republish_galaxy"]

CHUNK = 2000
KEPT_PUBLICATIONS = 5


class PublishError(ServiceError):
    """There is nothing to publish, or it cannot be."""


@dataclass(frozen=True)
class PublishResult:
    """The galaxy's current publication, and whether this run made it or found that nothing had changed."""

    publication: Publication
    created: bool
    n_unsafe: int = 0
    """Images left out because safe search finds them adult, violent or racy."""

    def as_json(self) -> dict[str, object]:
        """For a command's last line and a job's result."""
        return {
            "galaxy": self.publication.galaxy.slug,
            "build": self.publication.build.number,
            "created": self.created,
            "n_images": self.publication.n_images,
            "n_unsafe": self.n_unsafe,
            "size_bytes": self.publication.size_bytes,
            "manifest": self.publication.manifest_name,
        }


def republish_galaxy(galaxy: Galaxy, *, progress: Progress = ignore_progress) -> PublishResult | None:
    """Bring what visitors see of the published build up to date; a newer build, not published yet, stays so. None if none is."""
    while True:
        galaxy.refresh_from_db()
        current = galaxy.current_publication
        if current is None:
            return None
        try:
            return publish_galaxy(
                galaxy,
                build=current.build,
                by=current.published_by,
                replacing=current,
                despite_safe_search=current.despite_safe_search,
                progress=progress,
            )
        except _ReplacedError:
            continue  # a person has published meanwhile: what they decided is in that one, so that one is brought up to date


class _ReplacedError(Exception):
    """Another publication became the current one in the meantime."""


class GalaxySink:
    """One galaxy's prefix in the storage `galaxies`, as the artifact's writer sees it."""

    def __init__(self, galaxy: Galaxy) -> None:
        self._prefix = f"{galaxy.uuid}/"
        self._storage = storage_of("galaxies")
        keep_staged_files("galaxies", prefix=self._prefix)
        # One listing instead of a question per object: a million images are some five thousand of them.
        try:
            _folders, files = self._storage.listdir(f"{self._prefix}{OBJECTS}")
        except FileNotFoundError:
            files = []
        self._present = {f"{OBJECTS}{name}" for name in files}

    def exists(self, name: str) -> bool:
        """Whether the object is there, whole: names are written whole or not at all."""
        return name in self._present

    def put(self, name: str, data: bytes, content_type: str) -> None:
        """Write one object; the storage derives the content type from the name, as every file server does."""
        stage_files("galaxies", [f"{self._prefix}{name}"])
        write_file("galaxies", f"{self._prefix}{name}", data)
        self._present.add(name)


def publish_galaxy(
    galaxy: Galaxy,
    *,
    build: Build | None = None,
    by: User | None = None,
    replacing: Publication | None = None,
    despite_safe_search: bool = False,
    progress: Progress = ignore_progress,
) -> PublishResult:
    """Publish a build, by default the newest. Objects first, then the rows naming them, the pointer last: visitors see the old or the new.

    Interrupted anywhere, it can be run again and writes only what is missing. When nothing that a visitor sees changed
    since the current publication, it is left as it is.

    Parameters
    ----------
    despite_safe_search
        A person says that everybody may see the images although safe search has not looked at all of them; it is kept with the
        publication.

    Raises
    ------
    PublishError
        When the galaxy has no build, or no image of it may be shown.
    SafeSearchError
        When everybody would see images at which safe search has not looked, and nobody says that they may.
    """
    build = build or galaxy.builds.filter(complete=True).order_by("-number").first()
    if build is None:
        raise PublishError(f"The galaxy {galaxy.slug} has no build yet. Run manage.py build_galaxy first.")
    progress("Reading", 0, 0)
    shown = find_shown(galaxy, build)
    if not despite_safe_search:
        require_safe_search(galaxy, build, shown.cluster_of)
    fingerprint = fingerprint_of(galaxy, build, shown)
    latest = galaxy.publications.order_by("-pk").first()
    if latest is not None and latest.content_fingerprint == fingerprint and latest.format_version == FORMAT_VERSION:
        if despite_safe_search and not latest.despite_safe_search:
            latest.despite_safe_search, latest.published_by = True, _person(by)
            latest.save(update_fields=["despite_safe_search", "published_by"])
        created = galaxy.current_publication_id != latest.pk
        if created:  # killed between saving the rows and moving the pointer
            _make_current(galaxy, latest)
        return PublishResult(latest, created, shown.n_unsafe)

    written = _write(galaxy, build, shown, progress)
    with transaction.atomic():
        publication = Publication.objects.create(
            galaxy=galaxy,
            build=build,
            format_version=FORMAT_VERSION,
            content_fingerprint=fingerprint,
            manifest_name=written.manifest_name,
            n_images=written.manifest.n_images,
            size_bytes=written.size_bytes,
            published_by=_person(by),
            despite_safe_search=despite_safe_search,
        )
        PublicationObject.objects.bulk_create(
            [
                PublicationObject(publication=publication, storage_name=f"{galaxy.uuid}/{name}", size_bytes=size)
                for name, size in written.objects
            ],
            batch_size=CHUNK,
        )
        forget_staged_files("galaxies", [f"{galaxy.uuid}/{name}" for name, _size in written.objects])
    if replacing is not None and not Galaxy.objects.filter(pk=galaxy.pk, current_publication=replacing).exists():
        raise _ReplacedError
    _make_current(galaxy, publication)
    _prune_publications(galaxy)
    return PublishResult(publication, created=True, n_unsafe=shown.n_unsafe)


def _person(by: User | None) -> Person | None:
    return by if isinstance(by, Person) else None


def _write(galaxy: Galaxy, build: Build, shown: Shown, progress: Progress) -> WrittenArtifact:
    index_of = {cluster.pk: index for index, cluster in enumerate(shown.clusters)}
    rows = [
        row
        for row in Position.objects.filter(build=build)
        .order_by("image_id")
        .values_list(
            "image_id",
            "image__uuid",
            "x",
            "y",
            "z",
            "image__current_revision__mean_colour",
            "image__current_revision__width",
            "image__current_revision__height",
        )
        if row[0] in shown.cluster_of
    ]
    if not rows:
        raise PublishError(
            f"No image of {galaxy.slug} may be shown: all of them, or their clusters, are hidden or not safe for everybody."
        )
    image_ids = [row[0] for row in rows]
    colours = np.array([row[5] for row in rows], dtype=np.uint32)
    points = GalaxyPoints(
        uuids=[row[1] for row in rows],
        positions=np.array([row[2:5] for row in rows], dtype=np.float32),
        clusters=np.array([index_of[shown.cluster_of[i]] for i in image_ids]),
        mean_colours=np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8),
        aspect_ratios=np.array([row[6] / row[7] for row in rows]),
    )
    renditions = dict(
        Rendition.objects.filter(revision__current_of__positions__build=build, kind=Rendition.Kind.SMALL).values_list(
            "revision__current_of", "storage_name"
        )
    )

    def read_small(index: int) -> bytes | None:
        try:
            return read_file("media", renditions[image_ids[index]])
        except (KeyError, OSError):
            return None  # drawn as its mean colour, and counted

    try:
        return write_artifact(
            galaxy_info(galaxy),
            [public_cluster(cluster, shown.cluster_of) for cluster in shown.clusters],
            points,
            build=build.number,
            read_small=read_small,
            read_details=lambda indices: public_details(galaxy, [image_ids[i] for i in indices]),
            sink=GalaxySink(galaxy),
            published_at=datetime.now(UTC),
            credits=credits_of(build, shown),
            on_progress=progress,
        )
    except ArtifactError as error:
        raise PublishError(f"{galaxy.slug} cannot be published. {error}") from error


def _make_current(galaxy: Galaxy, publication: Publication) -> None:
    """Move the pointer, then say so: whatever the pointer names exists, and its rows keep it from being swept."""
    pointer = Pointer(manifest=publication.manifest_name, published_at=timezone.now())
    write_file("galaxies", f"{galaxy.uuid}/{POINTER_NAME}", pointer.encode())
    galaxy.current_publication = publication
    galaxy.save(update_fields=["current_publication"])


def _prune_publications(galaxy: Galaxy) -> None:
    """Keep the newest few for going back to; their objects go with the others unless a kept one shares them."""
    kept = list(galaxy.publications.order_by("-pk").values_list("pk", flat=True)[:KEPT_PUBLICATIONS])
    galaxy.publications.exclude(pk__in=[*kept, galaxy.current_publication_id]).delete()
