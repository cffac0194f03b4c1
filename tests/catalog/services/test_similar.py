"""What looks like a picture: compared with what is stored, in memory, and never with what may not be seen."""

import numpy as np
import pytest
from django.core.files.storage import storages

from catalog.models import Collection, EmbeddingBlock, EmbeddingRow, Image
from catalog.services import similar, vector_table
from catalog.services.embeddings import visual_vectors
from catalog.services.errors import ServiceError
from catalog.services.similar import similar_images
from catalog.services.vector_table import count_unseen, load_vectors
from tests.factories import CollectionFactory, ImageFactory, RenditionFactory, RevisionFactory, jpeg_bytes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("colour_model")]

RED, DARK_RED, PINK, GREEN, BLUE = 0xFF0000, 0xC00000, 0xFF8080, 0x00FF00, 0x0000FF


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create()


def looked_at(collection: Collection, *colours: int) -> list[Image]:
    made = [ImageFactory.create(collection=collection, revision__mean_colour=colour) for colour in colours]
    visual_vectors(collection, [image.pk for image in made])
    return made


def found(result: similar.Similar) -> list[int]:
    return [image_id for image_id, _score in result.hits]


def test_the_table_holds_what_is_stored_by_image_and_looks_at_nothing(collection, colour_model):
    images = looked_at(collection, GREEN, RED, BLUE)
    ImageFactory.create(collection=collection, revision__mean_colour=PINK)
    n_seen = colour_model.n_seen
    table = load_vectors(collection)

    assert table.image_ids.tolist() == [image.pk for image in images] and len(table) == 3
    assert table.vectors.dtype == np.float32 and table.is_exact
    np.testing.assert_array_equal(table.vectors, visual_vectors(collection, [image.pk for image in images]))
    assert table.row_of(images[1].pk) == 1 and table.row_of(images[2].pk + 1) is None
    assert count_unseen(collection) == 1 and colour_model.n_seen == n_seen


def test_a_table_is_read_once_and_anew_when_vectors_came(collection, django_assert_num_queries):
    looked_at(collection, GREEN, RED)
    table = load_vectors(collection)
    with django_assert_num_queries(1):
        assert load_vectors(collection) is table

    looked_at(collection, BLUE)
    assert load_vectors(collection).image_ids.tolist() == list(EmbeddingRow.objects.values_list("image", flat=True))
    for _ in range(vector_table.TABLES_KEPT):
        load_vectors(looked_at(CollectionFactory.create(), RED)[0].collection)
    assert len(vector_table._tables) == vector_table.TABLES_KEPT


def test_many_blocks_come_together_in_the_order_of_images(collection, monkeypatch):
    monkeypatch.setattr(EmbeddingBlock, "SIZE", 4)
    monkeypatch.setattr(vector_table, "ROWS_READ_TOGETHER", 3)
    ids = [image.pk for image in looked_at(collection, *[RED, GREEN, BLUE, PINK, DARK_RED] * 2)]
    table = load_vectors(collection)
    np.testing.assert_array_equal(table.vectors, visual_vectors(collection, ids))
    assert table.image_ids.tolist() == ids
    with pytest.raises(ValueError, match="read-only"):
        table.vectors[0] = 0  # requests share it


def test_what_looks_most_alike_comes_first_with_its_cosine(collection):
    red, dark, pink, _green = looked_at(collection, RED, DARK_RED, PINK, GREEN)
    result = similar_images(collection, image=red, images=Image.objects.all(), min_score=0.5)

    assert found(result) == [dark.pk, pink.pk], "neither itself nor what is below the score"
    assert [score for _pk, score in result.hits] == sorted((score for _pk, score in result.hits), reverse=True)
    assert 0.99 < result.hits[0][1] <= 1 and 0.5 < result.hits[1][1] < 0.99
    assert result.is_exact and result.n_compared == 4
    assert found(similar_images(collection, image=red, images=Image.objects.all(), limit=1)) == [dark.pk]


def test_only_what_may_be_found_is_found_by_at_most_two_more_queries(
    collection, monkeypatch, django_assert_max_num_queries
):
    red, *others = looked_at(collection, RED, *[DARK_RED] * 12, GREEN)
    monkeypatch.setattr(similar, "EXTRA", 1)
    load_vectors(collection)
    allowed = Image.objects.exclude(pk__in=[image.pk for image in others[:11]])
    with django_assert_max_num_queries(4):
        result = similar_images(collection, image=red, images=allowed, limit=3)
    assert found(result) == [others[11].pk, others[12].pk]


def test_a_picture_from_outside_is_compared_and_not_kept(collection, colour_model):
    red, _green = looked_at(collection, RED, GREEN)
    files = set(storages["media"].listdir("")[0])
    n_rows = EmbeddingRow.objects.count()

    result = similar_images(
        collection, picture=jpeg_bytes(400, 300, DARK_RED), images=Image.objects.all(), min_score=0.5
    )

    assert found(result) == [red.pk]
    assert EmbeddingRow.objects.count() == n_rows and set(storages["media"].listdir("")[0]) == files


@pytest.mark.parametrize("data", [b"", b"this is no picture", jpeg_bytes(400, 300, RED)[:300]])
def test_what_is_no_picture_is_refused_with_a_reason(collection, data):
    looked_at(collection, RED)
    with pytest.raises(ServiceError, match=r"\w"):
        similar_images(collection, picture=data, images=Image.objects.all())


def test_an_image_that_has_not_been_looked_at_is_looked_at_alone(collection, colour_model):
    (red,) = looked_at(collection, RED)
    new = ImageFactory.create(collection=collection, revision__mean_colour=DARK_RED)
    n_seen = colour_model.n_seen
    assert found(similar_images(collection, image=new, images=Image.objects.all())) == [red.pk]
    assert colour_model.n_seen == n_seen + 1


def test_a_replaced_picture_is_neither_found_nor_asked_by_its_old_look(collection):
    red, dark, green = looked_at(collection, RED, DARK_RED, GREEN)
    dark.current_revision = RevisionFactory.create(image=dark, number=2, mean_colour=GREEN)
    dark.save()
    RenditionFactory.create(revision=dark.current_revision)

    assert dark.pk not in found(similar_images(collection, image=red, images=Image.objects.all()))
    assert found(similar_images(collection, image=dark, images=Image.objects.all(), min_score=0.9)) == [green.pk]


def test_a_deleted_image_is_not_found_though_its_row_is_still_held(collection):
    red, dark, pink = looked_at(collection, RED, DARK_RED, PINK)
    load_vectors(collection)
    dark.delete()
    assert found(similar_images(collection, image=red, images=Image.objects.all())) == [pink.pk]


def test_nobody_has_looked_yet(collection):
    image = ImageFactory.create(collection=collection)
    assert similar_images(collection, image=image, images=Image.objects.all()) == similar.Similar([], True, 0)


def test_a_library_too_large_to_compare_all_says_so(collection, monkeypatch):
    monkeypatch.setattr(vector_table, "EXACT_UP_TO", 5)
    monkeypatch.setattr(similar, "N_CANDIDATES", 4)
    red, dark, *_ = looked_at(collection, RED, DARK_RED, *[GREEN] * 4, *[BLUE] * 4)
    table = load_vectors(collection)
    assert table.vectors.dtype == np.float16 and table.codes.shape == (10, 4)

    result = similar_images(collection, image=red, images=Image.objects.all(), limit=3)
    assert not result.is_exact and result.n_compared == 10
    assert found(result)[0] == dark.pk and len(result.hits) <= 3
