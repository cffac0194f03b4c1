"""The clock of a collection: what changed gets a number, what did not keeps its own, what is deleted leaves a tombstone."""

from functools import partial

import pytest
from django.db import transaction

from catalog.importers import Candidate
from catalog.models import Collection, EffectiveLabel, Image, Occurrence, Tombstone
from catalog.services.clock import mark_images, next_change_number, read_change_number
from catalog.services.curate import delete_images, hide_images
from catalog.services.ingest import import_images
from catalog.services.labels import LabelScore, recompute_effective_labels, write_machine_labels
from tests.factories import CollectionFactory, ImageFactory
from tests.pictures import picture_bytes

pytestmark = pytest.mark.django_db


def numbers_of(image: Image) -> tuple[int, int]:
    """An image's two numbers, as they are now."""
    return Image.objects.values_list("change_number", "label_change_number").get(pk=image.pk)


def say(collection: Collection, labels_by_image: dict[int, list[tuple[str, float]]]) -> None:
    """What a machine says of some images."""
    said = {pk: [LabelScore(term, score) for term, score in labels] for pk, labels in labels_by_image.items()}
    write_machine_labels(collection, source="local", labels_by_image=said)


def test_each_change_has_a_greater_number_and_collections_count_apart():
    first, second = CollectionFactory.create(), CollectionFactory.create()
    with transaction.atomic():
        numbers = [next_change_number(first.pk) for _ in range(3)]
        other = next_change_number(second.pk)
    assert numbers == [1, 2, 3] and other == 1
    assert read_change_number(first.pk) == 3


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_there_is_no_number():
    with pytest.raises(transaction.TransactionManagementError, match="change number"):
        next_change_number(CollectionFactory.create().pk)


def test_labels_that_hold_already_are_left_as_they_are():
    collection = CollectionFactory.create()
    cat, dog = (ImageFactory.create(collection=collection, renditions=False) for _ in range(2))
    say(collection, {cat.pk: [("cat", 0.9), ("fur", 0.8)], dog.pk: [("dog", 0.9)]})
    rows = set(EffectiveLabel.objects.values_list("pk", flat=True))
    before = {image.pk: numbers_of(image) for image in (cat, dog)}

    say(collection, {cat.pk: [("cat", 0.9), ("fur", 0.7)], dog.pk: [("dog", 0.9)]})

    assert numbers_of(dog) == before[dog.pk]
    number = read_change_number(collection.pk)
    assert numbers_of(cat) == (number, number) and number > before[cat.pk][0]
    assert len(rows & set(EffectiveLabel.objects.values_list("pk", flat=True))) == 2, "cat and dog"
    recompute_effective_labels(collection, [cat.pk, dog.pk])
    assert numbers_of(cat) == (number, number)


def test_hiding_is_a_change_but_not_of_labels():
    image = ImageFactory.create(renditions=False)
    assert hide_images(Image.objects.all(), hidden=True) == 1
    assert numbers_of(image) == (1, 0)
    assert hide_images(Image.objects.all(), hidden=True) == 0
    assert numbers_of(image) == (1, 0)


def test_what_is_deleted_leaves_a_tombstone_by_which_a_copy_knows_it():
    image = ImageFactory.create(renditions=False)
    Occurrence.objects.create(collection=image.collection, image=image, source="s", location="l", external_id="BM-17")
    assert delete_images(Image.objects.filter(pk=image.pk)) == 1
    tombstone = Tombstone.objects.get()
    assert (tombstone.uuid, tombstone.external_ids, tombstone.change_number) == (image.uuid, ["BM-17"], 1)


def test_images_of_another_collection_are_not_marked():
    mine, other = ImageFactory.create(renditions=False), ImageFactory.create(renditions=False)
    mark_images(mine.collection_id, [mine.pk, other.pk], 7)
    assert (numbers_of(mine), numbers_of(other)) == ((7, 0), (0, 0))


def test_an_import_marks_what_it_changes_and_nothing_else():
    collection = CollectionFactory.create()

    def take(*titles: str) -> list[tuple[int, int]]:
        offers = [
            Candidate(location=f"{i}.jpg", read=partial(picture_bytes, i), fingerprint=title, title=title)
            for i, title in enumerate(titles)
        ]
        import_images(collection, offers, source="test")
        return list(Image.objects.order_by("pk").values_list("change_number", "label_change_number"))

    first, second = take("A mill", "A bridge")
    assert first == second and first[0] > 0
    again = take("A mill", "A bridge, seen from the mill")
    assert again[0] == first and again[1][0] > second[0]
    assert again[1][1] == second[1], "its labels are the same"
