"""Labels are taught over the API by whoever curates, and read by whoever contributes."""

from typing import Any

import pytest
from django.test import Client

from catalog.models import Image, Job, TaughtLabel, TaughtVersion
from catalog.services.api_keys import create_api_key
from catalog.services.apply_taught import apply_taught_labels
from catalog.services.jobs import run_job
from tests.catalog.taught_library import TaughtLibrary
from tests.explorer.world import PEOPLE, client_of, make_person
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("colour_model")]
READERS = {"contributor", "curator", "owner", "superuser"}
TEACHERS = READERS - {"contributor"}


@pytest.fixture
def library() -> TaughtLibrary:
    library = TaughtLibrary(UserFactory.create())
    library.decide("add", library.reds[:12])
    library.decide("reject", library.others[:5])
    return library


@pytest.fixture
def curator(library) -> Client:
    return client_of(library.curator)


def post(client: Client, address: str, body: dict[str, Any] | None = None, **options: Any):
    return client.post(f"/api/v1/{address}", body or {}, content_type="application/json", **options)


def deeds(version: TaughtVersion) -> list[tuple[str, dict[str, Any]]]:
    """Every deed with its body; the last takes back what the others did."""
    uuid, collection = version.taught.uuid, version.taught.collection
    return [
        ("taught/", {"collection": collection.slug, "term": "our town hall"}),
        (f"taught/{uuid}/train/", {}),
        (f"taught/{uuid}/cut-off/", {"cut_off": 0.5}),
        (f"taught/{uuid}/sample/", {}),
        (f"taught/{uuid}/accept/", {}),
        (f"taught/{uuid}/retire/", {}),
    ]


def test_who_reads_and_who_teaches(library):
    version = library.train()
    uuid = version.taught.uuid
    for kind in PEOPLE:
        client = client_of(make_person(kind, library.collection))
        for address in (f"taught/{uuid}/", f"taught/{uuid}/scores/", f"taught/{uuid}/sample/"):
            status = client.get(f"/api/v1/{address}").status_code
            assert status == 200 if kind in READERS else status in {401, 403, 404}, (kind, address)
        listed = client.get("/api/v1/taught/").json()["results"]
        assert len(listed) == (1 if kind in READERS else 0), kind
        for address, body in deeds(version):
            status = post(client, address, body).status_code
            assert status in {200, 202} if kind in TEACHERS else status in {401, 403, 404}, (kind, address)


def test_a_key_needs_the_scope_write_to_teach(library):
    version = library.train()
    for scope, expected in (("read", {403}), ("write", {200, 202})):
        _key, text = create_api_key(library.curator, name=scope, scopes=[scope])
        for address, body in deeds(version):
            answer = post(Client(), address, body, headers={"Authorization": f"Bearer {text}"})
            assert answer.status_code in expected, (scope, address, answer.json())


def test_a_label_is_taught_judged_and_accepted(library, curator):
    answer = post(curator, "taught/", {"collection": library.collection.slug, "term": "OUR town hall"})
    assert answer.status_code == 202
    run_job(Job.objects.get(uuid=answer.json()["job"]).uuid, worker="test")
    result = Job.objects.get(uuid=answer.json()["job"]).result
    address = f"taught/{result['taught']}"

    taught = curator.get(f"/api/v1/{address}/").json()
    assert (taught["term"], taught["annotator"]) == ("Our town hall", "taught:our town hall")
    (version,) = taught["versions"]
    assert (version["number"], version["n_accepts"], version["is_current"], version["precision"]) == (
        1,
        12,
        False,
        None,
    )

    assert post(curator, f"{address}/cut-off/", {"cut_off": 0.5}).json()["cut_off"] == 0.5
    scores = curator.get(f"/api/v1/{address}/scores/").json()
    reds = {str(uuid) for uuid in Image.objects.filter(pk__in=library.reds).values_list("uuid", flat=True)}
    assert (scores["n_above"], scores["n_scored"]) == (30, 60)
    assert {row["image"] for row in scores["images"][:30]} == reds

    drawn = post(curator, f"{address}/sample/").json()["waiting"]
    assert len(drawn) == 18 and curator.get(f"/api/v1/{address}/sample/").json()["waiting"] == drawn
    verdicts = [{"image": row["image"], "is_right": number > 0} for number, row in enumerate(drawn)]
    judged = post(curator, f"{address}/sample/", {"verdicts": verdicts}).json()
    assert judged["waiting"] == [] and judged["version"]["n_judged"] == 18
    assert judged["version"]["precision_low"] < judged["version"]["precision"] == 17 / 18 < 1

    assert post(curator, f"{address}/accept/").status_code == 202
    apply_taught_labels(library.collection)
    assert curator.get(f"/api/v1/{address}/").json()["versions"][0]["is_current"]
    assert post(curator, f"{address}/cut-off/", {"cut_off": 0.9}).status_code == 202, "in use: a job applies it"
    assert post(curator, f"{address}/retire/").status_code == 202
    assert TaughtLabel.objects.get().current_version is None


@pytest.mark.parametrize(
    ("deed", "body", "field"),
    [
        ("cut-off", {"cut_off": 2}, "cut_off"),
        ("cut-off", {}, "cut_off"),
        ("accept", {"version": "x"}, "version"),
        ("sample", {"verdicts": []}, "verdicts"),
        ("sample", {"verdicts": [{"image": "00000000-0000-4000-8000-000000000000", "is_right": True}]}, "verdicts"),
    ],
)
def test_what_cannot_be_is_named(library, curator, deed, body, field):
    version = library.train()
    answer = post(curator, f"taught/{version.taught.uuid}/{deed}/", body)
    assert answer.status_code == 400 and answer.json()["errors"][0]["field"].startswith(field)


def test_what_is_not_there_is_not_found_and_what_cannot_be_done_says_why(library, curator):
    version = library.train()
    uuid = version.taught.uuid
    assert post(curator, f"taught/{uuid}/accept/", {"version": 9}).json()["code"] == "not_found"
    assert curator.get(f"/api/v1/taught/{uuid}/scores/?page=0").status_code == 400
    post(curator, f"taught/{uuid}/cut-off/", {"cut_off": 1.0})
    answer = post(curator, f"taught/{uuid}/sample/")
    assert (answer.status_code, answer.json()["code"]) == (409, "refused") and "Lower the cut-off" in answer.json()[
        "detail"
    ]


def test_the_list_costs_as_many_queries_for_many_as_for_one(library, curator, django_assert_max_num_queries):
    library.train()
    library.train()
    with django_assert_max_num_queries(2 + 3):  # two tell who asks
        found = curator.get(f"/api/v1/taught/?collection={library.collection.slug}").json()["results"]
    assert [version["number"] for version in found[0]["versions"]] == [2, 1]
