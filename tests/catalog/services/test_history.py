"""What became of a thing, told in sentences."""

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from catalog.models import Collection, Image
from catalog.search.selection import Selection
from catalog.services.decide import start_decisions, start_hiding, start_undo
from catalog.services.history import history_of, note_deed
from catalog.services.labels import LabelScore, write_machine_labels
from catalog.services.terms import find_label, merge_labels, rename_label
from tests.factories import BuildFactory, CollectionFactory, ImageFactory, MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create()


@pytest.fixture
def curator(collection: Collection) -> User:
    person: User = MembershipFactory.create(collection=collection).user
    return person


@pytest.fixture
def images(collection: Collection) -> list[Image]:
    images: list[Image] = ImageFactory.create_batch(3, collection=collection, renditions=False)
    said = [LabelScore("cat", 0.9), LabelScore("kitty", 0.8)]
    write_machine_labels(collection, source="local", labels_by_image={image.pk: said for image in images})
    return images


def chosen(images: list[Image]) -> Selection:
    return Selection(images[0].collection_id, uuids=tuple(image.uuid for image in images))


def sentences(obj: object) -> list[str]:
    return [entry.what for entry in history_of(obj)]  # type: ignore[arg-type]


def test_an_image_tells_what_was_decided_about_it_and_what_was_taken_back(
    collection: Collection, curator: User, images: list[Image]
) -> None:
    verdicts = [("cat", "reject"), ("fox", "add")]
    change, _job = start_decisions(
        collection, selection=chosen(images), verdicts=verdicts, by=curator, reason="They are foxes."
    )
    start_hiding(collection, selection=chosen(images[:1]), hidden=True, by=curator)
    start_undo(change, by=curator)

    assert sentences(images[0]) == [
        "Took back: Added “fox”, rejected “cat”.",
        "Images hidden.",
        "Added “fox”, rejected “cat”.",
    ]
    first = history_of(images[0])[-1]
    assert (first.by, first.reason, first.change) == (curator, "They are foxes.", change)
    assert sentences(images[1]) == ["Took back: Added “fox”, rejected “cat”.", "Added “fox”, rejected “cat”."]


def test_a_collection_tells_on_how_many_images(collection: Collection, curator: User, images: list[Image]) -> None:
    start_decisions(collection, selection=chosen(images), verdicts=[("cat", "reject")], by=curator)
    start_hiding(collection, selection=chosen(images[:1]), hidden=True, by=curator)
    rename_label(find_label(collection, "kitty"), term="tom", by=curator)
    assert sentences(collection) == [
        "Renamed “kitty” to “tom”: 3 images.",
        "Images hidden: 1 image.",
        "Rejected “cat” on 3 images.",
    ]


def test_a_label_tells_of_decisions_renaming_and_merging(
    collection: Collection, curator: User, images: list[Image]
) -> None:
    cat, kitty = find_label(collection, "cat"), find_label(collection, "kitty")
    start_decisions(collection, selection=chosen(images), verdicts=[("cat", "accept")], by=curator)
    rename_label(kitty, term="tom", by=curator)
    merge_labels(cat, [kitty], by=curator)
    assert sentences(cat) == ["Merged “tom” into “cat”: 3 images.", "Accepted “cat” on 3 images."]
    assert sentences(kitty) == ["Merged “tom” into “cat”: 3 images.", "Renamed “kitty” to “tom”: 3 images."]


def test_deeds_without_a_change_are_noted_and_those_of_the_house_are_not(curator: User) -> None:
    build = BuildFactory.create()
    note_deed(curator, build.galaxy, "Withdrew 3 images.")
    note_deed(None, build.galaxy, "Built it.")
    assert sentences(build.galaxy) == ["Withdrew 3 images.", "Build 1 of 6 images was made."]
    assert history_of(build.galaxy)[0].by == curator


def test_a_long_history_costs_no_more_queries(
    collection: Collection, curator: User, images: list[Image], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        start_decisions(collection, selection=chosen(images), verdicts=[("cat", "reject")], by=curator)
    history_of(images[0])
    with django_assert_num_queries(2):
        assert len(history_of(images[0])) == 3
    for _ in range(5):
        start_decisions(collection, selection=chosen(images), verdicts=[("cat", "accept")], by=curator)
    with django_assert_num_queries(2):
        assert len(history_of(images[0], limit=6)) == 6
