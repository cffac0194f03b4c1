"""What goes wrong on the way is told in a sentence, can be tried again, and never takes the rest along."""

import gzip
import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.conftest import COARSE
from tests.e2e.galaxy_page import GalaxyPage
from tests.e2e.static_galaxy import StaticGalaxy

pytestmark = pytest.mark.browser

NO_WEBGL = """
const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : get.call(this, kind, ...rest);
};
"""


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    """A window in which requests may fail: the browser's own lines about them are no errors of ours."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800},
        device_scale_factor=COARSE,
        reduced_motion="reduce",
        color_scheme="dark",
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield page
    context.close()
    assert thrown == []


def abort(page: Page, pattern: str) -> Callable[[], None]:
    """Let every request for such a file fail, until what is returned is called."""
    wanted = re.compile(pattern)

    def fail(route: Route) -> None:
        route.abort()

    page.route(wanted, fail)
    return lambda: page.unroute(wanted, fail)


def names_of(page: Page, galaxy: StaticGalaxy) -> dict[str, str]:
    """The files behind the manifest's tables, and the first of the details, by what they are."""
    base = galaxy.address
    pointer = page.request.get(base + "current.json").json()
    manifest = page.request.get(base + pointer["manifest"]).json()
    tables = page.request.get(base + manifest["tables"]).body()
    parts = json.loads(gzip.decompress(tables) if tables[:2] == b"\x1f\x8b" else tables)
    return {
        "manifest": pointer["manifest"],
        "tables": manifest["tables"],
        "root": manifest["nodes"][0]["url"],
        "details": "|".join(re.escape(part["url"]) for part in parts["details"]),
        "atlases": "|".join(re.escape(atlas["url"]) for level in parts["levels"] for atlas in level["atlases"]),
    }


def test_a_galaxy_that_is_not_there_is_said_to_be_missing_and_asked_for_again(
    static_galaxy: StaticGalaxy, visitor: Page
):
    pointer = re.compile("current.json")
    visitor.route(pointer, lambda route: route.fulfill(status=404, body="no"))
    GalaxyPage(visitor, static_galaxy.address)
    expect(visitor.get_by_role("alert")).to_contain_text("It has not been published, or it was withdrawn.")

    visitor.unroute(pointer)
    visitor.get_by_role("button", name="Try again").click()
    expect(visitor.locator("canvas")).to_be_visible()


def test_a_broken_manifest_is_no_galaxy(static_galaxy: StaticGalaxy, visitor: Page):
    manifest = re.compile(re.escape(names_of(visitor, static_galaxy)["manifest"]))
    visitor.route(manifest, lambda route: route.fulfill(body='{"format": "galaxy-artifact", "version": 1}'))
    GalaxyPage(visitor, static_galaxy.address)
    expect(visitor.get_by_role("alert")).to_contain_text("not a galaxy that this page can read")

    visitor.unroute(manifest)
    visitor.get_by_role("button", name="Try again").click()
    expect(visitor.locator("canvas")).to_be_visible()


@pytest.mark.parametrize("what", ["manifest", "root"])
def test_a_connection_that_breaks_while_it_loads(static_galaxy: StaticGalaxy, visitor: Page, what: str):
    mend = abort(visitor, re.escape(names_of(visitor, static_galaxy)[what]))
    GalaxyPage(visitor, static_galaxy.address)
    expect(visitor.get_by_role("alert")).to_contain_text("The server could not be reached.")

    mend()
    visitor.get_by_role("button", name="Try again").click()
    expect(visitor.locator("canvas")).to_be_visible()


def test_atlases_that_never_come_leave_points_a_retry_and_the_list(static_galaxy: StaticGalaxy, visitor: Page):
    mend = abort(visitor, names_of(visitor, static_galaxy)["atlases"])
    galaxy = GalaxyPage(visitor, static_galaxy.address)
    notice = visitor.locator(".notice")
    expect(notice).to_contain_text("Parts of the galaxy do not come.", timeout=40_000)
    assert galaxy.state()["n_points_drawn"] == static_galaxy.galaxy.n

    mend()
    notice.get_by_role("button", name="Try again").click()
    expect(notice).to_be_hidden()
    galaxy.wait_for(lambda: galaxy.state()["n_visible_thumbnails"] > 0 or not galaxy.state()["is_loading"], "atlases")


