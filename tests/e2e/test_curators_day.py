"""A curator's day, in a real browser: from a zip of pictures to a published galaxy, with every word of hers kept on the way."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Site
from tests.e2e.galaxy_page import GalaxyPage
from tests.pictures import picture_bytes

pytestmark = pytest.mark.browser

# Six kinds of pictures, told apart by words and, two by two, by colour. What is blue is called a boat, which is wrong.
BLUE, RED, GREEN = (30, 70, 200), (200, 40, 30), (40, 160, 60)
KINDS = {"harbour": BLUE, "lighthouse": BLUE, "church": RED, "castle": RED, "market": GREEN, "garden": GREEN}
PER_KIND = 15
N_WRONG = 30
MINUTES = 120_000  # ms a job may take on a machine with other things to do


@pytest.fixture
def admin(site: Site, page: Page) -> Page:
    """Logged in; jobs have their time."""
    page.goto(f"{site.address}/admin/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", site.password)
    page.click("[type=submit]")
    page.wait_for_url(f"{site.address}/admin/")
    return page


def zip_of_the_town(folder: Path) -> Path:
    """Ninety pictures and what the library knows of them."""
    rows = []
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(PER_KIND * len(KINDS)):
            kind = list(KINDS)[number % len(KINDS)]
            name = f"{kind} {number:02}.jpg"
            archive.writestr(name, picture_bytes(1000 + number, size=(320, 240), base=KINDS[kind]))
            terms = [{"term": kind, "score": 0.95}]
            terms += [{"term": "boat", "score": 0.6}] if KINDS[kind] == BLUE else []
            rows.append({"file": name, "title": f"The {kind}, {number}", "labels": terms, "date": f"{1900 + number}"})
        archive.writestr("metadata.json", json.dumps(rows))
    path = folder / "town.zip"
    path.write_bytes(buffer.getvalue())
    return path


def watch(page: Page) -> None:
    """Stay on a job's progress page until it has succeeded."""
    page.wait_for_url("**/progress/")
    page.get_by_text("Succeeded").first.wait_for(timeout=MINUTES)


def press(page: Page, name: str) -> None:
    """A button beside the object's history."""
    page.locator(".object-tools").get_by_role("button", name=name, exact=True).click()


def test_a_curators_day(site: Site, admin: Page, tmp_path: Path):
    address = site.address
    collection = add_collection(admin, address)
    import_the_town(admin, zip_of_the_town(tmp_path))
    galaxy = add_galaxy(admin, address)
    publish(admin, address, galaxy)
    clusters_before = names_of_clusters(admin, address)

    correct_a_label_on_thirty_at_once(admin, address, collection)
    teach_a_label(admin, address, collection)
    merged, renamed = merge_two_clusters_and_rename_one(admin, address, clusters_before)

    admin.goto(f"{address}/admin/")
    expect(admin.locator(".galaxy-needs", has_text="where their old labels put them").first).to_be_visible()
    admin.goto(f"{address}/admin/catalog/galaxy/{galaxy}/change/")
    press(admin, "Rebuild galaxy")
    watch(admin)

    assert count_on_wall(admin, address, collection, label="boat") == "No images"
    assert count_on_wall(admin, address, collection, label="blue hour", source="decision") == "15 images"
    after = names_of_clusters(admin, address)
    assert renamed in after and merged[0] in after and merged[1] not in after

    publish(admin, address, galaxy)
    seen = clusters_that_visitors_see(admin, address)
    assert renamed in seen and merged[1] not in seen

    roll_back(admin, address)
    seen = clusters_that_visitors_see(admin, address)
    assert renamed not in seen and merged[1] in seen


def add_collection(page: Page, address: str) -> str:
    """A new library, which is the curator's own; returns its id."""
    page.goto(f"{address}/admin/catalog/collection/add/")
    page.fill("#id_title", "Old town")
    page.fill("#id_slug", "old-town")
    page.click("[name=_continue]")
    page.get_by_role("link", name="Add pictures").wait_for()
    return page.url.rstrip("/").split("/")[-2]


def import_the_town(page: Page, archive: Path) -> None:
    """A zip is chosen, sent, and watched until its pictures are there; then a machine looks at them."""
    page.get_by_role("link", name="Add pictures").click()
    page.set_input_files("input[type=file]", archive)
    watch(page)
    expect(page.locator(".galaxy-table").last).to_contain_text("added")
    assert "90" in page.locator(".galaxy-table").last.inner_text()
    page.get_by_role("link", name="Old town").last.click()
    press(page, "Annotate")
    watch(page)


def add_galaxy(page: Page, address: str) -> str:
    """A galaxy of six clusters, built; returns its id."""
    page.goto(f"{address}/admin/catalog/galaxy/add/")
    page.locator("#id_title").press_sequentially("Old town")
    expect(page.locator("#id_slug")).to_have_value("old-town")
    page.select_option("#id_collection", label="Old town")
    page.fill("#id_n_clusters", "6")
    page.click("[name=_continue]")
    page.locator(".object-tools").wait_for()
    galaxy = page.url.rstrip("/").split("/")[-2]
    press(page, "Rebuild galaxy")
    watch(page)
    return galaxy


def publish(page: Page, address: str, galaxy: str) -> None:
    """Show the newest build."""
    page.goto(f"{address}/admin/catalog/galaxy/{galaxy}/change/")
    press(page, "Publish")
    watch(page)


