"""The library grows, the galaxy is built again, and whoever knew the map finds everything where it was."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import Site
from tests.e2e.galaxy_page import GalaxyPage

pytestmark = pytest.mark.browser

HIDE_SOME = """
from catalog.models import Image
pks = list(Image.objects.filter(collection__slug="openmoji").order_by("pk").values_list("pk", flat=True)[::40])
print(Image.objects.filter(pk__in=pks).update(hidden=True))
"""
SHOW_ALL = """
from catalog.models import Image
print(Image.objects.filter(hidden=True).update(hidden=False))
"""


@pytest.fixture(scope="module", autouse=True)
def leave_the_map_as_it_was(site: Site) -> Iterator[None]:
    """Other tests fly through the galaxy that `make run` built."""
    yield
    site.manage("shell", "-v", "0", "-c", SHOW_ALL)
    rebuild(site, "--fresh")


def rebuild(site: Site, *options: str) -> None:
    site.manage("build_galaxy", "--collection", "openmoji", *options)
    site.manage("publish_galaxy", "--collection", "openmoji", "--despite-safe-search")


def look(site: Site, page: Page) -> tuple[dict[str, tuple[float, float]], set[str]]:
    """Where each picture is on the screen, and the names of all clusters."""
    galaxy = GalaxyPage(page, f"{site.address}/galaxy/openmoji/")
    galaxy.settle()
    spots = page.evaluate(
        """async () => {
            const uuids = await window.galaxy.uuids();
            return Promise.all(uuids.map(async uuid => [uuid, await window.galaxy.project(uuid)]));
        }"""
    )
    # Hidden by others or not; behind the camera, there is no such place.
    places = {uuid: (spot["x"], spot["y"]) for uuid, spot in spots if spot["x"] >= 0}
    names = {row.inner_text().split("\n")[0] for row in page.query_selector_all(".cluster-row")}
    return places, names


@pytest.mark.parametrize("options", [(), ("--update",)], ids=["built again", "only updated"])
def test_after_an_addition_every_picture_and_name_is_where_it_was(site: Site, page: Page, options: tuple[str, ...]):
    n_hidden = int(site.manage("shell", "-v", "0", "-c", HIDE_SOME).split()[-1])
    assert n_hidden >= 10
    rebuild(site)
    before, names_before = look(site, page)

    site.manage("shell", "-v", "0", "-c", SHOW_ALL)
    rebuild(site, *options)
    after, names_after = look(site, page)

    assert len(after) >= len(before) + n_hidden // 2
    shared = sorted(before.keys() & after.keys())
    assert len(shared) >= 0.9 * len(before)
    moved = np.linalg.norm(
        np.array([before[uuid] for uuid in shared]) - np.array([after[uuid] for uuid in shared]), axis=1
    )
    assert np.median(moved) < 0.02 * 1440  # of the window's width
    assert len(names_before & names_after) >= 0.8 * len(names_before)
