"""The contact sheet moves pictures between clusters, the split page divides one, and each says how to take it back."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Change, Cluster, Image, Pin
from tests.catalog.admin.world import make_library
from tests.factories import BuildFactory, ClusterFactory, ImageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def library():
    return make_library()


@pytest.fixture
def desk(client_as, library):
    """A curator's client, a cluster of two pictures, and a function that posts the contact sheet."""
    client = client_as("curator", library.collection)
    cluster = library.build.groups.get(number=0).cluster
    address = reverse("admin:catalog_cluster_sheet", args=[cluster.pk])

    def post(deed: str, *images: Image, **values) -> str:
        form = {"deed": deed, "image": [image.uuid for image in images], **values}
        return client.post(address, form, follow=True).content.decode()

    return client, cluster, address, post


def test_the_sheet_shows_every_picture_of_the_cluster_and_of_no_other(desk, library):
    client, cluster, address, _ = desk
    page = client.get(address).content.decode()
    assert [f"/media/{image.uuid}/small" in page for image in library.images] == [True, False, True, False]
    for order in ("doubtful", "newest", "nonsense"):
        assert client.get(address, {"order": order, "p": "x"}).status_code == 200
    assert reverse("admin:catalog_cluster_sheet", args=[cluster.pk])[:-6] in address


def test_pictures_are_moved_and_the_change_can_be_found(desk, library):
    _, _cluster, _, post = desk
    other = library.build.groups.get(number=1).cluster
    page = post("move", library.images[0], into=other.pk)
    assert f"1 pictures belong to {other} now" in page
    assert reverse("admin:catalog_change_change", args=[Change.objects.order_by("pk").last().pk]) in page
    assert list(Pin.objects.values_list("image", "cluster")) == [(library.images[0].pk, other.pk)]
    assert f"/media/{library.images[0].uuid}/small" not in page
    assert "It was so already." in post("move", library.images[0], into=other.pk)


def test_pictures_are_kept_and_let_go(desk, library):
    _, cluster, _, post = desk
    assert '<span class="galaxy-mark">pinned</span>' in post("pin", library.images[2])
    assert Pin.objects.get().cluster == cluster
    assert "Builds say again" in post("unpin", library.images[2])
    assert not Pin.objects.exists()


def test_pictures_become_a_cluster_of_their_own(desk, library):
    _, _cluster, _, post = desk
    assert "a cluster of their own now" in post("split", library.images[2], name="Alone")
    alone = Cluster.objects.get(name="Alone")
    assert Pin.objects.get().cluster == alone
    assert "Rename it instead" in post("split", library.images[0])


def test_a_picture_becomes_the_cover(desk, library):
    _, cluster, _, post = desk
    post("cover", library.images[2])
    cluster.refresh_from_db()
    assert cluster.cover == library.images[2]
    assert "Tick a single one" in post("cover", library.images[0], library.images[2])


def test_nonsense_is_answered_in_words(desk, library):
    _, _, _, post = desk
    stranger = ImageFactory()
    assert "at least one image, got none" in post("pin", stranger)
    assert "Choose one" in post("move", library.images[0], into=ClusterFactory().pk)
    assert "Use one of the buttons" in post("dance", library.images[0])
    assert "got none" in post("pin")
    assert not Pin.objects.exists()


@pytest.mark.parametrize(
    ("role", "look", "change"),
    [("viewer", 200, 403), ("contributor", 200, 403), ("curator", 200, 302), ("owner", 200, 302)],
)
def test_who_looks_and_who_moves(client_as, library, role, look, change):
    cluster = library.build.groups.get(number=0).cluster
    client = client_as(role, library.collection)
    sheet, split = (reverse(f"admin:catalog_cluster_{name}", args=[cluster.pk]) for name in ("sheet", "split"))
    assert client.get(sheet).status_code == look
    assert client.post(sheet, {"deed": "pin", "image": library.images[0].uuid}).status_code == change
    assert client.get(split).status_code == (403 if change == 403 else 200)
    assert Pin.objects.exists() == (change == 302)


def test_what_is_public_opens_no_page_of_the_desk(client_as):
    library = make_library(visibility="public")
    library.galaxy.visibility = "public"
    library.galaxy.save()
    client = client_as("curator", make_library().collection)
    cluster = library.build.groups.get(number=0).cluster
    for name in ("sheet", "split"):
        assert client.get(reverse(f"admin:catalog_cluster_{name}", args=[cluster.pk])).status_code == 404
    for name in ("tour", "compare"):
        assert client.get(reverse(f"admin:catalog_galaxy_{name}", args=[library.galaxy.pk])).status_code == 404


