"""A build's page: its quality beside the last build's, its map beside the last one, its groups and its history."""

from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.admin.shown_builds import sample_positions
from catalog.models import Build, Image, Position
from tests.catalog.admin.world import make_library
from tests.factories import BuildFactory, GalaxyFactory, ImageFactory

pytestmark = pytest.mark.django_db

QUALITY = {
    "trustworthiness": 0.98,
    "knn_recall_at_10": 0.5,
    "knn_recall_at_10_before_spreading": 0.55,
    "silhouette": 0.2,
    "standard_errors": {"knn_recall_at_10": 0.01, "trustworthiness": 0.001},
    "kl_divergence": 1.234,
    "group_sizes": [2, 2],
    "group_silhouettes": [0.31, None],
    "moved": {
        "median": 0.013,
        "p95": 0.08,
        "n_shared": 3,
        "histogram": {"edges": [0.0, 0.01, 0.02], "counts": [1, 2, 0]},
    },
    "stage_seconds": {"neighbours": 1.5, "optimise": 20.0},
}


def page_of(client, build: Build) -> str:
    response = client.get(reverse("admin:catalog_build_change", args=[build.pk]))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def history():
    """A library of four images with two builds, the second a better one of the same images."""
    library = make_library()
    last = library.build
    last.quality = QUALITY | {"trustworthiness": 0.90, "moved": None, "silhouette": 0.4}
    last.save()
    build = BuildFactory(galaxy=library.galaxy, images=library.images, quality=QUALITY)
    return library, last, build


def test_every_measure_stands_beside_the_last_builds(admin_client, history):
    _, last, build = history
    page = page_of(admin_client, build)
    assert f'Compared with <a href="/admin/catalog/build/{last.pk}/change/">build 1</a>' in page
    assert (
        '<td data-title="This build">0.980 <span class="quiet">± 0.001</span></td> <td data-title="Build 1">0.900</td>'
        ' <td data-title="Change">+0.080 <span class="galaxy-verdict galaxy-better">better</span></td>' in page
    )
    assert '−0.200 <span class="galaxy-verdict galaxy-worse">worse</span>' in page
    assert '0.000 <span class="galaxy-verdict galaxy-about-the-same">about the same</span>' in page
    assert "1.234" in page and "0.550" in page and "1.30 %" in page
    assert '<th scope="row">Seconds, optimise</th><td>20 s</td>' in page


def test_the_map_stands_beside_the_last_one(admin_client, history):
    page = page_of(admin_client, history[2])
    captions = ["Build 2, x and y", "Build 1, x and y", "Build 2, x and z", "Build 1, x and z"]
    places = [page.index(f"<figcaption>{caption}</figcaption>") for caption in captions]
    assert places == sorted(places)
    assert "4 of 4 images as dots in the colours of their clusters." in page
    colour = history[2].groups.first().cluster.colour
    assert f'<path stroke="{colour}"' in page


def test_groups_have_bars_in_their_colours_and_silhouettes(admin_client, history):
    page = page_of(admin_client, history[2])
    first, second = (group.cluster for group in history[2].groups.order_by("number"))
    row = page[page.index(f"{first.name}</a>") :]
    assert f'<rect width="100.0" height="10" fill="{first.colour}"/>' in row
    assert '<td data-title="Silhouette">0.31</td>' in row
    assert '<td data-title="Silhouette">–</td>' in page[page.index(f"{second.name}</a>") :]


def test_a_label_that_made_no_cluster_is_named(admin_client):
    page = page_of(admin_client, BuildFactory(quality={"labels_without_images": ["caat", "dgo"]}))
    assert "No cluster for caat, dgo: no image carries it." in page


def test_movement_and_history_are_drawn(admin_client, history):
    page = page_of(admin_client, history[2])
    assert "Of 3 images that were there before" in page and '<th scope="row">1 to 2 %</th><td>2</td>' in page
    assert "build 1: 0.900; build 2: 0.980" in page
    assert '<desc id="history-moved-median-desc">build 2: 1.3 %</desc>' in page


def test_the_first_build_is_compared_with_nothing(admin_client, history):
    page = page_of(admin_client, history[1])
    assert "The first build: there is nothing to compare with yet." in page
    assert "Over the last builds" not in page and 'data-title="Change"' not in page
    assert page.count('class="galaxy-map"') == 2


def test_a_build_whose_predecessors_are_gone_says_so(admin_client, history):
    library, last, build = history
    library.galaxy.current_publication = None
    library.galaxy.save()
    library.publication.delete()
    last.delete()
    assert "earlier builds are not kept" in page_of(admin_client, build)


def test_a_build_is_compared_with_the_last_one_that_is_kept_and_complete(admin_client, history):
    library, _, _ = history
    BuildFactory(galaxy=library.galaxy, number=3, images=library.images, complete=False)
    BuildFactory(galaxy=GalaxyFactory(collection=library.collection), number=4, images=library.images)
    build = BuildFactory(galaxy=library.galaxy, number=5, images=library.images, quality=QUALITY)
    assert ">build 2</a>" in page_of(admin_client, build)


@pytest.mark.parametrize(
    "quality", [{}, {"trustworthiness": None, "moved": None, "group_silhouettes": [None, None], "stage_seconds": {}}]
)
def test_a_build_of_which_nothing_was_measured_has_a_page(admin_client, quality):
    page = page_of(admin_client, BuildFactory(quality=quality))
    assert "Nothing was measured." in page and "How far images moved" not in page


def test_a_page_asks_no_more_queries_for_more_images_groups_and_builds(admin_client, history):
    library, _, build = history

    def count(shown: Build) -> int:
        with CaptureQueriesContext(connection) as queries:
            page_of(admin_client, shown)
        return len(queries)

    page_of(admin_client, build)
    few = count(build)
    images = library.images + ImageFactory.create_batch(6, collection=library.collection)
    for _ in range(3):
        build = BuildFactory(galaxy=library.galaxy, images=images, n_groups=5, quality=QUALITY)
    assert count(build) == few <= 13


def test_the_page_keeps_to_the_content_security_policy(admin_client, history):
    page = page_of(admin_client, history[2])
    assert " style=" not in page and "<style" not in page and "<script>" not in page


def test_only_who_may_see_the_collections_inside_sees_its_builds(client_as, history):
    library, _, build = history
    address = reverse("admin:catalog_build_change", args=[build.pk])
    assert client_as("contributor", library.collection).get(address).status_code == 200
    assert client_as("viewer", library.collection).get(address).status_code in {302, 403}
    assert client_as("owner", make_library().collection).get(address).status_code == 302


@pytest.fixture
def many():
    """Two builds of the same 600 images; the rows alone, for nobody looks at the pictures."""
    first = BuildFactory()
    images = Image.objects.bulk_create(Image(collection=first.galaxy.collection) for _ in range(600))
    second = BuildFactory(galaxy=first.galaxy)
    for build in (first, second):
        build.positions.all().delete()
        group = build.groups.first()
        Position.objects.bulk_create(
            Position(build=build, image=image, group=group, x=i, y=0, z=0) for i, image in enumerate(images)
        )
    return first, second


def test_a_sample_is_even_and_the_same_images_in_every_build(many):
    first, second = many
    dots = sorted(dot.x for dot in sample_positions(first, 0.1))
    assert len(dots) == pytest.approx(60, abs=6)
    assert max(b - a for a, b in pairwise(dots)) < 30
    assert sorted(dot.x for dot in sample_positions(second, 0.1)) == dots
    assert len(sample_positions(first, 1.5)) == 600
