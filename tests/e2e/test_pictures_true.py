"""Never the wrong picture: what is drawn, what is picked and what is opened are compared with the files they were made from."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.e2e.galaxy_page import GalaxyPage
from tests.e2e.static_galaxy import StaticGalaxy
from tests.factories_artifact import picture_size

pytestmark = pytest.mark.browser

N_POINTS = 500
N_THUMBNAILS = 25
DARK = 60.0  # of 255
SMALLEST_PX = 10.0  # below, a disc is still under the picture
Pixels = NDArray[np.float64]


@dataclass(frozen=True)
class Shown:
    """A picture on the screen: its middle and its sides, in pixels."""

    uuid: str
    x: float
    y: float
    width: float
    height: float


def find_shown(galaxy: GalaxyPage, static: StaticGalaxy, places: Pixels) -> list[Shown | None]:
    """What a click at each place would open, and where that lies; None for nothing, and under panels."""
    found = galaxy.page.evaluate(
        """places => Promise.all(places.map(async ([x, y]) => {
            if (document.elementFromPoint(x, y)?.tagName !== "CANVAS") return null;
            const uuid = await window.galaxy.pick(x, y);
            return uuid === null ? null : { uuid, ...(await window.galaxy.project(uuid)) };
        }))""",
        places.tolist(),
    )
    return [None if one is None else shown_as(static, one) for one in found]


def shown_as(static: StaticGalaxy, found: dict[str, Any]) -> Shown:
    width, height = picture_size(static.number_of(found["uuid"]))
    longer = max(width, height)
    return Shown(found["uuid"], found["x"], found["y"], found["px"] * width / longer, found["px"] * height / longer)


def look_from(galaxy: GalaxyPage, uuid: str, n_steps_back: int) -> Pixels:
    """Go to a picture, close it, step back, and return what is drawn. The pointer waits where it lights nothing."""
    galaxy.page.mouse.move(4, 4)
    galaxy.fly_to(uuid)
    for key in ("Escape", "Escape", *"-" * n_steps_back):
        galaxy.page.keyboard.press(key)
    galaxy.settle()
    return galaxy.pixels().astype(np.float64)


def source_of(static: StaticGalaxy, uuid: str) -> Image.Image:
    with Image.open(BytesIO(static.picture_of(uuid))) as picture:
        return picture.convert("RGB")


def resample(static: StaticGalaxy, uuid: str, width: int, height: int) -> Pixels:
    """The source at a size on the screen."""
    size = (max(1, width), max(1, height))
    return np.asarray(source_of(static, uuid).resize(size, Image.Resampling.BOX), dtype=np.float64)


def difference(drawn: Pixels, source: Pixels) -> float:
    """How far two pictures are apart when the drawn one may be darker (depth dims): 0 the same, 1 nothing in common."""
    light = min(1.05, (drawn * source).sum() / max(1.0, (source * source).sum()))
    # In the black strokes of a number a few grey levels are no other picture.
    return float(np.linalg.norm(drawn - light * source) / max(np.linalg.norm(drawn), DARK * np.sqrt(drawn.size)))


def test_five_hundred_places_show_the_very_picture_that_is_picked_and_opened(
    static_galaxy: StaticGalaxy, sharp_page: Page
) -> None:
    """At random zooms: the pixel there is the picked picture's own, and what is clicked opens."""
    galaxy = GalaxyPage(sharp_page, static_galaxy.address)
    uuids = galaxy.uuids()
    rng = np.random.default_rng(5)
    n_compared, n_clicked, n_places = 0, 0, 0
    while n_places < N_POINTS:
        pixels = look_from(galaxy, str(rng.choice(uuids)), int(rng.integers(2, 9)))
        places = rng.uniform((290, 90), (1430, 840), (120, 2))
        # Within two pixels of an edge the screen mixes two pictures: compared is where all around it is the same one.
        around = [
            find_shown(galaxy, static_galaxy, places + step) for step in ((0, 0), (-3, -3), (3, -3), (-3, 3), (3, 3))
        ]
        hits = [(shown, place) for shown, place in zip(around[0], places, strict=True) if shown is not None]
        n_places += len(hits)
        for shown, (x, y), *others in zip(around[0], places, *around[1:], strict=True):
            if shown is not None and all(other is not None and other.uuid == shown.uuid for other in others):
                n_compared += compare_at(static_galaxy, shown, pixels, x, y)
        if hits:
            shown, (x, y) = hits[0]
            sharp_page.mouse.click(x, y)
            galaxy.wait_for(lambda wanted=shown.uuid: galaxy.panel_uuid() == wanted, f"the panel of {shown.uuid}")
            sources = [one.get_attribute("src") or "" for one in sharp_page.query_selector_all("aside.panel img")]
            assert any(shown.uuid in source for source in sources), sources
            n_clicked += 1
    assert n_compared >= N_POINTS / 5, f"too few of {n_places} were large enough to be compared: {n_compared}"
    assert n_clicked >= 8


def compare_at(static: StaticGalaxy, shown: Shown, pixels: Pixels, x: float, y: float) -> bool:
    """Compare one place of the screen with the same place of the picked picture's file; False where it cannot be done."""
    left, upper = shown.x - shown.width / 2, shown.y - shown.height / 2
    width, height = round(shown.width), round(shown.height)
    column, row = int(x - left), int(y - upper)
    inside = 3 <= column < width - 3 and 3 <= row < height - 3
    if max(shown.width, shown.height) < SMALLEST_PX or not inside:
        return False
    drawn = pixels[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].mean(axis=(0, 1))
    source = resample(static, shown.uuid, width, height)
    # The strokes of the numbers are fine: a pixel or two aside they are another grey.
    near = [(row + down, column + right) for down in range(-2, 3) for right in range(-2, 3)]
    best = min(difference(drawn, source[r - 1 : r + 2, c - 1 : c + 2].mean(axis=(0, 1))) for r, c in near)
    assert best < 0.2, (shown, drawn, source[row, column])
    return True


