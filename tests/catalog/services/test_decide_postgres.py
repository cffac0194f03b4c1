"""Large changes on PostgreSQL, where many may write at once: nothing is done twice, nobody waits in a circle."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connections

from catalog.models import Change, ChangedImage, Collection, Decision, EffectiveLabel, Image
from catalog.search.selection import Selection
from catalog.services import changes
from catalog.services.decide import apply_change, start_decisions, start_hiding, start_undo, undo_change
from catalog.services.labels import LabelScore, write_machine_labels
from catalog.services.stale import count_stale
from catalog.services.terms import find_label, merge_labels, rename_label
from tests.factories import BuildFactory, CollectionFactory, GalaxyFactory, ImageFactory, UserFactory


@pytest.fixture
def cats(postgres: str) -> list[Image]:
    """Twelve pictures of cats."""
    collection = CollectionFactory.create(min_score=0.3)
    images: list[Image] = ImageFactory.create_batch(12, collection=collection, renditions=False)
    said = [LabelScore("cat", 0.9), LabelScore("kitty", 0.8)]
    write_machine_labels(collection, source="local", labels_by_image={image.pk: said for image in images})
    return images


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MAX_AT_ONCE", 3)
    monkeypatch.setattr(changes, "CHUNK", 2)


def carriers(term: str) -> int:
    return EffectiveLabel.objects.filter(label__key=term).count()


def in_threads(*deeds: Callable[[], object]) -> None:
    """Do all of them at once, each on a connection of its own; the first failure is raised."""
    start = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> None:
        start.wait()
        try:
            deed()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        for done in [pool.submit(run, deed) for deed in deeds]:
            done.result()


def decide(collection: Collection, by: User, verdict: str = "reject") -> Change:
    chosen = Selection(collection.pk, label="cat")
    return start_decisions(collection, selection=chosen, verdicts=[("cat", verdict)], by=by, expected_n=12)[0]


@pytest.mark.usefixtures("small_pieces")
def test_two_workers_with_one_change_do_each_image_once(cats: list[Image]) -> None:
    change = decide(cats[0].collection, UserFactory.create(admin=True))
    in_threads(*(lambda: apply_change(Change.objects.get(pk=change.pk)) for _ in range(3)))
    assert carriers("cat") == 0
    assert Decision.objects.count() == ChangedImage.objects.count() == 12
    assert Change.objects.get().complete


@pytest.mark.usefixtures("small_pieces")
def test_two_curators_at_once_do_not_wait_for_each_other_in_a_circle_and_the_later_change_holds(
    cats: list[Image],
) -> None:
    collection, by = cats[0].collection, UserFactory.create(admin=True)
    first, second = decide(collection, by, "reject"), decide(collection, by, "accept")
    in_threads(
        lambda: apply_change(Change.objects.get(pk=first.pk)),
        lambda: apply_change(Change.objects.get(pk=second.pk)),
        lambda: rename_label(find_label(collection, "kitty"), term="tom", by=by),
        lambda: start_hiding(collection, selection=Selection(collection.pk, uuids=(cats[0].uuid,)), hidden=True, by=by),
    )
    assert EffectiveLabel.objects.filter(label__key="cat", source="decision").count() == 12
    assert carriers("tom") == 12


@pytest.mark.usefixtures("small_pieces")
def test_undone_while_a_worker_makes_it_all_is_as_before(cats: list[Image]) -> None:
    by = UserFactory.create(admin=True)
    change = decide(cats[0].collection, by)
    in_threads(
        lambda: apply_change(Change.objects.get(pk=change.pk)),
        lambda: undo_change(Change.objects.get(pk=change.pk), by=by),
    )
    change.refresh_from_db()
    assert change.complete and change.undone_at and carriers("cat") == 12


def test_labels_merged_renamed_and_both_undone_and_a_galaxy_that_is_stale(cats: list[Image]) -> None:
    collection, by = cats[0].collection, UserFactory.create(admin=True)
    galaxy = GalaxyFactory.create(collection=collection)
    BuildFactory.create(galaxy=galaxy, images=cats, change_number=collection.clock.number)
    merged, _job = merge_labels(find_label(collection, "cat"), [find_label(collection, "kitty")], by=by)
    renamed = rename_label(find_label(collection, "cat"), term="House cat", by=by)
    assert (carriers("house cat"), carriers("kitty"), count_stale([galaxy])) == (12, 0, {galaxy.pk: 12})
    start_undo(renamed, by=by)
    start_undo(merged, by=by)
    assert (carriers("cat"), carriers("kitty")) == (12, 12)
