"""A visitor reads in the panel what was found in a picture: boxes lie where the document says, and lead to their rows."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.annotated import FACE_COLOUR, OBJECT_COLOUR, SLUG
from tests.e2e.conftest import Site
from tests.e2e.galaxy_page import GalaxyPage
from tests.vision_documents import EYES, FACE, LANDMARK, LINES, LOGO, OBJECT

pytestmark = pytest.mark.browser

BOXES = {
    "objects-0": OBJECT,
    "faces-0": FACE,
    "text-0": LINES["Grüße aus"],
    "text-1": LINES["<b>Lyon</b>"],
    "landmarks-0": LANDMARK,
    "logos-0": LOGO,
}
WITHIN_PX = 2.0


@pytest.fixture(scope="module")
def uuids(site: Site) -> dict[str, str]:
    """Title -> uuid of the annotated pictures."""
    code = (
        "from tests.e2e.annotated import make_annotated_galaxy; make_annotated_galaxy();"
        "from catalog.models import Image;"
        f"print(*(f'{{i.title}}={{i.uuid}}' for i in Image.objects.filter(collection__slug='{SLUG}')))"
    )
    words = site.manage("shell", "--no-imports", "-c", code).split()
    return dict(word.split("=") for word in words if "=" in word)


@pytest.fixture(params=["sharp_page", "phone"])
def window(request: pytest.FixtureRequest) -> Iterator[Page]:
    """A desktop's window, then a phone's."""
    yield request.getfixturevalue(request.param)


def open_picture(page: Page, site: Site, uuid: str) -> GalaxyPage:
    galaxy = GalaxyPage(page, f"{site.address}/galaxy/{SLUG}/#image={uuid}")
    page.wait_for_selector(".panel .missing, .panel .found")
    page.wait_for_selector("img.picture-ready")
    galaxy.settle()
    return galaxy


def test_boxes_lie_where_the_document_says(site: Site, window: Page, uuids: dict[str, str]):
    galaxy = open_picture(window, site, uuids["Full"])
    picture = window.locator("img.picture-view").bounding_box()
    assert picture and picture["width"] / picture["height"] == pytest.approx(4 / 3, rel=0.01)
    assert_boxes_on(window.locator("img.picture-view"), window.locator(".panel"))
    points = [point.bounding_box() for point in window.locator(".face-point").all()]
    for point, (x, y) in zip(points, EYES, strict=True):
        assert point is not None
        assert point["x"] + point["width"] / 2 == pytest.approx(picture["x"] + x * picture["width"], abs=WITHIN_PX)
        assert point["y"] + point["height"] / 2 == pytest.approx(picture["y"] + y * picture["height"], abs=WITHIN_PX)
    assert_drawn_around_the_object(window, galaxy)


def assert_boxes_on(picture: Locator, where: Locator) -> None:
    """Each box lies on the picture where the document says, whatever the picture's size."""
    place = picture.bounding_box()
    assert place is not None
    x, y, wide, high = place["x"], place["y"], place["width"], place["height"]
    for mark, (left, top, right, bottom) in BOXES.items():
        box = where.locator(f'.box[data-mark="{mark}"]').bounding_box()
        assert box is not None, mark
        seen = [box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]]
        wanted = [x + left * wide, y + top * high, x + right * wide, y + bottom * high]
        assert seen == pytest.approx(wanted, abs=WITHIN_PX), mark


def assert_drawn_around_the_object(window: Page, galaxy: GalaxyPage) -> None:
    """The picture's own pixels: without boxes, the object's colour fills exactly where its box was."""
    box = window.locator('.box[data-mark="objects-0"]').bounding_box()
    assert box is not None
    window.keyboard.press("b")
    window.wait_for_selector(".box", state="detached")
    panel = window.locator(".picture").bounding_box()
    assert panel is not None
    pixels = galaxy.pixels().astype(int)
    is_object = np.abs(pixels - np.array(OBJECT_COLOUR)).max(axis=2) < 24
    # Only in the panel: the galaxy shows the same picture.
    rows, columns = np.indices(is_object.shape)
    is_object &= (columns >= panel["x"]) & (columns < panel["x"] + panel["width"])
    is_object &= (rows >= panel["y"]) & (rows < panel["y"] + panel["height"])
    y, x = np.nonzero(is_object)
    seen = [x.min(), y.min(), x.max() + 1, y.max() + 1]
    wanted = [box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]]
    assert seen == pytest.approx(wanted, abs=WITHIN_PX)
    window.keyboard.press("b")


