"""How many images there are of what, and that the counts follow what changes."""

import numpy as np
import pytest
from django.db import transaction
from django.http import QueryDict
from pytest_django import DjangoAssertNumQueries

from catalog.models import Collection, EffectiveLabel, Image, NearDuplicate, Pin
from catalog.search import FACETS, Selection, facets, select_images
from catalog.services.clock import bury_images, mark_images, next_change_number
from tests.factories import BuildFactory, CollectionFactory, GalaxyFactory, ImageFactory, LabelFactory


def counts(collection: Collection, query: str = "", *names: str) -> dict[str, dict[str, int]]:
    selection = Selection.from_params(collection, QueryDict(query))
    found = facets(collection, selection, names=names or FACETS)
    return {name: {facet.title: facet.n for facet in rows} for name, rows in found.items()}


def test_every_facet_counts_images_and_not_rows() -> None:
    galaxy = GalaxyFactory()
    collection = galaxy.collection
    images = [
        ImageFactory(collection=collection, renditions=False, **values)
        for values in (
            {"labels": {"snow": 0.9, "dog": 0.8}, "taken_at": "1923-05", "n_faces": 2, "n_characters": 0},
            {"labels": {"snow": 0.9}, "taken_at": "1923", "n_faces": 0},
            {"labels": {"snow": 0.4}, "taken_at": "1951-01-02", "annotation_status": "failed"},
            {},
        )
    ]
    EffectiveLabel.objects.filter(image=images[1]).update(source="decision", score=1.0)
    NearDuplicate.objects.create(image=images[0], head=images[1], distance=2)
    build = BuildFactory(galaxy=galaxy, images=images)
    first, second = (group.cluster for group in build.groups.order_by("number"))
    Pin.objects.create(galaxy=galaxy, cluster=second, image=images[0])
    assert counts(collection) == {
        "label": {"snow": 3, "dog": 1},
        "cluster": {second.name: 3, first.name: 1},
        "year": {"1923": 2, "1951": 1},
        "source": {"local": 2, "decision": 1},
        "status": {"Annotated": 3, "Waiting": 1},
        "faces": {"Faces": 1, "No faces": 1},
        "text": {"Text": 0, "No text": 1},
        "duplicates": {"Looks like another": 2, "A larger one is there": 1},
    }
    assert counts(collection, "year_to=1923", "label", "cluster") == {
        "label": {"snow": 2, "dog": 1},
        "cluster": {second.name: 2},
    }


def test_a_value_taken_as_a_filter_finds_as_many_images_as_were_counted() -> None:
    rng = np.random.default_rng(0)
    galaxy = GalaxyFactory()
    collection = galaxy.collection
    images = []
    for n in range(40):
        labels = {f"term {k}": 0.5 for k in rng.choice(12, 3, replace=False)}
        taken_at = str(rng.choice(["", "1900", "1901-02", "2024-01-01"]))
        images.append(
            ImageFactory(collection=collection, labels=labels, taken_at=taken_at, renditions=False, title=f"{n}")
        )
    BuildFactory(galaxy=galaxy, images=images[:30], n_groups=4)
    parameters = {"year": "year_from={0}&year_to={0}"}
    for name, rows in facets(collection, Selection(collection.pk), names=FACETS).items():
        for facet in rows:
            query = parameters.get(name, f"{name}={{0}}").format(facet.value)
            selection = Selection.from_params(collection, QueryDict(query))
            assert select_images(selection).count() == facet.n, query


def test_counts_follow_new_changed_and_deleted_images() -> None:
    collection = CollectionFactory()
    images = [ImageFactory(collection=collection, labels={"snow": 0.9}, renditions=False) for _ in range(3)]
    assert counts(collection, "", "label") == {"label": {"snow": 3}}
    with transaction.atomic():
        number = next_change_number(collection.pk)
        images[0].effective_labels.all().delete()
        ice = LabelFactory(collection=collection, term="ice")
        EffectiveLabel.objects.create(image=images[0], label=ice, score=0.8, source="taught:ice")
        mark_images(collection.pk, [images[0].pk], number, labels=True)
    assert counts(collection, "", "label", "source") == {
        "label": {"snow": 2, "ice": 1},
        "source": {"local": 2, "taught:ice": 1},
    }
    with transaction.atomic():
        number = next_change_number(collection.pk)
        bury_images([images[1]], number)
        images[1].delete()
    assert counts(collection, "", "label", "status") == {
        "label": {"snow": 1, "ice": 1},
        "status": {"Annotated": 2},
    }
    with transaction.atomic():
        number = next_change_number(collection.pk)
        late = ImageFactory(collection=collection, labels={"snow": 0.9}, renditions=False)
        mark_images(collection.pk, [late.pk], number)
    assert counts(collection, "", "label") == {"label": {"snow": 2, "ice": 1}}


def test_two_galaxies_tell_whose_clusters_they_are() -> None:
    collection = CollectionFactory()
    image = ImageFactory(collection=collection, renditions=False)
    for title in ("Sky", "Sea"):
        galaxy = GalaxyFactory(collection=collection, title=title, slug=title.lower())
        cluster = BuildFactory(galaxy=galaxy, images=[image]).groups.get().cluster
        cluster.name = "all"
        cluster.save()
    assert counts(collection, "", "cluster") == {"cluster": {"Sky: all": 1, "Sea: all": 1}}
    assert counts(collection, "galaxy=sea", "cluster") == {"cluster": {"all": 1}}


def test_an_empty_collection_has_nothing_to_count() -> None:
    found = counts(CollectionFactory())
    assert {name: sum(rows.values()) for name, rows in found.items()} == dict.fromkeys(FACETS, 0)


def test_at_most_so_many_values_those_of_most_images() -> None:
    collection = CollectionFactory()
    for n in range(3):
        ImageFactory(collection=collection, labels={f"term {k}": 0.5 for k in range(n + 1)}, renditions=False)
    found = facets(collection, Selection(collection.pk), names=["label"], limit=2)
    assert [(facet.value, facet.n) for facet in found["label"]] == [("term 0", 3), ("term 1", 2)]


def test_only_what_the_asker_may_see_is_counted() -> None:
    collection = CollectionFactory()
    ImageFactory(collection=collection, labels={"snow": 0.9}, renditions=False)
    ImageFactory(collection=collection, labels={"snow": 0.9}, renditions=False, hidden=True)
    seen = Image.objects.filter(hidden=False)
    found = facets(collection, Selection(collection.pk), images=seen, names=["label"])
    assert [facet.n for facet in found["label"]] == [1]


@pytest.mark.parametrize("n_images", [2, 30])
def test_however_many_images_it_takes_the_same_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries, n_images: int
) -> None:
    galaxy = GalaxyFactory()
    images = [
        ImageFactory(collection=galaxy.collection, labels={"snow": 0.9}, renditions=False) for _ in range(n_images)
    ]
    BuildFactory(galaxy=galaxy, images=images)
    facets(galaxy.collection, Selection(galaxy.collection_id), names=FACETS)
    selection = Selection(galaxy.collection_id, hidden=False)
    # The clock, the selection's ids, terms, groups, pins, near-duplicates.
    with django_assert_max_num_queries(6):
        facets(galaxy.collection, selection, names=FACETS)
