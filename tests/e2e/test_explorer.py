"""A visitor comes to the sample's Galaxy: the entrance, colours and names, a browser without WebGL, a phone, photographs."""

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import Site
from tests.e2e.galaxy_page import GalaxyPage

pytestmark = pytest.mark.browser


@pytest.fixture
def galaxy(site: Site, sharp_page: Page) -> GalaxyPage:
    return GalaxyPage(sharp_page, f"{site.address}/galaxy/openmoji/")


def api(galaxy: GalaxyPage, site: Site, path: str) -> dict:
    """What the API says, asked from the visitor's own browser."""
    response = galaxy.page.request.get(f"{site.address}/api/v1/{path}")
    assert response.ok, response.text()
    return response.json()


def test_the_entrance_shows_the_galaxies_and_leads_into_one(site: Site, page: Page):
    page.goto(f"{site.address}/")
    assert "OpenMoji" in page.inner_text("main")
    assert "CC BY-SA 4.0" in page.inner_text("main")

    page.click("text=OpenMoji")

    assert page.url == f"{site.address}/galaxy/openmoji/"


def test_the_galaxy_glows_in_its_clusters_colours_and_says_their_names(galaxy: GalaxyPage, site: Site):
    galaxy.settle()
    clusters = galaxy.page.evaluate(
        """async uuid => {
            const base = `/artifacts/${uuid}/`;
            const pointer = await (await fetch(base + "current.json")).json();
            return (await (await fetch(base + pointer.manifest)).json()).clusters;
        }""",
        api(galaxy, site, "galaxies/openmoji/")["uuid"],
    )
    assert len(clusters) >= 12

    # Points are dimmed by distance, so colours are compared by direction, not by brightness; the space around the clusters is dark.
    pixels = galaxy.pixels()[120:-60, 260:].reshape(-1, 3).astype(float)
    bright = pixels[pixels.max(axis=1) > 60]
    directions = bright / np.linalg.norm(bright, axis=1, keepdims=True)
    seen = 0
    for cluster in clusters:
        wanted = np.array([int(cluster["colour"][i : i + 2], 16) for i in (1, 3, 5)], dtype=float)
        seen += int(((directions @ (wanted / np.linalg.norm(wanted))) > 0.995).sum() >= 12)
    assert seen >= 8, f"{seen} of {len(clusters)} cluster colours are on the screen"

    names = {name.inner_text() for name in galaxy.page.query_selector_all(".name") if name.is_visible()}
    assert len(names & {cluster["name"] for cluster in clusters}) >= 4


def test_without_webgl_the_page_says_so_and_lists_the_pictures(site: Site, page: Page):
    page.add_init_script(
        "const get = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        "  return kind.startsWith('webgl') ? null : get.call(this, kind, ...rest); };"
    )
    galaxy = GalaxyPage(page, f"{site.address}/galaxy/openmoji/")

    galaxy.wait_for(lambda: galaxy.state()["gl"] == "missing", "the page to notice")
    assert "WebGL" in page.inner_text("body")
    assert page.wait_for_selector(".tile img") is not None


def test_on_a_phone_a_tap_opens_a_picture(site: Site, phone: Page):
    galaxy = GalaxyPage(phone, f"{site.address}/galaxy/openmoji/")
    galaxy.fly_to(galaxy.uuids()[50])
    phone.keyboard.press("Escape")
    galaxy.settle()
    uuid, place = galaxy.clickable(galaxy.uuids())[0]
    phone.touchscreen.tap(*place)

    galaxy.wait_for(lambda: galaxy.panel_uuid() == uuid, "the panel")
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_real_photographs_are_there_with_what_the_model_saw(site: Site, page: Page):
    galaxy = GalaxyPage(page, f"{site.address}/galaxy/photographs/")
    cats = api(galaxy, site, "images/?collection=photographs&label=cat")["results"]

    assert [image["title"] for image in cats] == ["Chelsea the cat"]
    galaxy.fly_to(cats[0]["uuid"])
    galaxy.wait_for(lambda: "cat" in [term for term, _score in galaxy.panel_labels()], "the label cat")
    galaxy.page.get_by_role("tab", name="Document").click()
    assert "labelAnnotations" in galaxy.page.inner_text("aside.panel")
