"""Which images a selection means, and that it says the same in an address, in a job's parameters and back."""

from typing import Any
from uuid import uuid4

import pytest
from django.http import QueryDict

from catalog.models import Collection, Image, Label, NearDuplicate, Pin
from catalog.search import Selection, SelectionError, select_images
from tests.factories import BuildFactory, ClusterFactory, CollectionFactory, GalaxyFactory, ImageFactory, LabelFactory


def titles(collection: Collection, query: str = "") -> list[str]:
    selection = Selection.from_params(collection, QueryDict(query))
    assert Selection.from_json(selection.as_json()) == selection
    return sorted(select_images(selection).values_list("title", flat=True))


def make_images(collection: Collection, **values: dict[str, Any]) -> dict[str, Image]:
    return {name: ImageFactory(collection=collection, title=name, renditions=False, **v) for name, v in values.items()}


def test_nothing_named_is_the_whole_collection_and_no_other() -> None:
    collection = CollectionFactory()
    make_images(collection, one={}, two={})
    ImageFactory(renditions=False)
    selection = Selection.from_params(collection, QueryDict("page=2&unknown=1"))
    assert selection.is_empty
    assert selection.as_json() == {"collection": collection.pk}
    assert titles(collection) == ["one", "two"]


def test_labels_by_term_source_and_score_of_that_label() -> None:
    collection = CollectionFactory()
    images = make_images(collection, sure={"labels": {"snow": 0.9}}, unsure={"labels": {"snow": 0.4, "dog": 0.95}})
    images["sure"].effective_labels.update(source="decision", score=1.0)
    assert titles(collection, "label=SNOW") == ["sure", "unsure"]
    # The other one's 0.95 is a dog's.
    assert titles(collection, "label=snow&min_score=0.5") == ["sure"]
    assert titles(collection, "label=snow&max_score=0.5") == ["unsure"]
    assert titles(collection, "min_score=0.5") == ["sure", "unsure"]
    assert titles(collection, "label=snow&source=local") == ["unsure"]
    assert titles(collection, "source=decision") == ["sure"]
    assert titles(collection, "label=winter") == []


def test_a_merged_term_finds_what_it_became_however_often_it_was_merged() -> None:
    collection = CollectionFactory()
    make_images(collection, tram={"labels": {"tram": 0.9}})
    target = Label.objects.get(key="tram")
    for term in ("streetcar", "trolley", "horsecar", "omnibus"):
        target = LabelFactory(collection=collection, term=term, alias_of=target)
    assert titles(collection, "label=omnibus") == ["tram"]


def test_a_label_of_another_collection_finds_nothing_here() -> None:
    collection = CollectionFactory()
    make_images(collection, here={})
    make_images(CollectionFactory(), there={"labels": {"snow": 0.9}})
    assert titles(collection, "label=snow") == titles(collection, "min_score=0.1") == []


def test_clusters_by_the_newest_complete_build_with_pins() -> None:
    galaxy = GalaxyFactory()
    images = list(make_images(galaxy.collection, a={}, b={}, c={}, d={}).values())
    BuildFactory(galaxy=galaxy, images=images[:2])
    build = BuildFactory(galaxy=galaxy, images=images)
    BuildFactory(galaxy=galaxy, images=images[:1], complete=False)
    first, second = (group.cluster for group in build.groups.order_by("number"))
    late = ImageFactory(collection=galaxy.collection, title="not built", renditions=False)
    assert titles(galaxy.collection, f"cluster={first.uuid}") == ["a", "c"]
    Pin.objects.create(galaxy=galaxy, cluster=second, image=images[0])
    Pin.objects.create(galaxy=galaxy, cluster=first, image=late)
    assert titles(galaxy.collection, f"cluster={first.uuid}") == ["c"]
    assert titles(galaxy.collection, f"cluster={second.uuid}") == ["a", "b", "d"]
    by_slug = titles(galaxy.collection, f"galaxy={galaxy.slug}")
    assert by_slug == titles(galaxy.collection, f"galaxy={galaxy.uuid}") == ["a", "b", "c", "d"]


