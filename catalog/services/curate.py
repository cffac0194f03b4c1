"""Plain words of a curator about clusters and images, taken at once."""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import Cluster, Image
from catalog.services.errors import ServiceError

__all__ = ["hide_images", "rename_cluster"]

MAX_NAME_LENGTH = 200


def rename_cluster(cluster: Cluster, *, name: str) -> None:
    """Give a cluster the curator's name, which no later build computes over.

    Raises ServiceError when the name is empty, longer than 200 characters, or another cluster of the galaxy has it.
    """
    name = " ".join(name.split())
    if not name:
        raise ServiceError("Expected a name for the cluster, got an empty one. Write at least one letter.")
    if len(name) > MAX_NAME_LENGTH:
        raise ServiceError(
            f"Expected a name of at most {MAX_NAME_LENGTH} characters, got {len(name)}. Move the rest to the description."
        )
    try:
        with transaction.atomic():
            Cluster.objects.filter(pk=cluster.pk).update(name=name, name_source=Cluster.NameSource.CURATOR)
    except IntegrityError as error:
        raise ServiceError(
            f"Expected a name that no other cluster of {cluster.galaxy} has, got {name!r}. "
            "Rename the other one first, or choose another name."
        ) from error
    cluster.name = name
    cluster.name_source = Cluster.NameSource.CURATOR


def hide_images(images: QuerySet[Image], *, hidden: bool) -> int:
    """Hide images (no new build has them, nobody without a role sees them) or show them again; says how many changed."""
    return images.exclude(hidden=hidden).update(hidden=hidden, updated_at=timezone.now())
