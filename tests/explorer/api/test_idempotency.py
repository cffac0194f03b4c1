"""A request that is sent twice does its deed once."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from catalog.models import IdempotencyKey
from catalog.services.errors import ServiceError
from catalog.services.idempotency import claim_key, sweep_idempotency_keys
from explorer.api.idempotency import IdempotentMixin
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

done: list[object] = []


class Deed(IdempotentMixin, APIView):
    """Does something that should be done once."""

    permission_classes = [IsAuthenticated]
    parser_classes = [JSONParser, MultiPartParser]

    def post(self, request: Request) -> Response:
        if request.data.get("fails"):
            raise ServiceError("It cannot be done.")
        done.append(request.data)
        return Response({"number": len(done)}, status=201, headers={"Location": f"/deeds/{len(done)}/"})


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    done.clear()


def send(user: User, key: str, body: dict[str, object], *, fmt: str = "json") -> HttpResponse:
    request = APIRequestFactory().post("/deeds/", body, format=fmt, headers={"Idempotency-Key": key})
    force_authenticate(request, user)
    response: HttpResponse = Deed.as_view()(request)
    return response.render()  # type: ignore[attr-defined]


def test_the_second_time_the_first_answer_comes_back():
    user = UserFactory.create()
    first, second = send(user, "a", {"title": "x"}), send(user, "a", {"title": "x"})
    assert len(done) == 1
    assert (first.status_code, first.content, first["Location"]) == (
        second.status_code,
        second.content,
        second["Location"],
    )
    assert second["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first
    assert send(user, "b", {"title": "x"}).status_code == 201 and len(done) == 2


def test_the_same_key_of_another_person_is_another_key():
    send(UserFactory.create(), "a", {"title": "x"})
    assert "Idempotency-Replayed" not in send(UserFactory.create(), "a", {"title": "y"}) and len(done) == 2


def test_a_key_that_was_used_for_something_else_is_refused():
    user = UserFactory.create()
    send(user, "a", {"title": "x"})
    answer = send(user, "a", {"title": "y"})
    assert (answer.status_code, json.loads(answer.content)["code"]) == (422, "idempotency_mismatch")
    assert len(done) == 1


def test_a_file_counts_by_its_bytes():
    user = UserFactory.create()
    files = [SimpleUploadedFile("a.jpg", data) for data in (b"one", b"one", b"two")]
    answers = [send(user, "a", {"files": file}, fmt="multipart").status_code for file in files]
    assert answers == [201, 201, 422] and len(done) == 1
    assert done[0]["files"].read() == b"one", "hashed, and rewound"  # type: ignore[index]


def test_what_was_refused_may_be_tried_again_under_the_same_key():
    user = UserFactory.create()
    assert send(user, "a", {"fails": True}).status_code == 409
    assert not IdempotencyKey.objects.exists()
    assert send(user, "a", {"title": "x"}).status_code == 201


def test_while_the_first_is_under_way_the_second_waits_and_takes_over_when_it_died():
    user = UserFactory.create()
    assert send(user, "a", {"title": "x"}).status_code == 201
    under_way = IdempotencyKey.objects.filter(owner=user)
    under_way.update(status_code=None)
    answer = send(user, "a", {"title": "x"})
    assert (answer.status_code, json.loads(answer.content)["code"]) == (409, "idempotency_in_progress")
    under_way.update(created_at=timezone.now() - timedelta(seconds=61))
    assert send(user, "a", {"title": "x"}).status_code == 201 and len(done) == 2


def test_a_day_later_it_is_forgotten():
    user = UserFactory.create()
    send(user, "a", {"title": "x"})
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))
    assert isinstance(claim_key(user, "a", "0" * 64), IdempotencyKey)
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))
    assert sweep_idempotency_keys() == 1


@pytest.mark.parametrize("key", [" ", "x" * 201])
def test_a_key_that_is_none_is_said_to_be(key: str):
    assert send(UserFactory.create(), key, {"title": "x"}).status_code == 400 and not done