def test_years_are_ranges_and_dates_may_be_known_in_part() -> None:
    collection = CollectionFactory()
    taken = {"year": "1923", "month": "1923-12", "day": "1924-01-01", "never": "", "last": "9999"}
    make_images(collection, **{name: {"taken_at": taken_at} for name, taken_at in taken.items()})
    assert titles(collection, "year_from=1923&year_to=1923") == ["month", "year"]
    assert titles(collection, "year_from=1924") == ["day", "last"]
    assert titles(collection, "year_to=1923") == ["month", "year"]
    assert titles(collection, "year_to=9999") == ["day", "last", "month", "year"]


def test_status_hidden_ones_and_near_duplicates() -> None:
    collection = CollectionFactory()
    images = make_images(collection, head={}, copy={"hidden": True}, other={"annotation_status": "failed"})
    NearDuplicate.objects.create(image=images["copy"], head=images["head"], distance=3)
    assert titles(collection, "status=failed") == ["other"]
    assert titles(collection, "hidden=false") == ["head", "other"]
    assert titles(collection, "duplicates=any") == ["copy", "head"]
    assert titles(collection, "duplicates=smaller") == ["copy"]


def test_named_images_at_most_those_that_the_asker_may_see() -> None:
    collection = CollectionFactory()
    images = make_images(collection, one={}, two={}, three={})
    uuids = f"uuids={images['one'].uuid},{images['two'].uuid}"
    assert titles(collection, uuids) == ["one", "two"]
    selection = Selection.from_params(collection, QueryDict(uuids))
    assert list(select_images(selection, Image.objects.filter(title="two"))) == [images["two"]]


def test_fifty_thousand_named_images_are_one_query() -> None:
    image = ImageFactory(renditions=False)
    selection = Selection(image.collection_id, uuids=(image.uuid, *(uuid4() for _ in range(49_999))))
    assert select_images(selection).get() == image


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("min_score=2", "min_score"),
        ("min_score=nan", "min_score"),
        ("max_score=high", "max_score"),
        ("min_score=0.5&max_score=0.4", "max_score"),
        ("year_from=MCM", "year_from"),
        ("year_from=1930&year_to=1920", "year_to"),
        ("faces=perhaps", "faces"),
        ("status=lost", "status"),
        ("duplicates=larger", "duplicates"),
        ("galaxy=nowhere", "galaxy"),
        ("cluster=cats", "cluster"),
        ("cluster=00000000-0000-0000-0000-000000000000", "cluster"),
        ("uuids=1,2", "uuids"),
        ("label=%00", "label"),
        (f"q={'x' * 201}", "q"),
    ],
)
def test_a_wrong_value_is_named(query: str, field: str) -> None:
    with pytest.raises(SelectionError) as raised:
        Selection.from_params(CollectionFactory(), QueryDict(query))
    assert raised.value.field == field


def test_clusters_and_galaxies_of_other_collections_are_not_there() -> None:
    cluster = ClusterFactory()
    for query in (f"cluster={cluster.uuid}", f"galaxy={cluster.galaxy.slug}", f"galaxy={cluster.galaxy.uuid}"):
        with pytest.raises(SelectionError, match="in this collection"):
            Selection.from_params(CollectionFactory(), QueryDict(query))


@pytest.mark.parametrize(
    "value",
    [
        {"lable": "snow"},
        {"uuids": []},
        {"uuids": "all"},
        {"min_score": True},
        {"label": 5},
        {"collection": "1"},
        {"cluster": 7},
        {"hidden": 2},
        {"year_from": "²"},
    ],
)
def test_what_is_misspelt_or_of_the_wrong_kind_never_means_more_than_was_meant(value: dict[str, Any]) -> None:
    with pytest.raises(SelectionError):
        Selection.from_json({"collection": 1} | value)
