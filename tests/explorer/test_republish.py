"""What a later stage found reaches visitors without a new layout."""

import pytest

from catalog.annotators import Feature
from catalog.models import Annotation, AnnotationPayload, Collection, Galaxy, Job
from catalog.services.build import build_galaxy
from catalog.services.documents import pack_payload
from catalog.signals import annotations_changed
from explorer.services import publish_galaxy, republish_galaxy
from tests.explorer.test_publish import all_details, published
from tests.factories import GalaxyFactory, ImageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def galaxy() -> Galaxy:
    galaxy: Galaxy = GalaxyFactory.create(n_clusters=2)
    for i in range(12):
        ImageFactory.create(collection=galaxy.collection, labels={["cat", "snow"][i % 2]: 0.9})
    build_galaxy(galaxy)
    return galaxy


def answer(of: Galaxy, feature: Feature, document: dict) -> None:
    """Every image of the galaxy's collection gets this answer."""
    for sha256 in of.collection.images.values_list("current_revision__sha256", flat=True):
        row = Annotation.objects.create(sha256=sha256, annotator="local", feature=feature, model="m", status="answered")
        AnnotationPayload.objects.create(annotation=row, document=pack_payload(document))


def test_new_answers_are_republished_in_their_places(galaxy: Galaxy):
    galaxy.publish_documents = True
    galaxy.save()
    publish_galaxy(galaxy)
    galaxy.refresh_from_db()
    before = {str(i): tuple(p) for i, p in zip(published(galaxy).uuids, published(galaxy).positions, strict=True)}

    answer(galaxy, Feature.TEXT_DETECTION, {"textAnnotations": [{"description": "EXIT"}]})
    result = republish_galaxy(galaxy)

    assert result is not None and result.created
    assert all(d["document"]["textAnnotations"] for d in all_details(galaxy).values())
    after = {str(i): tuple(p) for i, p in zip(published(galaxy).uuids, published(galaxy).positions, strict=True)}
    assert after == before


def test_a_build_that_nobody_published_stays_unpublished(galaxy: Galaxy):
    first = publish_galaxy(galaxy).publication.build
    build_galaxy(galaxy, force=True)
    galaxy.refresh_from_db()
    answer(galaxy, Feature.TEXT_DETECTION, {"textAnnotations": []})

    result = republish_galaxy(galaxy)
    assert result is not None and result.created
    assert result.publication.build == first


def test_nothing_is_published_by_it_for_the_first_time(galaxy: Galaxy):
    assert republish_galaxy(galaxy) is None


def test_published_galaxies_alone_get_a_job_when_annotations_changed(galaxy: Galaxy):
    annotations_changed.send(Collection, collection=galaxy.collection, features=[Feature.TEXT_DETECTION])
    assert not Job.objects.exists()

    publish_galaxy(galaxy)
    annotations_changed.send(Collection, collection=galaxy.collection, features=[Feature.TEXT_DETECTION])
    assert list(Job.objects.exclude(kind="sweep_galaxy").values_list("kind", "galaxy")) == [
        ("republish_galaxy", galaxy.pk)
    ]
