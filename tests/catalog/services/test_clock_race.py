"""Two who write at once: whoever reads in between misses neither."""

import threading

from django.db import close_old_connections, transaction

from catalog.models import Image
from catalog.services.clock import mark_images, next_change_number, read_change_number
from tests.factories import CollectionFactory, ImageFactory


def test_a_reader_between_two_writers_misses_nothing(postgres: str):
    collection = CollectionFactory.create()
    first, second = (ImageFactory.create(collection=collection, renditions=False) for _ in range(2))
    holds, may_commit, numbers = threading.Event(), threading.Event(), dict[str, int]()

    def write(image: Image, name: str, wait: bool) -> None:
        try:
            with transaction.atomic():
                numbers[name] = next_change_number(collection.pk)
                mark_images(collection.pk, [image.pk], numbers[name])
                if wait:
                    holds.set()
                    assert may_commit.wait(10)
        finally:
            close_old_connections()

    slow = threading.Thread(target=write, args=(first, "slow", True))
    slow.start()
    assert holds.wait(10)
    quick = threading.Thread(target=write, args=(second, "quick", False))
    quick.start()
    quick.join(0.5)
    assert quick.is_alive(), "it waits for the one who took the clock before it"
    seen = read_change_number(collection.pk)
    assert not Image.objects.filter(change_number__gt=0).exists()

    may_commit.set()
    slow.join(10)
    quick.join(10)
    later = Image.objects.filter(change_number__gt=seen).order_by("change_number").values_list("pk", flat=True)
    assert list(later) == [first.pk, second.pk]
    assert numbers["slow"] < numbers["quick"] == read_change_number(collection.pk)
