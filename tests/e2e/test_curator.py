"""A curator at the admin, in a real browser: looks at images, starts a job, and watches it end."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.e2e.conftest import Site
from tests.pictures import picture_bytes

pytestmark = pytest.mark.browser


@pytest.fixture
def admin(site: Site, page: Page) -> Page:
    """Logged in with the password that `make run` printed."""
    page.goto(f"{site.address}/admin/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", site.password)
    page.click("[type=submit]")
    page.wait_for_url(f"{site.address}/admin/")
    return page


def test_images_are_a_list_of_pictures_that_filters(site: Site, admin: Page):
    admin.goto(f"{site.address}/admin/catalog/image/")
    assert admin.locator("#result_list img").count() >= 40

    admin.get_by_placeholder("Type a label").fill("flag")
    admin.get_by_role("button", name="Find").click()
    admin.wait_for_load_state()

    assert "flag" in admin.locator("#result_list").inner_text().lower()


def test_a_rebuild_is_a_job_that_is_watched_to_its_end(site: Site, admin: Page):
    admin.goto(f"{site.address}/admin/catalog/galaxy/")
    row = admin.locator("#result_list tbody tr", has_text="Photographs")
    row.locator("input.action-select").check()
    admin.select_option("select[name=action]", label="Rebuild galaxy")
    admin.get_by_role("button", name="Go").click()

    admin.wait_for_url("**/progress/")
    admin.get_by_text("Succeeded").first.wait_for(timeout=60_000)


def test_pictures_are_dropped_on_a_page_and_one_that_failed_is_sent_again(site: Site, admin: Page):
    site.manage("import_images", str(Path(__file__).parent), "--collection", "dropped")
    admin.goto(f"{site.address}/admin/catalog/collection/?q=dropped")
    admin.locator("#result_list tbody th a").click()
    admin.get_by_role("link", name="Add pictures").click()
    admin.route("**/upload/", abort_second_post())

    pictures = [base64.b64encode(picture_bytes(seed)).decode() for seed in range(3)]
    transfer = admin.evaluate_handle(
        """(pictures) => {
          const transfer = new DataTransfer();
          for (const [number, text] of pictures.entries()) {
            const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
            transfer.items.add(new File([bytes], `dropped ${number}.jpg`));
          }
          return transfer;
        }""",
        pictures,
    )
    admin.locator("[data-drop]").dispatch_event("drop", {"dataTransfer": transfer})
    admin.get_by_text("could not be sent").wait_for()
    admin.get_by_role("button", name="Retry the failed").click()

    admin.wait_for_url("**/progress/")
    admin.get_by_text("Succeeded").first.wait_for(timeout=60_000)
    assert "added\t3" in admin.locator(".galaxy-table").last.inner_text()


def abort_second_post() -> Callable[[Route], None]:
    """Answers the second request that sends something with an error, once."""
    posts: list[str] = []

    def handle(route: Route) -> None:
        posts.append(route.request.method)
        if posts.count("POST") == 2 and route.request.method == "POST":
            route.fulfill(status=200, content_type="text/html", body="no JSON")
        else:
            route.continue_()

    return handle
