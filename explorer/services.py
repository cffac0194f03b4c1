"""Publishing: a build becomes an artifact that the world can open."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from django.db import transaction
from django.utils import timezone

from catalog.models import Build, Cluster, Galaxy, Position, Publication, PublicationObject, Rendition
from catalog.permissions import User
from catalog.services.clusters import cluster_of_images
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

    def as_json(self) -> dict[str, object]:
        """For a command's last line and a job's result."""
        return {
            "galaxy": self.publication.galaxy.slug,
            "build": self.publication.build.number,
            "created": self.created,
            "n_images": self.publication.n_images,
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
                galaxy, build=current.build, by=current.published_by, replacing=current, progress=progress
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
        rows = PublicationObject.objects.filter(publication__galaxy=galaxy).values_list("storage_name", "size_bytes")
        self._sizes = {name.removeprefix(self._prefix): size for name, size in rows}

    def size_of(self, name: str) -> int | None:
        """The size of an object that is there, whole: names are written whole or not at all."""
        if name not in self._present:
            return None
        if name not in self._sizes:
            self._sizes[name] = self._storage.size(f"{self._prefix}{name}")
        return self._sizes[name]

    def put(self, name: str, data: bytes, content_type: str) -> None:
        """Write one object; the storage derives the content type from the name, as every file server does."""
        stage_files("galaxies", [f"{self._prefix}{name}"])
        write_file("galaxies", f"{self._prefix}{name}", data)
        self._present.add(name)
        self._sizes[name] = len(data)

    def get(self, name: str) -> bytes:
        """Read one object."""
        return read_file("galaxies", f"{self._prefix}{name}")

    def recall(self, key: str) -> str | None:
        """Nothing is remembered: every publication packs its pictures again."""
        return None

    def remember(self, key: str, name: str) -> None:
        """See `recall`."""


def publish_galaxy(
    galaxy: Galaxy,
    *,
    build: Build | None = None,
    by: User | None = None,
    replacing: Publication | None = None,
    progress: Progress = ignore_progress,
) -> PublishResult:
    """Publish a build, by default the newest. Objects first, then the rows naming them, the pointer last: visitors see the old or the new.

    Interrupted anywhere, it can be run again and writes only what is missing. When nothing that a visitor sees changed
    since the current publication, it is left as it is.

    Raises
    ------
    PublishError
        When the galaxy has no build, or no image of it may be shown.
    """
    build = build or galaxy.builds.filter(complete=True).order_by("-number").first()
    if build is None:
        raise PublishError(f"The galaxy {galaxy.slug} has no build yet. Run manage.py build_galaxy first.")
    progress("Reading", 0, 0)
    hidden_clusters = set(galaxy.clusters.filter(hidden=True).values_list("pk", flat=True))
    cluster_of = {i: c for i, c in cluster_of_images(galaxy, build.pk).items() if c not in hidden_clusters}
    clusters = list(
        Cluster.objects.filter(pk__in=set(cluster_of.values())).select_related("cover").order_by("tour_order", "pk")
    )
    fingerprint = fingerprint_of(galaxy, build, cluster_of, clusters)
    latest = galaxy.publications.order_by("-pk").first()
    if latest is not None and latest.content_fingerprint == fingerprint and latest.format_version == FORMAT_VERSION:
        created = galaxy.current_publication_id != latest.pk
        if created:  # killed between saving the rows and moving the pointer
            _make_current(galaxy, latest)
        return PublishResult(publication=latest, created=created)

    written = _write(galaxy, build, cluster_of, clusters, progress)
    with transaction.atomic():
        publication = Publication.objects.create(
            galaxy=galaxy,
            build=build,
            format_version=FORMAT_VERSION,
            content_fingerprint=fingerprint,
            manifest_name=written.manifest_name,
            n_images=written.manifest.n_images,
            size_bytes=written.size_bytes,
            published_by=by if by is not None and by.is_authenticated else None,
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
    return PublishResult(publication=publication, created=True)


def _write(
    galaxy: Galaxy, build: Build, cluster_of: dict[int, int], clusters: list[Cluster], progress: Progress
) -> WrittenArtifact:
    index_of = {cluster.pk: index for index, cluster in enumerate(clusters)}
    shown = Position.objects.filter(build=build, image__hidden=False)
    rows = [
        row
        for row in shown.order_by("image_id").values_list(
            "image_id",
            "image__uuid",
            "x",
            "y",
            "z",
            "image__current_revision__mean_colour",
            "image__current_revision__width",
            "image__current_revision__height",
            "image__current_revision__sha256",
        )
        if row[0] in cluster_of
    ]
    if not rows:
        raise PublishError(f"No image of {galaxy.slug} may be shown: all of them, or their clusters, are hidden.")
    image_ids = [row[0] for row in rows]
    colours = np.array([row[5] for row in rows], dtype=np.uint32)
    points = GalaxyPoints(
        uuids=[row[1] for row in rows],
        positions=np.array([row[2:5] for row in rows], dtype=np.float32),
        clusters=np.array([index_of[cluster_of[i]] for i in image_ids]),
        mean_colours=np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8),
        aspect_ratios=np.array([row[6] / row[7] for row in rows]),
        picture_keys=[bytes.fromhex(row[8]) for row in rows],
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
            [public_cluster(cluster) for cluster in clusters],
            points,
            build=build.number,
            read_small=read_small,
            read_details=lambda indices, _neighbours: public_details(galaxy, [image_ids[i] for i in indices]),
            sink=GalaxySink(galaxy),
            published_at=datetime.now(UTC),
            credits=credits_of(galaxy, build),
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
