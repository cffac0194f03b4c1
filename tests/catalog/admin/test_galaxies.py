"""A galaxy's form: how its map is made, in words that a curator can use."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from catalog.models import Collection, Galaxy, Publication
from tests.explorer.world import publish
from tests.factories import BuildFactory, GalaxyFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client_as):
    """An owner's client, the address of a galaxy's form, and a function that posts it."""
    galaxy = GalaxyFactory(extra_cluster_labels=["cat", "polar bear"])
    client = client_as("owner", galaxy.collection)
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
            "hide_unsafe": "on",
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
    assert page.count(" checked") == 5  # labels and colours, looked for and told, and that what is not safe is left out
    assert "number plate" in page and "where somebody has been" in page
    post(published_features=["labels", "objects"])
    assert Galaxy.objects.get().published_features == ["labels", "objects"]
    post(published_features=["labels", "names"])
    assert Galaxy.objects.get().published_features == ["labels", "objects"]


def test_each_switch_is_off_and_says_what_it_reveals(desk):
    client, address, post = desk
    page = client.get(address).content.decode()
    assert "who was where, and when" in page and "your own catalogue" in page and "without metadata" in page
    galaxy = Galaxy.objects.get()
    assert not (
        galaxy.publish_exif or galaxy.publish_external_ids or galaxy.publish_documents or galaxy.allow_downloads
    )
    post(publish_exif="on", allow_downloads="on")
    changed = Galaxy.objects.get()
    assert (changed.publish_exif, changed.allow_downloads, changed.publish_external_ids) == (True, True, False)


def test_a_galaxy_at_which_safe_search_has_not_looked_is_not_opened_by_a_form(desk):
    _, _, post = desk
    galaxy = Galaxy.objects.get()
    Collection.objects.update(visibility="public")
    build = BuildFactory(galaxy=galaxy, n_images_each=2)
    publication = publish(galaxy, build, despite_safe_search=False)
    assert "has not looked at 4" in post(visibility="public")
    assert Galaxy.objects.get().visibility == "private"
    Publication.objects.filter(pk=publication.pk).update(despite_safe_search=True)
    post(visibility="public")
    assert Galaxy.objects.get().visibility == "public"


def test_opening_a_collection_asks_the_same_of_its_public_galaxies(client_as):
    galaxy = GalaxyFactory(visibility="public")
    client = client_as("owner", galaxy.collection)
    publish(galaxy, BuildFactory(galaxy=galaxy, n_images_each=2), despite_safe_search=False)
    collection = galaxy.collection
    form = {
        "title": collection.title,
        "slug": collection.slug,
        "visibility": "public",
        "annotator": "local",
        "features": ["LABEL_DETECTION"],
        "language_hints": "[]",
        "min_score": "0.3",
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
    }
    page = client.post(f"/admin/catalog/collection/{collection.pk}/change/", form, follow=True).content.decode()
    assert "has not looked at 4" in page
    assert Collection.objects.get().visibility == "private"


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


def test_annotator_features_and_budget_are_set_on_the_galaxys_page_for_its_collection(desk):
    client, address, post = desk
    page = client.get(address).content.decode()
    assert "Holds for the whole collection" in page
    looking = {"annotator": "local", "features": ["LABEL_DETECTION", "FACE_DETECTION"], "max_units_per_month": "500"}
    post(**looking)
    collection = Collection.objects.get()
    assert (collection.features, collection.max_units_per_month) == (["LABEL_DETECTION", "FACE_DETECTION"], 500)
    assert LogEntry.objects.filter(change_message="Changed features, max_units_per_month.").exists()
    post(title="Settings of the map alone")
    collection.refresh_from_db()
    assert (collection.features, collection.max_units_per_month) == (["LABEL_DETECTION", "FACE_DETECTION"], 500)
    assert "errornote" in post(annotator="local", features=[], max_units_per_month="0")
    collection.refresh_from_db()
    assert collection.max_units_per_month == 500


def test_a_curator_neither_opens_a_galaxy_nor_names_its_address_nor_sets_the_budget(desk, client_as):
    _, address, _ = desk
    galaxy = Galaxy.objects.get()
    client = client_as("curator", galaxy.collection)
    page = client.get(address).content.decode()
    assert all(f'name="{name}"' not in page for name in ("visibility", "slug", "max_units_per_month"))
    form = {
        "title": "Mine",
        "slug": "mine",
        "visibility": "public",
        "n_clusters": "25",
        "visual_weight": "0",
        "perplexity": "50",
        "random_state": "0",
        "annotator": "local",
        "features": ["LABEL_DETECTION"],
        "max_units_per_month": "7",
        "builds-TOTAL_FORMS": 0,
        "builds-INITIAL_FORMS": 0,
    }
    client.post(address, form)
    saved = Galaxy.objects.get()
    assert (saved.title, saved.slug, saved.visibility) == ("Mine", galaxy.slug, "private")
    assert (saved.collection.features, saved.collection.max_units_per_month) == (["LABEL_DETECTION"], None)
    form |= {"collection": galaxy.collection.pk, "slug": "new"}
    page = client.post(reverse("admin:catalog_galaxy_add"), form, follow=True).content.decode()
    assert "It is private" in page
    assert Galaxy.objects.get(slug="new").visibility == "private"
