"""A galaxy's form: how its map is made, in words that a curator can use."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from catalog.models import Galaxy
from tests.factories import GalaxyFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client_as):
    """A curator's client, the address of a galaxy's form, and a function that posts it."""
    galaxy = GalaxyFactory(extra_cluster_labels=["cat", "polar bear"])
    client = client_as("curator", galaxy.collection)
    address = reverse("admin:catalog_galaxy_change", args=[galaxy.pk])

    def post(**values) -> str:
        form = {
            "title": galaxy.title,
            "slug": galaxy.slug,
            "visibility": "private",
            "n_clusters": "25",
            "extra_cluster_labels": "cat\r\npolar bear",
            "visual_weight": "0",
            "perplexity": "50",
            "random_state": "0",
            "published_features": ["labels", "colours"],
            "builds-TOTAL_FORMS": 0,
            "builds-INITIAL_FORMS": 0,
        }
        return client.post(address, {**form, **values}, follow=True).content.decode()

    return client, address, post


def test_labels_with_clusters_of_their_own_are_written_one_a_line(desk):
    client, address, post = desk
    page = client.get(address).content.decode()
    assert "cat\npolar bear</textarea>" in page and "[&quot;cat" not in page
    post(extra_cluster_labels="  Snow   leopard \r\n\r\ncat\r\nSNOW LEOPARD\r\nÆgir")
    assert Galaxy.objects.get().extra_cluster_labels == ["Snow leopard", "cat", "Ægir"]
    post(extra_cluster_labels="")
    assert Galaxy.objects.get().extra_cluster_labels == []


def test_labels_typed_as_they_were_are_no_change(desk):
    _, _, post = desk
    post(extra_cluster_labels=" cat\n\npolar bear ")
    assert LogEntry.objects.get().get_change_message() == "No fields changed."
    assert Galaxy.objects.get().extra_cluster_labels == ["cat", "polar bear"]


def test_what_visitors_learn_is_chosen_kind_by_kind_and_each_says_what_it_reveals(desk):
    client, address, post = desk
    page = client.get(address).content.decode()
    assert page.count('name="published_features"') == 9
    assert page.count(" checked") == 2  # labels and colours
    assert "number plate" in page and "where somebody has been" in page
    post(published_features=["labels", "objects"])
    assert Galaxy.objects.get().published_features == ["labels", "objects"]
    post(published_features=["labels", "names"])
    assert Galaxy.objects.get().published_features == ["labels", "objects"]


def test_a_label_longer_than_labels_are_is_refused_and_stays_typed(desk):
    _, _, post = desk
    page = post(extra_cluster_labels="cat\n" + "x" * 201)
    assert "Expected labels of at most 200 characters, one a line, got one of 201" in page
    assert "x" * 201 + "</textarea>" in page
    assert Galaxy.objects.get().extra_cluster_labels == ["cat", "polar bear"]


def test_more_labels_than_make_sense_are_refused(desk):
    _, _, post = desk
    page = post(extra_cluster_labels="\n".join(f"label {n}" for n in range(41)))
    assert "at most 40 labels" in page and "got 41" in page
    assert Galaxy.objects.get().extra_cluster_labels == ["cat", "polar bear"]


def test_an_empty_number_of_clusters_means_automatic(desk):
    client, address, post = desk
    assert 'placeholder="automatic"' in client.get(address).content.decode()
    post(n_clusters="")
    assert Galaxy.objects.get().n_clusters is None


@pytest.mark.parametrize(("weight", "saved"), [("0.25", 0.25), ("1", 1.0), ("1.5", 0.0), ("-0.1", 0.0), ("", 0.0)])
def test_the_weight_of_the_look_is_between_meaning_and_look(desk, weight, saved):
    _, _, post = desk
    page = post(visual_weight=weight)
    assert Galaxy.objects.get().visual_weight == saved
    assert ("errornote" in page) == (weight in {"1.5", "-0.1", ""})
