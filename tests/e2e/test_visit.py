"""A visitor's ways through a galaxy, the same on Django's page and in a copy that is nothing but files."""

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site
from tests.e2e.galaxy_page import GalaxyPage

pytestmark = pytest.mark.browser

N_CLICKED = 15


@pytest.fixture
def galaxy(address: str, page: Page) -> GalaxyPage:
    return GalaxyPage(page, address)


def told_of(galaxy: GalaxyPage, site: Site, uuid: str) -> dict[str, Any]:
    """What the library holds of an image."""
    response = galaxy.page.request.get(f"{site.address}/api/v1/images/{uuid}/")
    assert response.ok, response.text()
    told: dict[str, Any] = response.json()
    return told


def test_all_points_are_there_within_the_budget_and_then_nothing_is_drawn(galaxy: GalaxyPage) -> None:
    state = galaxy.settle()
    assert state["n_points_drawn"] == state["n_images"] > 300
    assert state["n_draw_calls"] <= 12
    assert state["memory_bytes"] <= 256 * 2**20
    galaxy.page.wait_for_timeout(300)
    assert galaxy.state()["n_drawn_frames"] == state["n_drawn_frames"]


def test_flying_in_brings_up_pictures(galaxy: GalaxyPage) -> None:
    galaxy.page.locator(".cluster-row").first.click()
    seen = [galaxy.settle()["n_visible_thumbnails"]]
    for uuid in galaxy.uuids()[10::80]:  # somewhere the galaxy is thin; five places of it are not
        if seen[-1] >= 20:
            break
        galaxy.fly_to(uuid)
        seen.append(galaxy.state()["n_visible_thumbnails"])
    assert seen[-1] >= 20, seen


def test_a_click_opens_the_very_picture_that_was_clicked(galaxy: GalaxyPage, site: Site) -> None:
    """Real clicks in several corners of the galaxy; the panel must show that image's labels and picture."""
    uuids = galaxy.uuids()
    rng = np.random.default_rng(2)
    clicked: set[str] = set()
    for start in rng.permutation(uuids):
        galaxy.fly_to(str(start))
        for _ in range(5):
            near = [str(one) for one in rng.choice(uuids, 90) if one not in clicked and one != galaxy.panel_uuid()]
            left = galaxy.clickable(near)
            if not left or len(clicked) >= N_CLICKED:
                break
            uuid, place = left[int(rng.integers(len(left)))]
            galaxy.page.mouse.click(*place)
            galaxy.wait_for(lambda wanted=uuid: galaxy.panel_uuid() == wanted, f"the panel of {uuid}")
            check_panel(galaxy, site, uuid)
            clicked.add(uuid)
            galaxy.settle()
        if len(clicked) >= N_CLICKED:
            return
    pytest.fail(f"Expected {N_CLICKED} pictures to click, found {len(clicked)}.")


def check_panel(galaxy: GalaxyPage, site: Site, uuid: str) -> None:
    wanted = [(label["term"], f"{round(label['score'] * 100)}%") for label in told_of(galaxy, site, uuid)["labels"]]
    galaxy.wait_for(lambda: sorted(galaxy.panel_labels()) == sorted(wanted), f"the labels {wanted}")
    sources = [
        picture.get_attribute("src") or "" for picture in galaxy.page.query_selector_all(".panel .picture-frame img")
    ]
    assert sources and all(f"/{uuid}/" in source for source in sources), sources
    loaded = "Array.from(document.querySelectorAll('.panel .picture-frame img')).some(one => one.complete && one.naturalWidth)"
    galaxy.wait_for(lambda: galaxy.page.evaluate(loaded), "the picture to arrive")


def test_hovering_says_what_it_is(galaxy: GalaxyPage, site: Site) -> None:
    galaxy.fly_to(galaxy.uuids()[30])
    galaxy.page.keyboard.press("Escape")
    galaxy.settle()
    uuid, place = galaxy.clickable(galaxy.uuids())[0]
    galaxy.page.mouse.move(*place)

    title = told_of(galaxy, site, uuid)["title"]
    galaxy.wait_for(lambda: title in galaxy.page.inner_text("body"), f"the title {title}")


def test_a_word_leads_to_its_pictures(galaxy: GalaxyPage, site: Site) -> None:
    label = told_of(galaxy, site, galaxy.uuids()[5])["labels"][0]["term"]
    field = galaxy.page.get_by_role("combobox")
    field.fill(f"{label} ")
    expect(galaxy.page.locator(".search-count p")).to_contain_text("picture")
    field.press("Enter")
    galaxy.wait_for(lambda: galaxy.panel_uuid() is not None, "the best match to open")
    terms = [one["term"] for one in told_of(galaxy, site, str(galaxy.panel_uuid()))["labels"]]
    words = {word for term in terms for word in term.split()}
    assert set(label.split()) <= words, (label, terms)


