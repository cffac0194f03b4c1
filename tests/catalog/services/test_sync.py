"""Another system's copy follows: it pages through what changed, keeps its cursor, and misses nothing."""

import random

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import Collection, Image
from catalog.services.curate import hide_images
from catalog.services.image_edit import delete_image, edit_image
from catalog.services.ingest import import_images
from catalog.services.sync import CursorError, changes_since
from tests.catalog.services.test_ingest import offer
from tests.factories import CollectionFactory, ImageFactory
from tests.pictures import picture_bytes

pytestmark = pytest.mark.django_db


class Copy:
    """What a system that follows the changes believes that there is: uuid -> title."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self.cursor = ""
        self.titles: dict[str, str] = {}

    def follow(self, limit: int = 3) -> int:
        """Ask until there is no more; says how many rows came."""
        n = 0
        while True:
            page = changes_since(self.collection, self.cursor, limit=limit)
            assert len(page.rows) <= limit
            for row in page.rows:
                n += 1
                if isinstance(row, Image):
                    self.titles[str(row.uuid)] = row.title
                else:
                    self.titles.pop(str(row.uuid), None)
            self.cursor = page.cursor
            if not page.has_more:
                return n


def truth(collection: Collection) -> dict[str, str]:
    return {str(image.uuid): image.title for image in Image.objects.filter(collection=collection)}


@pytest.fixture
def collection() -> Collection:
    """Ten images; another collection has some, too."""
    collection = CollectionFactory.create()
    candidates = [offer(f"{n}.jpg", picture_bytes(n), title=f"Picture {n}") for n in range(10)]
    import_images(collection, candidates, source="test")
    ImageFactory.create()
    return collection


def test_who_begins_gets_everything_and_then_only_what_changed(collection: Collection):
    copy = Copy(collection)
    assert copy.follow() == 10
    assert copy.titles == truth(collection)
    assert copy.follow() == 0

    first, second, third = Image.objects.filter(collection=collection)[:3]
    edit_image(first, {"title": "New"}, by=None)
    delete_image(second, by=None)
    hide_images(Image.objects.filter(pk=third.pk), hidden=True)
    assert copy.follow() == 3
    assert copy.titles == truth(collection)


def test_images_from_before_the_clock_come_too():
    collection = CollectionFactory.create()
    image = ImageFactory.create(collection=collection)
    assert image.change_number == 0
    copy = Copy(collection)
    assert copy.follow() == 1
    assert copy.follow() == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_copy_is_right_however_changes_and_questions_fall(collection: Collection, seed: int):
    chance, copy = random.Random(seed), Copy(collection)  # noqa: S311  no secret depends on it
    for step in range(30):
        images = list(Image.objects.filter(collection=collection))
        image = chance.choice(images)
        deed = chance.random()
        if deed < 0.2 and len(images) > 3:
            delete_image(image, by=None)
        elif deed < 0.4:
            import_images(
                collection, [offer(f"{seed}-{step}.jpg", picture_bytes(100 + 40 * seed + step))], source="test"
            )
        else:
            edit_image(image, {"title": f"Step {step}"}, by=None)
        if chance.random() < 0.4:
            page = changes_since(collection, copy.cursor, limit=2)  # and is cut off after one page
            assert len(page.rows) <= 2
            copy.follow(limit=chance.randint(1, 5))
            assert copy.titles == truth(collection)


def test_two_queries_at_any_depth(collection: Collection, django_assert_num_queries: DjangoAssertNumQueries):
    cursor = changes_since(collection, limit=7).cursor
    with django_assert_num_queries(2):
        page = changes_since(collection, cursor, limit=3)
    assert len(page.rows) == 3


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "MTow",
        "MDowOjA6MA",
        "LTE6MDow",
        "MDozOjA",
        "MDotMTow",
        "MDowOi0x",
        "é",
        "A" * 5000,
        "OTk5OTk5OTk5OTk5OTk5OTk5OTk6MDow",
    ],
)
def test_what_is_no_cursor_is_refused(collection: Collection, cursor: str):
    with pytest.raises(CursorError, match="Expected a cursor"):
        changes_since(collection, cursor)