def test_looked_at_closely_boxes_stay_where_they_belong(site: Site, window: Page, uuids: dict[str, str]):
    galaxy = open_picture(window, site, uuids["Full"])
    window.locator(".picture-zoom").focus()
    window.keyboard.press("Enter")
    picture = window.locator(".viewer img.picture-ready")
    picture.wait_for()
    for key, scale in (("0", 1.0), ("+", 1.4)):
        window.keyboard.press(key)
        expect(window.locator(".viewer-zoom")).to_contain_text(f"{100 * scale:.0f}%")
        assert_boxes_on(picture, window.locator(".viewer"))
        seen = galaxy.pixels()
        face = window.locator('.viewer .box[data-mark="faces-0"]').bounding_box()
        assert face is not None
        inside = seen[int(face["y"] + 0.8 * face["height"]), int(face["x"] + face["width"] / 2)]
        assert np.abs(inside.astype(int) - np.array(FACE_COLOUR)).max() < 24, "the face's colour fills its box"
    window.locator('.viewer-row[data-mark="faces-0"]').click()
    assert window.evaluate("document.activeElement.className").startswith("box box-faces")
    window.keyboard.press("Escape")
    window.wait_for_selector(".viewer[open]", state="detached")
    assert window.evaluate("document.activeElement.className") == "picture-zoom"
    assert window.locator(".panel").count() == 1


def test_a_landmark_is_marked_on_a_map_that_comes_with_the_page(site: Site, page: Page, uuids: dict[str, str]):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    galaxy = open_picture(page, site, uuids["Full"])
    page.locator(".place-map").scroll_into_view_if_needed()
    galaxy.wait_for(lambda: any(url.endswith(".svg") and "world" in url for url in asked), "the map")
    assert all(url.startswith((site.address, "data:", "blob:")) for url in asked), "nothing foreign is loaded"
    assert page.get_by_role("link", name="On OpenStreetMap").count() == 1


def test_neighbours_are_walked_by_arrow_keys_and_what_is_like_a_picture_is_lit(site: Site, page: Page):
    galaxy = GalaxyPage(page, f"{site.address}/galaxy/openmoji/")
    first = galaxy.uuids()[7]
    galaxy.fly_to(first)
    page.wait_for_selector(".strip .thumb >> nth=1")
    assert page.locator(".strip .thumb").count() == 13, "the picture itself and twelve neighbours"
    shown = page.locator(".strip .thumb img").evaluate_all("all => all.map(one => one.src.split('/').at(-2))")
    assert shown[0] == first
    for key, neighbour in (("ArrowRight", shown[1]), ("ArrowRight", shown[2]), ("ArrowLeft", shown[1])):
        page.keyboard.press(key)
        galaxy.wait_for(lambda wanted=neighbour: galaxy.state()["selected"] == wanted, "the neighbour to open")
    page.get_by_role("button", name="More like this").click()
    page.wait_for_selector(".strip-line:has-text('approximate')")
    page.keyboard.press("Escape")
    page.wait_for_selector(".strip-line", state="detached")
    assert galaxy.state()["selected"] == shown[1], "the panel stays"


def test_a_box_and_its_row_light_each_other(site: Site, page: Page, uuids: dict[str, str]):
    open_picture(page, site, uuids["Full"])
    page.locator('.box[data-mark="logos-0"]').hover()
    assert "Acme" in page.locator(".found-lit").inner_text()

    page.locator('.dot[data-mark="text-1"]').focus()
    page.wait_for_selector('.box-lit[data-mark="text-1"]')
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.dataset.mark") == "text-0"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className").startswith("dot")

    row = page.locator(".found-lit").bounding_box()
    picture = page.locator(".picture").bounding_box()
    assert row and picture and row["y"] >= picture["y"] + picture["height"], "the row lies under the picture"


def test_the_panel_tells_everything_and_text_is_never_html(site: Site, window: Page, uuids: dict[str, str]):
    open_picture(window, site, uuids["Full"])
    panel = window.locator(".panel")
    told = panel.inner_text()
    for words in ("Bicycle", "Face 1", "turned right 25°", "very likely", "<b>Lyon</b>", "Fourvière", "45.76229° N"):
        assert words in told
    for words in ("Acme", "50%", "Racy", "street in lyon"):
        assert words in told
    assert panel.locator("b").count() == 0
    assert "example.org/private" not in told
    assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth")


def test_none_found_failed_and_not_looked_for_are_three_things(site: Site, page: Page, uuids: dict[str, str]):
    open_picture(page, site, uuids["Empty"])
    assert "none found: objects, faces, text" in page.locator(".missing").inner_text()
    open_picture(page, site, uuids["Failed"])
    lines = page.locator(".missing p").all_inner_texts()
    assert lines[1:] == ["Failed: faces", "Not looked for: logos, the web"]


def test_hidden_boxes_stay_hidden_the_next_time(site: Site, page: Page, uuids: dict[str, str]):
    open_picture(page, site, uuids["Full"])
    page.get_by_role("button", name="Boxes").click()
    page.reload()
    page.wait_for_selector(".panel .found")
    assert page.locator(".box").count() == 0
    page.get_by_role("button", name="Boxes").click()
    assert page.locator(".box").count() == len(BOXES)
