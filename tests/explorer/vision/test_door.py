"""Cloud Vision's REST form on our own server: Google's own client and curl work with it, and errors have Google's shape."""

import base64
import json
import subprocess
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from google.auth.credentials import AnonymousCredentials
from google.cloud import vision_v1
from google.cloud.vision_v1.services.image_annotator.transports import ImageAnnotatorRestTransport

from catalog.annotators import AnnotateOptions, Feature, PictureFile, PictureToAnnotate
from catalog.annotators.google import GoogleAnnotator
from catalog.annotators.google_client import GoogleSettings
from catalog.models import ApiKey
from catalog.services.api_keys import create_api_key, revoke_api_key
from explorer.vision import annotate
from tests.catalog.annotators.pictures import CAT, as_jpeg, open_picture
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/v1/images:annotate"


@pytest.fixture(scope="module")
def cat() -> bytes:
    return as_jpeg(open_picture(CAT))


@pytest.fixture
def owner() -> User:
    user: User = UserFactory.create()
    user.user_permissions.add(Permission.objects.get(codename="use_vision"))
    return user


@pytest.fixture
def key(owner: User) -> str:
    _, text = create_api_key(owner, name="Test", scopes=["annotate"])
    return text


def item(content: bytes = b"", *features: str, **more: Any) -> dict[str, Any]:
    image = {"content": base64.b64encode(content).decode()} if content else {}
    return {"image": image, "features": [{"type": f} for f in features or ("LABEL_DETECTION",)], **more}


def post(client, key: str, *items: dict[str, Any], query: str = "", **headers: str):
    body = json.dumps({"requests": items})
    return client.post(f"{ADDRESS}?key={key}{query}", body, content_type="application/json", headers=headers)


def words(response: dict[str, Any]) -> list[str]:
    return [label["description"] for label in response["labelAnnotations"]]


class TestAnswers:
    def test_a_cat_is_a_cat(self, client, key, cat):
        answer = post(client, key, item(cat, "LABEL_DETECTION", "IMAGE_PROPERTIES")).json()

        [response] = answer["responses"]
        assert "cat" in words(response)
        assert response["imagePropertiesAnnotation"]["dominantColors"]["colors"]
        assert "error" not in response

    def test_results_are_as_many_as_asked_for(self, client, key, cat):
        one = {**item(cat), "features": [{"type": "LABEL_DETECTION", "maxResults": 1}]}

        assert len(post(client, key, one).json()["responses"][0]["labelAnnotations"]) == 1

    def test_snake_case_and_enum_numbers_are_read_too(self, client, key, cat):
        written = {"image": {"content": base64.b64encode(cat).decode()}, "features": [{"type": 4, "max_results": 2}]}

        assert len(post(client, key, written).json()["responses"][0]["labelAnnotations"]) == 2

    def test_crops_have_the_ratios_that_were_asked_for(self, client, key, cat):
        asked = item(cat, "CROP_HINTS", imageContext={"cropHintsParams": {"aspectRatios": [2.0, 0.5]}})
        hints = post(client, key, asked).json()["responses"][0]["cropHintsAnnotation"]["cropHints"]
        sides = []
        for hint in hints:
            xs, ys = ([corner.get(axis, 0) for corner in hint["boundingPoly"]["vertices"]] for axis in "xy")
            sides.append((max(xs) - min(xs)) / (max(ys) - min(ys)))

        assert sides == pytest.approx([2.0, 0.5], abs=0.02)

    def test_one_bad_picture_spoils_no_other(self, client, key, cat):
        first, bad, last = post(client, key, item(cat), item(b"no picture"), item(cat)).json()["responses"]

        assert "cat" in words(first) and words(first) == words(last)
        assert bad["error"]["code"] == 3
        assert bad["error"]["message"].startswith("Bad image data.")

    def test_what_is_not_to_be_had_here_is_said_beside_what_is(self, client, key, cat):
        [response] = post(client, key, item(cat, "LABEL_DETECTION", "WEB_DETECTION")).json()["responses"]

        assert "cat" in words(response)
        assert response["error"] == {"code": 12, "message": "Not available on this server: WEB_DETECTION."}

    @pytest.mark.parametrize("source", [{"imageUri": "https://example.org/a.jpg"}, {"gcsImageUri": "gs://a/b.jpg"}])
    def test_addresses_are_not_fetched(self, client, key, source):
        [response] = post(client, key, {**item(), "image": {"source": source}}).json()["responses"]

        assert response["error"]["code"] == 3
        assert "fetches no addresses" in response["error"]["message"]

    def test_without_picture_or_features_there_is_nothing_to_do(self, client, key, cat):
        no_picture, no_features = post(client, key, item(), {**item(cat), "features": []}).json()["responses"]

        for response in (no_picture, no_features):
            assert response["error"] == {"code": 3, "message": "Request must specify image and features."}

    def test_an_image_that_is_null_is_no_image(self, client, key):
        [response] = post(client, key, {**item(), "image": None}).json()["responses"]
        assert response["error"]["code"] == 3

    def test_projects_and_locations_in_the_path_are_taken(self, client, key, cat):
        body = json.dumps({"requests": [item(cat)]})
        for parent in ("projects/museum", "projects/museum/locations/eu"):
            response = client.post(f"/v1/{parent}/images:annotate?key={key}", body, content_type="application/json")
            assert "cat" in words(response.json()["responses"][0])

    def test_nothing_of_a_picture_is_stored(self, client, key, cat, settings, django_assert_num_queries):
        post(client, key, item(cat))
        with django_assert_num_queries(5):  # the key, its permissions, its turn
            post(client, key, item(cat))


