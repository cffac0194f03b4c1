"""Galaxies are made, changed, built and published over the API by whoever may, and tell where everybody is."""

import io
import uuid
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client
from pyarrow import ipc, parquet
from pytest_django import DjangoAssertNumQueries

from catalog.models import Cluster, Galaxy, Job, Publication
from catalog.services.api_keys import create_api_key
from catalog.services.cluster_edit import pin_images
from explorer.services import publish_galaxy
from explorer.services.positions import write_positions
from tests.explorer.api.test_cluster_door import ask, curator_of
from tests.explorer.world import World, client_of, make_person, make_world
from tests.factories import BuildFactory, ImageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def deeds(world: World) -> list[tuple[str, str, dict[str, Any], str]]:
    """Every deed: method, address, body, and the scope that a key needs."""
    number = world.galaxy.current_publication_id
    return [
        ("post", "galaxies/", {"collection": "museum", "slug": "new", "title": "New"}, "write"),
        ("patch", "galaxies/sky/", {"title": "Night"}, "write"),
        ("post", "galaxies/sky/tour/", {"clusters": [str(world.hidden_cluster.uuid)]}, "write"),
        ("post", "galaxies/sky/build/", {"force": True}, "write"),
        ("post", "galaxies/sky/update/", {}, "write"),
        ("post", "galaxies/sky/dry-run/", {}, "write"),
        ("post", "galaxies/sky/publish/", {}, "publish"),
        ("post", "galaxies/sky/roll-back/", {"publication": number}, "publish"),
        ("post", "galaxies/sky/withdraw/", {"images": [str(world.shown.uuid)], "reason": "She asked."}, "publish"),
    ]


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
def test_nobody_but_curators_changes_a_galaxy(who, visibility, expected):
    world = make_world(visibility)
    client = client_of(make_person(who, world.collection))
    for method, address, body, _scope in deeds(world):
        assert ask(client, method, address, body).status_code == expected, address
    assert not Job.objects.exists()
    assert Galaxy.objects.get().title == world.galaxy.title


@pytest.mark.parametrize("who", ["curator", "owner", "superuser"])
def test_curators_do(world, who):
    client = client_of(make_person(who, world.collection))
    for method, address, body, _scope in deeds(world):
        assert ask(client, method, address, body).status_code in {200, 201, 202}, address
    kinds = {"build_galaxy", "update_galaxy", "dry_run_galaxy", "publish_galaxy", "roll_back", "withdraw_images"}
    assert set(Job.objects.values_list("kind", flat=True)) == kinds


@pytest.mark.parametrize("scope", ["write", "publish"])
def test_a_key_does_what_its_scope_says(world, scope):
    _key, text = create_api_key(curator_of(world), name="k", scopes=["read", scope])
    for method, address, body, needed in deeds(world):
        answer = ask(Client(), method, address, body, Authorization=f"Bearer {text}")
        assert (answer.status_code == 403) == (needed != scope), (address, answer.content)
        assert needed == scope or answer.json()["code"] == "scope_missing"


def test_a_post_that_is_sent_again_is_done_once(world):
    client = client_of(make_person("curator", world.collection))
    body = {"collection": "museum", "slug": "new", "title": "New"}
    first, again = (ask(client, "post", "galaxies/", body, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert Galaxy.objects.filter(slug="new").count() == 1
    assert ask(client, "post", "galaxies/", body | {"title": "Other"}, **{"Idempotency-Key": "k1"}).status_code == 422


@pytest.mark.parametrize(("who", "expected"), [("curator", 403), ("owner", 200)])
def test_who_may_look_and_the_address_are_the_owners(world, who, expected):
    client = client_of(make_person(who, world.collection))
    assert ask(client, "patch", "galaxies/sky/", {"visibility": "private"}).status_code == expected
    assert ask(client, "patch", f"galaxies/{world.galaxy.uuid}/", {"slug": "heaven"}).status_code == expected
    new = {"collection": "museum", "slug": "new", "title": "New", "visibility": "public"}
    assert (ask(client, "post", "galaxies/", new).status_code == 201) == (expected == 200)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"perplexity": 1}, "perplexity"),
        ({"n_clusters": 256}, "n_clusters"),
        ({"visual_weight": "much"}, "visual_weight"),
        ({"extra_cluster_labels": ["cat", "CAT"]}, "extra_cluster_labels"),
        ({"published_features": ["names"]}, "published_features"),
        ({"published_features": ["labels", "labels"]}, "published_features"),
        ({"title": ""}, "title"),
        ({"slug": "taken"}, "slug"),
    ],
)
def test_a_setting_that_cannot_be_is_named(world, body, field):
    Galaxy.objects.create(collection=world.collection, slug="taken", title="Taken")
    client = client_of(make_person("owner", world.collection))
    answer = ask(client, "patch", "galaxies/sky/", body)
    assert answer.status_code == 400
    assert {error["field"].split(".")[0] for error in answer.json()["errors"]} == {field}


