"""The pages: the entrance, the page of a galaxy, signing in, and what is not there."""

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Galaxy, Image
from tests.explorer.world import client_of, make_person, make_world, publish
from tests.factories import BuildFactory, GalaxyFactory, ImageFactory, MembershipFactory, UserFactory, keep_answers

pytestmark = pytest.mark.django_db


class TestTheEntrance:
    def test_a_galaxy_is_shown_with_its_pictures_and_whom_to_thank(self, client: Client) -> None:
        world = make_world()
        Image.objects.update(credit="OpenMoji", licence="CC BY-SA 4.0")
        page = client.get("/").text
        assert 'href="/galaxy/sky/"' in page
        assert "4 pictures" in page
        assert f'href="/media/{world.shown.uuid}/small"' in page
        assert page.count("OpenMoji, CC BY-SA 4.0") == 1

    def test_a_hidden_picture_or_cluster_is_not_shown(self, client: Client) -> None:
        world = make_world()
        world.cluster.cover = world.hidden
        world.cluster.save()
        page = client.get("/").text
        assert str(world.hidden.uuid) not in page
        assert world.hidden_cluster.colour not in page
        assert world.cluster.colour in page

    def test_a_picture_that_is_not_safe_for_everybody_is_not_shown_unless_the_galaxy_says_so(
        self, client: Client
    ) -> None:
        world = make_world()
        keep_answers(world.shown, {"safeSearchAnnotation": {"adult": "VERY_LIKELY"}})
        assert str(world.shown.uuid) not in client.get("/").text
        assert world.cluster.colour in client.get("/").text
        Galaxy.objects.update(hide_unsafe=False)
        assert str(world.shown.uuid) in client.get("/").text

    def test_a_chosen_cover_comes_before_the_first_picture(self, client: Client) -> None:
        world = make_world()
        cover = ImageFactory(collection=world.collection, safe=True)
        world.cluster.cover = cover
        world.cluster.save()
        assert f"/media/{cover.uuid}/small" in client.get("/").text

    def test_nothing_published_says_how_to_begin(self, client: Client) -> None:
        page = client.get("/").text
        assert "Nothing to see yet" in page
        assert "make run PHOTOS=" in page

    def test_an_unpublished_galaxy_is_for_its_people(self, client: Client) -> None:
        galaxy = GalaxyFactory(public=True, title="Unfinished")
        assert "Unfinished" not in client.get("/").text
        assert "Unfinished" not in client_of(UserFactory()).get("/").text
        viewer = client_of(make_person("viewer", galaxy.collection))
        assert "Not published yet" in viewer.get("/").text

    @pytest.mark.parametrize("n_galaxies", [1, 5])
    def test_it_takes_three_queries(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries, n_galaxies: int
    ) -> None:
        for _ in range(n_galaxies):
            galaxy = GalaxyFactory(public=True)
            publish(galaxy, BuildFactory(galaxy=galaxy))
        with django_assert_num_queries(3):
            client.get("/")

    def test_a_title_is_text(self, client: Client) -> None:
        galaxy = GalaxyFactory(public=True, title="<script>alert(1)</script>")
        publish(galaxy, BuildFactory(galaxy=galaxy))
        assert "<script>alert" not in client.get("/").text
        assert "<script>alert" not in client.get(f"/galaxy/{galaxy.slug}/").text


