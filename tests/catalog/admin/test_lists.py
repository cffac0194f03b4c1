"""Every list and page opens, and a longer list asks the database no more often."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Publication
from tests.catalog.admin.world import LISTED, make_library

pytestmark = pytest.mark.django_db


def changelist(name: str) -> str:
    return reverse(f"admin:catalog_{name}_changelist")


def test_every_model_of_the_admin_is_in_these_tests():
    ours = {model._meta.model_name for model in admin.site._registry if model._meta.app_label == "catalog"}
    assert ours == set(LISTED)


@pytest.mark.parametrize("name", LISTED)
def test_a_longer_list_asks_no_more_queries(admin_client, name):
    make_library()
    admin_client.get(changelist(name))  # what Django remembers from the first page on is not counted

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = admin_client.get(changelist(name))
        assert response.status_code == 200
        return len(queries)

    few = count()
    for _ in range(3):
        make_library()
    assert count() == few <= 20


@pytest.mark.parametrize("name", LISTED)
def test_every_page_opens(admin_client, name):
    library = make_library()
    response = admin_client.get(reverse(f"admin:catalog_{name}_change", args=[library.one(name).pk]))
    assert response.status_code == 200


def test_pages_keep_to_the_content_security_policy(admin_client):
    library = make_library()
    for name in LISTED:
        for address in (changelist(name), reverse(f"admin:catalog_{name}_change", args=[library.one(name).pk])):
            page = admin_client.get(address).content.decode()
            assert " style=" not in page and "<style" not in page, address
            assert "onclick=" not in page and "<script>" not in page, address


def test_the_index_lists_what_people_look_for_first(admin_client):
    response = admin_client.get(reverse("admin:index"))
    catalog = response.context["app_list"][0]
    names = [model["object_name"] for model in catalog["models"]]
    assert catalog["app_label"] == "catalog"
    assert names[:5] == ["Collection", "Image", "Label", "Galaxy", "Cluster"]
    page = response.content.decode()
    assert "<title>The library | Galaxy</title>" in page and '<a href="/">View site</a>' in page


def test_collections_tell_how_much_is_in_them(admin_client):
    library = make_library()
    library.images[0].annotation_status = "failed"
    library.images[0].save()
    page = admin_client.get(changelist("collection")).content.decode()
    pk = library.collection.pk
    images = f"/admin/catalog/image/?collection__id__exact={pk}"
    assert f'<a href="{images}">4</a>' in page
    assert f'<a href="{images}&amp;annotation_status__exact=failed">1</a>' in page
    assert f'<a href="/admin/catalog/refusal/?collection__id__exact={pk}">1</a>' in page


def test_labels_tell_how_many_images_carry_them_and_lead_there(admin_client):
    library = make_library()
    page = admin_client.get(changelist("label"), {"q": "cat"}).content.decode()
    address = f"/admin/catalog/image/?collection__id__exact={library.collection.pk}&amp;label=cat"
    assert f'<a href="{address}">4</a>' in page
    assert len(admin_client.get(address.replace("&amp;", "&")).context["cl"].result_list) == 4


def test_labels_can_be_sorted_by_how_many_carry_them(admin_client):
    make_library()
    column = admin_client.get(changelist("label")).context["cl"].list_display.index("n_images")
    response = admin_client.get(changelist("label"), {"o": f"-{column}"})
    assert str(response.context["cl"].result_list[0]) == "cat"


def test_a_galaxy_shows_its_quality_its_pictures_and_the_way_to_it(admin_client):
    library = make_library()
    page = admin_client.get(changelist("galaxy")).content.decode()
    assert f'href="/galaxy/{library.galaxy.slug}/"' in page
    assert 'value="0.98"' in page
    assert f"/media/{library.images[0].uuid}/small" in page


def test_a_galaxy_that_is_not_published_offers_nothing_to_open(admin_client):
    library = make_library()
    library.galaxy.current_publication = None
    library.galaxy.save()
    Publication.objects.all().delete()
    page = admin_client.get(changelist("galaxy")).content.decode()
    assert f'href="/galaxy/{library.galaxy.slug}/"' not in page and "not published yet" in page


def test_clusters_show_pictures_from_their_middle_but_no_hidden_ones(admin_client):
    library = make_library()
    hidden, *_ = library.images
    hidden.hidden = True
    hidden.save()
    page = admin_client.get(changelist("cluster")).content.decode()
    assert f"/media/{hidden.uuid}/small" not in page
    assert f"/media/{library.images[2].uuid}/small" in page


def test_suggested_terms_begin_as_typed_and_are_each_told_once(admin_client):
    library = make_library()
    make_library()
    address = reverse("admin:catalog_label_suggest")
    assert admin_client.get(address, {"q": "CA"}).json() == {"terms": ["cat"]}
    inside = {"q": "thing", "collection": library.collection.pk}
    assert admin_client.get(address, inside).json() == {"terms": [f"thing {n}" for n in range(4)]}