class TestClients:
    def test_google_s_own_client_works_with_us(self, live_server, key, cat):
        host = live_server.url.removeprefix("http://")
        transport = ImageAnnotatorRestTransport(host=host, url_scheme="http", credentials=AnonymousCredentials())
        client = vision_v1.ImageAnnotatorClient(transport=transport)
        response = client.annotate_image(
            {"image": {"content": cat}, "features": [{"type_": vision_v1.Feature.Type.LABEL_DETECTION}]},
            metadata=[("x-goog-api-key", key)],
            retry=None,
        )

        assert "cat" in [label.description for label in response.label_annotations]

    def test_its_errors_are_the_client_s_exceptions(self, live_server):
        from google.api_core.exceptions import Forbidden

        host = live_server.url.removeprefix("http://")
        transport = ImageAnnotatorRestTransport(host=host, url_scheme="http", credentials=AnonymousCredentials())
        with pytest.raises(Forbidden, match="Expected an API key"):
            vision_v1.ImageAnnotatorClient(transport=transport).batch_annotate_images(requests=[], retry=None)

    def test_the_google_annotator_has_no_need_of_google(self, live_server, key, cat):
        annotator = GoogleAnnotator(GoogleSettings(endpoint=live_server.url, transport="rest", api_key=key))
        file = PictureFile(lambda: cat, width=480, height=320, size_bytes=len(cat))
        picture = PictureToAnnotate("a" * 64, (Feature.LABEL_DETECTION,), 960, 640, small=file, view=file)
        [answer] = annotator.collect(annotator.submit([picture], AnnotateOptions()))

        assert not answer.errors
        assert "cat" in words(answer.documents[Feature.LABEL_DETECTION])

    def test_curl_as_in_google_s_documentation(self, live_server, key, cat, tmp_path):
        (tmp_path / "request.json").write_text(json.dumps({"requests": [item(cat)]}))
        command = [
            "curl",
            "-s",
            "-X",
            "POST",
            "-H",
            f"Authorization: Bearer {key}",
            "-H",
            "Content-Type: application/json",
        ]
        ran = subprocess.run(
            [*command, "-d", "@request.json", f"{live_server.url}{ADDRESS}"],
            cwd=tmp_path,
            capture_output=True,
            check=True,
        )

        assert "cat" in words(json.loads(ran.stdout)["responses"][0])

    def test_enums_are_numbers_for_clients_that_ask_so(self, client, key, cat, monkeypatch):
        document = {"safeSearchAnnotation": {"adult": "VERY_UNLIKELY"}}
        monkeypatch.setattr("explorer.vision.views.annotate_batch", lambda message: [document])
        named = post(client, key, item(cat)).json()
        numbered = post(client, key, item(cat), query="&$alt=json%3Benum-encoding=int").json()

        assert named["responses"] == [document]
        assert numbered["responses"] == [{"safeSearchAnnotation": {"adult": 1}}]


