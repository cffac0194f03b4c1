"""Errors of the API come in one shape, and what is not reading is refused."""

import json

import pytest
from django.test import Client, override_settings
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Collection
from explorer.api.permissions import PolicyFiltered
from tests.explorer.world import client_of, make_person, make_world

KEYS = {"type", "title", "status", "detail", "code"}


class CarelessView(APIView):
    """Somebody forgot to ask the policy."""

    def get(self, request: Request) -> Response:
        return Response(list(Collection.objects.values("title")))


class WritingView(PolicyFiltered, APIView):
    """Somebody added writing without a permission for it."""

    def post(self, request: Request) -> Response:
        raise AssertionError("the default permission let a write through")


urlpatterns = [path("careless/", CarelessView.as_view()), path("writing/", WritingView.as_view())]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/api/v1/images/00000000-0000-0000-0000-000000000000/", 404, "not_found"),
        ("/api/v1/images/some-slug/", 404, "not_found"),
        ("/api/v1/collections/nowhere/", 404, "not_found"),
        ("/api/v1/nothing/", 404, "not_found"),
        ("/api/v1/nothing/at/all/", 404, "not_found"),
        ("/api/v1/images/?page_size=-1", 400, "invalid"),
    ],
)
def test_what_goes_wrong_is_a_problem(client: Client, address: str, status: int, code: str) -> None:
    response = client.get(address)
    problem = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert set(problem) - {"errors"} == KEYS
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["detail"]


@pytest.mark.django_db
def test_a_refusal_does_not_tell_whether_the_thing_exists(client: Client) -> None:
    world = make_world("private")
    there = client.get(f"/api/v1/images/{world.shown.uuid}/").json()
    not_there = client.get("/api/v1/images/00000000-0000-0000-0000-000000000000/").json()
    anonymised = json.loads(json.dumps(there).replace(str(world.shown.uuid), "00000000-0000-0000-0000-000000000000"))
    assert anonymised == not_there


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", ["/api/v1/labels/", "/api/v1/collections/museum/"])
def test_nobody_writes_what_is_only_read(method: str, address: str) -> None:
    world = make_world()
    superuser = client_of(make_person("superuser", world.collection))
    response = getattr(superuser, method)(address, data="{}", content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_a_view_that_does_not_ask_the_policy_answers_nobody() -> None:
    world = make_world()
    superuser = client_of(make_person("superuser", world.collection))
    assert superuser.get("/careless/").status_code == 403


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_a_view_that_writes_needs_a_permission_of_its_own() -> None:
    world = make_world()
    superuser = client_of(make_person("superuser", world.collection))
    assert superuser.post("/writing/").status_code == 403


@pytest.mark.django_db
def test_a_missing_slash_is_added(client: Client) -> None:
    assert client.get("/api/v1/images").headers["Location"] == "/api/v1/images/"


def test_what_cannot_be_given_in_the_wanted_form_is_a_problem(client: Client) -> None:
    response = client.get("/api/v1/", headers={"accept": "text/html"})
    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")


def test_the_root_lists_addresses_that_answer(client: Client, db: None) -> None:
    addresses = client.get("/api/v1/").json()
    assert set(addresses) == {"collections", "images", "labels", "clusters", "galaxies", "schema", "docs"}
    for address in addresses.values():
        assert client.get(address).status_code == 200, address
