"""Decisions about one image, a selection, all that match: counted first, frozen, made in pieces, undone whole."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from catalog.models import Change, ChangedImage, Collection, Decision, EffectiveLabel, Image, Job, Label
from catalog.search.selection import Selection
from catalog.services import changes
from catalog.services.decide import (
    CountChangedError,
    apply_change,
    decide_labels,
    start_decisions,
    start_hiding,
    start_undo,
    undo_change,
)
from catalog.services.errors import ServiceError
from catalog.services.jobs import run_job
from catalog.services.labels import LabelScore, write_machine_labels
from catalog.services.progress import CancelledError
from tests.factories import CollectionFactory, ImageFactory, LabelFactory, MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create(min_score=0.3)


@pytest.fixture
def curator(collection: Collection) -> User:
    person: User = MembershipFactory.create(collection=collection).user
    return person


@pytest.fixture
def cats(collection: Collection) -> list[Image]:
    """Seven pictures of cats, said by a machine."""
    images = ImageFactory.create_batch(7, collection=collection, renditions=False)
    annotate(images)
    return images


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than three images are a job, done by two at a time."""
    monkeypatch.setattr(changes, "MAX_AT_ONCE", 3)
    monkeypatch.setattr(changes, "CHUNK", 2)


def annotate(images: list[Image], **scores: float) -> None:
    said = [LabelScore(term, score) for term, score in (scores or {"cat": 0.9, "animal": 0.95}).items()]
    write_machine_labels(
        images[0].collection, source="local", labels_by_image={image.pk: list(said) for image in images}
    )


def carriers(term: str) -> set[int]:
    return set(EffectiveLabel.objects.filter(label__key=term).values_list("image", flat=True))


def all_cats(collection: Collection) -> Selection:
    return Selection(collection.pk, label="cat")


def decide(collection: Collection, by: User, *verdicts: tuple[str, str], **options: Any) -> tuple[Change, Job | None]:
    options.setdefault("selection", all_cats(collection))
    return start_decisions(collection, by=by, verdicts=verdicts or [("cat", "reject")], **options)


class TestBySelection:
    def test_all_that_match_are_decided_about_and_the_change_remembers_what_was_asked(
        self, collection: Collection, curator: User, cats: list[Image]
    ) -> None:
        change, job = decide(
            collection, curator, ("cat", "reject"), ("Fox", "add"), reason="They are foxes.", expected_n=7
        )

        assert job is None and change.complete
        assert carriers("cat") == set()
        assert carriers("fox") == {image.pk for image in cats}
        assert (change.n_images, change.kind, change.reason) == (7, "decide", "They are foxes.")
        assert change.selection == {"label": "cat"}
        assert change.decisions.count() == 14

    def test_only_the_chosen_ones_are_meant(self, collection: Collection, curator: User, cats: list[Image]) -> None:
        chosen = Selection(collection.pk, uuids=tuple(image.uuid for image in cats[:2]))
        change, _job = decide(collection, curator, selection=chosen)
        assert carriers("cat") == {image.pk for image in cats[2:]}
        assert set(change.changed_images.values_list("image", flat=True)) == {image.pk for image in cats[:2]}
        assert "uuids" not in change.selection, "the change's images are known without them"

    def test_what_was_counted_must_still_hold_or_nothing_is_changed(
        self, collection: Collection, curator: User, cats: list[Image]
    ) -> None:
        with pytest.raises(CountChangedError, match=r"Expected 6 images, as was shown, but 7 match by now") as caught:
            decide(collection, curator, ("cat", "reject"), ("fox", "add"), expected_n=6)
        assert caught.value.code == "count_changed"
        assert not Change.objects.exists() and not Label.objects.filter(key="fox").exists()
        assert len(carriers("cat")) == 7

    @pytest.mark.parametrize(
        ("verdicts", "message"),
        [
            ([("catt", "reject")], "There is no label 'catt'"),
            ([("cat", "refuse")], "Expected accept, reject or add, got refuse"),
            ([("cat", "reject"), ("CAT", "accept")], "Expected each label once"),
            ([("  ", "add")], "Expected a term of 1 to 200 characters"),
            ([("x" * 201, "add")], "Expected a term of 1 to 200 characters"),
            ([], "Expected verdicts about 1 to 20 labels, got 0"),
        ],
    )
    def test_what_cannot_be_is_refused_with_a_reason(
        self, collection: Collection, curator: User, cats: list[Image], verdicts: list[tuple[str, str]], message: str
    ) -> None:
        with pytest.raises(ServiceError, match=message):
            start_decisions(collection, selection=all_cats(collection), verdicts=verdicts, by=curator)
        assert not Change.objects.exists()

    def test_nothing_that_matches_is_no_change(self, collection: Collection, curator: User, cats: list[Image]) -> None:
        LabelFactory.create(collection=collection, term="dog")
        with pytest.raises(ServiceError, match="none matches"):
            decide(collection, curator, selection=Selection(collection.pk, label="dog"))
        assert not Change.objects.exists()

    def test_a_filter_of_one_library_is_no_key_to_another(
        self, collection: Collection, curator: User, cats: list[Image]
    ) -> None:
        other = CollectionFactory.create()
        with pytest.raises(ServiceError, match="got one of another collection"):
            decide(other, curator, selection=all_cats(collection))

    def test_a_merged_term_means_the_label_that_it_counts_as(
        self, collection: Collection, curator: User, cats: list[Image]
    ) -> None:
        LabelFactory.create(collection=collection, term="kitty", alias_of=Label.objects.get(key="cat"))
        decide(collection, curator, ("kitty", "reject"))
        assert carriers("cat") == set()


