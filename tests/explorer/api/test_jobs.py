"""Whoever waits for a job looks at it, and may stop it or try it again."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog.annotators import Feature
from catalog.models import Collection, Job, JobNote
from catalog.services.annotation_estimate import Estimate, FeatureEstimate
from catalog.services.jobs import start_job
from tests.explorer.api.doors import answers, key_client
from tests.factories import CollectionFactory, GalaxyFactory, ImageFactory, JobFactory, MembershipFactory

pytestmark = pytest.mark.django_db

JOBS = "/api/v1/jobs/"


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create(slug="museum")


@pytest.fixture
def curator(collection: Collection) -> Client:
    return key_client(MembershipFactory.create(collection=collection, role="curator").user)


def running(collection: Collection) -> Job:
    """A quarter done in half a minute."""
    now = timezone.now()
    job: Job = JobFactory.create(
        collection=collection,
        kind="annotate_images",
        status="running",
        stage="Looking",
        progress_done=25,
        progress_total=100,
        started_at=now - timedelta(seconds=40),
        stage_started_at=now - timedelta(seconds=30),
        lease_token=uuid4(),
        lease_expires_at=now + timedelta(seconds=30),
    )
    return job


def post(client: Client, address: str, body: Any = None, **headers: str) -> Any:
    return client.post(address, json.dumps(body or {}), content_type="application/json", headers=headers)


class TestWatching:
    def test_a_running_job_tells_how_far_it_is_and_when_to_look_again(self, collection: Collection, curator: Client):
        job = running(collection)
        JobNote.objects.create(job=job, text="Began.")
        response = curator.get(f"{JOBS}{job.uuid}/")
        told = response.json()
        assert response["Retry-After"] == "2"
        assert (told["status"], told["stage"], told["done"], told["total"]) == ("running", "Looking", 25, 100)
        assert 85 <= told["left_s"] <= 95
        assert (told["kind"], told["title"], told["collection"]) == ("annotate_images", "Annotate images", "museum")
        assert [note["text"] for note in told["notes"]] == ["Began."]

    def test_an_ended_one_tells_how(self, collection: Collection, curator: Client):
        ended = {"collection": collection, "finished_at": timezone.now()}
        done = JobFactory.create(**ended, status="succeeded", result={"n_added": 3})
        failed = JobFactory.create(**ended, status="failed", error="There is nothing to build from.")
        response = curator.get(f"{JOBS}{done.uuid}/")
        assert "Retry-After" not in response
        assert response.json()["result"] == {"n_added": 3}
        assert curator.get(f"{JOBS}{failed.uuid}/").json()["error"] == "There is nothing to build from."

    def test_lists_are_narrowed(self, collection: Collection, curator: Client):
        galaxy = GalaxyFactory.create(collection=collection, slug="sky")
        build = JobFactory.create(collection=collection, galaxy=galaxy)
        look = running(collection)
        JobFactory.create()

        def uuids(query: str) -> list[str]:
            return [row["uuid"] for row in curator.get(f"{JOBS}?{query}").json()["results"]]

        assert uuids("") == [str(build.uuid), str(look.uuid)]
        assert uuids("collection=museum&status=running") == [str(look.uuid)]
        assert uuids("kind=build_galaxy") == uuids("galaxy=sky") == [str(build.uuid)]
        assert curator.get(f"{JOBS}?status=nonsense").status_code == 400
        assert curator.get(f"{JOBS}?collection=nowhere").status_code == 400

    def test_who_may_look(self, collection: Collection):
        job = running(collection)
        got = answers(collection, lambda client: client.get(f"{JOBS}{job.uuid}/"))
        may = dict.fromkeys(["contributor", "curator", "owner", "superuser"], 200)
        assert got == {**dict.fromkeys(["anonymous", "stranger", "viewer"], 404), **may}

    def test_as_many_queries_for_many(
        self, collection: Collection, curator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ):
        for _ in range(20):
            JobFactory.create(collection=collection, galaxy=GalaxyFactory.create(collection=collection))
        for size in (1, 20):
            with django_assert_max_num_queries(6):
                assert len(curator.get(f"{JOBS}?page_size={size}").json()["results"]) == size


class TestSteering:
    def test_one_that_waits_stops_at_once_and_can_be_tried_again(self, collection: Collection, curator: Client):
        job = start_job("annotate_images", {"max_units": 5}, by=None, collection=collection)
        assert post(curator, f"{JOBS}{job.uuid}/cancel/").json()["status"] == "cancelled"
        response = post(curator, f"{JOBS}{job.uuid}/retry/")
        assert response.status_code == 202
        again = curator.get(response["Location"]).json()
        assert (again["status"], again["kind"]) == ("queued", "annotate_images")
        assert Job.objects.get(uuid=again["uuid"]).params == {}, "nobody agreed to pay a second time"

    def test_a_running_one_stops_at_its_next_safe_point(self, collection: Collection, curator: Client):
        job = running(collection)
        assert post(curator, f"{JOBS}{job.uuid}/cancel/").json()["is_stopping"] is True
        refused = post(curator, f"{JOBS}{job.uuid}/retry/")
        assert (refused.status_code, refused.json()["code"]) == (409, "refused")

    def test_who_may_stop_what(self, collection: Collection):
        def stop(kind: str) -> Any:
            return lambda client: post(
                client, f"{JOBS}{JobFactory.create(collection=collection, kind=kind).uuid}/cancel/"
            )

        outside = {"anonymous": 401, "stranger": 404, "viewer": 404}
        inside = {"curator": 200, "owner": 200, "superuser": 200}
        assert answers(collection, stop("build_galaxy")) == {**outside, "contributor": 403, **inside}
        assert answers(collection, stop("import_batch")) == {**outside, "contributor": 200, **inside}

    def test_a_key_that_only_reads_stops_nothing(self, collection: Collection):
        person = MembershipFactory.create(collection=collection, role="owner").user
        job = running(collection)
        assert post(key_client(person, "read"), f"{JOBS}{job.uuid}/cancel/").status_code == 403
        assert post(key_client(person, "read", "annotate"), f"{JOBS}{job.uuid}/cancel/").status_code == 200


class TestAnnotating:
    ADDRESS = "/api/v1/collections/museum/annotate/"

    def test_it_is_asked_for_and_waited_for(self, collection: Collection, curator: Client):
        ImageFactory.create(collection=collection)
        response = post(curator, self.ADDRESS)
        assert response.status_code == 202, response.json()
        told = curator.get(response["Location"]).json()
        assert (told["uuid"], told["kind"]) == (response.json()["job"], "annotate_images")

    def test_what_costs_money_needs_somebody_to_agree(
        self, collection: Collection, curator: Client, monkeypatch: pytest.MonkeyPatch
    ):
        part = FeatureEstimate(Feature.LABEL_DETECTION, 9, 0, 0, 9, 9, 0, 0, Decimal("1.50"))
        estimate = Estimate("google", "USD", "2026-11-01", [part], None)
        monkeypatch.setattr("explorer.api.jobs.estimate_annotation", lambda collection, unknown: estimate)
        asked = post(curator, self.ADDRESS)
        assert (asked.status_code, asked.json()["code"]) == (409, "needs_consent")
        assert "9 units, 1.50 USD" in asked.json()["detail"]
        assert not Job.objects.exists()
        assert post(curator, self.ADDRESS, {"max_units": 9}).status_code == 202
        assert Job.objects.get().params == {"max_units": 9}

    @pytest.mark.parametrize("body", [{"max_units": 0}, {"max_units": "many"}, {"max_unit": 5}, {"unknown": "perhaps"}])
    def test_what_is_no_question_is_told(self, collection: Collection, curator: Client, body: dict[str, Any]):
        assert post(curator, self.ADDRESS, body).status_code == 400

    def test_who_may_ask(self, collection: Collection):
        got = answers(collection, lambda client: post(client, self.ADDRESS))
        assert got == {
            "anonymous": 401,
            "stranger": 404,
            "viewer": 403,
            "contributor": 403,
            "curator": 202,
            "owner": 202,
            "superuser": 202,
        }
        person = MembershipFactory.create(collection=collection, role="owner").user
        assert post(key_client(person, "read", "write"), self.ADDRESS).status_code == 403
        assert post(key_client(person, "annotate"), self.ADDRESS).status_code == 202