def test_without_tables_there_is_a_galaxy_of_points_and_a_way_to_the_list(static_galaxy: StaticGalaxy, visitor: Page):
    mend = abort(visitor, re.escape(names_of(visitor, static_galaxy)["tables"]))
    galaxy = GalaxyPage(visitor, static_galaxy.address)
    assert galaxy.state()["phase"] == "ready"
    notice = visitor.locator(".notice")
    expect(notice).to_contain_text("Parts of the galaxy do not come.", timeout=40_000)
    notice.get_by_role("button", name="Show the list").click()
    alert = visitor.locator(".list [role=alert]")
    expect(alert).to_contain_text("Some of these pictures could not be loaded.")

    mend()
    alert.get_by_role("button", name="Try again").click()
    expect(visitor.locator(".tile img[src]").first).to_be_visible()
    expect(alert).to_be_hidden()


def test_details_that_do_not_come_leave_the_picture(static_galaxy: StaticGalaxy, visitor: Page):
    mend = abort(visitor, names_of(visitor, static_galaxy)["details"])
    galaxy = GalaxyPage(visitor, static_galaxy.address)
    galaxy.fly_to(galaxy.uuids()[3])
    panel = visitor.locator("aside.panel")
    expect(panel.get_by_role("alert")).to_contain_text("What is known about this picture could not be loaded.")
    expect(panel.locator(".picture-ready")).to_be_visible()

    mend()
    panel.get_by_role("alert").get_by_role("button", name="Try again").click()
    expect(panel.locator(".panel-title")).to_be_visible()


def test_offline_in_flight_what_has_come_stays_and_the_rest_follows(static_galaxy: StaticGalaxy, visitor: Page):
    galaxy = GalaxyPage(visitor, static_galaxy.address)
    galaxy.uuids()
    galaxy.settle()
    visitor.context.set_offline(True)
    visitor.locator(".cluster-row").nth(2).click()
    galaxy.settle()
    visitor.locator(".space").focus()
    visitor.keyboard.press("Enter")
    panel = visitor.locator("aside.panel")
    expect(panel.get_by_role("alert").first).to_be_visible()
    assert galaxy.state()["n_points_drawn"] == static_galaxy.galaxy.n

    visitor.context.set_offline(False)
    expect(panel.locator(".panel-title")).to_be_visible()
    expect(panel.locator(".picture-ready")).to_be_visible()


def test_a_lost_context_is_said_offers_the_list_and_comes_back(static_galaxy: StaticGalaxy, visitor: Page):
    galaxy = GalaxyPage(visitor, static_galaxy.address)
    galaxy.settle()
    visitor.evaluate(
        "window.lost = document.querySelector('canvas').getContext('webgl2').getExtension('WEBGL_lose_context');"
        "window.lost.loseContext()"
    )
    notice = visitor.locator(".notice")
    expect(notice).to_contain_text("The graphics card was taken away.")
    expect(notice.get_by_role("button", name="Show the list")).to_be_visible()

    visitor.evaluate("window.lost.restoreContext()")
    expect(notice).to_be_hidden()
    galaxy.wait_for(lambda: galaxy.state()["gl"] == "ok", "the context to come back")
    galaxy.settle()
    assert galaxy.state()["n_points_drawn"] == static_galaxy.galaxy.n


def test_without_webgl_and_without_a_worker_the_list_does_all(static_galaxy: StaticGalaxy, visitor: Page):
    visitor.add_init_script(NO_WEBGL)
    abort(visitor, "explorer-worker")
    galaxy = GalaxyPage(visitor, static_galaxy.address)
    assert galaxy.state()["gl"] == "missing"
    expect(visitor.locator(".list-notice")).to_contain_text("WebGL 2")
    expect(visitor.locator(".list-notice").get_by_role("button", name="Try again")).to_be_visible()

    tiles = visitor.locator(".tile")
    expect(tiles).to_have_count(24)
    visitor.get_by_role("button", name="Show 72 more").click()
    expect(tiles).to_have_count(96)
    tiles.nth(5).click()
    panel = visitor.locator("aside.panel")
    expect(panel.locator(".label").first).to_be_visible()
    expect(panel.locator(".thumb").nth(1)).to_be_visible()
    panel.get_by_role("button", name="More like this").click()
    expect(panel.locator(".strip")).to_contain_text("approximate")
