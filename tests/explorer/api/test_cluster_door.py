"""Clusters are changed over the API by curators, and by nobody else; each deed is a change that can be undone."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Change, Cluster, Group, Pin
from catalog.services.api_keys import create_api_key
from tests.explorer.world import World, client_of, make_person, make_world
from tests.factories import ClusterFactory, ImageFactory, MembershipFactory

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def curator(world: World) -> Client:
    return client_of(make_person("curator", world.collection))


def deeds(world: World) -> list[tuple[str, str, dict[str, Any]]]:
    """Every deed: method, address, body."""
    cluster, other = world.cluster.uuid, ClusterFactory(galaxy=world.galaxy).uuid
    images = [str(world.shown.uuid)]
    return [
        ("patch", f"clusters/{cluster}/", {"description": "Cats"}),
        ("post", "clusters/merge/", {"into": str(cluster), "others": [str(other)]}),
        ("post", f"clusters/{cluster}/split/", {"images": images}),
        ("post", f"clusters/{cluster}/pin/", {"images": images}),
        ("post", f"clusters/{cluster}/unpin/", {"images": images}),
    ]


def curator_of(world: World) -> User:
    person = make_person("curator", world.collection)
    assert person is not None
    return person


def ask(client: Client, method: str, address: str, body: dict[str, Any], **headers: str) -> Any:
    return getattr(client, method)(f"/api/v1/{address}", body, content_type=JSON, headers=headers)


@pytest.mark.parametrize(
    ("who", "visibility", "expected"),
    [
        ("anonymous", "public", 401),
        ("stranger", "public", 403),
        ("stranger", "private", 404),
        ("viewer", "private", 403),
        ("contributor", "private", 403),
    ],
)
def test_nobody_but_curators_changes_a_cluster(who, visibility, expected):
    world = make_world(visibility)
    client = client_of(make_person(who, world.collection))
    before = list(Cluster.objects.values())
    for deed in deeds(world):
        if who == "stranger" and visibility == "public" and deed[1].endswith("merge/"):
            continue  # the other cluster is not published, so it is not there for them: 404
        assert ask(client, *deed).status_code == expected, deed
    assert list(Cluster.objects.values())[: len(before)] == before
    assert not Change.objects.exists() and not Pin.objects.exists()


@pytest.mark.parametrize("who", ["curator", "owner", "superuser"])
def test_curators_do(world, who):
    client = client_of(make_person(who, world.collection))
    for deed in deeds(world):
        assert ask(client, *deed).status_code in {200, 201}, deed


@pytest.mark.parametrize(("scopes", "expected"), [(["read", "write"], 200), (["read", "publish"], 403)])
def test_a_key_needs_the_scope_write(world, scopes, expected):
    _key, text = create_api_key(curator_of(world), name="k", scopes=scopes)
    answer = ask(Client(), *deeds(world)[0], Authorization=f"Bearer {text}")
    assert answer.status_code == expected
    assert expected == 200 or answer.json()["code"] == "scope_missing"


def test_a_key_for_one_collection_does_not_open_another(world):
    owner = curator_of(world)
    other = ImageFactory().collection
    MembershipFactory(collection=other, user=owner, role="curator")
    _key, text = create_api_key(owner, name="k", scopes=["read", "write"], collection=other)
    assert ask(Client(), *deeds(world)[0], Authorization=f"Bearer {text}").status_code in {403, 404}


def test_a_cluster_is_renamed_coloured_and_given_a_cover(world, curator):
    body = {"name": "Toms", "colour": "#102030", "cover": str(world.shown.uuid), "reason": "so"}
    told = ask(curator, "patch", f"clusters/{world.cluster.uuid}/", body).json()
    assert (told["name"], told["colour"]) == ("Toms", "#102030")
    assert str(world.shown.uuid) in told["cover"]
    assert Change.objects.get().reason == "so"
    assert ask(curator, "patch", f"clusters/{world.cluster.uuid}/", {"cover": None}).json()["cover"] is None


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"colour": "red"}, 400, "invalid"),
        ({"name": "taken"}, 409, "refused"),
        ({"cover": str(uuid.uuid4())}, 400, "invalid"),
    ],
)
def test_what_cannot_be_said_of_a_cluster_is_refused(world, curator, body, status, code):
    ClusterFactory(galaxy=world.galaxy, name="taken")
    answer = ask(curator, "patch", f"clusters/{world.cluster.uuid}/", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_merging_moves_groups_and_tells_the_change(world, curator):
    other = ClusterFactory(galaxy=world.galaxy)
    Group.objects.filter(cluster=world.hidden_cluster).update(cluster=other)
    answer = ask(curator, "post", "clusters/merge/", {"into": str(world.cluster.uuid), "others": [str(other.uuid)]})
    assert answer.json() == {"change": str(Change.objects.get().uuid), "n_images": 2}
    assert not other.groups.exists()


def test_an_image_of_another_collection_is_named_like_none(world, curator):
    stranger = ImageFactory()
    answer = ask(curator, "post", f"clusters/{world.cluster.uuid}/pin/", {"images": [str(stranger.uuid)]})
    assert answer.status_code == 400 and "1 that are none" in answer.json()["detail"]


def test_pins_are_set_and_let_go(world, curator):
    body = {"images": [str(world.hidden.uuid)]}
    assert ask(curator, "post", f"clusters/{world.cluster.uuid}/pin/", body).json()["n_images"] == 1
    assert Pin.objects.get().cluster == world.cluster
    assert ask(curator, "post", f"clusters/{world.hidden_cluster.uuid}/unpin/", body).json() == {
        "change": None,
        "n_images": 0,
    }
    assert ask(curator, "post", f"clusters/{world.cluster.uuid}/unpin/", body).json()["n_images"] == 1
    assert not Pin.objects.exists()


def test_a_chosen_part_becomes_a_cluster(world, curator):
    body = {"images": [str(world.shown.uuid)], "name": "Alone"}
    answer = ask(curator, "post", f"clusters/{world.cluster.uuid}/split/", body)
    assert answer.status_code == 201
    assert [row["name"] for row in answer.json()["clusters"]] == ["Alone"]
    assert Pin.objects.get().image == world.shown


def test_a_part_that_only_pins_make_is_shown_to_visitors_of_the_published_galaxy(world, curator, client):
    body = {"images": [str(world.shown.uuid)], "name": "Alone"}
    ask(curator, "post", f"clusters/{world.cluster.uuid}/split/", body)
    assert "Alone" in {row["name"] for row in client.get("/api/v1/clusters/?galaxy=sky").json()["results"]}