def test_thumbnails_are_drawn_pixel_by_pixel_as_their_files(static_galaxy: StaticGalaxy, sharp_page: Page) -> None:
    """Whole thumbnails that nothing hides: each looks like its own file, and more so than like any other one's."""
    galaxy = GalaxyPage(sharp_page, static_galaxy.address)
    uuids = galaxy.uuids()
    rng = np.random.default_rng(6)
    compared: set[str] = set()
    for start in rng.permutation(uuids):
        if len(compared) >= N_THUMBNAILS:
            break
        pixels = look_from(galaxy, str(start), int(rng.integers(1, 5)))
        for shown in find_shown(galaxy, static_galaxy, rng.uniform((290, 90), (1430, 840), (120, 2))):
            if shown is None or max(shown.width, shown.height) < 40 or not is_free(galaxy, static_galaxy, shown):
                continue
            left, upper = round(shown.x - shown.width / 2), round(shown.y - shown.height / 2)
            width, height = round(shown.width), round(shown.height)
            inner = np.s_[2 : height - 2, 2 : width - 2]
            drawn = pixels[upper : upper + height, left : left + width][inner]
            own = difference(drawn, resample(static_galaxy, shown.uuid, width, height)[inner])
            others = [
                difference(drawn, resample(static_galaxy, str(other), width, height)[inner])
                for other in rng.choice(uuids, 12)
                if str(other) != shown.uuid
            ]
            # Small, some differ only in the strokes of their numbers.
            assert own < 0.2 and own < min(others) + 0.02, (shown, own, min(others))
            compared.add(shown.uuid)
    assert len(compared) >= N_THUMBNAILS


def is_free(galaxy: GalaxyPage, static: StaticGalaxy, shown: Shown) -> bool:
    """Whether nothing lies on a picture, and all of it on the canvas."""
    middle, sides = np.array([shown.x, shown.y]), np.array([shown.width, shown.height])
    steps = np.array([(right, down) for right in (-0.46, 0.0, 0.46) for down in (-0.46, 0.0, 0.46)])
    return all(one is not None and one.uuid == shown.uuid for one in find_shown(galaxy, static, middle + steps * sides))


def test_the_scene_stays_within_its_budget(static_galaxy: StaticGalaxy, sharp_page: Page) -> None:
    """All points at once, and near, with sharp pictures: memory by our own count, and draw calls."""
    galaxy = GalaxyPage(sharp_page, static_galaxy.address)
    far = galaxy.settle()
    assert far["n_points_drawn"] == far["n_images"] == static_galaxy.galaxy.n
    galaxy.fly_to(galaxy.uuids()[3])
    near = galaxy.settle()
    for state in (far, near):
        assert state["n_draw_calls"] <= 12
        assert state["memory_bytes"] <= 256 * 2**20


def test_what_the_pointer_withdraws_is_gone_at_once(static_galaxy: StaticGalaxy, page: Page) -> None:
    """Before any file is rewritten: not drawn, not found, not in the list of pictures."""
    galaxy = GalaxyPage(page, static_galaxy.address)
    uuids = galaxy.uuids()
    gone = [uuids[7], uuids[-1]]
    try:
        static_galaxy.withdraw(*gone)
        again = GalaxyPage(page, static_galaxy.address)

        assert again.uuids() == [uuid for uuid in uuids if uuid not in gone]
        assert not page.evaluate("uuid => window.galaxy.flyTo(uuid)", gone[0])
        state = again.settle()
        assert state["n_points_drawn"] == len(uuids) - 2
    finally:
        static_galaxy.withdraw()


def test_a_lost_context_comes_back_with_its_pictures(static_galaxy: StaticGalaxy, page: Page) -> None:
    galaxy = GalaxyPage(page, static_galaxy.address)
    galaxy.fly_to(galaxy.uuids()[11])
    before = galaxy.settle()
    extension = "document.querySelector('canvas').getContext('webgl2').getExtension('WEBGL_lose_context')"
    page.evaluate(f"void (window.lost = {extension}).loseContext()")
    galaxy.wait_for(lambda: galaxy.state()["gl"] == "lost", "the page to notice")
    page.evaluate("window.lost.restoreContext()")
    galaxy.wait_for(lambda: galaxy.state()["gl"] == "ok", "the context")

    galaxy.wait_for(
        lambda: galaxy.settle()["n_visible_thumbnails"] == before["n_visible_thumbnails"], "the same pictures"
    )


def test_files_that_fail_are_asked_for_again_and_the_rest_goes_on(
    static_galaxy: StaticGalaxy, browser: Browser
) -> None:
    """A page of its own: a browser writes failed requests into its console, which the page of the others forbids."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce", color_scheme="dark")
    page = context.new_page()
    page.route("**/*.webp", lambda route: route.fulfill(status=503))
    try:
        galaxy = GalaxyPage(page, static_galaxy.address)
        galaxy.settle()
        assert galaxy.state()["n_points_drawn"] == static_galaxy.galaxy.n
        notice = page.wait_for_selector(".notice:has-text('do not come')")
        assert notice is not None
        page.unroute_all()
        page.click(".notice >> text=Try again")

        galaxy.wait_for(lambda: page.query_selector(".notice") is None, "the notice to go")
        galaxy.fly_to(galaxy.uuids()[0])
        galaxy.wait_for(lambda: galaxy.state()["n_visible_thumbnails"] > 0, "the pictures")
    finally:
        context.close()
