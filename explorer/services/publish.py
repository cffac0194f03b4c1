"""Publishing: a build becomes an artifact that the world can open."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.contrib.auth.models import User as Person
from django.db import transaction
from numpy.typing import NDArray

from catalog.models import Build, Galaxy, Image, Publication
from catalog.permissions import User
from catalog.services.chunks import IMAGES_PER_QUERY, in_chunks
from catalog.services.errors import ServiceError
from catalog.services.jobs import start_job
from catalog.services.progress import Progress, ignore_progress
from catalog.services.safe_search import find_not_looked_at, require_safe_search
from explorer.artifact import (
    FORMAT_VERSION,
    ArtifactError,
    ArtifactReader,
    WrittenArtifact,
    write_artifact,
)
from explorer.public import credits_of, fingerprint_of, galaxy_info, public_cluster, public_details, told_by
from explorer.services.current import is_readable, is_shown, make_current, prune_publications, save_objects
from explorer.services.publication_rows import PublicationRows, read_rows, read_vectors
from explorer.services.sinks import GalaxySink, GalaxySource
from explorer.services.turns import Turn, publishing_turn
from explorer.shown import Shown, find_shown
from explorer.subgroups import describe_clusters, read_published_labels
from explorer.why import PlaceExplainer

__all__ = ["PublishError", "PublishResult", "publish_galaxy", "republish_galaxy"]


class PublishError(ServiceError):
    """There is nothing to publish, or it cannot be."""


@dataclass(frozen=True)
class PublishResult:
    """The galaxy's current publication, and whether this run made it so or found that nothing had changed."""

    publication: Publication
    created: bool
    n_unsafe: int = 0
    """Images left out because safe search finds them adult, violent or racy."""
    n_new_bytes: int = 0
    """Of the files that were not there yet."""
    n_unreadable: int = 0
    """Pictures shown as their mean colour, because their small rendition could not be read."""
    not_shown: str = ""
    """What was changed since an earlier publication to which somebody went back."""

    def as_json(self) -> dict[str, object]:
        """For a command's last line and a job's result."""
        return {
            "galaxy": self.publication.galaxy.slug,
            "publication": self.publication.pk,
            "build": self.publication.build.number,
            "created": self.created,
            "n_images": self.publication.n_images,
            "n_unsafe": self.n_unsafe,
            "n_unreadable": self.n_unreadable,
            "not_shown": self.not_shown,
            "size_bytes": self.publication.size_bytes,
            "new_bytes": self.n_new_bytes,
            "manifest": self.publication.manifest_name,
        }


def publish_galaxy(
    galaxy: Galaxy,
    *,
    build: Build | None = None,
    by: User | None = None,
    despite_safe_search: bool = False,
    compact: bool = False,
    progress: Progress = ignore_progress,
) -> PublishResult:
    """Publish a build, by default the newest. Objects first, then the rows naming them, the pointer last: visitors see the old or the new.

    Interrupted anywhere, it can be run again and writes only what is missing. When nothing that a visitor sees changed
    since the current publication, it is left as it is. It waits while another deed is at the galaxy's files.

    Parameters
    ----------
    despite_safe_search
        A person says that everybody may see the images although safe search has not looked at all of them; it is kept with the
        publication.
    compact
        Number the images afresh, along the map as it is now, instead of adding what is new beside what there is: worth it when many
        have come since the last time.

    Raises
    ------
    PublishError
        When the galaxy has no build, or no image of it may be shown.
    SafeSearchError
        When everybody would see images at which safe search has not looked, and nobody says that they may.
    """
    with publishing_turn(galaxy, "publishing", progress=progress) as turn:
        galaxy.refresh_from_db(fields=["current_publication"])
        build = build or galaxy.builds.filter(complete=True).order_by("-number").first()
        if build is None:
            raise PublishError(f"The galaxy {galaxy.slug} has no build yet. Run manage.py build_galaxy first.")
        return _publish(galaxy, build, by, despite_safe_search, compact, turn)


def republish_galaxy(galaxy: Galaxy, *, progress: Progress = ignore_progress) -> PublishResult | None:
    """Bring what visitors see of the published build up to date; a newer build, not published yet, stays so. None if none is."""
    with publishing_turn(galaxy, "publishing", progress=progress) as turn:
        galaxy.refresh_from_db(fields=["current_publication"])
        current = galaxy.current_publication
        if current is None:
            return None
        is_said = current.despite_safe_search and _holds_all_not_looked_at(current)
        return _publish(galaxy, current.build, current.published_by, is_said, False, turn)