@pytest.mark.usefixtures("small_pieces")
class TestInPieces:
    def test_many_images_are_a_job_whose_own_filter_does_not_shrink(
        self, collection: Collection, curator: User, cats: list[Image]
    ) -> None:
        change, job = decide(collection, curator)
        assert job is not None and not change.complete
        assert len(carriers("cat")) == 7, "nothing is done yet"

        run_job(job.uuid, worker="test")

        job.refresh_from_db()
        assert (job.status, job.error) == ("succeeded", "")
        assert Change.objects.get().complete and carriers("cat") == set()
        assert Decision.objects.count() == 7

    def test_two_equal_changes_are_two_jobs(self, collection: Collection, curator: User, cats: list[Image]) -> None:
        (_one, first), (_two, second) = decide(collection, curator), decide(collection, curator)
        assert first != second

    def test_stopped_in_the_middle_it_goes_on_where_it_was(
        self, collection: Collection, curator: User, cats: list[Image]
    ) -> None:
        change, _job = decide(collection, curator)

        def stop(stage: str, done: int, total: int) -> None:
            assert total == 7
            if done == 4:
                raise CancelledError

        with pytest.raises(CancelledError):
            apply_change(change, progress=stop)
        assert len(carriers("cat")) == 3
        first_rows = set(Decision.objects.values_list("pk", flat=True))

        apply_change(Change.objects.get())

        assert carriers("cat") == set()
        assert Decision.objects.count() == 7 and first_rows < set(Decision.objects.values_list("pk", flat=True))
        apply_change(Change.objects.get())
        assert Decision.objects.count() == 7, "a job that runs twice does it once"

    def test_who_comes_to_match_later_is_not_meant_and_who_is_deleted_is_no_obstacle(
        self, collection: Collection, curator: User, cats: list[Image]
    ) -> None:
        change, _job = decide(collection, curator)
        late = ImageFactory.create(collection=collection, renditions=False)
        annotate([late])
        cats[3].delete()
        apply_change(change)
        assert carriers("cat") == {late.pk}

    def test_undone_while_it_is_made_it_stops_and_all_is_as_before(
        self, collection: Collection, curator: User, cats: list[Image]
    ) -> None:
        change, apply_job = decide(collection, curator)
        undo_job = start_undo(change, by=curator)
        assert apply_job is not None and undo_job is not None
        run_job(apply_job.uuid, worker="test")
        assert len(carriers("cat")) == 7

        run_job(undo_job.uuid, worker="test")

        change.refresh_from_db()
        assert change.complete and change.undone_by == curator
        assert len(carriers("cat")) == 7

    def test_the_later_change_holds_even_where_the_earlier_came_to_the_image_after_it(
        self, collection: Collection, curator: User, cats: list[Image]
    ) -> None:
        earlier, _job = decide(collection, curator, ("cat", "reject"))
        last_one = Selection(collection.pk, uuids=(cats[-1].uuid,))
        decide(collection, curator, ("cat", "accept"), selection=last_one)
        apply_change(earlier)
        assert carriers("cat") == {cats[-1].pk}

    def test_only_who_may_curate_starts_one(self, collection: Collection, cats: list[Image]) -> None:
        viewer = MembershipFactory.create(collection=collection, role="viewer").user
        with pytest.raises(PermissionDenied):
            decide(collection, viewer)
        assert not Change.objects.exists() and not Job.objects.exists()


