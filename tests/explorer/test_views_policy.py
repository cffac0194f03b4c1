"""Who gets in where: every address of the explorer, for every kind of person, at every visibility. One table."""

import pytest
from django.test import Client

from tests.explorer.world import OBJECT, PEOPLE, World, client_of, make_person, make_world

ALL = frozenset(PEOPLE)
ROLES = frozenset({"viewer", "contributor", "curator", "owner", "superuser"})
CONTRIBUTORS = ROLES - {"viewer"}

# address: who is let in when collection and galaxy are (private, by link, public). Everybody else gets a 404, unless said.
OPEN = (ROLES, ROLES, ALL)
OPEN_BY_LINK = (ROLES, ALL, ALL)
NEVER_OPEN = (ROLES, ROLES, ROLES)
ADDRESSES = {
    "/galaxy/{galaxy.slug}/": OPEN,
    "/galaxy/{galaxy.uuid}/": OPEN_BY_LINK,
    "/media/{shown.uuid}/small": OPEN_BY_LINK,
    "/media/{shown.uuid}/view": OPEN_BY_LINK,
    "/media/{hidden.uuid}/small": NEVER_OPEN,
    "/artifacts/{galaxy.uuid}/current.json": OPEN_BY_LINK,
    "/artifacts/{galaxy.uuid}/" + OBJECT: OPEN_BY_LINK,
    "/api/v1/collections/{collection.slug}/": OPEN,
    "/api/v1/collections/{collection.uuid}/": OPEN_BY_LINK,
    "/api/v1/galaxies/{galaxy.slug}/": OPEN,
    "/api/v1/galaxies/{galaxy.uuid}/": OPEN_BY_LINK,
    "/api/v1/images/{shown.uuid}/": OPEN_BY_LINK,
    "/api/v1/images/{hidden.uuid}/": NEVER_OPEN,
    "/api/v1/images/{shown.uuid}/document/": (CONTRIBUTORS, CONTRIBUTORS, CONTRIBUTORS),
    "/api/v1/clusters/{cluster.uuid}/": OPEN_BY_LINK,
    "/api/v1/clusters/{hidden_cluster.uuid}/": NEVER_OPEN,
    # Lists: who finds something in them; to narrow one by what one may not see is an error, 400.
    "/api/v1/collections/": OPEN,
    "/api/v1/galaxies/": OPEN,
    "/api/v1/galaxies/?collection={collection.slug}": OPEN,
    "/api/v1/images/": OPEN,
    "/api/v1/images/?collection={collection.slug}": OPEN,
    "/api/v1/images/?collection={collection.uuid}": OPEN_BY_LINK,
    "/api/v1/images/?galaxy={galaxy.slug}": OPEN,
    "/api/v1/images/?galaxy={galaxy.uuid}": OPEN_BY_LINK,
    "/api/v1/images/?cluster={cluster.uuid}": OPEN_BY_LINK,
    "/api/v1/images/?cluster={hidden_cluster.uuid}": NEVER_OPEN,
    "/api/v1/images/?hidden=true": NEVER_OPEN,
    "/api/v1/images/?status=annotated": NEVER_OPEN,
    "/api/v1/labels/": OPEN,
    "/api/v1/labels/?collection={collection.slug}": OPEN,
    "/api/v1/labels/?collection={collection.uuid}": OPEN_BY_LINK,
    "/api/v1/clusters/": OPEN,
    "/api/v1/clusters/?galaxy={galaxy.slug}": OPEN,
    "/api/v1/clusters/?galaxy={galaxy.uuid}": OPEN_BY_LINK,
}


def is_let_in(client: Client, address: str) -> bool:
    response = client.get(address)
    if response.status_code == 200:
        if response.headers["Content-Type"] != "application/json" or "results" not in response.json():
            response.getvalue()  # closes the file of a streamed answer
            return True
        return bool(response.json()["results"])
    # Nobody learns from a refusal that there is something to be refused.
    refusals = {404, 400} if "?" in address else {404}
    if address.endswith("/document/"):
        refusals.add(403)
    assert response.status_code in refusals, f"{address} answered {response.status_code}"
    return False


@pytest.mark.django_db
@pytest.mark.parametrize(("column", "visibility"), [(0, "private"), (1, "link"), (2, "public")])
@pytest.mark.parametrize("kind", PEOPLE)
def test_every_address_lets_in_whom_the_policy_lets_in(kind: str, column: int, visibility: str) -> None:
    world = make_world(visibility)
    client = client_of(make_person(kind, world.collection))
    expected = {address: kind in columns[column] for address, columns in ADDRESSES.items()}
    assert {address: is_let_in(client, address.format(**vars(world))) for address in ADDRESSES} == expected


@pytest.mark.django_db
@pytest.mark.parametrize("visibility", ["private", "link", "public"])
def test_an_inactive_owner_is_a_stranger(visibility: str) -> None:
    world = make_world(visibility)
    owner = make_person("owner", world.collection)
    assert owner is not None
    client = client_of(owner)
    owner.is_active = False
    owner.save()
    stranger = client_of(make_person("stranger", world.collection))
    for address in ADDRESSES:
        here = address.format(**vars(world))
        assert is_let_in(client, here) == is_let_in(stranger, here), here


@pytest.mark.django_db
class TestAGalaxyLessOpenThanItsCollection:
    """The collection is public, its galaxy has to be given away by a link."""

    @pytest.fixture
    def world(self) -> World:
        world = make_world("public")
        world.galaxy.visibility = "link"
        world.galaxy.save()
        return world

    def test_the_uuid_of_an_image_is_no_link_to_the_galaxy(self, world: World, client: Client) -> None:
        image = client.get(f"/api/v1/images/{world.shown.uuid}/").json()
        assert image["clusters"] == []

    def test_who_names_the_galaxy_by_its_uuid_sees_the_clusters(self, world: World, client: Client) -> None:
        images = client.get(f"/api/v1/images/?galaxy={world.galaxy.uuid}").json()["results"]
        assert {cluster["name"] for image in images for cluster in image["clusters"]} == {world.cluster.name}

    def test_the_link_of_the_collection_does_not_list_it(self, world: World, client: Client) -> None:
        galaxies = client.get(f"/api/v1/galaxies/?collection={world.collection.uuid}").json()["results"]
        assert galaxies == []

    def test_the_entrance_does_not_show_it(self, world: World, client: Client) -> None:
        assert world.galaxy.title not in client.get("/").text
