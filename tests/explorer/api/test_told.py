"""Strangers learn over the API what published files tell them anyway, and nothing more; people with a role learn all."""

import pytest
from django.test import Client

from catalog.models import Galaxy, Image
from tests.explorer.world import World, client_of, make_person, make_world
from tests.factories import GalaxyFactory, ImageFactory, keep_answers
from tests.vision_documents import full_document

pytestmark = pytest.mark.django_db


def image_of(client: Client, image: Image, query: str = "") -> dict[str, object]:
    told: dict[str, object] = client.get(f"/api/v1/images/{image.uuid}/{query}").json()
    return told


def terms_of(client: Client, query: str = "") -> set[object]:
    return {row["term"] for row in client.get(f"/api/v1/labels/?{query}").json()["results"]}


def titles_of(client: Client, query: str) -> set[object]:
    return {row["title"] for row in client.get(f"/api/v1/images/?{query}").json()["results"]}


def publish_only(world: World, *features: str) -> None:
    Galaxy.objects.filter(pk=world.galaxy.pk).update(published_features=list(features))


def test_what_a_galaxy_does_not_publish_strangers_do_not_learn(client: Client) -> None:
    world = make_world()
    keep_answers(world.shown, full_document(640, 480))
    assert image_of(client, world.shown)["labels"] and image_of(client, world.shown)["colours"]
    publish_only(world, "faces")
    told = image_of(client, world.shown)
    assert (told["labels"], told["colours"]) == (None, None)
    assert all(row["labels"] is None for row in client.get("/api/v1/images/").json()["results"])
    assert terms_of(client) == set()
    viewer = client_of(make_person("viewer", world.collection))
    told = image_of(viewer, world.shown)
    assert told["labels"] and told["colours"]
    assert terms_of(viewer) == {"cat", "animal"}


def test_what_is_not_told_is_not_found_by_either(client: Client) -> None:
    world = make_world()
    assert titles_of(client, "label=cat") == titles_of(client, "min_score=0.9") == {"Picture 0", "Picture 2"}
    publish_only(world, "colours")
    assert titles_of(client, "label=cat") == titles_of(client, "min_score=0.9") == set()
    viewer = client_of(make_person("viewer", world.collection))
    assert len(titles_of(viewer, "label=cat")) == 4


def test_a_picture_that_no_galaxy_shows_tells_what_it_is_called_and_no_more(client: Client) -> None:
    world = make_world()
    unplaced = ImageFactory(collection=world.collection, title="unplaced", labels={"rare": 0.9}, safe=True)
    told = image_of(client, unplaced)
    assert (told["title"], told["labels"], told["colours"]) == ("unplaced", None, None)
    assert "rare" not in terms_of(client)


def test_a_galaxy_that_is_closed_tells_nothing_even_if_another_shows_the_picture(client: Client) -> None:
    world = make_world()
    publish_only(world, "colours")
    inner = GalaxyFactory(collection=world.collection, visibility="private", published_features=["labels"])
    inner.current_publication = None
    inner.save()
    assert image_of(client, world.shown)["labels"] is None


def test_a_link_to_a_galaxy_tells_what_that_galaxy_publishes(client: Client) -> None:
    world = make_world("link")
    assert image_of(client, world.shown)["labels"] is None
    assert image_of(client, world.shown, f"?galaxy={world.galaxy.uuid}")["labels"]
    assert terms_of(client) == set()
    assert terms_of(client, f"collection={world.collection.uuid}") == {"cat", "animal"}


def test_the_document_of_a_picture_in_a_hidden_cluster_stays_closed(client: Client) -> None:
    world = make_world(publish_documents=True)
    concealed = Image.objects.get(title="Picture 1")
    assert client.get(f"/api/v1/images/{world.shown.uuid}/document/").status_code == 200
    assert client.get(f"/api/v1/images/{concealed.uuid}/document/").status_code == 403
