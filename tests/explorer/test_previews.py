"""What other sites show where somebody links to a galaxy."""

import re

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client

from catalog.models import Visibility
from tests.explorer.world import make_world

pytestmark = pytest.mark.django_db


def tags_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page))


def test_a_public_galaxy_shows_its_portrait_under_a_whole_address_that_each_publication_changes(client: Client):
    world = make_world()
    storages["galaxies"].save(f"{world.galaxy.uuid}/portrait.jpg", ContentFile(b"a picture"))
    page = client.get("/galaxy/sky/").content.decode()

    tags = tags_of(page)
    assert tags["og:title"] == world.galaxy.title
    assert tags["og:url"] == "http://testserver/galaxy/sky/"
    assert tags["twitter:card"] == "summary_large_image"
    assert tags["og:image"].endswith(f"portrait.jpg?{world.galaxy.current_publication_id}")
    picture = client.get(tags["og:image"].removeprefix("http://testserver"))
    assert (picture.content, picture.headers["Content-Type"]) == (b"a picture", "image/jpeg")
    assert picture.headers["Cache-Control"] == "public, max-age=300"
    assert "noindex" not in page


@pytest.mark.parametrize("what", ["collection", "galaxy"])
def test_one_that_only_its_link_opens_shows_nothing_elsewhere(client: Client, what: str):
    world = make_world()
    row = getattr(world, what)
    row.visibility = Visibility.LINK
    row.save()
    page = client.get(f"/galaxy/{world.galaxy.uuid}/").content.decode()
    assert "og:" not in page and "twitter:" not in page
    assert tags_of(page)["robots"] == "noindex"


def test_where_no_portrait_was_drawn_yet_there_is_none(client: Client):
    world = make_world()
    assert client.get(f"/artifacts/{world.galaxy.uuid}/portrait.jpg").status_code == 404