def _publish(
    galaxy: Galaxy, build: Build, by: User | None, despite_safe_search: bool, compact: bool, turn: Turn
) -> PublishResult:
    turn.progress("Reading", 0, 0)
    shown = find_shown(galaxy, build)
    fingerprint = fingerprint_of(galaxy, build, shown)
    latest = galaxy.publications.order_by("-pk").first()
    is_same = latest is not None and _is_same(latest, fingerprint)
    # Of the very same pictures somebody need not say twice that everybody may see them.
    despite_safe_search = despite_safe_search or (latest is not None and is_same and latest.despite_safe_search)
    if not despite_safe_search:
        require_safe_search(galaxy, build, shown.cluster_of)
    if latest is not None and is_same and not compact:
        if despite_safe_search and not latest.despite_safe_search:
            latest.despite_safe_search, latest.published_by = True, _person(by)
            latest.save(update_fields=["despite_safe_search", "published_by"])
        created = not is_shown(galaxy, latest)
        if created:  # killed between saving the rows and moving the pointer, or somebody had gone back
            make_current(galaxy, latest, turn=turn)
        return PublishResult(latest, created, shown.n_unsafe)

    rows = read_rows(galaxy, build, shown, progress=turn.progress)
    if not len(rows.image_ids):
        raise PublishError(
            f"No image of {galaxy.slug} may be shown: all of them, or their clusters, are hidden or not safe for everybody."
        )
    with GalaxySink(galaxy) as sink:
        written = _write(galaxy, build, shown, rows, sink, None if compact else _previous(galaxy), turn)
    turn.require()
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
            told=told_by(galaxy),
        )
        save_objects(publication, written.objects)
    make_current(galaxy, publication, turn=turn)
    prune_publications(galaxy)
    start_job("sweep_galaxy", {}, by=None, galaxy=galaxy)
    return PublishResult(publication, True, shown.n_unsafe, written.n_new_bytes, written.n_unreadable_pictures)


def _holds_all_not_looked_at(publication: Publication) -> bool:
    """Whether what a person said of its pictures covers those that would be shown now: one shown again since was not among them."""
    galaxy = publication.galaxy
    if not is_readable(publication):
        return False
    asked = find_not_looked_at(publication.build) & find_shown(galaxy, publication.build).cluster_of.keys()
    uuids: set[UUID] = set()
    for chunk in in_chunks(sorted(asked), IMAGES_PER_QUERY):
        uuids.update(Image.objects.filter(pk__in=chunk).values_list("uuid", flat=True))
    return ArtifactReader(GalaxySource(galaxy), publication.manifest_name).held(uuids) == uuids


def _is_same(publication: Publication, fingerprint: str) -> bool:
    return publication.content_fingerprint == fingerprint and is_readable(publication)


def _person(by: User | None) -> Person | None:
    return by if isinstance(by, Person) else None


def _previous(galaxy: Galaxy) -> ArtifactReader | None:
    """What visitors see now, for the new one to go on from; None where nothing is published, or in an older format."""
    current = galaxy.current_publication
    if current is None or not is_readable(current):
        return None
    return ArtifactReader(GalaxySource(galaxy), current.manifest_name)


def _write(
    galaxy: Galaxy,
    build: Build,
    shown: Shown,
    rows: PublicationRows,
    sink: GalaxySink,
    previous: ArtifactReader | None,
    turn: Turn,
) -> WrittenArtifact:
    image_ids, points = rows.image_ids, rows.points
    labels = read_published_labels(galaxy, image_ids)
    names = [cluster.name for cluster in shown.clusters]
    words = describe_clusters(galaxy, labels, points.positions, points.clusters, names)
    vectors = read_vectors(galaxy, build, image_ids, progress=turn.progress)
    explainer = PlaceExplainer(build, labels, vectors)

    def read_details(indices: Sequence[int], neighbours: NDArray[np.int32]) -> list[dict[str, Any]]:
        details = public_details(galaxy, image_ids[np.asarray(indices)].tolist())
        return [told | why for told, why in zip(details, explainer.explain(indices, neighbours), strict=True)]

    def note_progress(stage: str, done: int, total: int) -> None:
        sink.save_parts()
        turn.progress(stage, done, total)

    try:
        return write_artifact(
            galaxy_info(galaxy),
            [
                replace(public_cluster(cluster, shown.cluster_of), labels=told)
                for cluster, told in zip(shown.clusters, words.labels, strict=True)
            ],
            points,
            build=build.number,
            read_small=rows.read_small,
            read_details=read_details,
            sink=sink,
            previous=previous,
            vectors=vectors,
            subgroups=words.subgroups,
            downloads=galaxy.allow_downloads,
            published_at=datetime.now(UTC),
            credits=credits_of(build, shown),
            on_progress=note_progress,
        )
    except ArtifactError as error:
        raise PublishError(f"{galaxy.slug} cannot be published. {error}") from error
