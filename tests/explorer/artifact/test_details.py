import gzip
import json
from uuid import UUID

import pytest

from explorer.artifact import ArtifactError
from explorer.artifact.details import decode_details, encode_details, prepare_details

UUIDS = [UUID(int=1), UUID(int=2)]
NAME = "objects/" + "0" * 32 + ".bin"


def details(number=1, **extra):
    return {"uuid": str(UUID(int=number)), "title": f"Picture {number}", **extra}


def prepare_one(**extra):
    return prepare_details([details(**extra)], UUIDS[:1], [0])


def test_details_come_back_with_their_cluster_and_tombstones_as_nothing():
    entries = prepare_details([details(1), details(2, width=30)], UUIDS, [4, 0])
    data = encode_details([entries[0], None, entries[1]])
    expected = [{**details(1), "cluster": 4}, None, {**details(2), "width": 30, "cluster": 0}]
    assert decode_details(data, NAME) == expected
    assert json.loads(gzip.decompress(data))["version"] == 2


def test_why_an_image_is_where_it_is_may_be_told():
    why = {"why": [{"term": "snow", "share": 0.6}], "why_visual": 0.2}
    assert prepare_one(**why)[0]["why"] == why["why"]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"external_id": "7", "path": "/home"}, "in the details .*, got also external_id, path"),
        ({"labels": [{"term": "cat", "score": 1.0, "decided_by": "ann"}]}, "in labels .*, got also decided_by"),
        ({"colours": [{"colour": "#000000", "note": ""}]}, "in colours .*, got also note"),
        ({"faces": [{"box": [0, 0, 1, 1], "name": "Ann"}]}, "in faces .*, got also name"),
        ({"why": [{"term": "cat", "share": 1, "person": "Ann"}]}, "in why .*, got also person"),
        ({"faces": [{"likelihoods": {"joy": 5, "drunk": 5}}]}, "in likelihoods .*, got also drunk"),
        ({"text": {"text": "x", "lines": [{"text": "x", "language": "la"}]}}, "in lines .*, got also language"),
        ({"landmarks": [{"places": [{"latitude": 1, "address": "x"}]}]}, "in places .*, got also address"),
        ({"objects": [{"name": {"path": "/home"}}]}, "in name .*, got also path"),
        ({"title": [{"path": "/home"}]}, "in title .*, got also path"),
        (
            {"document": {"labelAnnotations": [], "context": {"uri": "gs://private"}}},
            "raw document .*, got also context",
        ),
    ],
)
def test_a_field_that_is_not_public_stops_the_publication(extra, message):
    with pytest.raises(ArtifactError, match=message):
        prepare_one(**extra)


def test_details_of_another_image_are_refused():
    with pytest.raises(ArtifactError, match=r"details of image 0.*1, got those of 0.*2: keep the order"):
        prepare_details([details(2), details(1)], UUIDS, [0, 0])
    with pytest.raises(ArtifactError, match="details of 2 images, got 1"):
        prepare_details([details(1)], UUIDS, [0, 0])


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "", None])
def test_only_web_links_leave(link):
    assert prepare_one(source_url=link)[0]["source_url"] == ""
    assert prepare_one(source_url="https://a.org/b")[0]["source_url"] == "https://a.org/b"


def test_numbers_that_browsers_refuse_are_refused_here():
    with pytest.raises(ArtifactError, match="finite numbers"):
        encode_details(prepare_one(labels=[{"term": "cat", "score": float("nan")}]))


@pytest.mark.parametrize("data", [b"<html>", b"[]", b'{"version":1,"images":[]}', b'{"version":2}'])
def test_what_holds_no_details_is_refused_with_its_name(data):
    with pytest.raises(ArtifactError, match=NAME):
        decode_details(data, NAME)
