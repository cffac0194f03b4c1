"""A folder served on loopback, as benchmarks and browser tests need it."""

from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from explorer.management.loopback import Served, serve_folders


def get(served: Served, path: str) -> tuple[HTTPResponse, bytes]:
    """Ask for a path as it stands: libraries would tidy up its dots."""
    connection = HTTPConnection(served.address.removeprefix("http://"), timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_files_come_with_their_types_and_are_counted(tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects/a.webp").write_bytes(b"x" * 11)
    (tmp_path / "index.html").write_text("hello")
    with serve_folders({"/": tmp_path}) as served:
        picture, _ = get(served, "/objects/a.webp?again=1")
        page, _ = get(served, "/index.html")
    assert (picture.headers["Content-Type"], page.headers["Content-Type"]) == ("image/webp", "text/html")
    assert "immutable" in picture.headers["Cache-Control"]
    assert page.headers["Cache-Control"] == "no-cache"
    assert [(one.path, one.n_bytes) for one in served.sent] == [("/objects/a.webp", 11), ("/index.html", 5)]


def test_a_prefix_leads_to_a_folder_of_its_own(tmp_path: Path) -> None:
    for name in ("page", "library"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "it.js").write_text(name)
    with serve_folders({"/": tmp_path / "page", "/lib/": tmp_path / "library"}) as served:
        assert get(served, "/lib/it.js")[1] == b"library"
        assert get(served, "/it.js")[1] == b"page"


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/lib/../../secret.txt"])
def test_nothing_beside_the_folders_is_handed_out(tmp_path: Path, path: str) -> None:
    (tmp_path / "page").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    with serve_folders({"/": tmp_path / "page"}) as served:
        answer, body = get(served, path)
    assert answer.status == 404
    assert b"secret" not in body.replace(path.encode(), b"")
