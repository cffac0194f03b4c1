"""The start page: how the library stands, what runs, what waits for a person."""

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.models import Build, Image, Job, NearDuplicate
from catalog.services.clock import next_change_number
from tests.catalog.admin.world import make_library
from tests.factories import CollectionFactory, ImageFactory, JobFactory

pytestmark = pytest.mark.django_db

START = reverse("admin:index")


def needs(client) -> str:
    """All that needs a person, in one text."""
    response = client.get(START)
    assert response.status_code == 200
    return response.content.decode().split("Needs a person")[-1].split("</section>")[0]


def test_it_counts_images_by_how_far_they_are(admin_client):
    library = make_library()
    Image.objects.filter(pk=library.images[0].pk).update(annotation_status="failed")
    Image.objects.filter(pk=library.images[1].pk).update(annotation_status="waiting")
    page = admin_client.get(START).content.decode()
    wall = f"{reverse('admin:catalog_image_wall')}?collection={library.collection.pk}"
    assert f'<a href="{wall}">4</a>' in page and "</meter> 2" in page
    assert f'<a href="{wall}&amp;status=waiting">1 waiting</a>' in page
    assert f'<a href="{wall}&amp;status=failed">1 failed</a>' in page


def test_each_galaxy_has_its_picture_and_says_how_good_it_is(admin_client):
    library = make_library()
    page = admin_client.get(START).content.decode()
    assert f"/artifacts/{library.galaxy.uuid}/portrait.jpg" in page
    assert '<meter min="0" max="1" value="0.98">' in page
    assert f"{library.publication.published_at:%Y-%m-%d %H:%M}" in page


def test_it_shows_what_runs_now(admin_client):
    library = make_library()
    page = admin_client.get(START).content.decode()
    assert "Running now" in page and reverse("admin:catalog_job_progress", args=[library.job.pk]) in page


def test_it_says_what_needs_a_person_and_where_to_mend_it(admin_client):
    library = make_library()
    Image.objects.filter(pk=library.images[0].pk).update(annotation_status="failed")
    Image.objects.filter(pk=library.images[1].pk).update(annotation_status="unknown")
    NearDuplicate.objects.create(image=library.images[2], head=library.images[3], distance=3)
    Image.objects.filter(pk=library.images[3].pk).update(label_change_number=next_number(library))
    text = needs(admin_client)
    assert "1 file was refused" in text
    assert "could not look at 1 image" in text and "1 image lost its answer" in text
    assert "1 image looks nearly like a larger one" in text
    assert "1 image lies where its old labels put it" in text
    admin_client.post(reverse("admin:catalog_galaxy_start", args=[library.galaxy.pk, "replace_stale"]))
    assert Job.objects.get(kind="update_galaxy").params == {"replace": "stale"}


def test_it_says_that_visitors_see_an_older_build(admin_client):
    library = make_library()
    Build.objects.create(galaxy=library.galaxy, number=7, input_fingerprint="f" * 64, n_images=4, complete=True)
    assert "visitors see an older build" in needs(admin_client)


def test_a_job_that_failed_is_told_until_it_is_made_good(admin_client):
    library = make_library()
    ended = {"collection": library.collection, "kind": "import_source", "finished_at": timezone.now()}
    JobFactory(status="failed", error="The bucket is gone.", **ended)
    assert "The bucket is gone." in needs(admin_client)
    JobFactory(status="succeeded", **ended)
    assert "The bucket is gone." not in needs(admin_client)


def test_an_empty_house_says_how_to_begin(admin_client, client_as):
    assert "Add a collection" in admin_client.get(START).content.decode()
    assert "You have a role in no collection yet." in client_as(None).get(START).content.decode()
    assert "there is no picture in it yet" in needs(client_as("owner", CollectionFactory(title="New")))


def test_everybody_sees_their_own_and_is_asked_what_they_may_mend(client_as):
    mine, public = make_library(title="Mine"), make_library(title="Foreign", public=True)
    Image.objects.filter(pk=mine.images[0].pk).update(annotation_status="failed")
    for role, asked in (("viewer", False), ("contributor", False), ("curator", True), ("owner", True)):
        page = client_as(role, mine.collection).get(START).content.decode()
        assert "Mine" in page and "Foreign" not in page and str(public.galaxy.uuid) not in page
        assert ("could not look at 1 image" in page) == asked
        assert ("refused" in page) == (role != "viewer")


def test_the_queries_do_not_grow_with_the_library(admin_client, django_assert_max_num_queries):
    for _ in range(4):
        library = make_library()
        ImageFactory(collection=library.collection, labels={"cat": 0.8})
    assert Job.objects.count() == 4
    with django_assert_max_num_queries(24):
        admin_client.get(START)


def next_number(library) -> int:
    """The clock's next number; the tests' transaction is around it."""
    return next_change_number(library.collection.pk)
