"""Which images of a build visitors see today."""

from dataclasses import dataclass

from catalog.models import Build, Cluster, Galaxy, Image
from catalog.services.clusters import cluster_of_images
from catalog.services.safe_search import find_unsafe

__all__ = ["Shown", "find_shown"]


@dataclass(frozen=True)
class Shown:
    """What of a build its galaxy's visitors see."""

    cluster_of: dict[int, int]
    """Image id -> cluster id, of every image shown."""
    clusters: list[Cluster]
    """Those with an image, with their covers, in the order of the tour."""
    n_unsafe: int
    """Images left out because safe search finds them adult, violent or racy."""


def find_shown(galaxy: Galaxy, build: Build) -> Shown:
    """What of the build may be shown: no hidden image or cluster and, unless the galaxy says otherwise, nothing unsafe."""
    hidden_clusters = set(galaxy.clusters.filter(hidden=True).values_list("pk", flat=True))
    hidden = set(Image.objects.filter(positions__build=build, hidden=True).values_list("pk", flat=True))
    cluster_of = {
        image: cluster
        for image, cluster in cluster_of_images(galaxy, build.pk).items()
        if cluster not in hidden_clusters and image not in hidden
    }
    unsafe = find_unsafe(build) & cluster_of.keys() if galaxy.hide_unsafe else set()
    for image in unsafe:
        del cluster_of[image]
    clusters = Cluster.objects.filter(pk__in=set(cluster_of.values())).select_related("cover")
    return Shown(cluster_of, list(clusters.order_by("tour_order", "pk")), len(unsafe))
