"""What a person says of an image is written once, found, synchronized, and not over what somebody else said meanwhile."""

import pytest

from catalog.models import Image, SearchPosting, Tombstone
from catalog.services.image_edit import StaleError, delete_image, edit_image
from catalog.services.ingest import import_images
from catalog.signals import image_withdrawn
from tests.catalog.services.test_ingest import offer
from tests.factories import CollectionFactory, ImageFactory, UserFactory
from tests.pictures import picture_bytes

pytestmark = pytest.mark.django_db


def words_of(image: Image) -> set[str]:
    return set(SearchPosting.objects.filter(image=image).values_list("word__key", flat=True))


def test_what_changed_is_written_found_and_numbered():
    image = ImageFactory.create(title="Old")
    before = image.change_number
    edit_image(image, {"title": "The old bridge", "creator": "Anna"}, by=None)
    assert (image.title, image.creator) == ("The old bridge", "Anna")
    assert image.change_number > before
    assert words_of(image) == {"the", "old", "bridge", "anna"}


def test_saying_the_same_again_is_no_change():
    image = ImageFactory.create(title="Bridge")
    edit_image(image, {"title": "Bridge", "hidden": False}, by=None)
    assert image.change_number == 0


def test_who_read_an_older_state_does_not_write_over_a_newer_one():
    image = ImageFactory.create(title="Old")
    read = image.change_number
    edit_image(image, {"title": "Anna's"}, by=None, expected_number=read)
    with pytest.raises(StaleError, match="changed since"):
        edit_image(image, {"title": "Ben's"}, by=None, expected_number=read)
    with pytest.raises(StaleError):
        delete_image(image, by=None, expected_number=read)
    assert Image.objects.get().title == "Anna's"


def test_hiding_takes_it_out_of_what_is_published_and_is_a_change():
    told: list[object] = []

    def listen(sender: object, uuids: list[object], **_: object) -> None:
        told.extend(uuids)

    image = ImageFactory.create()
    image_withdrawn.connect(listen)
    try:
        edit_image(image, {"hidden": True, "title": "Secret"}, by=UserFactory.create())
    finally:
        image_withdrawn.disconnect(listen)
    assert told == [image.uuid]
    assert image.hidden
    assert image.change_number > 0


def test_a_persons_words_outlive_the_next_import():
    collection = CollectionFactory.create()
    import_images(collection, [offer("1.jpg", picture_bytes(1), title="DSC_0001")], source="test")
    image = Image.objects.get()
    edit_image(image, {"title": "The old bridge"}, by=None)
    import_images(collection, [offer("1.jpg", picture_bytes(1), fingerprint="2", title="DSC_0002")], source="test")
    image.refresh_from_db()
    assert image.title == "The old bridge"


def test_a_deleted_image_leaves_a_tombstone():
    collection = CollectionFactory.create()
    import_images(collection, [offer("1.jpg", picture_bytes(1), external_id="A-1")], source="test")
    image = Image.objects.get()
    delete_image(image, by=None, expected_number=image.change_number)
    stone = Tombstone.objects.get()
    assert (stone.uuid, stone.external_ids) == (image.uuid, ["A-1"])
    assert not Image.objects.exists()