def test_the_split_page_shows_parts_and_divides(admin_client, library):
    images = [ImageFactory(collection=library.collection, labels={"cat": 0.9}) for _ in range(8)]
    build = BuildFactory(galaxy=library.galaxy, images=images, n_groups=1)
    build.positions.filter(image__in=images[:3]).update(x=50)
    cluster = build.groups.get().cluster
    address = reverse("admin:catalog_cluster_split", args=[cluster.pk])
    page = admin_client.get(address).content.decode()
    assert "(stays)" in page and page.count("<tr><td>") == 2
    page = admin_client.get(address, {"n": "6"}).content.decode()
    assert "Choose fewer parts" in page and "(stays)" not in page
    page = admin_client.post(address, {"n": "2"}, follow=True).content.decode()
    assert "was divided:" in page
    assert set(Pin.objects.values_list("image", flat=True)) == {image.pk for image in images[:3]}
    # Both parts say their sizes now, pins applied.
    assert ">5</a>" in page and ">3</a>" in page


def test_a_dormant_cluster_has_an_empty_sheet(admin_client, library):
    address = reverse("admin:catalog_cluster_sheet", args=[ClusterFactory(galaxy=library.galaxy).pk])
    assert "the cluster is dormant" in admin_client.get(address).content.decode()
    page = admin_client.get(reverse("admin:catalog_cluster_sheet", args=[ClusterFactory().pk])).content.decode()
    assert "the cluster is dormant" in page


def test_queries_of_the_sheet_do_not_grow_with_its_pictures(admin_client, library):
    def count(n: int) -> int:
        build = BuildFactory(galaxy=library.galaxy, n_groups=1, n_images_each=n)
        address = reverse("admin:catalog_cluster_sheet", args=[build.groups.get().cluster_id])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            admin_client.get(address)
        return len(queries)

    assert count(2) == count(12)


class TestTour:
    def test_the_order_is_posted_by_numbers_and_said_in_words(self, client_as, library):
        client = client_as("curator", library.collection)
        address = reverse("admin:catalog_galaxy_tour", args=[library.galaxy.pk])
        first, second = (group.cluster for group in library.build.groups.order_by("number"))
        page = client.get(address).content.decode()
        assert page.index(str(first.uuid)) < page.index(str(second.uuid))
        form = {"cluster": [first.uuid, second.uuid], f"place-{first.uuid}": 2, f"place-{second.uuid}": 1}
        assert "has a new order" in client.post(address, form, follow=True).content.decode()
        assert "in this order already" in client.post(address, form, follow=True).content.decode()
        assert list(library.galaxy.clusters.order_by("tour_order")) == [second, first]
        assert "Expected uuids" in client.post(address, {"cluster": "x"}, follow=True).content.decode()

    @pytest.mark.parametrize("role", ["viewer", "contributor"])
    def test_only_curators_order_it(self, client_as, library, role):
        client = client_as(role, library.collection)
        assert client.get(reverse("admin:catalog_galaxy_tour", args=[library.galaxy.pk])).status_code == 403


class TestCompare:
    def test_what_became_of_images_and_clusters(self, client_as, library):
        address = reverse("admin:catalog_galaxy_compare", args=[library.galaxy.pk])
        client = client_as("contributor", library.collection)
        assert client.get(address).status_code == 404  # one build alone
        more = ImageFactory(collection=library.collection)
        BuildFactory(galaxy=library.galaxy, images=[*library.images[1:], more], quality={"trustworthiness": 0.9})
        page = " ".join(client.get(address).content.decode().split())
        assert '<th scope="row">New</th><td>1</td>' in page and '<th scope="row">Gone</th><td>1</td>' in page
        assert "galaxy-worse" in page
        assert client.get(address, {"a": "2", "b": "2"}).content.decode().count("Expected two builds") == 1

    def test_viewers_do_not_compare(self, client_as, library):
        BuildFactory(galaxy=library.galaxy, images=library.images)
        client = client_as("viewer", library.collection)
        assert client.get(reverse("admin:catalog_galaxy_compare", args=[library.galaxy.pk])).status_code == 403
