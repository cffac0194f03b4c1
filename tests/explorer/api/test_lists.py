"""Collections, labels, clusters and galaxies over the API, and how lists are paged."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Label
from tests.explorer.world import client_of, make_person, make_world, publish
from tests.factories import (
    BuildFactory,
    ClusterFactory,
    CollectionFactory,
    GalaxyFactory,
    ImageFactory,
    LabelFactory,
)

pytestmark = pytest.mark.django_db


def results(client: Client, address: str) -> list[dict[str, object]]:
    response = client.get(f"/api/v1/{address}")
    assert response.status_code == 200, response.json()
    rows: list[dict[str, object]] = response.json()["results"]
    return rows


class TestCollections:
    def test_visitors_do_not_count_hidden_images(self, client: Client) -> None:
        world = make_world()
        viewer = client_of(make_person("viewer", world.collection))
        assert results(client, "collections/")[0]["n_images"] == 3
        assert results(viewer, "collections/")[0]["n_images"] == 4

    def test_what_a_collection_tells(self, client: Client) -> None:
        collection = CollectionFactory(public=True, slug="birds", title="Birds", description="All of them.")
        told = client.get("/api/v1/collections/birds/").json()
        assert told.pop("created_at")
        assert told == {
            "uuid": str(collection.uuid),
            "slug": "birds",
            "title": "Birds",
            "description": "All of them.",
            "visibility": "public",
            "n_images": 0,
        }


class TestLabels:
    def test_terms_with_the_number_of_images_that_one_may_see(self, client: Client) -> None:
        world = make_world()
        told = {row["term"]: row["n_images"] for row in results(client, "labels/")}
        # One picture is hidden, and one is in a cluster that is hidden, so that nothing published tells its labels.
        assert told == {"cat": 2, "animal": 2}
        viewer = client_of(make_person("viewer", world.collection))
        assert {row["n_images"] for row in results(viewer, "labels/?collection=museum")} == {4}

    def test_a_term_that_only_hidden_images_carry_is_not_told(self, client: Client) -> None:
        world = make_world()
        ImageFactory(collection=world.collection, hidden=True, labels={"secret": 0.9})
        assert results(client, "labels/?q=secret") == []

    def test_by_how_the_term_begins(self, client: Client) -> None:
        galaxy = GalaxyFactory(public=True)
        image = ImageFactory(collection=galaxy.collection, labels={"Catfish": 0.9, "cat": 0.9, "tomcat": 0.9})
        publish(galaxy, BuildFactory(galaxy=galaxy, images=[image]))
        assert sorted(str(row["term"]) for row in results(client, "labels/?q=CAT")) == ["Catfish", "cat"]

    def test_a_merged_term_says_what_it_became(self) -> None:
        world = make_world()
        LabelFactory(collection=world.collection, term="kitty", alias_of=Label.objects.get(key="cat"))
        viewer = client_of(make_person("viewer", world.collection))
        assert [row["alias_of"] for row in results(viewer, "labels/?q=kitty")] == ["cat"]


class TestClusters:
    def test_what_a_cluster_tells(self, client: Client) -> None:
        world = make_world()
        world.cluster.cover = world.shown
        world.cluster.save()
        assert client.get(f"/api/v1/clusters/{world.cluster.uuid}/").json() == {
            "uuid": str(world.cluster.uuid),
            "galaxy": "sky",
            "name": world.cluster.name,
            "colour": world.cluster.colour,
            "description": "",
            "hidden": False,
            "tour_order": 0,
            "n_images": 2,
            "cover": f"http://testserver/media/{world.shown.uuid}/small",
        }

    def test_a_hidden_cover_is_left_out(self, client: Client) -> None:
        world = make_world()
        world.cluster.cover = world.hidden
        world.cluster.save()
        assert client.get(f"/api/v1/clusters/{world.cluster.uuid}/").json()["cover"] is None

    def test_what_is_not_published_is_told_to_its_people_only(self, client: Client) -> None:
        world = make_world()
        planned = ClusterFactory(galaxy=world.galaxy)
        viewer = client_of(make_person("viewer", world.collection))
        assert str(planned.uuid) not in [row["uuid"] for row in results(client, "clusters/?galaxy=sky")]
        assert str(planned.uuid) in [row["uuid"] for row in results(viewer, "clusters/?galaxy=sky")]


class TestGalaxies:
    def test_what_a_galaxy_tells(self, client: Client) -> None:
        world = make_world()
        told = client.get("/api/v1/galaxies/sky/").json()
        assert told.pop("published_at")
        assert told == {
            "uuid": str(world.galaxy.uuid),
            "slug": "sky",
            "collection": "museum",
            "title": "Sky",
            "description": "",
            "visibility": "public",
            "n_images": 4,
            "build": 1,
            "page": "http://testserver/galaxy/sky/",
            "pointer": f"http://testserver/artifacts/{world.galaxy.uuid}/current.json",
        }

    def test_one_given_away_by_link_names_the_page_that_the_link_opens(self, client: Client) -> None:
        galaxy = make_world("link").galaxy
        told = client.get(f"/api/v1/galaxies/{galaxy.uuid}/").json()
        assert told["page"] == f"http://testserver/galaxy/{galaxy.uuid}/"
        assert client.get(told["page"]).status_code == 200

    def test_one_that_is_not_published_says_so(self, client: Client) -> None:
        galaxy = GalaxyFactory(public=True)
        told = client.get(f"/api/v1/galaxies/{galaxy.slug}/").json()
        assert (told["n_images"], told["build"], told["published_at"], told["pointer"]) == (0, None, None, None)


class TestPages:
    def test_links_lead_through_every_row_once_and_back(self, client: Client) -> None:
        collection = CollectionFactory(public=True)
        images = ImageFactory.create_batch(7, collection=collection, renditions=False, safe=True)
        seen: list[str] = []
        address = "/api/v1/images/?page_size=3"
        while address:
            page = client.get(address).json()
            seen += [image["uuid"] for image in page["results"]]
            previous, address = page["previous"], page["next"]
        assert seen == [str(image.uuid) for image in images]
        assert [image["uuid"] for image in client.get(previous).json()["results"]] == seen[3:6]

    def test_a_row_that_is_added_meanwhile_is_not_missed(self, client: Client) -> None:
        collection = CollectionFactory(public=True)
        ImageFactory.create_batch(3, collection=collection, renditions=False, safe=True)
        first = client.get("/api/v1/images/?page_size=2").json()
        late = ImageFactory(collection=collection, renditions=False, safe=True)
        second = client.get(first["next"]).json()
        assert second["results"][-1]["uuid"] == str(late.uuid)

    def test_a_page_holds_a_hundred_unless_said(self, client: Client) -> None:
        collection = CollectionFactory(public=True)
        ImageFactory.create_batch(101, collection=collection, renditions=False, safe=True)
        assert len(results(client, "images/")) == 100
        assert len(results(client, "images/?page_size=500")) == 101


@pytest.mark.parametrize("n_rows", [1, 20])
@pytest.mark.parametrize("name", ["collections", "labels", "clusters", "galaxies"])
def test_a_list_takes_one_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, name: str, n_rows: int
) -> None:
    world = make_world()
    for n in range(n_rows):
        collection = CollectionFactory(public=True)
        images = [ImageFactory(collection=collection, renditions=False, labels={f"term {n}": 0.5})]
        BuildFactory(galaxy=GalaxyFactory(collection=collection, visibility="public"), images=images)
        ClusterFactory(galaxy=world.galaxy)
    with django_assert_num_queries(1):
        assert results(client, f"{name}/")
