"""Wikimedia Commons through a loopback MediaWiki: pages of results, politeness, author and licence."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from catalog.importers import Candidate, Fetcher, FetchLimits, Refused, SourceError, read_commons
from tests.catalog.importers.web import Web, send, serve_web


class Wiki:
    """A MediaWiki with categories of files; two files a page."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.files: dict[str, list[dict[str, Any]]] = {}
        self.subcategories: dict[str, list[str]] = {}
        self.lagging = 0
        self.asked: list[dict[str, str]] = []
        web.pages["/w/api.php"] = self.answer

    def file(self, name: str, **info: Any) -> dict[str, Any]:
        url = self.web.put(f"/{name.replace(' ', '_')}", f"bytes of {name}".encode())
        said = info.pop("said", {"Artist": '<a href="//x">Ada &amp; Co</a>', "LicenseShortName": "CC BY-SA 4.0"})
        known = {
            "url": url,
            "descriptionurl": f"https://commons.example/File:{name}",
            "mime": "image/jpeg",
            "width": 1000,
            "sha1": "a" * 40,
            "timestamp": "2020-01-01T00:00:00Z",
            "extmetadata": {key: {"value": value} for key, value in said.items()},
        }
        return {"title": f"File:{name}", "imageinfo": [known | info]}

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(handler.path).query).items()}
        self.asked.append(query)
        send(handler, 200, json.dumps(self.reply(query)).encode())

    def reply(self, query: dict[str, str]) -> dict[str, Any]:
        if self.lagging:
            self.lagging -= 1
            return {"error": {"code": "maxlag", "info": "Waiting"}}
        if query.get("list") == "categorymembers":
            members = [{"title": name} for name in self.subcategories.get(query["cmtitle"], [])]
            return {"query": {"categorymembers": members}}
        name = query.get("gcmtitle", "uncategorized")
        if name not in self.files:
            return {"error": {"code": "invalidcategory", "info": "no such category"}}
        start = int(query.get("gcmcontinue", 0))
        body: dict[str, Any] = {"query": {"pages": self.files[name][start : start + 2]}}
        if start + 2 < len(self.files[name]):
            body["continue"] = {"gcmcontinue": start + 2, "continue": "-||"}
        return body


@pytest.fixture
def wiki() -> Iterator[Wiki]:
    with serve_web() as web:
        yield Wiki(web)


def read(wiki: Wiki, what: str, **options: Any) -> list[Candidate | Refused]:
    hosts = frozenset({"museum.example"})
    fetcher = Fetcher(
        "Galaxy (curator@museum.example)", limits=FetchLimits(), allowed_hosts=hosts, resolve=lambda h, p: ["127.0.0.1"]
    )
    return list(read_commons(what, fetcher, api=wiki.web.address + "/w/api.php", sleep=lambda s: None, **options))


def titles(items: list[Candidate | Refused]) -> list[str]:
    return [item.location for item in items]


def test_a_category_is_read_page_by_page_with_author_and_licence(wiki: Wiki):
    wiki.files["Category:Cats"] = [wiki.file(f"Cat {n}.jpg") for n in range(5)]
    items = read(wiki, "Cats")

    assert titles(items) == [f"File:Cat {n}.jpg" for n in range(5)]
    first = items[0]
    assert isinstance(first, Candidate)
    assert (first.title, first.creator, first.licence) == ("Cat 0", "Ada & Co", "CC BY-SA 4.0")
    assert first.source_url == "https://commons.example/File:Cat 0.jpg"
    assert first.read() == b"bytes of Cat 0.jpg"


def test_it_asks_as_wikimedia_wants_to_be_asked(wiki: Wiki):
    wiki.files["Category:Cats"] = [wiki.file("Cat.jpg")]
    wiki.lagging = 2
    assert len(read(wiki, "Category:Cats")) == 1

    assert [query["maxlag"] for query in wiki.asked] == ["5", "5", "5"], "it waited and asked again"
    assert wiki.web.headers[0]["user-agent"] == "Galaxy (curator@museum.example)"


def test_a_wiki_that_stays_behind_is_left_in_peace(wiki: Wiki):
    wiki.lagging = 1000
    with pytest.raises(SourceError, match="says no: Waiting"):
        read(wiki, "Cats")
    assert len(wiki.asked) == 10


def test_large_files_and_drawings_come_as_pictures_of_2048_pixels(wiki: Wiki):
    small = wiki.web.put("/thumb.jpg", b"thumb")
    wiki.files["Category:Cats"] = [
        wiki.file("Large.jpg", width=12_000, thumburl=small),
        wiki.file("Drawing.svg", mime="image/svg+xml", thumburl=small),
        wiki.file("Plain.png", mime="image/png", thumburl=small),
    ]

    assert [item.read() for item in read(wiki, "Cats") if isinstance(item, Candidate)] == [
        b"thumb",
        b"thumb",
        b"bytes of Plain.png",
    ]


def test_what_has_no_licence_no_file_or_is_no_picture_is_refused(wiki: Wiki):
    wiki.files["Category:Cats"] = [
        wiki.file("Free.jpg", said={}),
        {"title": "File:Gone.jpg", "imageinfo": []},
        wiki.file("Meow.ogg", mime="audio/ogg"),
    ]

    assert [item.code for item in read(wiki, "Cats") if isinstance(item, Refused)] == [
        "no_licence",
        "vanished",
        "unsupported",
    ]


def test_subcategories_are_read_as_deep_as_asked_each_once(wiki: Wiki):
    wiki.files |= {f"Category:{name}": [wiki.file(f"{name}.jpg")] for name in ("Cats", "Kittens", "Lions")}
    wiki.subcategories = {
        "Category:Cats": ["Category:Kittens", "Category:Cats"],
        "Category:Kittens": ["Category:Lions", "Category:Cats"],
    }

    assert titles(read(wiki, "Cats")) == ["File:Cats.jpg"]
    assert titles(read(wiki, "Cats", depth=1)) == ["File:Cats.jpg", "File:Kittens.jpg"]
    assert titles(read(wiki, "Cats", depth=5)) == ["File:Cats.jpg", "File:Kittens.jpg", "File:Lions.jpg"]


def test_files_of_no_category(wiki: Wiki):
    wiki.files["uncategorized"] = [wiki.file("Lost.jpg")]

    assert titles(read(wiki, "uncategorized")) == ["File:Lost.jpg"]
    assert wiki.asked[0]["gqppage"] == "Uncategorizedimages"


def test_a_wiki_that_says_no_or_is_none_is_told(wiki: Wiki):
    with pytest.raises(SourceError, match="no such category"):
        read(wiki, "Nothing")
    wiki.web.put("/w/api.php", b"<html>")
    with pytest.raises(SourceError, match="something else than JSON"):
        read(wiki, "Cats")


def test_a_new_upload_has_another_fingerprint(wiki: Wiki):
    wiki.files["Category:Cats"] = [wiki.file("Cat.jpg"), wiki.file("Cat.jpg", sha1="b" * 40)]
    one, other = read(wiki, "Cats")

    assert isinstance(one, Candidate) and isinstance(other, Candidate)
    assert one.fingerprint != other.fingerprint
