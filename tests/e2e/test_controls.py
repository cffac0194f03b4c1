"""Getting about in space with mouse, keys and fingers."""

import pytest
from playwright.sync_api import Page

from tests.e2e.galaxy_page import GalaxyPage
from tests.e2e.static_galaxy import StaticGalaxy

pytestmark = pytest.mark.browser

MIDDLE = (860, 450)


@pytest.fixture
def galaxy(lively_page: Page, static_galaxy: StaticGalaxy) -> GalaxyPage:
    galaxy = GalaxyPage(lively_page, static_galaxy.address)
    galaxy.settle()
    return galaxy


def spots(galaxy: GalaxyPage) -> list[tuple[float, float]]:
    """Where some pictures of all corners are on the screen."""
    return [galaxy.spot(uuid) for uuid in galaxy.uuids()[::150]]


def spread(places: list[tuple[float, float]]) -> float:
    """How far apart they are, in CSS px."""
    return max(x for x, _ in places) - min(x for x, _ in places)


def moved(before: list[tuple[float, float]], after: list[tuple[float, float]]) -> float:
    """How far the one went that went farthest, in CSS px."""
    return max(abs(x1 - x0) + abs(y1 - y0) for (x0, y0), (x1, y1) in zip(before, after, strict=True))


def test_a_drag_turns_and_home_is_where_one_began(galaxy: GalaxyPage) -> None:
    page = galaxy.page
    before = spots(galaxy)
    page.mouse.move(*MIDDLE)
    page.mouse.down()
    page.mouse.move(MIDDLE[0] + 120, MIDDLE[1] + 10, steps=6)
    page.mouse.up()
    galaxy.settle()
    assert moved(before, spots(galaxy)) > 50
    assert galaxy.panel_uuid() is None, "a drag is no click"

    page.keyboard.press("h")
    galaxy.settle()
    assert moved(before, spots(galaxy)) < 3


def test_the_wheel_leads_to_what_lies_under_the_pointer(galaxy: GalaxyPage) -> None:
    uuid, place = farthest_from_the_middle(galaxy)
    before = galaxy.length_of(uuid)
    galaxy.page.mouse.move(*place)
    for _ in range(4):
        galaxy.page.mouse.wheel(0, -200)
        galaxy.page.wait_for_timeout(50)
    galaxy.settle()
    assert galaxy.length_of(uuid) > 1.5 * before
    assert galaxy.spot(uuid) == pytest.approx(place, abs=25)


def farthest_from_the_middle(galaxy: GalaxyPage) -> tuple[str, tuple[float, float]]:
    """A picture at the rim of what can be clicked, and where."""
    return max(
        galaxy.clickable(galaxy.uuids(300)), key=lambda one: abs(one[1][0] - MIDDLE[0]) + abs(one[1][1] - MIDDLE[1])
    )


@pytest.mark.parametrize("key", ["w", "ArrowUp"])
def test_keys_fly_as_long_as_they_are_held(galaxy: GalaxyPage, key: str) -> None:
    before = spread(spots(galaxy))
    galaxy.page.keyboard.down(key)
    galaxy.wait_for(lambda: spread(spots(galaxy)) > 1.05 * before, "the galaxy to come nearer")
    assert galaxy.state()["is_moving"]
    galaxy.page.keyboard.up(key)
    galaxy.settle()


def test_a_double_click_flies_there(galaxy: GalaxyPage) -> None:
    uuid, place = farthest_from_the_middle(galaxy)
    before = galaxy.length_of(uuid)
    galaxy.page.mouse.dblclick(*place)
    galaxy.settle()
    assert galaxy.length_of(uuid) > 2 * before


def test_a_flight_takes_its_time_dims_the_others_and_then_rests(galaxy: GalaxyPage) -> None:
    before = galaxy.state()["n_drawn_frames"]
    uuid = galaxy.uuids()[40]
    flying = "async uuid => (await window.galaxy.flyTo(uuid)) && window.galaxy.state().is_moving"
    assert galaxy.page.evaluate(flying, uuid)
    state = galaxy.settle()
    assert state["n_drawn_frames"] > before + 3
    assert state["n_visible_thumbnails"] > 0
    galaxy.page.wait_for_timeout(300)
    assert galaxy.state()["n_drawn_frames"] == state["n_drawn_frames"]


def test_two_fingers_pinch(phone: Page, static_galaxy: StaticGalaxy) -> None:
    galaxy = GalaxyPage(phone, static_galaxy.address)
    galaxy.settle()
    uuid, (x, y) = min(galaxy.clickable(galaxy.uuids(300)), key=lambda one: abs(one[1][0] - 195) + abs(one[1][1] - 400))
    before = galaxy.length_of(uuid)
    fingers = phone.context.new_cdp_session(phone)

    def touch(kind: str, *apart: float) -> None:
        at = [{"x": x + right, "y": y, "id": number} for number, right in enumerate(apart)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", -40, 40)
    for step in range(1, 9):
        touch("touchMove", -40 - 8 * step, 40 + 8 * step)
    touch("touchEnd")
    state = galaxy.settle()
    assert galaxy.length_of(uuid) > 1.5 * before
    assert galaxy.panel_uuid() is None, "a pinch is no tap"
    assert state["memory_bytes"] <= 96 * 2**20
    assert state["n_draw_calls"] <= 12
