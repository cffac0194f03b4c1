"""A galaxy copied to a folder, behind nothing but a web server for files, under a prefix."""

import functools
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import Site
from tests.e2e.galaxy_page import GalaxyPage

pytestmark = pytest.mark.browser


class QuietFiles(SimpleHTTPRequestHandler):
    """Python's own web server for files, which says nothing about each request."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def copy(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a copy of the sample's galaxy."""
    root = tmp_path_factory.mktemp("web")
    arguments = ["--collection", "openmoji", "--despite-safe-search", "--json", "--to", str(root / "museum" / "sky")]
    told = json.loads(site.manage("publish_galaxy", *arguments).splitlines()[-1])
    assert told["n_written"] == told["n_files"] > told["n_images"]
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietFiles, directory=str(root))) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/museum/sky/"
        server.shutdown()
        serving.join()
    assert Path(told["to"]).is_dir()


def test_one_flies_through_it_and_every_request_stays_below_the_prefix(copy: str, page: Page):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    galaxy = GalaxyPage(page, copy)
    assert galaxy.state()["phase"] == "ready"
    assert page.locator("h1").inner_text() == "OpenMoji"
    assert page.locator("a.home-link").count() == 0  # there is nowhere to go back to

    uuid = galaxy.uuids()[7]
    galaxy.fly_to(uuid)
    galaxy.wait_for(lambda: galaxy.panel_uuid() == uuid, "the panel to open")
    pictures = (
        "Array.from(document.querySelectorAll('aside.panel img')).map(i => [i.complete && i.naturalWidth, i.src])"
    )
    galaxy.wait_for(
        lambda: any(width and f"/pictures/{uuid}/" in source for width, source in page.evaluate(pictures)),
        "the picture to arrive",
    )
    galaxy.wait_for(lambda: len(galaxy.panel_labels()) > 0, "the labels to arrive")
    assert [url for url in asked if not url.startswith((copy, "blob:", "data:"))] == []
