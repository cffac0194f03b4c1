"""A table of files and addresses as a source."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.importers import Candidate, CandidateError, Fetcher, Refused, is_manifest, read_manifest
from tests.catalog.importers.web import Web, serve_web


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_web() as web:
        yield web


def read(path: Path) -> list[Candidate | Refused]:
    hosts = frozenset({"museum.example"})
    fetcher = Fetcher("Galaxy", allowed_hosts=hosts, resolve=lambda host, port: ["127.0.0.1"])
    return list(read_manifest(path, fetcher, max_bytes=1000))


def test_rows_name_files_and_addresses_with_what_is_known(tmp_path: Path, web: Web):
    (tmp_path / "a.jpg").write_bytes(b"a")
    table = tmp_path / "list.csv"
    table.write_text(
        f"url,file,title,labels,external_id\n{web.put('/b.jpg', b'b')},,From the web,cat|dog=0.5,X-1\n,a.jpg,From the disk,,X-2\n"
    )
    first, second = read(table)

    assert isinstance(first, Candidate) and isinstance(second, Candidate)
    assert (first.read(), first.title, first.labels, first.external_id) == (
        b"b",
        "From the web",
        (("cat", 1.0), ("dog", 0.5)),
        "X-1",
    )
    assert first.source_url == first.location
    assert (second.read(), second.location) == (b"a", "a.jpg")


def test_a_row_that_cannot_be_used_costs_only_itself(tmp_path: Path):
    table = tmp_path / "list.csv"
    table.write_text(
        "url;file;labels\n;../secret.jpg;\n;;\nhttp://museum.example/a;;cat=7\nhttp://museum.example/b;;\n"
    )
    items = read(table)

    assert [item.location for item in items] == [
        "list.csv, line 2",
        "list.csv, line 3",
        "list.csv, line 4",
        "http://museum.example/b",
    ]


def test_files_outside_the_folder_and_links_to_them_are_not_read(tmp_path: Path):
    (tmp_path / "secret.txt").write_text("secret")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "link.jpg").symlink_to(tmp_path / "secret.txt")
    (inner / "list.csv").write_text("file\nlink.jpg\nmissing.jpg\n")
    link, missing = read(inner / "list.csv")

    for item, code in ((link, "symlink_outside"), (missing, "vanished")):
        assert isinstance(item, Candidate)
        with pytest.raises(CandidateError) as caught:
            item.read()
        assert caught.value.code == code


def test_the_same_row_has_the_same_fingerprint(tmp_path: Path):
    table = tmp_path / "list.csv"
    table.write_text("url,title\nhttp://museum.example/a,One\nhttp://museum.example/b,Two\n")
    before = [item.fingerprint for item in read(table) if isinstance(item, Candidate)]
    table.write_text("url,title\nhttp://museum.example/a,One\nhttp://museum.example/b,Changed\n")
    after = [item.fingerprint for item in read(table) if isinstance(item, Candidate)]

    assert before[0] == after[0] and before[1] != after[1]


@pytest.mark.parametrize(
    ("header", "yes"), [("url,title", True), ('"File";title', True), ("id,name", False), ("", False)]
)
def test_a_manifest_is_known_by_its_header(tmp_path: Path, header: str, yes: bool):
    (tmp_path / "x.csv").write_text(header + "\n")
    assert is_manifest(tmp_path / "x.csv") == yes
