"""Two people have one form open: who saves second does not undo, by accident, what the first said about who sees what."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from catalog.models import Cluster, Collection, Galaxy
from tests.factories import ClusterFactory, CollectionFactory, GalaxyFactory, UserFactory

pytestmark = pytest.mark.django_db


class Fields(HTMLParser):
    """Reads what a browser would post of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._name = ""
        self._in_text = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        name = facts.get("name") or ""
        is_chosen = facts.get("type") not in {"checkbox", "submit", "radio"} or "checked" in facts
        if tag == "input" and name and is_chosen:
            self.values.setdefault(name, []).append(
                facts.get("value") or ("on" if facts.get("type") == "checkbox" else "")
            )
        elif tag in {"select", "textarea"}:
            self._name, self._in_text = name, tag == "textarea"
        elif tag == "option" and "selected" in facts:
            self.values.setdefault(self._name, []).append(facts.get("value") or "")

    def handle_data(self, data: str) -> None:
        if self._in_text:
            self.values.setdefault(self._name, []).append(data.removeprefix("\n"))

    def handle_endtag(self, tag: str) -> None:
        self._in_text = self._in_text and tag != "textarea"


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(UserFactory.create(admin=True))
    return client


def open_form(client: Client, row: Model) -> dict[str, Any]:
    """What a browser would post if nobody touched the page that it opens now."""
    fields = Fields()
    fields.feed(client.get(address_of(row)).text)
    return fields.values


def save(client: Client, row: Model, form: dict[str, Any], **changed: Any) -> str:
    """Post the form with some fields changed (None is a box without its tick); what the next page says."""
    values = {name: value for name, value in {**form, **changed}.items() if value is not None}
    page = client.post(address_of(row), values, follow=True).text
    row.refresh_from_db()
    return page


def address_of(row: Model) -> str:
    return f"/admin/catalog/{row._meta.model_name}/{row.pk}/change/"


@pytest.fixture
def galaxy() -> Galaxy:
    galaxy: Galaxy = GalaxyFactory.create(public=True, published_features=["labels", "text"], allow_downloads=True)
    return galaxy


def test_a_form_that_nobody_touched_changes_nothing(client: Client, galaxy: Galaxy) -> None:
    before = Galaxy.objects.values().get()
    assert "Somebody else" not in save(client, galaxy, open_form(client, galaxy))
    assert Galaxy.objects.values().get() == before


def test_what_the_first_closed_stays_closed_and_the_second_is_told(client: Client, galaxy: Galaxy) -> None:
    second = open_form(client, galaxy)
    first = open_form(client, galaxy)
    save(client, galaxy, first, visibility="private", published_features=["labels"], allow_downloads=None)
    page = save(client, galaxy, second, title="Tuesday", publish_exif="on")
    assert (galaxy.title, galaxy.visibility, galaxy.published_features) == ("Tuesday", "private", ["labels"])
    assert (galaxy.allow_downloads, galaxy.publish_exif) == (False, True)
    assert "Somebody else has changed Visibility, What visitors learn of each image, Allow downloads" in page


def test_who_changes_the_same_otherwise_is_asked_to_look_again(client: Client, galaxy: Galaxy) -> None:
    second = open_form(client, galaxy)
    save(client, galaxy, open_form(client, galaxy), visibility="private")
    page = save(client, galaxy, second, visibility="link", title="Tuesday")
    assert (galaxy.visibility, galaxy.title == "Tuesday") == ("private", False)
    assert "Somebody else has changed this to “Private” since you opened the page." in page.replace("&quot;", '"')


def test_who_changes_the_same_alike_agrees(client: Client, galaxy: Galaxy) -> None:
    second = open_form(client, galaxy)
    save(client, galaxy, open_form(client, galaxy), visibility="private", published_features=[])
    page = save(client, galaxy, second, visibility="private", published_features=[], title="Tuesday")
    assert (galaxy.visibility, galaxy.published_features, galaxy.title) == ("private", [], "Tuesday")
    assert "Somebody else" not in page


def test_switches_that_were_off_from_the_start_are_watched_too(client: Client) -> None:
    galaxy = GalaxyFactory.create(published_features=[], hide_unsafe=False)
    second = open_form(client, galaxy)
    save(client, galaxy, open_form(client, galaxy), published_features=["labels"], hide_unsafe="on")
    assert "Somebody else" in save(client, galaxy, second, title="Tuesday")
    assert (galaxy.title, galaxy.published_features, galaxy.hide_unsafe) == ("Tuesday", ["labels"], True)


def test_a_cluster_that_was_hidden_stays_hidden(client: Client) -> None:
    cluster: Cluster = ClusterFactory.create(hidden=False)
    second = open_form(client, cluster)
    save(client, cluster, open_form(client, cluster), hidden="on")
    assert "Somebody else has changed Hidden" in save(client, cluster, second, description="All of them")
    assert (cluster.hidden, cluster.description) == (True, "All of them")


def test_a_collection_that_was_closed_stays_closed(client: Client) -> None:
    collection: Collection = CollectionFactory.create(visibility="public")
    second = open_form(client, collection)
    save(client, collection, open_form(client, collection), visibility="private")
    assert "Somebody else has changed Visibility" in save(client, collection, second, title="Tuesday")
    assert (collection.visibility, collection.title) == ("private", "Tuesday")
