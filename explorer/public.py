"""What leaves the house with a publication: every public field of images, clusters and credits, named one by one."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Max, Prefetch

from catalog.models import Annotation, Build, Cluster, EffectiveLabel, Galaxy, Image
from catalog.services.documents import assemble_documents, read_colours
from explorer.artifact import ClusterInfo, Credit, GalaxyInfo

__all__ = ["credits_of", "fingerprint_of", "galaxy_info", "public_cluster", "public_details"]

MAX_CREDITS = 20
CHUNK = 2000


def galaxy_info(galaxy: Galaxy) -> GalaxyInfo:
    """The galaxy as its visitors know it."""
    return GalaxyInfo(uuid=str(galaxy.uuid), slug=galaxy.slug, title=galaxy.title, description=galaxy.description)


def public_cluster(cluster: Cluster) -> ClusterInfo:
    """A cluster as its visitors know it; a hidden cover is left out."""
    cover = cluster.cover.uuid if cluster.cover is not None and not cluster.cover.hidden else None
    return ClusterInfo(
        uuid=cluster.uuid,
        name=cluster.name,
        colour=cluster.colour,
        description=cluster.description,
        cover=cover,
        tour_order=cluster.tour_order,
    )


def public_details(galaxy: Galaxy, image_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The public details of these images, in this order: effective labels, colours, credit; the raw document if the galaxy says so."""
    labels = EffectiveLabel.objects.select_related("label").order_by("-score", "label__key")
    images = (
        Image.objects.select_related("current_revision", "collection")
        .prefetch_related(Prefetch("effective_labels", queryset=labels))
        .in_bulk(list(image_ids))
    )
    documents = assemble_documents(list(images.values()))
    return [_details(galaxy, images[i], documents.get(i, {})) for i in image_ids]


def credits_of(galaxy: Galaxy, build: Build) -> list[Credit]:
    """Whom to thank: the distinct creators and licences of the images shown, the most frequent first, at most twenty."""
    rows = (
        Image.objects.filter(positions__build=build, hidden=False)
        .exclude(creator="", credit="", licence="")
        .values("creator", "credit", "licence")
        .annotate(n=Count("pk"))
        .order_by("-n", "creator", "credit", "licence")[:MAX_CREDITS]
    )
    return [Credit(text=row["credit"] or row["creator"], licence=row["licence"]) for row in rows]


def fingerprint_of(galaxy: Galaxy, build: Build, cluster_of: dict[int, int], clusters: Sequence[Cluster]) -> str:
    """SHA-256 over all that a publication would show, so that publishing what is already published does nothing."""
    digest = hashlib.sha256()

    def add(value: object) -> None:
        digest.update(json.dumps(value, default=str, sort_keys=True).encode())

    add([build.pk, vars(galaxy_info(galaxy)), galaxy.publish_documents])
    add([vars(public_cluster(cluster)) for cluster in clusters])
    add(sorted(cluster_of.items()))
    shown = Image.objects.filter(positions__build=build, hidden=False).order_by("pk")
    fields = ("pk", "title", "description", "creator", "credit", "licence", "source_url", "current_revision__sha256")
    for row in shown.values_list(*fields).iterator(CHUNK):
        add(row)
    labels = EffectiveLabel.objects.filter(image__in=shown.order_by()).order_by("image_id", "label_id")
    for row in labels.values_list("image_id", "label__term", "score", "source").iterator(CHUNK):
        add(row)
    # Colours and documents come from these; how many there are and when the last one changed stands for what they say.
    answers = Annotation.objects.filter(
        annotator=galaxy.collection.annotator,
        sha256__in=shown.order_by().values("current_revision__sha256"),
        status__in=[Annotation.Status.ANSWERED, Annotation.Status.FAILED],
    )
    add(sorted(answers.aggregate(n=Count("pk"), latest=Max("updated_at")).items()))
    return digest.hexdigest()


def _details(galaxy: Galaxy, image: Image, document: dict[str, Any]) -> dict[str, Any]:
    revision = image.current_revision
    assert revision is not None, "only images with a revision are built, and a revision stays"  # noqa: S101
    details: dict[str, Any] = {
        "uuid": str(image.uuid),
        "title": image.title,
        "description": image.description,
        "width": revision.width,
        "height": revision.height,
        "labels": [
            {"term": row.label.term, "score": round(row.score, 4), "source": row.source}
            for row in image.effective_labels.all()
        ],
        "colours": read_colours(document),
        "creator": image.creator,
        "credit": image.credit,
        "licence": image.licence,
        "source_url": image.source_url,
    }
    if galaxy.publish_documents and document:
        details["document"] = document
    return details