def test_a_published_galaxy_is_not_opened_before_safe_search_has_looked():
    world = make_world("private")
    world.collection.visibility = "public"
    world.collection.save()
    Publication.objects.update(despite_safe_search=False)
    client = client_of(make_person("owner", world.collection))
    answer = ask(client, "patch", "galaxies/sky/", {"visibility": "public"})
    assert answer.status_code == 400 and "safe search" in answer.json()["detail"]


def test_settings_builds_and_publications_are_told_to_whoever_contributes(world):
    BuildFactory(galaxy=world.galaxy, images=[world.shown])
    addresses = ["settings/", "builds/", "publications/", "builds/compare/?a=1&b=2"]
    for who, expected in [("stranger", 403), ("viewer", 403), ("contributor", 200)]:
        client = client_of(make_person(who, world.collection))
        assert {client.get(f"/api/v1/galaxies/sky/{address}").status_code for address in addresses} == {expected}
    client = client_of(make_person("contributor", world.collection))
    told = [client.get(f"/api/v1/galaxies/sky/{address}").json() for address in addresses]
    assert told[0]["perplexity"] == 50
    assert [build["number"] for build in told[1]] == [2, 1]
    assert [(row["build"], row["is_current"]) for row in told[2]] == [(1, True)]
    assert (told[3]["n_shared"], told[3]["n_gone"], told[3]["n_new"]) == (1, 3, 0)
    assert client.get("/api/v1/galaxies/sky/builds/compare/?a=1&b=7").status_code == 404
    assert client.get("/api/v1/galaxies/sky/builds/compare/?a=1").status_code == 400


def test_withdrawn_images_are_gone_for_visitors_at_once(world, client):
    curator = client_of(make_person("curator", world.collection))
    answer = ask(curator, "post", "galaxies/sky/withdraw/", {"images": [str(world.shown.uuid)]})
    assert answer.json()["n_images"] == 1
    assert answer.json()["job"] == str(Job.objects.get(kind="withdraw_images").uuid)
    assert client.get(f"/api/v1/images/{world.shown.uuid}/").status_code == 404
    stranger = {"images": [str(ImageFactory().uuid)]}
    assert ask(curator, "post", "galaxies/sky/withdraw/", stranger).status_code == 400


def read_table(fmt: str, data: bytes) -> pa.Table:
    """By another program."""
    return ipc.open_stream(data).read_all() if fmt == "arrow" else parquet.read_table(io.BytesIO(data))


