"""The wall: one collection's images as thumbnails, filtered every way at once."""

import pytest
from django.urls import reverse

from catalog.models import EffectiveLabel, Image
from catalog.services.search_words import index_words
from tests.catalog.admin.world import make_library
from tests.factories import CollectionFactory, ImageFactory

pytestmark = pytest.mark.django_db

WALL = reverse("admin:catalog_image_wall")


def shown(client, library, **filters) -> list[Image]:
    response = client.get(WALL, {"collection": library.collection.pk, **filters})
    assert response.status_code == 200
    return [tile["image"] for tile in response.context["wall"].tiles]


def test_the_wall_shows_the_images_of_one_collection(admin_client):
    library, other = make_library(), make_library()
    assert shown(admin_client, library) == library.images[::-1]
    page = admin_client.get(WALL, {"collection": library.collection.pk}).content.decode()
    assert f'<img src="/media/{library.images[0].uuid}/small"' in page and str(other.images[0].uuid) not in page
    assert "<strong>4 images</strong>" in page


def test_filters_combine(admin_client):
    library = make_library()
    first, second, third, fourth = library.images
    Image.objects.filter(pk__in=[first.pk, second.pk]).update(taken_at="1923-05", n_faces=2)
    Image.objects.filter(pk=second.pk).update(hidden=True)
    EffectiveLabel.objects.filter(image=third, label=library.label).update(score=0.4)
    cluster = library.build.groups.get(number=0).cluster
    assert shown(admin_client, library, label="CAT", min_score="0.5") == [fourth, second, first]
    assert shown(admin_client, library, label="cat", cluster=cluster.uuid) == [third, first]
    assert shown(admin_client, library, year_from="1920", year_to="1930", faces="true", hidden="false") == [first]
    assert shown(admin_client, library, label="cat", max_score="0.5", status="annotated", source="local") == [third]
    assert shown(admin_client, library, label="thing 1", hidden="false") == []


def test_words_and_parts_of_words_are_searched_for(admin_client):
    library = make_library()
    Image.objects.filter(pk=library.images[1].pk).update(title="The lighthouse at dusk")
    index_words([image.pk for image in library.images])
    assert shown(admin_client, library, q="ghthou") == [library.images[1]]
    assert shown(admin_client, library, q="light cat") == [library.images[1]]
    assert len(shown(admin_client, library, q="cat")) == 4
    assert shown(admin_client, library, q="submarine") == []


def test_what_a_filter_cannot_be_is_told_and_nothing_is_shown(admin_client):
    library = make_library()
    response = admin_client.get(WALL, {"collection": library.collection.pk, "min_score": "2"})
    assert "Min score: Expected a number from 0 to 1" in response.content.decode()
    assert response.context["wall"].tiles == []


def test_each_filter_can_be_taken_away_again(admin_client):
    library = make_library()
    address = {"collection": library.collection.pk, "label": "cat", "hidden": "false", "page": "1"}
    chips = admin_client.get(WALL, address).context["chips"]
    assert [(chip["name"], chip["value"]) for chip in chips] == [("label", "cat"), ("hidden", "false")]
    assert chips[0]["without"] == f"?collection={library.collection.pk}&hidden=false"


def test_the_surest_come_first_or_last(admin_client):
    library = make_library()
    for number, image in enumerate(library.images):
        EffectiveLabel.objects.filter(image=image, label=library.label).update(score=0.5 + number / 10)
    assert shown(admin_client, library, label="cat", order="score") == library.images[::-1]
    assert shown(admin_client, library, label="cat", order="unsure") == library.images
    assert shown(admin_client, library, order="oldest") == library.images


def test_pages_keep_the_filters(admin_client, monkeypatch):
    monkeypatch.setattr("catalog.admin.wall.PAGE_SIZE", 3)
    library = make_library()
    page = admin_client.get(WALL, {"collection": library.collection.pk, "label": "cat"})
    assert page.context["next"] == f"?collection={library.collection.pk}&label=cat&page=2"
    assert shown(admin_client, library, label="cat", page="2") == library.images[:1]
    assert shown(admin_client, library, label="cat", page="0x") == library.images[:0:-1]


def test_counting_stops_where_it_helps_nobody(admin_client, monkeypatch):
    monkeypatch.setattr("catalog.admin.wall.MAX_COUNTED", 3)
    library = make_library()
    page = admin_client.get(WALL, {"collection": library.collection.pk}).content.decode()
    assert "<strong>3+ images</strong>" in page


def test_images_named_one_by_one_are_no_filter_of_the_wall(admin_client):
    library = make_library()
    assert len(shown(admin_client, library, uuids=str(library.images[0].uuid))) == 4


def test_the_queries_do_not_grow_with_the_images(admin_client, django_assert_max_num_queries):
    library = make_library()
    for number in range(20):
        ImageFactory(collection=library.collection, labels={"cat": 0.8, f"more {number}": 0.5})
    with django_assert_max_num_queries(14):
        assert len(shown(admin_client, library, label="cat")) == 24


@pytest.mark.parametrize("role", ["viewer", "contributor", "curator", "owner"])
def test_every_role_looks_and_only_curators_are_offered_decisions(client_as, role):
    library = make_library()
    Image.objects.filter(pk=library.images[0].pk).update(hidden=True)
    client = client_as(role, library.collection)
    assert len(shown(client, library)) == 4
    page = client.get(WALL, {"collection": library.collection.pk}).content.decode()
    assert ("Count and show" in page) == ('name="uuids"' in page) == (role in {"curator", "owner"})


def test_a_stranger_has_no_wall_not_even_of_what_is_public(client_as):
    mine, public = CollectionFactory(), make_library(public=True)
    assert client_as(None).get(WALL).status_code == 404
    assert client_as("owner", mine).get(WALL, {"collection": public.collection.pk}).status_code == 404


def test_an_empty_collection_says_how_to_begin(client_as):
    collection = CollectionFactory()
    page = client_as("owner", collection).get(WALL).content.decode()
    assert "There is no picture in this collection yet." in page and "Add pictures" in page


def test_the_table_leads_to_the_wall_of_the_same_collection_and_label(admin_client, client_as):
    library, public = make_library(), make_library(public=True)
    table = reverse("admin:catalog_image_changelist")
    assert f'href="{WALL}"' in admin_client.get(table).content.decode()
    filtered = {"collection__id__exact": library.collection.pk, "label": "cat"}
    page = admin_client.get(table, filtered).content.decode()
    assert f'href="{WALL}?collection={library.collection.pk}&amp;label=cat"' in page
    client = client_as("viewer", library.collection)
    assert "Wall of thumbnails" in client.get(table, filtered).content.decode()
    foreign = client.get(table, {"collection__id__exact": public.collection.pk})
    assert "Wall of thumbnails" not in foreign.content.decode()
