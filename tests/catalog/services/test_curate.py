"""A curator's plain words are taken at once, or refused with a reason."""

import pytest

from catalog.models import Image
from catalog.services.curate import hide_images, rename_cluster
from catalog.services.errors import ServiceError
from tests.factories import ClusterFactory, ImageFactory

pytestmark = pytest.mark.django_db


def test_a_renamed_cluster_keeps_the_curators_name():
    cluster = ClusterFactory(name="diapsid")
    rename_cluster(cluster, name="  snakes \n and lizards ")
    cluster.refresh_from_db()
    assert (cluster.name, cluster.name_source) == ("snakes and lizards", "curator")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (" \t", "got an empty one"),
        ("x" * 201, "at most 200 characters, got 201"),
        ("birds", "that no other cluster of"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_changes(name, message):
    cluster = ClusterFactory(name="cats")
    ClusterFactory(galaxy=cluster.galaxy, name="birds")
    with pytest.raises(ServiceError, match=message):
        rename_cluster(cluster, name=name)
    assert cluster.name == "cats"
    cluster.refresh_from_db()
    assert (cluster.name, cluster.name_source) == ("cats", "computed")


def test_two_galaxies_may_have_clusters_of_one_name():
    ClusterFactory(name="birds")
    other = ClusterFactory(name="cats")
    rename_cluster(other, name="birds")
    assert other.name == "birds"


def test_hiding_counts_only_what_changed_and_says_when():
    shown = ImageFactory(renditions=False)
    ImageFactory(renditions=False, hidden=True)
    before = shown.updated_at
    assert hide_images(Image.objects.all(), hidden=True) == 1
    shown.refresh_from_db()
    assert shown.hidden and shown.updated_at > before
    assert hide_images(Image.objects.filter(pk=shown.pk), hidden=False) == 1