class TestErrors:
    @staticmethod
    def check(response, code: int, status: str, reason: str = "") -> str:
        error = response.json()["error"]
        assert (response.status_code, error["code"], error["status"]) == (code, code, status)
        assert [detail["reason"] for detail in error.get("details", [])] == ([reason] if reason else [])
        return error["message"]

    def test_without_a_key_nobody_comes_in(self, client):
        response = client.post(ADDRESS, "{}", content_type="application/json")
        assert "Expected an API key" in self.check(response, 403, "PERMISSION_DENIED")

    def test_a_wrong_key_is_no_key(self, client):
        self.check(post(client, "gx_wrong"), 400, "INVALID_ARGUMENT", "API_KEY_INVALID")
        bearer = client.post(ADDRESS, "{}", content_type="application/json", headers={"Authorization": "Bearer wrong"})
        self.check(bearer, 401, "UNAUTHENTICATED", "ACCESS_TOKEN_INVALID")

    def test_a_revoked_or_expired_key_or_one_of_somebody_who_left_opens_nothing(self, client, owner):
        revoked, first = create_api_key(owner, name="Revoked", scopes=["annotate"])
        revoke_api_key(revoked)
        _, second = create_api_key(
            owner, name="Expired", scopes=["annotate"], expires_at=timezone.now() - timedelta(seconds=1)
        )
        _, third = create_api_key(owner, name="Left", scopes=["annotate"])
        for text in (first, second):
            self.check(post(client, text), 400, "INVALID_ARGUMENT", "API_KEY_INVALID")
        owner.is_active = False
        owner.save()
        self.check(post(client, third), 400, "INVALID_ARGUMENT", "API_KEY_INVALID")

    def test_the_owner_needs_the_permission(self, client):
        _, text = create_api_key(UserFactory.create(), name="Nobody's", scopes=["annotate"])
        self.check(post(client, text), 403, "PERMISSION_DENIED", "API_KEY_SERVICE_BLOCKED")

    def test_a_session_is_no_key(self, client, owner):
        client.force_login(owner)
        self.check(client.post(ADDRESS, "{}", content_type="application/json"), 403, "PERMISSION_DENIED")

    def test_a_key_s_rate_is_kept(self, client, owner, cat, monkeypatch):
        key, text = create_api_key(owner, name="Slow", scopes=["annotate"])
        ApiKey.objects.filter(pk=key.pk).update(images_per_minute=3)
        monkeypatch.setattr("explorer.vision.views.annotate_batch", lambda message: [])
        assert post(client, text, item(cat), item(cat)).status_code == 200
        response = post(client, text, item(cat), item(cat))

        self.check(response, 429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED")
        assert response["Retry-After"] == "60"

    def test_a_busy_server_says_so(self, client, key, cat, monkeypatch):
        monkeypatch.setattr(annotate, "WAIT_FOR_PLACE_S", 0.01)
        for _ in range(annotate.AT_ONCE):
            annotate._places.acquire()
        try:
            self.check(post(client, key, item(cat)), 429, "RESOURCE_EXHAUSTED")
        finally:
            for _ in range(annotate.AT_ONCE):
                annotate._places.release()

    @pytest.mark.parametrize("body", ["", "[]", "{", '{"requests": [{"picture": {}}]}', "[" * 100_000])
    def test_what_is_no_request_is_an_invalid_payload(self, client, key, body):
        response = client.post(f"{ADDRESS}?key={key}", body, content_type="application/json")
        assert self.check(response, 400, "INVALID_ARGUMENT").startswith("Invalid JSON payload received.")

    @pytest.mark.parametrize(
        ("changes", "where"),
        [
            ({"features": [{"type": 99}]}, "requests[1].features.type: 99 is no feature"),
            ({"features": [{"type": "LABEL_DETECTION", "maxResults": -1}]}, "requests[1].features.maxResults"),
            ({"image": {"content": "***"}}, "requests[1].image.content"),
            ({"imageContext": {"cropHintsParams": {"aspectRatios": [0]}}}, "cropHintsParams.aspectRatios"),
            ({"imageContext": {"cropHintsParams": {"aspectRatios": [1] * 17}}}, "Too many aspect ratios"),
        ],
    )
    def test_values_that_make_no_sense_are_named_with_their_place(self, client, key, cat, changes, where):
        response = post(client, key, item(cat), {**item(cat), **changes})
        assert where in self.check(response, 400, "INVALID_ARGUMENT")

    def test_sixteen_images_and_no_more(self, client, key):
        message = self.check(post(client, key, *[item()] * 17), 400, "INVALID_ARGUMENT")
        assert message == "Too many images per request: 17, at most 16."

    def test_ten_megabytes_and_no_more(self, client, key):
        body = " " * (10 * 1024**2 + 1)
        response = client.post(f"{ADDRESS}?key={key}", body, content_type="application/json")
        assert "exceeds the limit" in self.check(response, 413, "INVALID_ARGUMENT")

    def test_only_posts(self, client, key):
        self.check(client.get(f"{ADDRESS}?key={key}"), 405, "UNIMPLEMENTED")
