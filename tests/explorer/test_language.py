"""Which language a galaxy's page speaks: what the visitor's browser wishes for, of those that the page has."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from explorer.services.static_page import FrontEnd, render_page
from tests.explorer.world import make_world

TEXTS = Path(__file__).parents[2] / "explorer/frontend/src/text/index.ts"


def language_of(page: str) -> tuple[str, str | None]:
    """What `<html>` says, and what the front end is told."""
    html = re.search(r'<html lang="([^"]*)">', page)
    config = re.search(r'<script id="galaxy-config" type="application/json">(.*?)</script>', page)
    assert html and config
    return html[1], json.loads(config[1]).get("language")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wished", "spoken"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr-CA,fr;q=0.9,de;q=0.5,en;q=0.3", "de"),
        ("en-GB,de;q=0.9", "en"),
        ("fr,it", "en"),
        ("<script>", "en"),
    ],
)
def test_the_page_speaks_what_the_browser_wishes_for(client: Client, wished: str, spoken: str) -> None:
    make_world()
    response = client.get("/galaxy/sky/", headers={"accept-language": wished})
    assert language_of(response.text) == (spoken, spoken)
    assert "Accept-Language" in response.headers["Vary"]


@pytest.mark.django_db
def test_where_no_wish_can_be_met_the_installation_decides(client: Client, settings: Settings) -> None:
    settings.LANGUAGE_CODE = "de"
    make_world()
    assert language_of(client.get("/galaxy/sky/", headers={"accept-language": "fr"}).text) == ("de", "de")


@pytest.mark.django_db
def test_a_copy_leaves_it_to_the_browser() -> None:
    page = render_page(make_world().galaxy, FrontEnd("page/x/", {}), is_public=True, with_views=False, url="").decode()
    assert language_of(page) == ("en", None)


def test_django_and_the_page_know_the_same_languages() -> None:
    spoken = re.search(r"LANGUAGES = \{(.*?)\}", TEXTS.read_text())
    assert spoken
    assert dict(re.findall(r'(\w+): "(\w+)"', spoken[1])) == dict(settings.LANGUAGES)