class TestPositions:
    @pytest.mark.parametrize("fmt", ["arrow", "parquet"])
    def test_another_program_reads_where_everybody_is(self, world, client, fmt):
        answer = client.get(f"/api/v1/galaxies/sky/positions/?format={fmt}")
        assert answer.status_code == 200, answer.content
        assert answer["Content-Disposition"] == f'attachment; filename="sky-build-1.{fmt}"'
        table = read_table(fmt, answer.getvalue())
        # The second cluster is hidden, and so is the fourth image; what is left is the first and the third.
        places = world.build.positions.filter(group__cluster=world.cluster).order_by("image_id")
        rows = table.to_pylist()
        assert [uuid.UUID(bytes=row["uuid"]) for row in rows] == [place.image.uuid for place in places]
        assert [row["x"] for row in rows] == pytest.approx([place.x for place in places])
        assert {(row["cluster"], row["cluster_uuid"], row["flat_x"]) for row in rows} == {
            (world.cluster.name, world.cluster.uuid.bytes, None)
        }
        assert table.schema.metadata[b"galaxy"] == b"sky"
        assert str(table.schema.field("cluster").type) == "dictionary<values=string, indices=uint16, ordered=0>"

    def test_pins_are_applied_and_batches_may_have_other_clusters(self, world, monkeypatch):
        monkeypatch.setattr("explorer.services.positions.ROWS_A_BATCH", 1)
        other = Cluster.objects.create(galaxy=world.galaxy, name="other", colour="#000001")
        pin_images(other, world.collection.images.filter(pk=world.shown.pk), by=None)
        with write_positions(world.galaxy, world.build, "arrow") as file:
            rows = ipc.open_stream(file.read()).read_all().to_pylist()
        assert [row["cluster"] for row in rows] == ["other", world.cluster.name]

    def test_an_older_build_is_told_to_whoever_contributes(self, world, client):
        BuildFactory(galaxy=world.galaxy, images=[world.shown])
        assert client.get("/api/v1/galaxies/sky/positions/?build=2").status_code in {401, 403}
        contributor = client_of(make_person("contributor", world.collection))
        answer = contributor.get("/api/v1/galaxies/sky/positions/?build=2")
        assert len(read_table("arrow", answer.getvalue())) == 1
        assert contributor.get("/api/v1/galaxies/sky/positions/?build=9").status_code == 404

    def test_strangers_find_nothing_of_a_private_or_unpublished_galaxy(self, client):
        world = make_world("private")
        assert client.get("/api/v1/galaxies/sky/positions/").status_code == 404
        Galaxy.objects.update(current_publication=None)
        viewer = client_of(make_person("viewer", world.collection))
        assert viewer.get("/api/v1/galaxies/sky/positions/").status_code == 404

    def test_an_unknown_format_is_refused(self, world, client):
        assert client.get("/api/v1/galaxies/sky/positions/?format=csv").json()["errors"][0]["field"] == "format"


class TestNeighbours:
    @pytest.fixture
    def galaxy(self) -> Galaxy:
        """Six cats and six castles, really published."""
        world = make_world()
        images = [
            ImageFactory(collection=world.collection, labels={["cat", "castle"][i % 2]: 0.9, f"thing {i}": 0.4})
            for i in range(12)
        ]
        build = BuildFactory(galaxy=world.galaxy, images=images)
        publish_galaxy(world.galaxy, build=build, despite_safe_search=True)
        return world.galaxy

    def test_the_most_alike_come_first_and_what_may_not_be_seen_is_left_out(
        self, galaxy, client, django_assert_max_num_queries: DjangoAssertNumQueries
    ):
        first, *_others = (place.image for place in galaxy.builds.first().positions.order_by("image_id"))
        address = f"/api/v1/galaxies/sky/neighbours/?image={first.uuid}"
        with django_assert_max_num_queries(6):
            told = client.get(address).json()
        similarities = [row["similarity"] for row in told["neighbours"]]
        assert len(similarities) == 11 and similarities == sorted(similarities, reverse=True)
        nearest = told["neighbours"][0]["image"]
        assert len(client.get(f"{address}&n=3").json()["neighbours"]) == 3

        galaxy.collection.images.filter(uuid=nearest).update(hidden=True)
        assert nearest not in {row["image"] for row in client.get(address).json()["neighbours"]}
        assert client.get(address.replace(str(first.uuid), nearest)).status_code == 404

    def test_an_image_that_is_not_there_and_one_that_is_not_shown_are_one(self, galaxy, client):
        for image in (uuid.uuid4(), ImageFactory(collection=galaxy.collection).uuid):
            assert client.get(f"/api/v1/galaxies/sky/neighbours/?image={image}").status_code == 404
        assert client.get("/api/v1/galaxies/sky/neighbours/").status_code == 400
        assert client.get(f"/api/v1/galaxies/sky/neighbours/?image={uuid.uuid4()}&n=13").status_code == 400
