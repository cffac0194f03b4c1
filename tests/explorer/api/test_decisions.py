"""Decisions over the API: counted first, made, read, undone; labels renamed and merged; and who may."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Change, EffectiveLabel, Image, Job, Label, Scope
from catalog.services import changes
from catalog.services.api_keys import create_api_key
from catalog.services.cluster_edit import edit_cluster
from catalog.services.jobs import run_job
from tests.explorer.world import PEOPLE, World, client_of, make_person, make_world
from tests.factories import ImageFactory, LabelFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def curator(world: World) -> Client:
    return client_of(make_person("curator", world.collection))


def post(client: Client, address: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(f"/api/v1/{address}", body, content_type="application/json", headers=headers)


def reject_cat(**values: Any) -> dict[str, Any]:
    body = {"collection": "museum", "selection": {"label": "cat"}, "decisions": [{"term": "Cat", "verdict": "reject"}]}
    return body | values


def carriers(term: str) -> int:
    return EffectiveLabel.objects.filter(label__key=term).count()


class TestMaking:
    def test_counted_first_then_made_then_taken_back(self, world: World, curator: Client) -> None:
        told = post(curator, "changes/preview/", reject_cat()).json()
        assert told["n_images"] == 4 and str(world.shown.uuid) in told["sample"]
        assert not Change.objects.exists()

        response = post(curator, "changes/", reject_cat(reason="They are foxes.", expected_n=told["n_images"]))

        assert response.status_code == 201, response.json()
        change = response.json()
        assert change.pop("made_at") and change.pop("uuid") and change.pop("made_by").startswith("person-")
        assert change == {
            "collection": "museum",
            "kind": "decide",
            "reason": "They are foxes.",
            "n_images": 4,
            "complete": True,
            "selection": {"label": "cat"},
            "decisions": [{"term": "cat", "verdict": "reject", "n": 4}],
            "undone_at": None,
            "undone_by": None,
            "job": None,
        }
        assert carriers("cat") == 0

        undone = post(curator, f"changes/{Change.objects.get().uuid}/undo/", {})
        assert undone.status_code == 200 and undone.json()["undone_at"]
        assert carriers("cat") == 4

    def test_sent_again_with_its_key_it_is_made_once(self, world: World, curator: Client) -> None:
        first, second = (
            post(curator, "changes/", reject_cat(), **{"Idempotency-Key": "a mere word"}) for _ in range(2)
        )
        assert (second.status_code, second.json()) == (201, first.json())
        assert Change.objects.count() == 1

    def test_some_images_by_their_uuids(self, world: World, curator: Client) -> None:
        stranger = ImageFactory.create(labels={"cat": 0.9})
        body = reject_cat(images=[str(world.shown.uuid), str(stranger.uuid)])
        del body["selection"]
        assert post(curator, "changes/preview/", body).json()["n_images"] == 1
        assert post(curator, "changes/", body).json()["n_images"] == 1
        assert carriers("cat") == 4, "three here, and the other library's"

    def test_hidden_and_shown_again(self, world: World, curator: Client) -> None:
        body = {"collection": "museum", "selection": {}, "hidden": True}
        assert post(curator, "changes/preview/", body).json()["n_images"] == 3, "one is hidden already"
        told = post(curator, "changes/", body).json()
        assert (told["kind"], told["n_images"]) == ("hide", 3)
        assert not Image.objects.filter(hidden=False).exists()

    def test_another_number_than_was_shown_changes_nothing(self, world: World, curator: Client) -> None:
        response = post(curator, "changes/", reject_cat(expected_n=3))
        assert (response.status_code, response.json()["code"]) == (409, "count_changed")
        assert carriers("cat") == 4

    def test_many_are_a_job_that_one_can_wait_for(
        self, world: World, curator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(changes, "MAX_AT_ONCE", 2)
        response = post(curator, "changes/", reject_cat())
        assert response.status_code == 202 and not response.json()["complete"]
        job = Job.objects.get(uuid=response.json()["job"])
        run_job(job.uuid, worker="test")
        told = curator.get(f"/api/v1/changes/{response.json()['uuid']}/").json()
        assert told["complete"] and told["job"] == str(job.uuid)
        undone = post(curator, f"changes/{told['uuid']}/undo/", {})
        assert undone.status_code == 202 and undone.json()["job"] != str(job.uuid)

    @pytest.mark.parametrize(
        ("change", "field", "message"),
        [
            ({"selection": {"lable": "cat"}}, "selection.lable", "There is no such filter"),
            ({"selection": {"min_score": 2}}, "selection.min_score", "Expected a number from 0 to 1"),
            ({"selection": {"collection": 99999}}, "selection.collection", "is said beside the selection"),
            ({"images": []}, "images", "at least 1"),
            ({"images": ["x"]}, "images.0", "valid UUID"),
            ({"hidden": True}, "", "got both"),
            ({"decisions": [{"term": "cat", "verdict": "refuse"}]}, "decisions.0.verdict", "valid choice"),
            ({"decisions": []}, "decisions", "at least 1"),
            ({"reason": "x" * 501}, "reason", "500"),
        ],
    )
    def test_what_is_wrong_is_said_of_its_field(
        self, world: World, curator: Client, change: dict[str, Any], field: str, message: str
    ) -> None:
        response = post(curator, "changes/", reject_cat(**change))
        assert response.status_code == 400, response.json()
        errors = response.json()["errors"]
        assert any(item["field"] == field and message in item["detail"] for item in errors), errors
        assert not Change.objects.exists()

    def test_an_unknown_term_is_refused_in_words(self, world: World, curator: Client) -> None:
        response = post(curator, "changes/", reject_cat(decisions=[{"term": "catt", "verdict": "reject"}]))
        assert (response.status_code, response.json()["code"]) == (409, "refused")
        assert "There is no label 'catt'" in response.json()["detail"]


class TestReading:
    def test_the_newest_first_by_collection_kind_and_image(self, world: World, curator: Client) -> None:
        post(curator, "changes/", reject_cat())
        one = {"collection": "museum", "images": [str(world.shown.uuid)]}
        post(curator, "changes/", one | {"decisions": [{"term": "fox", "verdict": "add"}]})
        post(curator, "changes/", {"collection": "museum", "selection": {"label": "animal"}, "hidden": True})

        def kinds(query: str) -> list[Any]:
            rows = curator.get(f"/api/v1/changes/?{query}").json()["results"]
            return [(row["kind"], [item["term"] for item in row["decisions"]]) for row in rows]

        assert kinds("collection=museum") == [("hide", []), ("decide", ["fox"]), ("decide", ["cat"])]
        assert kinds("kind=hide") == [("hide", [])]
        assert kinds(f"image={world.hidden.uuid}") == [("decide", ["cat"])]

    def test_a_longer_list_costs_no_more_queries(
        self, world: World, curator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(7):
            post(curator, "changes/", reject_cat(selection={}))
        with django_assert_max_num_queries(6):
            assert len(curator.get("/api/v1/changes/?collection=museum").json()["results"]) == 7

    def test_what_was_changed_of_clusters_is_undone_here_too(self, world: World, curator: Client) -> None:
        change = edit_cluster(world.cluster, by=None, name="Felines")
        assert change is not None
        assert post(curator, f"changes/{change.uuid}/undo/", {}).json()["undone_at"]
        world.cluster.refresh_from_db()
        assert world.cluster.name != "Felines"


class TestLabels:
    def test_renamed_and_undone(self, world: World, curator: Client) -> None:
        body = {"collection": "museum", "term": "cat", "new_term": "House/cat"}
        response = post(curator, "labels/rename/", body)
        assert (response.status_code, response.json()["kind"]) == (200, "rename")
        assert carriers("house/cat") == 4
        post(curator, f"changes/{response.json()['uuid']}/undo/", {})
        assert carriers("cat") == 4

    def test_merged_and_undone(self, world: World, curator: Client) -> None:
        response = post(curator, "labels/merge/", {"collection": "museum", "into": "animal", "others": ["cat"]})
        assert (response.status_code, response.json()["n_images"]) == (200, 4)
        assert carriers("cat") == 0
        post(curator, f"changes/{response.json()['uuid']}/undo/", {})
        assert carriers("cat") == 4

    def test_refused_with_what_to_do_instead(self, world: World, curator: Client) -> None:
        body = {"collection": "museum", "term": "cat", "new_term": "animal"}
        response = post(curator, "labels/rename/", body)
        assert response.status_code == 409 and "Merge cat into it instead" in response.json()["detail"]


class TestWhoMay:
    DEEDS: tuple[tuple[str, dict[str, Any]], ...] = (
        ("changes/preview/", {"collection": "museum", "selection": {}}),
        ("changes/", {"collection": "museum", "selection": {}, "hidden": True}),
        ("labels/rename/", {"collection": "museum", "term": "cat", "new_term": "feline"}),
        ("labels/merge/", {"collection": "museum", "into": "animal", "others": ["cat"]}),
    )

    @pytest.mark.parametrize("kind", PEOPLE)
    @pytest.mark.parametrize("address", [address for address, _body in DEEDS])
    def test_who_curates_and_nobody_else(self, world: World, kind: str, address: str) -> None:
        body = dict(self.DEEDS)[address]
        status = post(client_of(make_person(kind, world.collection)), address, body).status_code
        expected = {"anonymous": {401}, "stranger": {403}, "viewer": {403}, "contributor": {403}}.get(kind, {200, 201})
        assert status in expected
        assert Change.objects.exists() == (kind in {"curator", "owner", "superuser"} and "preview" not in address)

    @pytest.mark.parametrize("kind", PEOPLE)
    def test_reading_is_for_contributors_undoing_for_curators(self, world: World, kind: str, curator: Client) -> None:
        post(curator, "changes/", reject_cat())
        change = Change.objects.get()
        client = client_of(make_person(kind, world.collection))
        seen = kind in {"contributor", "curator", "owner", "superuser"}
        assert len(client.get("/api/v1/changes/").json()["results"]) == seen
        assert client.get(f"/api/v1/changes/{change.uuid}/").status_code == (200 if seen else 404)
        undone = post(client, f"changes/{change.uuid}/undo/", {}).status_code
        expected = {"anonymous": 401, "contributor": 403, "stranger": 404, "viewer": 404}.get(kind, 200)
        assert undone == expected

    def test_a_private_collection_is_not_there_for_strangers(self) -> None:
        world = make_world("private")
        client = client_of(make_person("stranger", world.collection))
        assert post(client, "changes/", reject_cat()).status_code == 404

    @pytest.mark.parametrize(
        ("scopes", "address", "status"),
        [
            ([Scope.READ], "changes/preview/", 200),
            ([Scope.READ], "changes/", 403),
            ([Scope.WRITE], "changes/", 201),
            ([Scope.WRITE], "changes/preview/", 403),
            ([Scope.ANNOTATE], "labels/rename/", 403),
        ],
    )
    def test_a_key_does_what_its_scopes_say(self, world: World, scopes: list[Scope], address: str, status: int) -> None:
        person = make_person("owner", world.collection)
        assert person is not None
        _row, key = create_api_key(person, name="The library's own software", scopes=scopes)
        response = post(Client(), address, dict(self.DEEDS)[address], Authorization=f"Bearer {key}")
        assert response.status_code == status, response.json()
        assert status != 403 or response.json()["code"] == "scope_missing"

    def test_a_key_that_may_only_write_may_undo(self, world: World, curator: Client) -> None:
        post(curator, "changes/", reject_cat())
        person = make_person("owner", world.collection)
        assert person is not None
        _row, key = create_api_key(person, name="The library's own software", scopes=[Scope.WRITE])
        address = f"changes/{Change.objects.get().uuid}/undo/"
        assert post(Client(), address, {}, Authorization=f"Bearer {key}").status_code == 200

    def test_a_browser_needs_its_token(self, world: World) -> None:
        person = make_person("curator", world.collection)
        assert person is not None
        client = Client(enforce_csrf_checks=True)
        client.force_login(person)
        assert post(client, "changes/", reject_cat()).status_code == 403
        assert not Change.objects.exists()


def test_terms_of_another_library_are_none_of_this_one(world: World, curator: Client) -> None:
    LabelFactory.create(term="secret")
    response = post(curator, "labels/merge/", {"collection": "museum", "into": "animal", "others": ["secret"]})
    assert "There is no label 'secret' in museum" in response.json()["detail"]
    assert Label.objects.filter(alias_of__isnull=False).count() == 0
