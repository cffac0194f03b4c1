"""Decisions mark galaxies stale, and only the images concerned are placed anew."""

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from catalog.models import Build, Galaxy, Image
from catalog.search.selection import Selection
from catalog.services.build import build_galaxy
from catalog.services.build_update import update_galaxy
from catalog.services.decide import start_decisions, start_undo
from catalog.services.jobs import run_job, start_job
from catalog.services.labels import LabelScore, write_machine_labels
from catalog.services.stale import count_stale, stale_images
from catalog.services.terms import find_label, rename_label
from tests.factories import BuildFactory, CollectionFactory, GalaxyFactory, ImageFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def galaxy() -> Galaxy:
    """A built galaxy of 120 pictures of three kinds."""
    made: Galaxy = GalaxyFactory.create(collection=CollectionFactory.create(), n_clusters=3)
    for term in ("cat", "snow", "castle"):
        add(made, term, 40)
    build_galaxy(made)
    return made


@pytest.fixture
def curator() -> User:
    person: User = UserFactory.create(admin=True)
    return person


def add(galaxy: Galaxy, term: str, n: int) -> list[Image]:
    images = ImageFactory.create_batch(n, collection=galaxy.collection, renditions=False)
    said = [LabelScore(term, 0.9), LabelScore("photograph", 0.5)]
    write_machine_labels(galaxy.collection, source="local", labels_by_image={image.pk: said for image in images})
    return images


def newest(galaxy: Galaxy) -> Build:
    return galaxy.builds.filter(complete=True).latest("number")


def places(build: Build) -> dict[int, tuple[float | None, ...]]:
    rows = build.positions.values_list("image", "x", "y", "z", "flat_x", "flat_y")
    return {image: tuple(place) for image, *place in rows}


def clusters(build: Build) -> dict[int, str]:
    return dict(build.positions.values_list("image", "group__cluster__name"))


def say_snow(galaxy: Galaxy, by: User, images: list[Image]):
    chosen = Selection(galaxy.collection_id, uuids=tuple(image.uuid for image in images))
    verdicts = [("cat", "reject"), ("snow", "add")]
    change, _job = start_decisions(galaxy.collection, selection=chosen, verdicts=verdicts, by=by)
    return change


def some_cats(galaxy: Galaxy, n: int) -> list[Image]:
    cats = galaxy.collection.images.filter(effective_labels__label__key="cat")
    return list(cats.order_by("pk")[:n])


def test_what_is_just_built_is_not_stale_and_what_is_decided_makes_it_so(galaxy: Galaxy, curator: User) -> None:
    assert count_stale([galaxy]) == {} and not stale_images(galaxy).exists()
    cats = some_cats(galaxy, 3)

    say_snow(galaxy, curator, cats)

    assert count_stale([galaxy]) == {galaxy.pk: 3}
    assert set(stale_images(galaxy)) == set(cats)


def test_only_the_images_concerned_are_placed_anew_and_join_their_new_like(galaxy: Galaxy, curator: User) -> None:
    before, cats = places(newest(galaxy)), some_cats(galaxy, 3)
    say_snow(galaxy, curator, cats)

    job = start_job("update_galaxy", {"replace": "stale"}, by=curator, galaxy=galaxy)
    run_job(job.uuid, worker="test")

    job.refresh_from_db()
    assert job.status == "succeeded", job.error
    assert (job.result["n_new"], job.result["n_replaced"]) == (0, 3)
    build = newest(galaxy)
    after, moved = places(build), {image.pk for image in cats}
    assert {pk for pk in after if after[pk] != before[pk]} == moved, "nobody else moves by a bit"
    assert {clusters(build)[pk] for pk in moved} == {"snow"}
    assert count_stale([galaxy]) == {}


def test_adding_new_images_does_not_make_the_stale_ones_forgotten(galaxy: Galaxy, curator: User) -> None:
    cats = some_cats(galaxy, 3)
    say_snow(galaxy, curator, cats)
    before = places(newest(galaxy))
    add(galaxy, "castle", 2)

    build = update_galaxy(galaxy).build

    after = places(build)
    assert {pk: after[pk] for pk in before} == before
    assert set(cats) <= set(stale_images(galaxy))

    update_galaxy(galaxy, replace=stale_images(galaxy))
    assert count_stale([galaxy]) == {}


def test_new_images_of_a_galaxy_that_was_not_stale_leave_it_so(galaxy: Galaxy) -> None:
    add(galaxy, "castle", 2)
    update_galaxy(galaxy)
    assert count_stale([galaxy]) == {}


def test_what_is_placed_in_part_stays_stale_in_part(galaxy: Galaxy, curator: User) -> None:
    first, second = some_cats(galaxy, 2)
    say_snow(galaxy, curator, [first])
    say_snow(galaxy, curator, [second])
    update_galaxy(galaxy, replace=Image.objects.filter(pk=first.pk))
    assert second in set(stale_images(galaxy))


def test_a_decision_taken_back_is_found_to_be_no_change_by_the_next_build(galaxy: Galaxy, curator: User) -> None:
    change = say_snow(galaxy, curator, some_cats(galaxy, 3))
    start_undo(change, by=curator)
    assert count_stale([galaxy]) == {galaxy.pk: 3}, "nobody compares with what it was"
    assert not build_galaxy(galaxy).created
    assert count_stale([galaxy]) == {}


def test_another_word_is_another_place(galaxy: Galaxy, curator: User) -> None:
    rename_label(find_label(galaxy.collection, "castle"), term="ruin", by=curator)
    assert count_stale([galaxy]) == {galaxy.pk: 40}


def test_hidden_images_are_not_counted(galaxy: Galaxy, curator: User) -> None:
    cats = some_cats(galaxy, 3)
    say_snow(galaxy, curator, cats)
    Image.objects.filter(pk=cats[0].pk).update(hidden=True)
    assert count_stale([galaxy]) == {galaxy.pk: 2}


def test_all_galaxies_are_counted_by_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    galaxies = [BuildFactory.create().galaxy for _ in range(3)]
    Image.objects.filter(collection=galaxies[1].collection).update(label_change_number=1)
    with django_assert_num_queries(1):
        assert count_stale(galaxies) == {galaxies[1].pk: 6}
