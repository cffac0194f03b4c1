"""axe looks at every state of the pages, dark and light, on a desktop and a phone, and finds nothing."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from tests.e2e.conftest import COARSE, Site
from tests.e2e.galaxy_page import GalaxyPage
from tests.e2e.static_galaxy import StaticGalaxy

pytestmark = pytest.mark.browser

DESKTOP, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
THEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
# Whoever wants less motion waits for no fading: two frames on, all is there.
DRAWN = "() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
AXE = Axe()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def screen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page that axe can be put into: the pages' own policy rightly forbids it."""
    is_phone = request.param is PHONE
    context = browser.new_context(
        viewport=request.param,
        device_scale_factor=COARSE,
        has_touch=is_phone,
        is_mobile=is_phone,
        reduced_motion="reduce",
        bypass_csp=True,
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def find_nothing(page: Page, where: str) -> None:
    """Fail with what axe finds, and where: in the dark, then in the light, into which an open page follows the system."""
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.evaluate(DRAWN)
        found = AXE.run(page).response["violations"]
        told = [
            f"{one['id']} ({one['impact']}): {node['html'][:160]} {node['failureSummary'].splitlines()[1:]}"
            for one in found
            for node in one["nodes"][:4]
        ]
        assert told == [], f"{where}, {theme}:\n" + "\n".join(told)


def walk_through(galaxy: GalaxyPage) -> None:
    """Every state that a visitor comes through, one after the other."""
    page = galaxy.page
    galaxy.settle()
    find_nothing(page, "the galaxy")

    page.locator(".view-menu > button").click()
    find_nothing(page, "the view menu")
    page.keyboard.press("Escape")

    page.keyboard.press("?")
    page.wait_for_selector("dialog.help[open]")
    find_nothing(page, "the help")
    page.keyboard.press("Escape")

    galaxy.fly_to(galaxy.uuids()[40])
    page.wait_for_selector(".panel .strip-list")
    find_nothing(page, "the panel")
    page.keyboard.press("z")
    page.wait_for_selector("dialog.viewer[open] .picture-ready")
    find_nothing(page, "the viewer")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")

    page.keyboard.press("l")
    page.wait_for_selector(".tile-title:not(:empty)")
    find_nothing(page, "the list")
    page.locator(".tile").first.click()
    page.wait_for_selector(".panel .tabs")
    find_nothing(page, "the list with the panel")
    page.keyboard.press("Escape")

    page.keyboard.press("/")
    page.locator("[role=combobox]").fill("ca")
    page.wait_for_selector("[role=option]")
    find_nothing(page, "what a search suggests")
    page.keyboard.press("Escape")
    page.wait_for_selector(".search-results")
    find_nothing(page, "what a search finds")


def test_axe_finds_nothing_in_a_folder_of_files(static_galaxy: StaticGalaxy, screen: Page):
    walk_through(GalaxyPage(screen, static_galaxy.address))


def test_axe_finds_nothing_in_the_page_that_django_serves(site: Site, screen: Page):
    walk_through(GalaxyPage(screen, f"{site.address}/galaxy/openmoji/"))


def test_axe_finds_nothing_at_the_entrance(site: Site, screen: Page):
    for path in ("/", "/login/"):
        screen.goto(f"{site.address}{path}")
        find_nothing(screen, path)
