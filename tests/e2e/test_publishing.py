"""What a visitor's browser sees of publishing: anew, back again, withdrawn, for some people only, in a frame, in a bucket, in a folder.

Django answers from this very process, so that each test has a small library of its own.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.cloud.storage import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from catalog.models import Galaxy, Image, Job, Visibility
from catalog.services.jobs import run_job
from explorer.management.loopback import serve_folders
from explorer.services import export_galaxy, publish_galaxy, roll_back, withdraw_images
from tests.cloud_storage import galaxies_in_a_bucket
from tests.e2e.galaxy_page import GalaxyPage
from tests.explorer.published_files import find_in_files
from tests.explorer.services.published import publish_titled
from tests.factories import BuildFactory, GalaxyFactory, ImageFactory, MembershipFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

N = 12
ARTIFACTS, COPIES = "artifacts", "copies"


@pytest.fixture
def sky(live_server: LiveServer) -> Galaxy:
    """A galaxy that everybody may see, built, not yet published; Django answers for it."""
    galaxy: Galaxy = GalaxyFactory.create(public=True, slug="sky", title="Sky")
    images = ImageFactory.create_batch(N, collection=galaxy.collection, labels={"cat": 0.9})
    BuildFactory.create(galaxy=galaxy, images=images)
    return galaxy


@pytest.fixture
def bucket(settings: Settings) -> Iterator[Client]:
    """What is published goes to a bucket; another one is for copies."""
    with galaxies_in_a_bucket(settings, ARTIFACTS, COPIES) as client:
        yield client


def page_of(live_server: LiveServer) -> str:
    return f"{live_server.url}/galaxy/sky/"


def title_of(galaxy: GalaxyPage, uuid: str) -> str:
    """Open a picture and read what it is called."""
    galaxy.fly_to(uuid)
    galaxy.wait_for(lambda: galaxy.panel_uuid() == uuid, "the panel")
    galaxy.page.locator(".panel .label, .panel .quiet").first.wait_for()
    return galaxy.page.locator(".panel h2").first.inner_text()


def test_a_new_publication_comes_with_the_next_visit_and_going_back_does_too(
    sky: Galaxy, live_server: LiveServer, page: Page
) -> None:
    first = publish_titled(sky, "One")
    galaxy = GalaxyPage(page, page_of(live_server))
    uuids = galaxy.uuids()
    publish_titled(sky, "Two")
    assert title_of(galaxy, uuids[0]) == "One", "a page that is open goes on with what it knows"

    page.goto("about:blank")
    assert title_of(GalaxyPage(page, page_of(live_server)), uuids[0]) == "Two"
    roll_back(sky, first)
    page.goto("about:blank")
    assert title_of(GalaxyPage(page, page_of(live_server)), uuids[0]) == "One"


def test_a_withdrawn_picture_is_gone_at_once_and_then_from_every_file(
    sky: Galaxy, live_server: LiveServer, page: Page
) -> None:
    publish_galaxy(sky, despite_safe_search=True)
    uuids = GalaxyPage(page, page_of(live_server)).uuids()
    image = Image.objects.get(uuid=uuids[4])
    picture = f"{live_server.url}/media/{image.uuid}/view"
    assert page.request.get(picture).ok
    withdraw_images(Image.objects.filter(pk=image.pk), by=UserFactory.create(admin=True), reason="Asked to")

    assert page.request.get(picture).status == 404
    page.goto("about:blank")
    galaxy = GalaxyPage(page, f"{page_of(live_server)}#image={image.uuid}")
    expect(page.locator(".notice")).to_contain_text("no picture with that address")
    assert galaxy.uuids() == [uuid for uuid in uuids if uuid != str(image.uuid)]
    assert galaxy.settle()["n_points_drawn"] == N - 1

    traces: list[str | bytes] = [str(image.uuid), image.uuid.hex, image.uuid.bytes]
    assert find_in_files(sky, traces)
    job = Job.objects.get(kind="withdraw_images", status="queued")
    run_job(job.uuid, worker="test")
    assert find_in_files(sky, traces) == set()
    page.goto("about:blank")
    again = GalaxyPage(page, page_of(live_server))
    assert sorted(again.uuids()) == sorted(uuid for uuid in uuids if uuid != str(image.uuid))


def test_a_private_galaxy_is_for_its_people(sky: Galaxy, live_server: LiveServer, page: Page) -> None:
    publish_galaxy(sky, despite_safe_search=True)
    Galaxy.objects.filter(pk=sky.pk).update(visibility=Visibility.PRIVATE)
    pointer = f"{live_server.url}/artifacts/{sky.uuid}/current.json"
    for address in (page_of(live_server), pointer):
        assert page.request.get(address).status == 404

    viewer = MembershipFactory.create(collection=sky.collection, role="viewer").user
    page.goto(f"{live_server.url}/login/")
    page.get_by_label("Username").fill(viewer.username)
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Sky").first.click()
    galaxy = GalaxyPage(page, page.url)
    assert len(galaxy.uuids()) == N
    assert "public" not in page.request.get(pointer).headers["cache-control"]


def test_another_site_may_frame_a_public_galaxy_and_no_other_page(
    sky: Galaxy, live_server: LiveServer, browser: Browser, page: Page, tmp_path: Path
) -> None:
    publish_galaxy(sky, despite_safe_search=True)
    for name, query in (("small", "?embed=1"), ("whole", "")):
        frame = f'<iframe width="800" height="600" src="{page_of(live_server)}{query}"></iframe>'
        icon = '<link rel="icon" href="data:,">'
        (tmp_path / f"{name}.html").write_text(f"<!doctype html>{icon}<title>Museum</title>{frame}")
    with serve_folders({"/": tmp_path}) as museum:
        page.goto(f"{museum.address}/small.html")
        expect(page.frame_locator("iframe").get_by_role("link", name="Open in full")).to_be_visible()
        expect(page.frame_locator("iframe").locator("canvas")).to_be_visible()

        with browser.new_context() as context:  # of its own: the refusal is an error in the console
            other = context.new_page()
            other.goto(f"{museum.address}/whole.html")
            assert other.frames[1].url.startswith("chrome-error:")


def test_django_shows_a_galaxy_whose_files_lie_in_a_bucket(
    bucket: Client, sky: Galaxy, live_server: LiveServer, page: Page
) -> None:
    publish_galaxy(sky, despite_safe_search=True)
    assert any(bucket.list_blobs(ARTIFACTS, prefix=f"{sky.uuid}/objects/"))
    galaxy = GalaxyPage(page, page_of(live_server))
    uuid = galaxy.uuids()[2]

    assert title_of(galaxy, uuid) == Image.objects.get(uuid=uuid).title
    assert galaxy.settle()["n_points_drawn"] == N


def test_a_copy_in_a_bucket_is_a_galaxy_without_any_django(
    bucket: Client, sky: Galaxy, live_server: LiveServer, page: Page
) -> None:
    publish_galaxy(sky, despite_safe_search=True)
    export_galaxy(sky, f"gs://{COPIES}/museum/sky")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    address = f"{os.environ['STORAGE_EMULATOR_HOST']}/{COPIES}/museum/sky/"
    galaxy = GalaxyPage(page, f"{address}index.html")
    uuid = galaxy.uuids()[2]

    assert title_of(galaxy, uuid) == Image.objects.get(uuid=uuid).title
    page.locator("img.picture-ready").first.wait_for()
    assert [url for url in asked if not url.startswith((address, "blob:", "data:"))] == []


def test_a_copy_in_a_folder_follows_with_the_next_copying(
    sky: Galaxy, live_server: LiveServer, page: Page, tmp_path: Path
) -> None:
    publish_titled(sky, "One")
    export_galaxy(sky, str(tmp_path / "copy"))
    with serve_folders({"/a/b/": tmp_path / "copy"}) as served:
        address = f"{served.address}/a/b/"
        uuids = GalaxyPage(page, address).uuids()
        publish_titled(sky, "Two")
        gone = Image.objects.get(uuid=uuids[4])
        withdraw_images(Image.objects.filter(pk=gone.pk), by=UserFactory.create(admin=True), reason="Asked to")
        export_galaxy(sky, str(tmp_path / "copy"))

        page.goto("about:blank")
        galaxy = GalaxyPage(page, address)
        assert galaxy.uuids() == [uuid for uuid in uuids if uuid != str(gone.uuid)]
        assert title_of(galaxy, uuids[0]) == "Two"
        assert not (tmp_path / "copy" / "pictures" / str(gone.uuid)).exists()
