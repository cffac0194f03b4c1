"""The factories make what they say."""

import pytest
from django.core.files.storage import storages

from catalog.models import Cluster, Image, Position
from tests.factories import BuildFactory, GalaxyFactory, ImageFactory, JobFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_an_image_has_bytes_and_both_renditions_lie_in_the_storage():
    image = ImageFactory(revision__width=800, labels={"Cat": 0.9, "animal": 0.95})
    image.refresh_from_db()
    assert image.current_revision.width == 800
    names = [rendition.storage_name for rendition in image.current_revision.renditions.order_by("kind")]
    assert [name.rsplit("/", 1)[1] for name in names] == ["small.jpg", "view.jpg"]
    assert all(storages["media"].exists(name) for name in names)
    assert [str(label.label) for label in image.effective_labels.all()] == ["animal", "Cat"]
    assert image.annotation_status == "annotated"


def test_an_image_without_renditions_writes_no_files():
    assert not ImageFactory(renditions=False).current_revision.renditions.exists()


def test_a_build_places_new_images_or_the_given_ones():
    build = BuildFactory(n_groups=3, n_images_each=2)
    assert build.n_images == Position.objects.count() == 6
    assert {position.image.collection for position in build.positions.all()} == {build.galaxy.collection}
    assert Cluster.objects.filter(galaxy=build.galaxy).count() == 3
    galaxy = GalaxyFactory(public=True)
    images = ImageFactory.create_batch(5, collection=galaxy.collection)
    second = BuildFactory(galaxy=galaxy, images=images)
    assert sorted(group.n_images for group in second.groups.all()) == [2, 3]
    assert second.n_images == 5 and galaxy.collection.visibility == "public"
    assert Image.objects.count() == 11


def test_people_roles_and_jobs():
    assert UserFactory(admin=True).is_superuser
    assert UserFactory().check_password("password")
    assert MembershipFactory().role == "curator"
    assert JobFactory().status == "queued"
