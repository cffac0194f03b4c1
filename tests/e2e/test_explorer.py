"""A visitor flies through the sample galaxy in a real browser: colours, names, pictures, clicks, keys, the list."""

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import Site
from tests.e2e.galaxy_page import GalaxyPage

pytestmark = pytest.mark.browser


@pytest.fixture
def galaxy(site: Site, page: Page) -> GalaxyPage:
    return GalaxyPage(page, f"{site.address}/galaxy/openmoji/")


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


def test_flying_in_brings_up_pictures(galaxy: GalaxyPage):
    cluster = galaxy.page.query_selector(".cluster-row")
    assert cluster is not None
    cluster.click()
    galaxy.settle()
    seen = []
    for uuid in galaxy.uuids()[10::80]:  # somewhere the galaxy is thin; five places of it are not
        galaxy.fly_to(uuid)
        galaxy.settle()
        seen.append(galaxy.state()["n_visible_thumbnails"])
        if seen[-1] >= 20:
            return
    pytest.fail(f"Expected twenty pictures near one of {len(seen)} images, saw {seen}.")


def test_a_click_opens_the_very_picture_that_was_clicked_fifty_times(galaxy: GalaxyPage, site: Site):
    """Real clicks at fifty places in several corners of the galaxy; the panel must show that image's labels."""
    uuids = galaxy.uuids()
    clicked: set[str] = set()
    for start in uuids[:: len(uuids) // 20]:
        if len(clicked) >= 50:
            break
        galaxy.fly_to(start)
        for uuid in uuids:
            if len(clicked) >= 50 or uuid in clicked or uuid == start:
                continue
            place = galaxy.place_of(uuid)
            if place is None:
                continue
            galaxy.page.mouse.click(*place)
            galaxy.wait_for(lambda wanted=uuid: galaxy.panel_uuid() == wanted, f"the panel of {uuid}")
            check_panel(galaxy, site, uuid)
            clicked.add(uuid)
            galaxy.settle()
            if len(clicked) % 5 == 0:
                break  # go on in another corner
    assert len(clicked) == 50


def check_panel(galaxy: GalaxyPage, site: Site, uuid: str) -> None:
    """The open panel shows the labels that the library holds of this image, and its picture."""
    image = api(galaxy, site, f"images/{uuid}/")
    wanted = [(label["term"], f"{round(label['score'] * 100)}%") for label in image["labels"]]
    galaxy.wait_for(lambda: sorted(galaxy.panel_labels()) == sorted(wanted), f"the labels {wanted}")
    sources = [picture.get_attribute("src") or "" for picture in galaxy.page.query_selector_all("aside.panel img")]
    assert any(f"/media/{uuid}/" in source for source in sources), sources


def test_hovering_says_what_it_is(galaxy: GalaxyPage, site: Site):
    galaxy.fly_to(galaxy.uuids()[30])
    galaxy.page.keyboard.press("Escape")
    galaxy.settle()
    uuid, place = next((u, p) for u in galaxy.uuids() if (p := galaxy.place_of(u)) is not None)
    galaxy.page.mouse.move(*place)

    title = api(galaxy, site, f"images/{uuid}/")["title"]
    galaxy.wait_for(lambda: title in galaxy.page.inner_text("body"), f"the title {title}")


def test_a_link_to_a_picture_opens_it(site: Site, page: Page):
    uuid = GalaxyPage(page, f"{site.address}/galaxy/openmoji/").uuids()[7]

    page.goto("about:blank")
    again = GalaxyPage(page, f"{site.address}/galaxy/openmoji/#image={uuid}")

    again.wait_for(lambda: again.panel_uuid() == uuid, "the panel")


def test_everything_by_keyboard(galaxy: GalaxyPage):
    galaxy.settle()
    galaxy.page.keyboard.press("Enter")
    galaxy.wait_for(lambda: galaxy.panel_uuid() is not None, "the panel of the centred picture")
    first = galaxy.panel_uuid()
    galaxy.page.keyboard.press("]")
    galaxy.wait_for(lambda: galaxy.panel_uuid() not in (None, first), "the next picture")
    galaxy.page.keyboard.press("Escape")
    galaxy.wait_for(lambda: galaxy.panel_uuid() is None, "the panel to close")
    galaxy.page.keyboard.press("?")
    galaxy.wait_for(lambda: galaxy.page.query_selector("[role=dialog], dialog[open]") is not None, "the help")


def test_no_frame_is_drawn_while_nothing_moves(galaxy: GalaxyPage):
    galaxy.settle()
    before = galaxy.state()["n_drawn_frames"]
    galaxy.page.wait_for_timeout(1500)

    assert galaxy.state()["n_drawn_frames"] == before


def test_the_list_holds_the_same_pictures(galaxy: GalaxyPage):
    galaxy.page.get_by_role("button", name="List", exact=True).click()
    galaxy.wait_for(lambda: galaxy.state()["view"] == "list", "the list")
    tile = galaxy.page.wait_for_selector(".tile")
    assert tile is not None
    tile.click()

    galaxy.wait_for(lambda: galaxy.panel_uuid() in galaxy.uuids(), "a panel from the list")


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
    uuid, place = next((u, p) for u in galaxy.uuids() if (p := galaxy.place_of(u)) is not None)
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
