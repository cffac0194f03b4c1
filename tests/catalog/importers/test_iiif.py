"""IIIF manifests and collections, of both versions, from a loopback server."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from catalog.importers import Candidate, Fetcher, FetchLimits, Refused, SourceError, read_iiif
from tests.catalog.importers.web import Web, serve_web


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_web() as web:
        yield web


def fetcher() -> Fetcher:
    hosts = frozenset({"museum.example"})
    return Fetcher("Galaxy", limits=FetchLimits(), allowed_hosts=hosts, resolve=lambda host, port: ["127.0.0.1"])


def put(web: Web, path: str, document: Any) -> str:
    return web.put(path, json.dumps(document).encode())


def read(url: str) -> list[Candidate | Refused]:
    return list(read_iiif(url, fetcher()))


def manifest_3(web: Web, **more: Any) -> dict[str, Any]:
    def canvas(number: int, width: int) -> dict[str, Any]:
        body = {
            "id": f"{web.address}/whole/{number}.jpg",
            "width": width,
            "height": width // 2,
            "service": [{"id": f"{web.address}/image/{number}", "type": "ImageService3"}],
        }
        return {
            "id": f"{web.address}/canvas/{number}",
            "type": "Canvas",
            "label": {"none": [f"p. {number}"]},
            "items": [{"type": "AnnotationPage", "items": [{"type": "Annotation", "body": body}]}],
        }

    return {
        "id": web.address + "/manifest",
        "type": "Manifest",
        "label": {"de": ["Ein Album"], "en": ["An album"]},
        "summary": {"en": ["Forty  views"]},
        "requiredStatement": {"label": {"en": ["Attribution"]}, "value": {"en": ["City Archive"]}},
        "rights": "http://creativecommons.org/publicdomain/mark/1.0/",
        "homepage": [{"id": "https://museum.example/album", "type": "Text"}],
        "metadata": [{"label": {"en": ["Photographer"]}, "value": {"none": ["A. Novák"]}}],
        "items": [canvas(1, 8000), canvas(2, 1000)],
        **more,
    }


MANIFEST_2: dict[str, Any] = {
    "@id": "https://museum.example/m2",
    "@type": "sc:Manifest",
    "label": [{"@value": "Ein Bild", "@language": "de"}, {"@value": "A picture", "@language": "en"}],
    "attribution": "Library",
    "license": "https://creativecommons.org/licenses/by/4.0/",
    "sequences": [
        {
            "canvases": [
                {
                    "@id": "https://museum.example/m2/c1",
                    "label": "front",
                    "images": [{"resource": {"@id": "http://museum.example/front.jpg"}}],
                },
                {"@id": "https://museum.example/m2/c2", "label": "lost"},
            ]
        }
    ],
}


def test_a_manifest_of_version_3_gives_its_canvases_with_what_it_says_of_them(web: Web):
    first, second = read(put(web, "/manifest", manifest_3(web)))

    assert isinstance(first, Candidate) and isinstance(second, Candidate)
    assert (first.title, first.description) == ("An album, p. 1", "Forty views")
    assert (first.creator, first.credit) == ("A. Novák", "City Archive")
    assert first.licence == "http://creativecommons.org/publicdomain/mark/1.0/"
    assert first.source_url == "https://museum.example/album"
    assert first.external_id == first.location == web.address + "/canvas/1"


def test_pictures_are_asked_for_at_the_size_that_is_needed(web: Web):
    web.put("/image/1/full/!2048,2048/0/default.jpg", b"first")
    web.put("/image/2/full/max/0/default.jpg", b"second")
    items = read(put(web, "/manifest", manifest_3(web)))

    assert [item.read() for item in items if isinstance(item, Candidate)] == [b"first", b"second"]


def test_a_manifest_of_version_2(web: Web):
    picture, lost = read(put(web, "/m2", MANIFEST_2))

    assert isinstance(picture, Candidate) and isinstance(lost, Refused)
    assert (picture.title, picture.credit) == ("A picture, front", "Library")
    assert picture.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert (lost.location, lost.code) == ("https://museum.example/m2/c2", "no_picture")


def test_collections_are_walked_nested_and_paged_and_circles_end(web: Web):
    put(web, "/manifest", manifest_3(web))
    put(web, "/m2", MANIFEST_2)
    top = web.address + "/top"
    put(
        web,
        "/top",
        {"id": top, "type": "Collection", "items": [{"id": web.address + "/inner"}, {"id": web.address + "/manifest"}]},
    )
    put(
        web,
        "/inner",
        {
            "@id": web.address + "/inner",
            "@type": "sc:Collection",
            "collections": [top],
            "first": web.address + "/page1",
        },
    )
    put(
        web,
        "/page1",
        {"@type": "sc:Collection", "manifests": [{"@id": web.address + "/m2"}], "next": web.address + "/page2"},
    )
    put(web, "/page2", {"@type": "sc:Collection", "manifests": [{"@id": web.address + "/gone"}]})
    items = read(top)

    assert [item.title for item in items if isinstance(item, Candidate)] == [
        "A picture, front",
        "An album, p. 1",
        "An album, p. 2",
    ]
    assert [item.code for item in items if isinstance(item, Refused)] == ["no_picture", "http_404"]


def test_what_is_no_iiif_is_said_at_once(web: Web):
    for document in ({"type": "Canvas"}, {}, [1]):
        with pytest.raises(SourceError, match="no IIIF"):
            read(put(web, "/x", document))
    with pytest.raises(SourceError, match="no JSON"):
        read(web.put("/x", b"<html>"))
    with pytest.raises(SourceError, match="answered 404"):
        read(web.address + "/nothing")


def test_the_fingerprint_is_the_same_until_the_manifest_says_something_else(web: Web):
    before = [item.fingerprint for item in read(put(web, "/manifest", manifest_3(web))) if isinstance(item, Candidate)]
    again = [item.fingerprint for item in read(put(web, "/manifest", manifest_3(web))) if isinstance(item, Candidate)]
    renamed = manifest_3(web, label={"en": ["Another album"]})
    changed = [item.fingerprint for item in read(put(web, "/manifest", renamed)) if isinstance(item, Candidate)]

    assert before == again
    assert not set(before) & set(changed)


@pytest.mark.parametrize("odd", [None, 5, "text", [], [[]], {"items": 3}, [{"body": None}]])
def test_odd_documents_cost_nothing_but_themselves(web: Web, odd: Any):
    for name in ("items", "label", "metadata", "rights", "homepage", "requiredStatement", "summary"):
        read(put(web, "/odd", manifest_3(web, **{name: odd})))


def test_a_collection_of_a_thousand_pages_is_no_deep_one(web: Web):
    put(web, "/m2", MANIFEST_2)
    for n in range(1000):
        page = {"@type": "sc:Collection", "next": f"{web.address}/page{n + 1}"}
        put(web, f"/page{n}", page)
    put(web, "/page1000", {"@type": "sc:Collection", "manifests": [web.address + "/m2"]})

    assert len(read(web.address + "/page0")) == 2
