"""Curators name, colour, describe, hide and order clusters."""

import pytest
from django.urls import reverse

from catalog.models import Cluster, Galaxy, Group
from tests.catalog.admin.world import make_library
from tests.factories import ClusterFactory, ImageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client_as):
    """A curator's client, a cluster, and a function that posts its form."""
    library = make_library()
    client = client_as("curator", library.collection)
    cluster = library.one("cluster")

    def post(**values):
        form = {"name": cluster.name, "description": "", "colour": cluster.colour, "tour_order": 0, "cover": ""}
        address = reverse("admin:catalog_cluster_change", args=[cluster.pk])
        return client.post(address, {**form, **values}, follow=True)

    return library, cluster, post


def test_a_new_name_is_the_curators(desk):
    _, cluster, post = desk
    post(name=" Sleeping  cats ", colour="#102030", hidden="on", tour_order=3)
    saved = Cluster.objects.get(pk=cluster.pk)
    assert (saved.name, saved.name_source) == ("Sleeping cats", "curator")
    assert (saved.colour, saved.hidden, saved.tour_order) == ("#102030", True, 3)


def test_other_settings_leave_the_name_computed(desk):
    _, cluster, post = desk
    post(description="All of them asleep")
    saved = Cluster.objects.get(pk=cluster.pk)
    assert (saved.description, saved.name_source) == ("All of them asleep", "computed")


def test_a_name_that_is_taken_is_refused_in_the_form_or_by_the_service(desk):
    library, cluster, post = desk
    ClusterFactory(galaxy=library.galaxy, name="dogs")
    assert "that no other cluster of" in post(name="dogs").content.decode()
    assert Cluster.objects.get(pk=cluster.pk).name == cluster.name


def test_the_cover_is_an_image_of_the_same_collection(desk):
    library, cluster, post = desk
    stranger = ImageFactory()
    assert "errornote" in post(cover=stranger.pk).content.decode()
    assert Cluster.objects.get(pk=cluster.pk).cover is None
    post(cover=library.images[3].pk)
    assert Cluster.objects.get(pk=cluster.pk).cover == library.images[3]


def test_the_chosen_cover_is_the_first_picture(admin_client):
    library = make_library()
    cluster = library.one("cluster")
    cluster.cover = library.images[2]
    cluster.save()
    page = admin_client.get(reverse("admin:catalog_cluster_change", args=[cluster.pk])).content.decode()
    first, second = (page.index(f"/media/{library.images[n].uuid}/small") for n in (2, 0))
    assert first < second


def test_a_cluster_without_groups_is_called_dormant(admin_client):
    library = make_library()
    ClusterFactory(galaxy=library.galaxy, name="gone")
    page = admin_client.get(reverse("admin:catalog_cluster_changelist")).content.decode()
    assert "none: dormant" in page


@pytest.fixture
def merge_desk(client_as):
    """A curator's client, the two clusters of a build (two images each, one more in the second), and a function that merges."""
    library = make_library()
    client = client_as("curator", library.collection)
    first, second = (group.cluster for group in library.build.groups.order_by("number"))
    library.build.groups.filter(cluster=second).update(n_images=3)

    def merge(*clusters, **values):
        form = {"action": "merge", "_selected_action": [cluster.pk for cluster in clusters], **values}
        return client.post(reverse("admin:catalog_cluster_changelist"), form, follow=True).content.decode()

    return library, first, second, merge


def test_merging_asks_which_cluster_stays_and_proposes_the_largest(merge_desk):
    _, first, second, merge = merge_desk
    page = merge(first, second)
    assert f'value="{second.pk}" checked' in page
    assert f'name="into" id="into-{first.pk}"' in page
    assert "/small" in page
    assert Group.objects.filter(cluster=first).exists()


def test_merged_clusters_share_their_images(merge_desk):
    library, first, second, merge = merge_desk
    page = merge(first, second, into=first.pk)
    assert f"3 images came to {first}." in page
    assert set(library.build.groups.values_list("cluster", flat=True)) == {first.pk}
    assert "none: dormant" in page


def test_one_cluster_alone_or_one_of_another_galaxy_is_not_merged(merge_desk):
    library, first, second, merge = merge_desk
    assert "Expected at least two clusters to merge, got one." in merge(first)
    other = ClusterFactory(galaxy__collection=library.collection, name="elsewhere")
    assert "got some of another galaxy: elsewhere" in merge(first, other, into=first.pk)
    # A cluster that was not selected cannot stay: the page asks again.
    assert "One of them stays" in merge(first, second, into=other.pk)
    assert Group.objects.filter(cluster=second).exists()


def test_a_viewer_merges_nothing(client_as, merge_desk):
    library, first, second, _ = merge_desk
    client = client_as("viewer", library.collection)
    form = {"action": "merge", "_selected_action": [first.pk, second.pk], "into": first.pk}
    client.post(reverse("admin:catalog_cluster_changelist"), form)
    assert Group.objects.filter(cluster=second).exists()


def test_a_curator_of_another_collection_merges_nothing(client_as, merge_desk):
    library, first, second, _ = merge_desk
    Galaxy.objects.update(visibility="public")
    type(library.collection).objects.update(visibility="public")
    client = client_as("curator", make_library(visibility="public").collection)
    form = {"action": "merge", "_selected_action": [first.pk, second.pk], "into": first.pk}
    page = client.post(reverse("admin:catalog_cluster_changelist"), form, follow=True).content.decode()
    assert "Nothing was merged: you are no curator of" in page
    assert Group.objects.filter(cluster=second).exists()