class TestUndo:
    def test_a_whole_change_is_taken_back_once_and_later_words_stay(
        self, collection: Collection, curator: User, cats: list[Image]
    ) -> None:
        change, _job = decide(collection, curator)
        one = Selection(collection.pk, uuids=(cats[0].uuid,))
        decide(collection, curator, ("cat", "reject"), selection=one)

        assert start_undo(change, by=curator) is None

        change.refresh_from_db()
        undone_at = change.undone_at
        assert undone_at and change.complete
        assert carriers("cat") == {image.pk for image in cats[1:]}
        start_undo(change, by=curator)
        undo_change(change, by=curator)
        change.refresh_from_db()
        assert change.undone_at == undone_at

    def test_decisions_outlive_a_new_annotation(self, collection: Collection, curator: User, cats: list[Image]) -> None:
        decide(collection, curator)
        annotate(cats, cat=0.99, animal=0.95)
        assert carriers("cat") == set() and len(carriers("animal")) == 7


class TestEachImageItsOwn:
    def test_too_many_at_once_are_refused(self, collection: Collection, curator: User) -> None:
        with pytest.raises(ServiceError, match="at most 1,000 images, got 1,001"):
            decide_labels(collection, by=curator, verdicts=[(number, 1, "reject") for number in range(1001)])

    def test_strangers_are_refused(self, collection: Collection, curator: User, cats: list[Image]) -> None:
        label = LabelFactory.create(collection=CollectionFactory.create())
        with pytest.raises(ServiceError, match="Expected labels of"):
            decide_labels(collection, by=curator, verdicts=[(cats[0].pk, label.pk, "reject")])
        assert not Change.objects.exists()

    def test_the_change_knows_its_images(self, collection: Collection, curator: User, cats: list[Image]) -> None:
        cat = Label.objects.get(key="cat")
        verdicts = [(cats[0].pk, cat.pk, "reject"), (cats[1].pk, cat.pk, "accept")]
        change = decide_labels(collection, by=curator, verdicts=verdicts)
        assert (change.n_images, change.complete, change.changed_images.count()) == (2, True, 2)


class TestHiding:
    def test_hidden_as_a_change_and_shown_again_by_undoing_it(
        self, collection: Collection, curator: User, cats: list[Image]
    ) -> None:
        Image.objects.filter(pk=cats[0].pk).update(hidden=True)
        change, job = start_hiding(
            collection, selection=all_cats(collection), hidden=True, by=curator, reason="Private."
        )
        assert job is None and (change.kind, change.n_images) == ("hide", 6)
        assert not Image.objects.filter(hidden=False).exists()

        start_undo(change, by=curator)

        assert list(Image.objects.filter(hidden=True)) == [cats[0]], "it was hidden before"

    def test_who_was_hidden_again_later_stays_hidden(
        self, collection: Collection, curator: User, cats: list[Image]
    ) -> None:
        one = Selection(collection.pk, uuids=(cats[0].uuid,))
        first, _job = start_hiding(collection, selection=all_cats(collection), hidden=True, by=curator)
        start_hiding(collection, selection=one, hidden=False, by=curator)
        start_hiding(collection, selection=one, hidden=True, by=curator)
        start_undo(first, by=curator)
        assert list(Image.objects.filter(hidden=True)) == [cats[0]]

    @pytest.mark.usefixtures("small_pieces")
    def test_who_was_hidden_by_another_before_its_turn_came_is_theirs_to_show(
        self, collection: Collection, curator: User, cats: list[Image]
    ) -> None:
        change, job = start_hiding(collection, selection=all_cats(collection), hidden=True, by=curator)
        assert job is not None
        one = Selection(collection.pk, uuids=(cats[6].uuid,))
        start_hiding(collection, selection=one, hidden=True, by=curator)
        apply_change(change)
        assert ChangedImage.objects.filter(change=change).count() == 6
        undo_change(change, by=curator)
        assert list(Image.objects.filter(hidden=True)) == [cats[6]]

    def test_nothing_to_hide_is_no_change(self, collection: Collection, curator: User, cats: list[Image]) -> None:
        with pytest.raises(ServiceError, match="none matches"):
            start_hiding(collection, selection=all_cats(collection), hidden=False, by=curator)