def correct_a_label_on_thirty_at_once(page: Page, address: str, collection: str) -> None:
    """Thirty pictures are called a boat; they are counted, shown, and put right as one change. One was a boat, after all."""
    page.goto(f"{address}/admin/catalog/image/wall/?collection={collection}&label=boat")
    expect(page.locator(".galaxy-found")).to_contain_text(f"{N_WRONG} images")
    page.get_by_label(f"All {N_WRONG} images that match").check()
    page.select_option("select[name=deed]", label="Reject the label")
    page.fill(".galaxy-decide-bar input[name=reason]", "Whatever is blue was called a boat")
    page.get_by_role("button", name="Count and show").click()
    expect(page.locator(".galaxy-decide")).to_contain_text(f"{N_WRONG} images of Old town")
    page.get_by_role("button", name="Do it").click()
    expect(page.locator(".messagelist")).to_contain_text(f"“boat” rejected on {N_WRONG} images.")
    expect(page.locator(".galaxy-found")).to_contain_text("No images")

    # By keyboard, and taken back at once.
    page.goto(f"{address}/admin/catalog/image/wall/?collection={collection}&label=garden")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("h")
    expect(page.locator("[data-toast-text]")).to_have_text("1 image is hidden now.")
    page.keyboard.press("u")
    expect(page.locator("[data-toast-text]")).to_have_text("Undone.")

    # Looked at closer, each label has its buttons.
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Reject garden").click()
    expect(page.locator("[data-toast-text]")).to_have_text("“garden” rejected on 1 image.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-toast-text]")).to_have_text("Undone.")
    page.keyboard.press("Escape")


def teach_a_label(page: Page, address: str, collection: str) -> None:
    """Fifteen pictures show what the blue hour is, fifteen what it is not; the rest is found by what pictures look like."""
    for kind, deed in (("harbour", "Add the label"), ("church", "Reject the label")):
        page.goto(f"{address}/admin/catalog/image/wall/?collection={collection}&label={kind}")
        page.get_by_label(f"All {PER_KIND} images that match").check()
        page.select_option("select[name=deed]", label=deed)
        page.fill(".galaxy-decide-bar input[name=term]", "blue hour")
        page.get_by_role("button", name="Count and show").click()
        page.get_by_role("button", name="Do it").click()
        expect(page.locator(".messagelist")).to_contain_text(f"{PER_KIND} images.")
    page.goto(f"{address}/admin/catalog/taughtlabel/teach/?collection={collection}&term=blue+hour")
    page.get_by_role("button", name="Train it").click()
    watch(page)
    page.goto(f"{address}/admin/catalog/taughtlabel/?q=blue")
    page.locator("#result_list tbody th a").click()
    page.get_by_role("button", name="Accept: label").click()
    watch(page)
    taught = count_on_wall(page, address, collection, label="blue hour", source="taught:blue hour")
    assert int(taught.split()[0]) >= 1  # lighthouses, which nobody had named


def merge_two_clusters_and_rename_one(page: Page, address: str, names: list[str]) -> tuple[list[str], str]:
    """(what stays and what went of two that became one, the new name of a third)."""
    first, second, third = names[:3]
    open_clusters(page, address)
    for name in (first, second):
        row_of(page, name).locator("input.action-select").check()
    page.select_option("select[name=action]", label="Merge selected clusters")
    page.get_by_role("button", name="Go").click()
    page.get_by_role("radio", name=first, exact=True).check()
    page.get_by_role("button", name="Merge").click()
    page.locator(".messagelist").wait_for()

    open_clusters(page, address)
    row_of(page, third).locator("th a, td.field-name a").last.click()
    page.fill("#id_name", "Where the town buys and sells")
    page.click("[name=_save]")
    page.locator(".messagelist").wait_for()
    return [first, second], "Where the town buys and sells"


def open_clusters(page: Page, address: str) -> None:
    """The list of the town's clusters."""
    page.goto(f"{address}/admin/catalog/galaxy/?q=old-town")
    galaxy = page.locator("#result_list input.action-select").get_attribute("value")
    page.goto(f"{address}/admin/catalog/cluster/?galaxy__id__exact={galaxy}")


def row_of(page: Page, name: str) -> Locator:
    """The row of one cluster."""
    return page.locator("#result_list tbody tr").filter(has=page.get_by_role("link", name=name, exact=True))


def names_of_clusters(page: Page, address: str) -> list[str]:
    """Those that have images now."""
    open_clusters(page, address)
    rows = page.locator("#result_list tbody tr").filter(has_not_text="dormant")
    return [text.strip() for text in rows.locator(".field-name").all_inner_texts()]


def count_on_wall(page: Page, address: str, collection: str, **filters: str) -> str:
    """How many images the wall says that it shows."""
    query = "&".join(f"{name}={value.replace(' ', '+')}" for name, value in filters.items())
    page.goto(f"{address}/admin/catalog/image/wall/?collection={collection}&{query}")
    return page.locator(".galaxy-found strong").inner_text()


def clusters_that_visitors_see(page: Page, address: str) -> list[str]:
    """Names in the explorer, of what is published now."""
    galaxy = GalaxyPage(page, f"{address}/galaxy/old-town/")
    galaxy.settle()
    return [row.inner_text().split("\n")[0] for row in page.query_selector_all(".cluster-row")]


def roll_back(page: Page, address: str) -> None:
    """Go back to the first publication."""
    page.goto(f"{address}/admin/catalog/publication/?q=old-town")
    rows = page.locator("#result_list tbody tr", has_text="Old town")
    rows.last.locator("th a, td a").first.click()
    press(page, "Go back to this publication")
    page.get_by_role("button", name="Agree and start").click()
    watch(page)
