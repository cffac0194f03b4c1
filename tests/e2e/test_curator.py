"""A curator at the admin, in a real browser: looks at images, starts a job, and watches it end."""

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import Site

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
