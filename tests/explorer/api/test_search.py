"""Search and facets over the API: who may ask, what is answered, and at what cost."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Collection, Label
from catalog.services.search_words import index_words
from tests.explorer.world import PEOPLE, World, client_of, make_person, make_world, publish
from tests.factories import BuildFactory, CollectionFactory, GalaxyFactory, ImageFactory

pytestmark = pytest.mark.django_db
WITH_A_ROLE = {"viewer", "contributor", "curator", "owner", "superuser"}


def titles(client: Client, query: str) -> list[str]:
    response = client.get(f"/api/v1/search/?{query}")
    assert response.status_code == 200, response.json()
    return [hit["image"]["title"] for hit in response.json()["hits"]]


@pytest.mark.parametrize("visibility", ["private", "public"])
@pytest.mark.parametrize("kind", PEOPLE)
@pytest.mark.parametrize("address", ["search/?q=cat&collection=museum", "facets/?collection=museum"])
def test_people_with_a_role_search_and_others_do_not(address: str, kind: str, visibility: str) -> None:
    world = make_world(visibility)
    response = client_of(make_person(kind, world.collection)).get(f"/api/v1/{address}")
    if kind in WITH_A_ROLE:
        assert response.status_code == 200
    elif visibility == "public":
        assert (response.status_code, response.json()["code"]) == (403, "role_required")
    else:
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.fixture
def world() -> World:
    return make_world("private")


@pytest.fixture
def viewer(world: World) -> Client:
    return client_of(make_person("viewer", world.collection))


def test_a_hit_is_an_image_with_its_score_and_where_it_was_found(world: World, viewer: Client) -> None:
    found = viewer.get("/api/v1/search/?collection=museum&q=anim&min_score=0.5").json()
    assert (found["min_score"], found["next"], found["facets"]) == (0.5, None, {})
    assert len(found["hits"]) == 4
    hit = found["hits"][0]
    assert (round(hit["score"], 6), hit["field"], hit["found"]) == (0.76, "label", "animal")
    assert hit["image"] == viewer.get("/api/v1/images/?collection=museum").json()["results"][0]
    assert viewer.get("/api/v1/search/?collection=museum&q=anim&min_score=0.77").json()["hits"] == []


def test_filters_narrow_a_search_and_pages_follow(world: World, viewer: Client) -> None:
    assert titles(viewer, "collection=museum&q=cat&hidden=true") == ["Picture 3"]
    assert titles(viewer, f"collection=museum&q=cat&cluster={world.cluster.uuid}") == ["Picture 0", "Picture 2"]
    assert titles(viewer, "collection=museum&q=cat&label=animal&min_score=0.99") == []
    seen: list[str] = []
    address = "/api/v1/search/?collection=museum&q=cat&page_size=3"
    while address:
        page = viewer.get(address).json()
        seen += [hit["image"]["title"] for hit in page["hits"]]
        address = page["next"]
    assert seen == [f"Picture {n}" for n in range(4)]


def test_facets_with_a_search_and_alone(world: World, viewer: Client) -> None:
    index_words([world.shown.pk])
    found = viewer.get("/api/v1/search/?collection=museum&q=picture&facets=label,status").json()
    assert found["facets"] == {
        "label": [{"value": "cat", "title": "cat", "n": 1}, {"value": "animal", "title": "animal", "n": 1}],
        "status": [{"value": "annotated", "title": "Annotated", "n": 1}],
    }
    alone = viewer.get("/api/v1/facets/?collection=museum&names=cluster&limit=1").json()
    assert alone == {"cluster": [{"value": str(world.cluster.uuid), "title": world.cluster.name, "n": 2}]}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("q=", "q"),
        ("q=cat&min_score=2", "min_score"),
        ("q=cat&facets=size", "facets"),
        ("q=cat&page_size=0", "page_size"),
        ("q=cat&cursor=nonsense", "cursor"),
        ("q=cat&cursor=W10%3D", "cursor"),
        ("q=cat&cursor=bnVsbA%3D%3D", "cursor"),
        ("q=cat&cursor=%C3%A9", "cursor"),
        ("q=cat&cluster=00000000-0000-0000-0000-000000000000", "cluster"),
        ("q=%00", "q"),
    ],
)
def test_a_wrong_value_is_named(world: World, viewer: Client, query: str, field: str) -> None:
    response = viewer.get(f"/api/v1/search/?collection=museum&{query}")
    assert response.status_code == 400, response.json()
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_a_search_needs_a_collection(viewer: Client) -> None:
    assert viewer.get("/api/v1/search/?q=cat").json()["errors"][0]["field"] == "collection"


@pytest.mark.parametrize("n_images", [2, 60])
def test_a_search_takes_the_same_queries_however_many_it_finds(
    django_assert_num_queries: DjangoAssertNumQueries, n_images: int
) -> None:
    collection = make_library(n_images)
    client = client_of(make_person("viewer", collection))
    # A session and its user; the collection, the hits, their images, labels and places.
    with django_assert_num_queries(7):
        found = client.get(f"/api/v1/search/?collection={collection.slug}&q=snow+picture").json()
    assert len(found["hits"]) == n_images


@pytest.mark.parametrize("n_images", [2, 60])
def test_facets_take_the_same_queries_however_much_they_count(
    django_assert_num_queries: DjangoAssertNumQueries, n_images: int
) -> None:
    collection = make_library(n_images)
    client = client_of(make_person("viewer", collection))
    address = f"/api/v1/facets/?collection={collection.slug}&names=label,year,source,status,faces,text&hidden=false"
    client.get(address)
    # A session and its user; the collection, its clock, which images are meant, and the terms.
    with django_assert_num_queries(6):
        assert client.get(address).json()["label"][0]["n"] == n_images


def make_library(n_images: int) -> Collection:
    galaxy = GalaxyFactory()
    images = [
        ImageFactory(collection=galaxy.collection, renditions=False, labels={"snow": 0.9}) for _ in range(n_images)
    ]
    index_words([image.pk for image in images])
    publish(galaxy, BuildFactory(galaxy=galaxy, images=images))
    return galaxy.collection


def test_a_label_of_another_collection_is_not_found_here() -> None:
    world = make_world("private")
    other = CollectionFactory()
    ImageFactory(collection=other, labels={"secret": 0.9})
    assert Label.objects.filter(key="secret").exists()
    assert titles(client_of(make_person("viewer", world.collection)), "collection=museum&q=secret") == []
