"""The library is taken out as files that other programs read, by whoever may contribute to it."""

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from PIL import Image as PillowImage
from PIL import IptcImagePlugin

from catalog.importers.sidecar import parse_row
from catalog.media.xmp import read_xmp
from catalog.models import Image, Occurrence, Revision
from catalog.services.api_keys import create_api_key
from catalog.services.media import write_file
from tests.explorer.world import client_of, make_person, make_world
from tests.factories import ImageFactory, MembershipFactory
from tests.pictures import picture_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def curator(world):
    return client_of(make_person("curator", world.collection))


def export(client, format_name: str, **filters: str) -> bytes:
    response = client.get("/api/v1/export/", {"collection": "museum", "format": format_name, **filters})
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def place(image: Image, location: str, external_id: str = "") -> None:
    Occurrence.objects.create(
        collection=image.collection, image=image, source="disk", location=location, external_id=external_id
    )


@pytest.mark.parametrize(
    ("who", "visibility", "expected"),
    [
        ("anonymous", "public", 403),
        ("stranger", "public", 403),
        ("anonymous", "private", 404),
        ("stranger", "private", 404),
        ("viewer", "private", 403),
        ("contributor", "private", 200),
        ("curator", "private", 200),
        ("owner", "private", 200),
        ("superuser", "private", 200),
    ],
)
@pytest.mark.parametrize("format_name", ["csv", "iptc"])
def test_who_may_contribute_may_take_the_library_out(who, visibility, expected, format_name):
    world = make_world(visibility)
    client = client_of(make_person(who, world.collection))
    response: Any = client.get("/api/v1/export/", {"collection": "museum", "format": format_name})
    assert response.status_code == expected
    if expected == 200:
        assert b"".join(response.streaming_content)


@pytest.mark.parametrize(("scopes", "expected"), [(["read"], 200), (["write", "annotate"], 403)])
def test_a_key_needs_the_scope_read(world, client, scopes, expected):
    owner = MembershipFactory.create(collection=world.collection, role="contributor").user
    _key, text = create_api_key(owner, name="DAM", scopes=scopes)
    address = "/api/v1/export/?collection=museum&format=jsonl"
    response = client.get(address, headers={"Authorization": f"Bearer {text}"})
    assert response.status_code == expected
    if expected == 403:
        assert response.json()["code"] == "scope_missing"
    else:
        list(response.streaming_content)


def test_a_table_is_read_by_an_import_again(world, curator):
    Image.objects.filter(pk=world.shown.pk).update(title="=HYPERLINK(1)", taken_at="1923", place="Prag")
    place(world.shown, "a/1.jpg", "N-1")
    text = export(curator, "csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 4
    [row] = [row for row in rows if row["uuid"] == str(world.shown.uuid)]
    assert row["title"] == "'=HYPERLINK(1)", "no spreadsheet takes it for a formula"
    read, complaint = parse_row(row)
    assert complaint == ""
    assert (read.file, read.external_id, read.taken_at, read.place) == ("a/1.jpg", "N-1", "1923", "Prag")
    assert dict(read.labels) == {"animal": 0.95, "cat": 0.9}


def test_a_line_of_json_for_each_image_that_is_meant(world, curator):
    lines = [json.loads(line) for line in export(curator, "jsonl", hidden="false", label="cat").splitlines()]
    assert len(lines) == 3 and not any(line["hidden"] for line in lines)
    assert lines[0]["labels"] == [
        {"term": "animal", "score": 0.95, "source": "local"},
        {"term": "cat", "score": 0.9, "source": "local"},
    ]
    assert export(curator, "jsonl", label="dog") == b""


def test_a_sidecar_lies_where_its_picture_came_from(world, curator):
    place(world.shown, "1923/prague.jpg")
    place(world.hidden, "../../etc/passwd.jpg")
    files = members(export(curator, "xmp"))
    assert len(files) == 4 and not any(".." in name or name.startswith("/") for name in files)
    assert {"1923/prague.xmp", "etc/passwd.xmp"} <= files.keys()
    told = read_xmp(files["1923/prague.xmp"])
    assert told["title"] == ["Picture 0"] and told["subject"] == ["animal", "cat"] and told["rights"] == ["CC0 1.0"]


def test_two_pictures_of_one_name_have_two_sidecars(world, curator):
    place(world.shown, "one.jpg")
    place(world.hidden, "one.png")
    files = members(export(curator, "xmp", uuids=f"{world.shown.uuid},{world.hidden.uuid}"))
    assert len(files) == 2 and "one.xmp" in files


def test_copies_carry_their_labels_and_what_is_no_jpeg_has_a_sidecar(world, curator):
    jpeg, png = picture_bytes(1), picture_bytes(2, file_format="PNG")
    for image, data, name in ((world.shown, jpeg, "one.jpg"), (world.hidden, png, "two.png")):
        place(image, name)
        write_file("media", f"originals/{name}", data)
        Revision.objects.filter(image=image).update(storage_name=f"originals/{name}")
    files = members(export(curator, "iptc", uuids=f"{world.shown.uuid},{world.hidden.uuid}"))
    assert files.keys() == {"one.jpg", "two.png", "two.png.xmp"}
    iptc = IptcImagePlugin.getiptcinfo(PillowImage.open(io.BytesIO(files["one.jpg"]))) or {}
    assert iptc[(2, 25)] == [b"animal", b"cat"]
    assert files["one.jpg"].endswith(jpeg[-500:])
    assert files["two.png"] == png and read_xmp(files["two.png.xmp"])["subject"] == ["animal", "cat"]


def test_a_picture_whose_file_is_missing_is_left_out_and_the_rest_goes_on(world, curator, caplog):
    Revision.objects.filter(image=world.shown).update(storage_name="nowhere")
    files = members(export(curator, "iptc"))
    assert len(files) == 3
    assert "the picture is left out" in caplog.text


@pytest.mark.parametrize(
    "wrong", [{"format": "xml"}, {"format": "csv", "min_score": "high"}, {"format": "csv", "uuids": "1"}, {}]
)
def test_what_is_asked_wrongly_is_refused_before_anything_is_sent(world, curator, wrong):
    response = curator.get("/api/v1/export/", {"collection": "museum", **wrong})
    assert response.status_code == 400 and response.json()["code"] == "invalid"


def test_an_export_asks_the_same_few_questions_however_many_images(
    world, curator, django_assert_max_num_queries, django_assert_num_queries
):
    with django_assert_max_num_queries(12) as few:
        export(curator, "jsonl")
    ImageFactory.create_batch(30, collection=world.collection, renditions=False)
    with django_assert_num_queries(len(few)):
        export(curator, "jsonl")
