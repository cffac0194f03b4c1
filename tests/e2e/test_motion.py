"""Moving about as a visitor does: the address, the flat layout, the guided tour, a frame of another page."""

import pytest
from playwright.sync_api import Page

from tests.e2e.galaxy_page import GalaxyPage
from tests.e2e.static_galaxy import StaticGalaxy

pytestmark = pytest.mark.browser


@pytest.fixture
def galaxy(page: Page, static_galaxy: StaticGalaxy) -> GalaxyPage:
    return GalaxyPage(page, static_galaxy.address)


def open_picture(galaxy: GalaxyPage) -> str:
    """Fly to a picture from the middle of the file and wait until the address holds the view."""
    uuid: str = galaxy.uuids()[700]
    galaxy.fly_to(uuid)
    galaxy.wait_for(lambda: f"image={uuid}&view=" in galaxy.page.url, "the address to hold picture and view")
    return uuid


def place(galaxy: GalaxyPage, uuid: str) -> tuple[int, int]:
    """Where a picture is drawn, in whole CSS px."""
    x, y = galaxy.page.evaluate(
        "async uuid => { const {x, y} = await window.galaxy.project(uuid); return [x, y]; }", uuid
    )
    return round(x), round(y)


def test_a_link_shows_another_visitor_the_same_picture_from_the_same_side(galaxy: GalaxyPage):
    uuid = open_picture(galaxy)
    seen = place(galaxy, uuid)
    address = galaxy.page.url
    galaxy.page.goto("about:blank")
    again = GalaxyPage(galaxy.page, address)
    again.wait_for(lambda: again.state()["selected"] == uuid, "the picture to be open")
    again.settle()
    assert place(again, uuid) == pytest.approx(seen, abs=2)


def test_back_and_forward_lead_through_what_was_opened(galaxy: GalaxyPage):
    uuid = open_picture(galaxy)
    galaxy.page.keyboard.press("f")
    galaxy.wait_for(lambda: "mode=flat" in galaxy.page.url, "the address to say flat")
    galaxy.page.go_back()
    galaxy.wait_for(lambda: "mode=flat" not in galaxy.page.url and galaxy.state()["selected"] == uuid, "the step back")
    galaxy.page.go_back()
    galaxy.wait_for(lambda: galaxy.state()["selected"] is None, "the picture to close")
    galaxy.page.go_forward()
    galaxy.wait_for(lambda: galaxy.state()["selected"] == uuid, "the picture to be open again")


def test_laid_flat_the_open_picture_stays_in_the_middle_and_can_be_clicked(galaxy: GalaxyPage):
    uuid = open_picture(galaxy)
    seen = place(galaxy, uuid)
    galaxy.page.keyboard.press("f")
    galaxy.wait_for(lambda: "mode=flat" in galaxy.page.url and "view=" in galaxy.page.url, "the galaxy to lie flat")
    assert place(galaxy, uuid) == pytest.approx(seen, abs=2)
    assert galaxy.state()["selected"] == uuid
    assert galaxy.page.evaluate("([x, y]) => window.galaxy.pick(x, y)", list(seen)) == uuid


def test_the_tour_tells_its_stops_and_ends_at_a_key(galaxy: GalaxyPage):
    galaxy.page.keyboard.press("t")
    caption = galaxy.page.get_by_role("complementary", name="Guided tour")
    caption.get_by_text("1 of 12").wait_for()
    caption.get_by_role("button", name="Next stop").click()
    caption.get_by_text("2 of 12").wait_for()
    galaxy.page.keyboard.press("x")
    caption.wait_for(state="detached")
    assert "cluster=" in galaxy.page.url or galaxy.page.url.endswith("/")


def test_in_a_frame_there_is_no_header_but_a_way_to_the_whole_page(page: Page, static_galaxy: StaticGalaxy):
    galaxy = GalaxyPage(page, static_galaxy.address + "?embed=1")
    assert page.get_by_role("link", name="All galaxies").count() == 0
    galaxy.page.keyboard.press("f")
    galaxy.wait_for(lambda: "mode=flat" in page.url, "the address to say flat")
    link = page.get_by_role("link", name="Open in full")
    link.focus()
    assert link.get_attribute("href") == page.url.replace("?embed=1", "")
