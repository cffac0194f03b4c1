"""Images by words and parts of words. One suite; it runs on SQLite, and on PostgreSQL in the tests of that server."""

import pytest

from catalog.models import Collection, EffectiveLabel, Image, Label
from catalog.search import Selection, search_images, select_images
from catalog.services.search_words import index_words
from tests.factories import CollectionFactory, ImageFactory, LabelFactory


def make_image(collection: Collection, title: str = "", **values: object) -> Image:
    image: Image = ImageFactory(collection=collection, title=title, renditions=False, **values)
    index_words([image.pk])
    return image


def found(collection: Collection, q: str, **options: object) -> list[tuple[str, float]]:
    hits = search_images(collection, q, **options)  # type: ignore[arg-type]
    titles = dict(Image.objects.values_list("pk", "title"))
    wanted = Selection(collection.pk, q=q, min_score=options.get("min_score"))  # type: ignore[arg-type]
    if not options.keys() - {"min_score"}:
        assert sorted(select_images(wanted).values_list("pk", flat=True)) == sorted(hit.image_id for hit in hits)
    return [(titles[hit.image_id], round(hit.score, 6)) for hit in hits]


def test_a_label_counts_by_its_score_and_by_how_much_of_the_word_was_typed() -> None:
    collection = CollectionFactory()
    make_image(collection, "a", labels={"snow": 0.9})
    make_image(collection, "b", labels={"snow leopard": 0.8})
    make_image(collection, "c", labels={"snowman": 1.0})
    make_image(collection, "d", labels={"first snowfall": 0.5})
    make_image(collection, "e", labels={"sand": 0.9})
    assert found(collection, "Snow") == [("a", 0.9), ("b", 0.8), ("c", 0.8), ("d", 0.4)]
    assert found(collection, "now") == [("c", 0.6), ("a", 0.54), ("b", 0.48), ("d", 0.3)]
    assert found(collection, "snow", min_score=0.85) == [("a", 0.9)]


def test_titles_and_authors_are_found_too_and_the_best_place_counts() -> None:
    collection = CollectionFactory()
    make_image(collection, "The Harbour", creator="Ann Miller")
    make_image(collection, "Millers at work")
    make_image(collection, "Mill", labels={"miller": 0.95})
    assert found(collection, "miller") == [("Mill", 0.95), ("The Harbour", 0.8), ("Millers at work", 0.72)]
    assert found(collection, "harbour") == [("The Harbour", 0.9)]
    assert found(collection, "ill") == [("Mill", 0.57), ("Millers at work", 0.54), ("The Harbour", 0.48)]


def test_every_word_must_be_there_and_the_weakest_counts() -> None:
    collection = CollectionFactory()
    make_image(collection, "Old harbour", labels={"boat": 0.7, "ship": 0.9})
    make_image(collection, "New harbour", labels={"boat": 0.4})
    make_image(collection, "Boat")
    assert found(collection, "boat harbour") == [("Old harbour", 0.7), ("New harbour", 0.4)]
    assert found(collection, "boat harbour ship") == [("Old harbour", 0.7)]
    assert found(collection, "boat harbour train") == []


def test_a_hit_says_where_its_weakest_word_was_found() -> None:
    collection = CollectionFactory()
    image = make_image(collection, "Harbour", creator="Ann Miller", labels={"sailing boat": 0.7})
    (hit,) = search_images(collection, "harb boat mill")
    assert (hit.image_id, hit.field, hit.found, round(hit.score, 6)) == (image.pk, "author", "miller", 0.64)
    assert [(hit.field, hit.found) for hit in search_images(collection, "boat")] == [("label", "sailing boat")]


def test_short_words_are_found_whole_only() -> None:
    collection = CollectionFactory()
    make_image(collection, "TV tower", labels={"tv set": 0.9})
    make_image(collection, "tvs", labels={"tvr": 0.9})
    assert found(collection, "tv") == [("TV tower", 0.9)]


