"""Curators name, colour, describe, hide and order clusters."""

import pytest
from django.urls import reverse

from catalog.models import Cluster
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