class TestTheGalaxy:
    def config(self, client: Client, address: str) -> dict[str, object]:
        page = client.get(address).text
        match = re.search(r'<script id="galaxy-config" type="application/json">(.*?)</script>', page)
        assert match is not None
        config: dict[str, object] = json.loads(match[1])
        return config

    def test_the_page_tells_the_front_end_where_everything_is(self, client: Client) -> None:
        world = make_world()
        assert self.config(client, "/galaxy/sky/") == {
            "galaxy": {"uuid": str(world.galaxy.uuid), "slug": "sky", "title": "Sky"},
            "pointer_url": f"/artifacts/{world.galaxy.uuid}/current.json",
            "language": "en",
            "rendition_url": "/media/{uuid}/{rendition}",
            "worker_url": "/static/explorer/explorer-worker.js",
            "home_url": "/",
            "api_url": "/api/v1/",
            "image_admin_url": None,
            "collection": None,
        }

    @pytest.mark.parametrize(
        ("kind", "is_staff", "may_edit"),
        [("curator", True, True), ("curator", False, False), ("contributor", True, False), ("superuser", True, True)],
    )
    def test_who_may_edit_gets_the_way_into_the_admin(self, kind: str, is_staff: bool, may_edit: bool) -> None:
        world = make_world()
        person = make_person(kind, world.collection)
        assert person is not None
        person.is_staff = is_staff
        person.save()
        client = client_of(person)
        address = self.config(client, "/galaxy/sky/")["image_admin_url"]
        assert address == ("/image/{uuid}/edit/" if may_edit else None)
        # With it corrections are sent by the API, and the cookie that they need comes along: to nobody else.
        assert (self.config(client, "/galaxy/sky/")["collection"] is not None) == may_edit
        assert ("csrftoken" in client.get("/galaxy/sky/").cookies) == may_edit
        response = client.get(f"/image/{world.shown.uuid}/edit/")
        assert response.status_code == (302 if may_edit else 404)
        if may_edit:
            assert response.headers["Location"] == f"/admin/catalog/image/{world.shown.pk}/change/"

    def test_it_loads_scripts_and_styles_from_files_alone(self, client: Client) -> None:
        make_world()
        for address in ("/", "/galaxy/sky/", "/login/", "/nowhere/"):
            page = client.get(address).text
            assert not re.search(r"\sstyle=|\son[a-z]+=|<style", page)
            assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", page))

    def test_one_that_needs_a_link_asks_not_to_be_found_by_others(self, client: Client) -> None:
        galaxy = make_world("link").galaxy
        assert 'content="noindex"' in client.get(f"/galaxy/{galaxy.uuid}/").text

    def test_without_a_publication_it_says_so(self, client: Client) -> None:
        galaxy = GalaxyFactory(public=True)
        page = client.get(f"/galaxy/{galaxy.slug}/")
        assert page.status_code == 200
        assert "not published yet" in page.text
        assert "galaxy-root" not in page.text


class TestWhatIsNotThere:
    def test_the_same_page_for_what_is_not_there_and_what_may_not_be_seen(self, client: Client) -> None:
        world = make_world("private")
        closed, absent = client.get("/galaxy/sky/"), client.get("/galaxy/sea/")
        assert closed.status_code == absent.status_code == 404
        # Only the address in the sign-in link differs.
        assert closed.text.replace("/galaxy/sky/", "") == absent.text.replace("/galaxy/sea/", "")
        assert world.galaxy.title not in closed.text.replace("/galaxy/sky/", "")

    def test_it_leads_through_signing_in_to_where_one_wanted(self, client: Client) -> None:
        world = make_world("private")
        user = UserFactory()
        MembershipFactory(collection=world.collection, user=user, role="viewer")
        page = client.get("/galaxy/sky/").text
        match = re.search(r'href="(/login/\?next=[^"]+)"', page)
        assert match is not None
        response = client.post(match[1], {"username": user.username, "password": "password"})
        assert response.headers["Location"] == "/galaxy/sky/"
        assert client.get("/galaxy/sky/").status_code == 200


class TestSigningIn:
    def test_a_viewer_who_is_not_staff_signs_in_and_out(self, client: Client) -> None:
        user = UserFactory()
        response = client.post("/login/", {"username": user.username, "password": "password"})
        assert response.headers["Location"] == "/"
        assert "Sign out" in client.get("/").text
        client.post("/logout/")
        assert "Sign in" in client.get("/").text

    def test_a_wrong_password_is_told(self, client: Client) -> None:
        page = client.post("/login/", {"username": UserFactory().username, "password": "wrong"})
        assert 'role="alert"' in page.text

    def test_it_leads_nowhere_else(self, client: Client) -> None:
        user = UserFactory()
        response = client.post(
            "/login/?next=https://evil.example/", {"username": user.username, "password": "password"}
        )
        assert response.headers["Location"] == "/"


@pytest.mark.parametrize("name", ["entrance/entrance.css", "entrance/favicon.svg"])
def test_what_the_pages_name_exists(name: str) -> None:
    assert finders.find(name)


def test_the_icon_is_found_where_browsers_ask_for_it(client: Client) -> None:
    response = client.get("/favicon.ico")

    assert response.status_code == 302
    assert response["Location"] == "/static/entrance/favicon.svg"