def test_accents_and_case_may_be_left_out_in_titles_and_typed_in_labels() -> None:
    collection = CollectionFactory()
    make_image(collection, "Café Zürich", labels={"théâtre": 0.9})
    assert found(collection, "CAFE zurich") == [("Café Zürich", 0.9)]
    assert found(collection, "café Zürich") == [("Café Zürich", 0.9)]
    assert found(collection, "Théâtre") == [("Café Zürich", 0.9)]


def test_what_is_written_without_blanks_is_found_by_two_characters() -> None:
    collection = CollectionFactory()
    make_image(collection, "北京大学", labels={"天安門広場": 0.8})
    assert found(collection, "京大") == [("北京大学", 0.9)]
    assert [title for title, _score in found(collection, "安門")] == ["北京大学"]


def test_a_merged_label_finds_what_it_became() -> None:
    collection = CollectionFactory()
    make_image(collection, "a", labels={"tram": 0.9})
    target = Label.objects.get(key="tram")
    for term in ("streetcar", "trolley", "horsecar"):
        target = LabelFactory(collection=collection, term=term, alias_of=target)
    assert found(collection, "horsecar") == [("a", 0.9)]


def test_words_between_marks_are_words() -> None:
    collection = CollectionFactory()
    make_image(collection, "a", labels={"t-shirt (striped)": 0.9})
    assert found(collection, "shirt") == found(collection, "striped") == [("a", 0.9)]


@pytest.mark.parametrize("q", ["%", "_", "'", "!?", "\u0301"])
def test_a_query_without_a_word_finds_nothing(q: str) -> None:
    collection = CollectionFactory()
    make_image(collection, "100 % _wool_ 'blend'")
    assert found(collection, q) == []


@pytest.mark.parametrize("q", ["wo%l", "w_ol", "' OR 1=1 --", '"wool" NEAR(x)', "wool*", "\\"])
def test_no_sign_of_a_query_language_means_anything(q: str) -> None:
    collection = CollectionFactory()
    make_image(collection, "cotton")
    assert found(collection, q) == []


def test_other_collections_are_not_searched() -> None:
    collection = CollectionFactory()
    make_image(CollectionFactory(), "harbour", labels={"boat": 0.9})
    assert found(collection, "harbour") == found(collection, "boat") == []


def test_at_most_what_the_asker_may_see() -> None:
    collection = CollectionFactory()
    make_image(collection, "a", labels={"boat": 0.9})
    make_image(collection, "b", labels={"boat": 0.8}, hidden=True)
    images = Image.objects.filter(hidden=False)
    assert found(collection, "boat", images=images) == [("a", 0.9)]
    assert found(collection, "boat", images=Image.objects.none()) == []


def test_pages_follow_one_another_without_gaps_though_scores_are_equal() -> None:
    collection = CollectionFactory()
    for n in range(7):
        make_image(collection, f"{n}", labels={"boat": 0.7 if n % 2 else 0.9})
    seen: list[int] = []
    after: tuple[float, int] | None = None
    while hits := search_images(collection, "boat", limit=3, after=after):
        seen += [hit.image_id for hit in hits]
        after = (hits[-1].score, hits[-1].image_id)
    whole = search_images(collection, "boat")
    assert seen == [hit.image_id for hit in whole]
    assert len(seen) == 7


def test_words_follow_what_is_written_and_what_is_deleted() -> None:
    collection = CollectionFactory()
    image = make_image(collection, "Harbour", labels={"boat": 0.9})
    Image.objects.filter(pk=image.pk).update(title="Station")
    index_words([image.pk])
    assert (found(collection, "harbour"), found(collection, "station")) == ([], [("Station", 0.9)])
    Label.objects.filter(key="boat").update(term="Ship", key="ship")
    assert (found(collection, "boat"), found(collection, "ship")) == ([], [("Station", 0.9)])
    EffectiveLabel.objects.all().delete()
    assert found(collection, "ship") == []
    collection.delete()
    assert Image.objects.count() == 0
