"""Look-alikes over the API: who may ask, what is answered, at what cost, and that nothing of a picture is kept."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import EmbeddingRow, Image
from catalog.services.api_keys import create_api_key
from catalog.services.embeddings import visual_vectors
from tests.explorer.world import PEOPLE, World, client_of, make_person, make_world
from tests.factories import ImageFactory, jpeg_bytes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("colour_model")]
WITH_A_ROLE = {"viewer", "contributor", "curator", "owner", "superuser"}


def look(world: World, *colours: int) -> list[Image]:
    """More images of these colours, looked at like all the others."""
    made = [ImageFactory.create(collection=world.collection, revision__mean_colour=colour) for colour in colours]
    visual_vectors(world.collection, list(world.collection.images.values_list("pk", flat=True)))
    return made


def upload(client: Client, data: bytes, **form: object):
    return client.post("/api/v1/similar/", {"picture": SimpleUploadedFile("held-up.jpg", data), **form})


@pytest.mark.parametrize("visibility", ["private", "public"])
@pytest.mark.parametrize("kind", PEOPLE)
def test_people_with_a_role_ask_and_others_do_not(kind: str, visibility: str) -> None:
    world = make_world(visibility)
    client = client_of(make_person(kind, world.collection))
    answers = [
        client.get(f"/api/v1/images/{world.shown.uuid}/similar/"),
        upload(client, jpeg_bytes(64, 64, 0xFF0000), collection="museum"),
    ]
    if kind in WITH_A_ROLE:
        assert [answer.status_code for answer in answers] == [200, 200]
    elif kind == "anonymous":
        assert answers[0].status_code in {403, 404} and answers[1].status_code == 401
    else:
        expected = (403, "role_required") if visibility == "public" else (404, "not_found")
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [expected] * 2


@pytest.mark.parametrize(("scope", "status"), [("read", 200), ("write", 403)])
def test_a_key_needs_the_scope_read(scope: str, status: int) -> None:
    world = make_world("private")
    person = make_person("viewer", world.collection)
    assert person is not None
    _key, text = create_api_key(person, name="app", scopes=[scope])
    headers = {"Authorization": f"Bearer {text}"}
    client = Client()
    assert client.get(f"/api/v1/images/{world.shown.uuid}/similar/", headers=headers).status_code == status
    data = {"picture": SimpleUploadedFile("a.jpg", jpeg_bytes(64, 64, 0xFF0000)), "collection": "museum"}
    assert client.post("/api/v1/similar/", data, headers=headers).status_code == status


@pytest.fixture
def world() -> World:
    return make_world("private")


@pytest.fixture
def viewer(world: World) -> Client:
    return client_of(make_person("viewer", world.collection))


def test_hits_are_images_with_their_score_above_a_cut_off(world: World, viewer: Client) -> None:
    red, dark, _green = look(world, 0xFF0000, 0xC00000, 0x00FF00)
    found = viewer.get(f"/api/v1/images/{red.uuid}/similar/?min_score=0.99").json()
    assert (found["min_score"], found["is_exact"], found["n_compared"]) == (0.99, True, 7)
    (hit,) = found["hits"]
    assert hit["score"] >= 0.99
    assert hit["image"] == viewer.get(f"/api/v1/images/{dark.uuid}/").json() | {"colours": None} or (
        hit["image"]["uuid"] == str(dark.uuid)
    )


def test_a_picture_is_compared_and_forgotten(world: World, viewer: Client) -> None:
    red, _green = look(world, 0xFF0000, 0x00FF00)
    before = (Image.objects.count(), EmbeddingRow.objects.count())
    answer = upload(viewer, jpeg_bytes(300, 200, 0xF00000), collection="museum", limit=1)
    assert [hit["image"]["uuid"] for hit in answer.json()["hits"]] == [str(red.uuid)]
    assert (Image.objects.count(), EmbeddingRow.objects.count()) == before


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=501", "limit"), ("min_score=2", "min_score"), ("limit=x", "limit")],
)
def test_what_cannot_be_asked_is_named(world: World, viewer: Client, query: str, field: str) -> None:
    answer = viewer.get(f"/api/v1/images/{world.shown.uuid}/similar/?{query}")
    assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == field


def test_what_is_no_picture_or_too_large_is_refused(world: World, viewer: Client, settings) -> None:
    answer = upload(viewer, b"this is no picture", collection="museum")
    assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == "picture"
    assert upload(viewer, jpeg_bytes(64, 64, 0), collection="").status_code == 400
    settings.GALAXY_MAX_FILE_MB = 0
    assert upload(viewer, bytes(100_000), collection="museum").json()["code"] == "too_large"


def test_it_costs_as_many_queries_for_many_hits_as_for_one(
    world: World, viewer: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    red, *_ = look(world, *[0xFF0000] * 12)
    address = f"/api/v1/images/{red.uuid}/similar/"
    assert len(viewer.get(address).json()["hits"]) == 15
    with django_assert_max_num_queries(2 + 6):  # two tell who asks
        viewer.get(address)