def test_the_list_holds_the_same_pictures(galaxy: GalaxyPage) -> None:
    galaxy.page.get_by_role("button", name="List", exact=True).click()
    galaxy.wait_for(lambda: galaxy.state()["view"] == "list", "the list")
    assert "mode=list" in galaxy.page.url
    galaxy.page.locator(".tile").first.click()

    galaxy.wait_for(lambda: galaxy.panel_uuid() in galaxy.uuids(), "a panel from the list")


def test_a_copied_link_opens_the_same_picture_for_somebody_else(galaxy: GalaxyPage, address: str) -> None:
    page = galaxy.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    uuid = galaxy.uuids()[7]
    galaxy.fly_to(uuid)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{address}#image={uuid}")

    page.goto("about:blank")
    again = GalaxyPage(page, link)
    again.wait_for(lambda: again.panel_uuid() == uuid, "the panel")


def test_an_address_holds_picture_camera_and_layout_and_one_can_go_back(galaxy: GalaxyPage) -> None:
    page = galaxy.page
    uuid = galaxy.uuids()[60]
    galaxy.fly_to(uuid)
    page.keyboard.press("f")
    galaxy.wait_for(lambda: "mode=flat" in page.url and "view=" in page.url, "the address to hold the flat view")
    galaxy.settle()
    seen, address = galaxy.spot(uuid), page.url
    page.goto("about:blank")
    again = GalaxyPage(page, address)
    again.wait_for(lambda: again.panel_uuid() == uuid, "the panel")
    again.settle()
    assert again.spot(uuid) == pytest.approx(seen, abs=2)

    page.keyboard.press("Escape")
    again.wait_for(lambda: again.panel_uuid() is None and "image=" not in page.url, "the picture to close")
    page.go_back()
    again.wait_for(lambda: again.panel_uuid() == uuid, "the step back")
    page.go_forward()
    again.wait_for(lambda: again.panel_uuid() is None, "the step forward")
    assert "mode=flat" in page.url


def test_an_address_of_no_picture_says_so(address: str, page: Page) -> None:
    GalaxyPage(page, f"{address}#image=00000000-0000-4000-8000-000000000000")
    expect(page.locator(".notice")).to_contain_text("no picture with that address")


def test_made_small_for_a_frame_it_is_the_same_galaxy(address: str, page: Page) -> None:
    galaxy = GalaxyPage(page, f"{address}?embed=1")
    assert page.get_by_role("link", name="All galaxies").count() == 0
    uuid = galaxy.uuids()[3]
    n_steps = page.evaluate("history.length")
    galaxy.fly_to(uuid)
    galaxy.wait_for(lambda: f"image={uuid}" in page.url, "the address to follow")
    assert page.evaluate("history.length") == n_steps, "the history is that of the page around it"
    link = page.get_by_role("link", name="Open in full")
    link.focus()
    assert link.get_attribute("href") == page.url.replace("?embed=1", "")


def test_everything_by_keyboard(galaxy: GalaxyPage) -> None:
    galaxy.settle()
    page = galaxy.page
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('role')") == "application":
            break
    focused = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate("document.activeElement.className") == "space"
    assert page.evaluate(focused) != "none", "one sees where one is"

    page.keyboard.press("Enter")
    galaxy.wait_for(lambda: galaxy.panel_uuid() is not None, "the panel of the centred picture")
    first = galaxy.panel_uuid()
    page.keyboard.press("]")
    galaxy.wait_for(lambda: galaxy.panel_uuid() not in (None, first), "the next picture")
    page.locator(".strip .thumb").nth(1).wait_for()
    second = galaxy.panel_uuid()
    page.keyboard.press("ArrowRight")
    galaxy.wait_for(lambda: galaxy.panel_uuid() not in (None, second), "a neighbour")
    assert page.locator("[aria-live]").first.inner_text() != "", "the screen reader is told"
    page.keyboard.press("Escape")
    galaxy.wait_for(lambda: galaxy.panel_uuid() is None, "the panel to close")
    page.keyboard.press("?")
    galaxy.wait_for(lambda: page.query_selector("[role=dialog], dialog[open]") is not None, "the help")


def test_who_wants_less_motion_is_there_at_once(galaxy: GalaxyPage) -> None:
    galaxy.settle()
    uuid = galaxy.uuids()[90]
    soon = galaxy.page.evaluate(
        """async uuid => {
            await window.galaxy.flyTo(uuid);
            for (let i = 0; i < 3; i += 1) await new Promise(requestAnimationFrame);
            const { x, y } = await window.galaxy.project(uuid);
            return [x, y];
        }""",
        uuid,
    )
    galaxy.wait_for(lambda: galaxy.panel_uuid() == uuid, "the panel")
    galaxy.settle()
    # The panel may still take its place beside it.
    assert soon[1] == pytest.approx(galaxy.spot(uuid)[1], abs=3)


def test_nothing_is_asked_of_anybody_else(address: str, site: Site, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    galaxy = GalaxyPage(page, address)
    galaxy.fly_to(galaxy.uuids()[7])
    page.locator("img.picture-ready").first.wait_for()
    own = site.address if address.startswith(site.address) else address  # a copy stays below its prefix
    assert [url for url in asked if not url.startswith((own, "blob:", "data:"))] == []
