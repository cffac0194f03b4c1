"""On PostgreSQL, where writers really write at once, who follows the changes misses none, and of two edits of one state one wins."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection

from catalog.models import Collection, Image
from catalog.services.image_edit import StaleError, edit_image
from tests.catalog.services.test_sync import Copy, truth
from tests.factories import CollectionFactory, ImageFactory

N_WRITERS, N_EDITS = 4, 15


@pytest.fixture
def collection(postgres: str) -> Collection:
    collection = CollectionFactory.create()
    ImageFactory.create_batch(N_WRITERS, collection=collection, renditions=False)
    return collection


def test_who_follows_while_many_write_misses_nothing(collection: Collection):
    copy, done = Copy(collection), Event()
    images = list(Image.objects.filter(collection=collection))

    def write(image: Image) -> None:
        try:
            for n in range(N_EDITS):
                edit_image(image, {"title": f"Edit {n}"}, by=None)
        finally:
            connection.close()

    def follow() -> int:
        try:
            n = 0
            while not done.is_set():
                n += copy.follow(limit=2)
            return n + copy.follow(limit=2)
        finally:
            connection.close()

    with ThreadPoolExecutor(N_WRITERS + 1) as pool:
        following = pool.submit(follow)
        try:
            list(pool.map(write, images))
        finally:
            done.set()
        assert following.result() >= N_WRITERS
    assert copy.titles == truth(collection)
    assert set(copy.titles.values()) == {f"Edit {N_EDITS - 1}"}


def test_of_two_who_read_the_same_state_one_writes(collection: Collection):
    image = Image.objects.filter(collection=collection).earliest("pk")

    def write(title: str) -> str:
        try:
            edit_image(Image.objects.get(pk=image.pk), {"title": title}, by=None, expected_number=0)
        except StaleError:
            return "stale"
        finally:
            connection.close()
        return "written"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(write, ["Anna's", "Ben's"])) == ["stale", "written"]
