"""Words in the browser: the index is asked from files alone, and what it finds is what it says."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.galaxy_page import GalaxyPage
from tests.e2e.static_galaxy import StaticGalaxy
from tests.factories_artifact import NAMES

pytestmark = pytest.mark.browser


def test_words_light_their_pictures_and_lead_to_them(static_galaxy: StaticGalaxy, page: Page) -> None:
    galaxy = GalaxyPage(page, static_galaxy.address)
    field = page.get_by_role("combobox")
    expect(field).to_be_visible()
    page.keyboard.press("/")
    expect(field).to_be_focused()

    wanted = NAMES.index("castle")
    n_castles = int((static_galaxy.galaxy.clusters == wanted).sum())
    page.keyboard.type("cas")
    expect(page.get_by_role("option", name=f"castle label {n_castles}")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("castle ")
    expect(page.locator(".search-count p")).to_have_text(f"{n_castles} pictures")

    static_galaxy.requests.clear()
    seen = set()
    for key in ("Enter", "ArrowDown", "ArrowDown"):
        before = galaxy.panel_uuid()
        page.keyboard.press(key)
        galaxy.wait_for(lambda before=before: galaxy.panel_uuid() not in (None, before), "the next match to open")
        uuid = galaxy.panel_uuid()
        assert uuid is not None
        assert static_galaxy.galaxy.clusters[static_galaxy.number_of(uuid)] == wanted
        expect(page.locator(".label-term", has_text="castle")).to_be_visible()
        seen.add(uuid)
    assert len(seen) == 3, "arrows walk on"
    expect(field).to_be_focused()

    page.keyboard.press("Escape")
    expect(field).to_have_value("")
    expect(page.locator(".search-results")).to_have_count(0)


def test_several_words_must_all_match_and_a_slip_is_mended(static_galaxy: StaticGalaxy, page: Page) -> None:
    galaxy = GalaxyPage(page, static_galaxy.address)
    field = page.get_by_role("combobox")
    number = int((static_galaxy.galaxy.clusters == NAMES.index("violin")).nonzero()[0][-1])
    field.fill(f"violin {number} ")
    expect(page.locator(".search-count p")).to_have_text("1 picture")
    field.press("Enter")
    galaxy.wait_for(lambda: galaxy.panel_uuid() is not None, "the match to open")
    assert static_galaxy.number_of(str(galaxy.panel_uuid())) == number

    field.fill("voilin ")
    page.get_by_role("button", name="violin").and_(page.locator(".search-nearest button")).click()
    expect(field).to_have_value("violin ")
    page.get_by_role("button", name="Close the picture").click()
    page.get_by_role("button", name="List", exact=True).click()
    expect(page.get_by_role("heading", name="Best matches")).to_be_visible()
