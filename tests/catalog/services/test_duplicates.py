"""Near-duplicates: copies find each other however they were saved, and nothing else does."""

import io
import json

import pytest
from django.core.management import call_command
from django.urls import reverse
from PIL import Image as Picture

from catalog.models import Collection, Image, NearDuplicate, Revision
from catalog.services.duplicates import DuplicatesResult, find_near_duplicates, look_alikes
from tests.catalog.services.test_ingest import offer, take
from tests.factories import CollectionFactory
from tests.pictures import picture_bytes

pytestmark = pytest.mark.django_db


def copy_of(data: bytes, *, size: tuple[int, int] | None = None, quality: int = 90, cut: float = 0) -> bytes:
    picture: Picture.Image = Picture.open(io.BytesIO(data))
    if cut:
        dx, dy = picture.width * cut / 2, picture.height * cut / 2
        picture = picture.crop((round(dx), round(dy), round(picture.width - dx), round(picture.height - dy)))
    stream = io.BytesIO()
    (picture.resize(size) if size else picture).save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def plain(colour: str) -> bytes:
    stream = io.BytesIO()
    Picture.new("RGB", (200, 300), colour).save(stream, "JPEG")
    return stream.getvalue()


@pytest.fixture
def collection() -> Collection:
    """Eight different pictures; of the first a smaller, a worse and a cropped copy; two blank pages."""
    collection: Collection = CollectionFactory.create(slug="museum")
    originals = [picture_bytes(seed, size=(400, 300)) for seed in range(8)]
    first = originals[0]
    take(
        collection,
        *(offer(f"{number}.jpg", data) for number, data in enumerate(originals)),
        offer("small.jpg", copy_of(first, size=(200, 150))),
        offer("worse.jpg", copy_of(first, quality=20)),
        offer("cut.jpg", copy_of(first, cut=0.02)),
        offer("blank.jpg", plain("white")),
        offer("blank2.jpg", plain("ivory")),
    )
    return collection


def image(collection: Collection, name: str) -> Image:
    return Image.objects.get(collection=collection, occurrences__location=name)


def test_copies_are_grouped_around_the_largest_and_nothing_else_is(collection: Collection):
    assert find_near_duplicates(collection) == DuplicatesResult(n_images=13, n_plain=2, n_groups=1, n_near_duplicates=3)

    head = NearDuplicate.objects.values_list("head", flat=True).distinct().get()
    assert head == image(collection, "0.jpg").pk
    assert {row.image for row in NearDuplicate.objects.all()} == {
        image(collection, name) for name in ("small.jpg", "worse.jpg", "cut.jpg")
    }


def test_look_alikes_are_seen_from_each_side(collection: Collection):
    find_near_duplicates(collection)
    group = {image(collection, name) for name in ("0.jpg", "small.jpg", "worse.jpg", "cut.jpg")}
    for one in group:
        assert set(look_alikes(one)) == group - {one}
    assert look_alikes(image(collection, "1.jpg")) == []
    assert look_alikes(image(collection, "small.jpg"))[0] == image(collection, "0.jpg")


def test_blank_pages_are_not_taken_for_each_other(collection: Collection):
    find_near_duplicates(collection, max_distance=63)

    assert image(collection, "blank.jpg").current_revision.perceptual_hash is None
    assert look_alikes(image(collection, "blank.jpg")) == []


def test_groups_follow_what_comes_and_goes(collection: Collection):
    find_near_duplicates(collection)
    image(collection, "0.jpg").delete()
    assert not NearDuplicate.objects.exists(), "without its head a group is found anew"
    find_near_duplicates(collection)

    assert NearDuplicate.objects.count() == 2
    before = list(NearDuplicate.objects.order_by("pk").values())
    find_near_duplicates(collection)
    assert list(NearDuplicate.objects.order_by("pk").values()) == before


def test_another_collection_s_pictures_take_no_part(collection: Collection):
    other = CollectionFactory.create()
    take(other, offer("again.jpg", copy_of(picture_bytes(0, size=(400, 300)), quality=80)))

    assert find_near_duplicates(other).n_near_duplicates == 0


def test_images_from_before_there_were_hashes_get_theirs(collection: Collection):
    hashes = dict(Revision.objects.values_list("pk", "perceptual_hash"))
    Revision.objects.update(perceptual_hash=None, hash_version=0)
    find_near_duplicates(collection)

    again = dict(Revision.objects.values_list("pk", "perceptual_hash"))
    assert again.keys() == hashes.keys()
    for key, value in hashes.items():
        # The rendition went through a JPEG meanwhile.
        assert (value is None) == (again[key] is None)
        assert value is None or ((value ^ (again[key] or 0)) & (2**64 - 1)).bit_count() <= 2


def test_the_command_tells_the_counts(collection: Collection):
    out = io.StringIO()
    call_command("find_duplicates", "--collection", "museum", "--json", stdout=out)

    assert json.loads(out.getvalue()) == {"n_images": 13, "n_plain": 2, "n_groups": 1, "n_near_duplicates": 3}


def test_the_admin_shows_and_filters_them(admin_client, collection: Collection):
    find_near_duplicates(collection)
    first = image(collection, "0.jpg")
    page = admin_client.get(reverse("admin:catalog_image_change", args=[first.pk])).content.decode()
    assert "Looks nearly the same" in page
    assert f"/media/{image(collection, 'small.jpg').uuid}/small" in page

    address = reverse("admin:catalog_image_changelist")
    for value, n in (("any", 4), ("smaller", 3)):
        assert admin_client.get(address, {"duplicates": value}).context["cl"].result_count == n
