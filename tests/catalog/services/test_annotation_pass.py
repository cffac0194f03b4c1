"""A run among others: it sends nothing that is not its own, waits for who is at it, and tells honestly how far it is."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.annotators import Feature
from catalog.models import Annotation, AnnotationRun, Collection, Image, MonthlyUnits
from catalog.services.annotate import AnnotateResult, annotate_images
from catalog.services.annotation_runs import settle_dead_runs
from catalog.services.annotation_units import reserve_units
from catalog.services.ingest import import_images
from catalog.services.jobs import JobRun, start_job
from catalog.services.leases import claim_job
from catalog.services.progress import CancelledError
from catalog.tasks.library import run_annotate
from tests.catalog.services.counting import CountingAnnotator, cost_a_unit_each
from tests.catalog.services.test_ingest import offer
from tests.factories import CollectionFactory, JobFactory
from tests.pictures import picture_bytes

pytestmark = pytest.mark.django_db

LABELS, COLOURS, TEXT = Feature.LABEL_DETECTION, Feature.IMAGE_PROPERTIES, Feature.TEXT_DETECTION


@pytest.fixture
def annotator(monkeypatch) -> CountingAnnotator:
    annotator = CountingAnnotator(prices=cost_a_unit_each())
    monkeypatch.setattr("catalog.services.annotate.get_annotator", lambda name: annotator)
    return annotator


def collection_of(n: int, *features: Feature) -> Collection:
    collection: Collection = CollectionFactory.create(annotator="counting", features=list(features or [LABELS]))
    import_images(collection, [offer(f"{i}.jpg", picture_bytes(i)) for i in range(n)], source="test")
    return collection


def annotate(collection: Collection, **options: Any) -> AnnotateResult:
    return annotate_images(collection, **{"sleep": lambda seconds: None, **options})


def statuses(collection: Collection) -> set[str]:
    return set(Image.objects.filter(collection=collection).values_list("annotation_status", flat=True))


def hold(collection: Collection, status: str, **run: Any) -> AnnotationRun:
    """Another run that holds the first two pictures' questions."""
    values = {"lease_expires_at": timezone.now() + timedelta(hours=1), "annotator": "counting"}
    other = AnnotationRun.objects.create(collection_slug="other", **values | run)
    reserve_units(other, {LABELS: 2})
    for image in collection.images.order_by("pk").select_related("current_revision")[:2]:
        assert image.current_revision is not None
        sha256 = image.current_revision.sha256
        row = {"annotator": "counting", "feature": LABELS, "model": "counting/1", "status": status}
        Annotation.objects.create(sha256=sha256, run=other, **row)
    return other


class TestARunThatSleptPastItsLease:
    """Its questions were freed, perhaps asked by another run: what it would send now might be paid twice."""

    def test_it_sends_nothing_that_was_taken_from_it(self, annotator: CountingAnnotator, monkeypatch):
        collection = collection_of(8)

        def sleep_while_others_settle(*args: Any, **options: Any) -> None:
            AnnotationRun.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
            settle_dead_runs(annotator)

        monkeypatch.setattr("catalog.services.annotation_pass.wait_for_turn", sleep_while_others_settle)
        with pytest.raises(Exception, match="taken for dead"):
            annotate(collection)

        assert annotator.asked == []
        assert not Annotation.objects.exists()
        assert MonthlyUnits.objects.get().n_units == 0

    def test_it_claims_nothing_more(self, annotator: CountingAnnotator):
        collection = collection_of(8)

        def settle(number: int) -> None:
            AnnotationRun.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
            settle_dead_runs(annotator)

        annotator.before_submit = settle
        with pytest.raises(Exception, match="taken for dead"):
            annotate(collection)

        assert len(annotator.asked) == 4, "it was settled while the first batch was in its hands"
        assert set(Annotation.objects.values_list("status", flat=True)) == {"unknown"}

    def test_what_it_claimed_before_it_noticed_is_settled_too(self, annotator: CountingAnnotator):
        collection = collection_of(2)
        past = timezone.now() - timedelta(seconds=1)
        hold(collection, "reserved", lease_expires_at=past, finished_at=past)

        settle_dead_runs(annotator)
        assert not Annotation.objects.exists()


def test_two_runs_over_the_same_pictures_share_the_work_and_ask_nothing_twice(annotator: CountingAnnotator):
    collection = collection_of(12)
    results: list[AnnotateResult] = []

    def start_the_other_run_in_the_middle(number: int) -> None:
        annotator.before_submit = lambda _number: None
        results.append(annotate(collection))

    annotator.before_submit = start_the_other_run_in_the_middle
    results.append(annotate(collection))

    assert len(annotator.asked) == len(set(annotator.asked)) == 12
    assert [result.n_answered for result in results] == [8, 4]
    assert MonthlyUnits.objects.get().n_units == 12
    assert statuses(collection) == {"annotated"}


class TestWhatAnotherRunHolds:
    """It is waited for, as long as a lease lasts: then its holder is through, or known to be dead."""

    def test_its_answers_become_this_collection_s_labels(self, annotator: CountingAnnotator):
        collection = collection_of(6)
        other = hold(collection, "sent")

        def the_other_answers(seconds: float) -> None:
            Annotation.objects.filter(run=other).update(status="answered", run=None)

        result = annotate(collection, sleep=the_other_answers)

        assert (result.n_images, result.n_answered, result.n_reused, result.n_elsewhere) == (6, 4, 2, 0)
        assert statuses(collection) == {"annotated"}

    def test_if_its_holder_died_it_is_asked_after_all(self, annotator: CountingAnnotator):
        collection = collection_of(6)
        other = hold(collection, "reserved")

        def the_lease_runs_out(seconds: float) -> None:
            AnnotationRun.objects.filter(pk=other.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))

        result = annotate(collection, sleep=the_lease_runs_out)

        assert (result.n_answered, result.n_elsewhere) == (6, 0)
        assert len(annotator.asked) == len(set(annotator.asked)) == 6

    def test_an_earlier_attempt_at_the_same_job_is_dead_at_once(self, annotator: CountingAnnotator):
        collection = collection_of(6)
        job = JobFactory(kind="annotate_images", collection=collection)
        hold(collection, "reserved", job_uuid=job.uuid)

        def never(seconds: float) -> None:
            raise AssertionError("there is nobody to wait for")

        assert annotate(collection, job_uuid=job.uuid, sleep=never).n_answered == 6


class TestWhatWasAgreedTo:
    def test_a_job_that_goes_on_does_not_pay_for_its_own_answers_again(self, annotator: CountingAnnotator):
        collection = collection_of(8)
        annotate(collection)
        asked_at = timezone.now()

        annotator.dies_at = 3
        with pytest.raises(KeyboardInterrupt):
            annotate(collection, again={LABELS}, since=asked_at)
        annotator.dies_at = 1000
        annotate(collection, again={LABELS}, since=asked_at)

        times = [annotator.asked.count(question) for question in set(annotator.asked)]
        assert sorted(times) == [1] * 4 + [2] * 4, "the batch that was on its way when it died is unknown, and waits"
        assert Annotation.objects.filter(status="unknown").count() == 4

    def test_all_attempts_at_a_job_keep_to_one_cap_together(self, annotator: CountingAnnotator):
        collection = collection_of(12)
        job = JobFactory(kind="annotate_images", collection=collection)
        annotator.dies_at = 1
        with pytest.raises(KeyboardInterrupt):
            annotate(collection, max_units=8, job_uuid=job.uuid)
        annotator.dies_at = 1000
        result = annotate(collection, max_units=8, job_uuid=job.uuid)

        # The batch of which it died was on its way: it counts as paid.
        assert "leaves no room" in result.stopped
        assert sum(AnnotationRun.objects.values_list("n_units", flat=True)) == 8

    def test_the_next_stage_gets_what_is_left_of_it(self, annotator: CountingAnnotator):
        annotator.stages = (frozenset({LABELS}), frozenset({TEXT}))
        collection = collection_of(4, LABELS, TEXT)
        job = start_job("annotate_images", {"max_units": 10}, by=None, collection=collection)
        run_annotate(_running(job))

        (following,) = collection.jobs.exclude(pk=job.pk)
        assert following.params == {"stage": 1, "max_units": 6}


class TestStages:
    @pytest.fixture
    def collection(self, annotator: CountingAnnotator) -> Collection:
        annotator.stages = (frozenset({LABELS}), frozenset({TEXT}))
        return collection_of(4, LABELS, TEXT)

    def test_after_the_first_one_images_are_annotated(self, annotator: CountingAnnotator, collection: Collection):
        annotate(collection, stage=0)

        assert {feature for _, feature in annotator.asked} == {LABELS}
        assert statuses(collection) == {"annotated"}

    def test_a_failure_of_an_earlier_one_is_not_covered_by_a_later_one(
        self, annotator: CountingAnnotator, collection: Collection
    ):
        image = collection.images.select_related("current_revision").first()
        annotator.refuses = frozenset({image.current_revision.sha256})
        annotate(collection, stage=0)
        annotator.refuses = frozenset()
        annotate(collection, stage=1)

        image.refresh_from_db()
        assert image.annotation_status == "failed"


def test_two_batches_are_under_way_while_nothing_is_paid_for_them(annotator: CountingAnnotator):
    annotator.prices = None
    annotate(collection_of(12))

    assert annotator.events == ["submit 0", "submit 1", "collect 0", "submit 2", "collect 1", "collect 2"]


def test_a_paid_batch_is_taken_in_before_the_next_one_leaves(annotator: CountingAnnotator):
    annotate(collection_of(8))

    assert annotator.events == ["submit 0", "collect 0", "submit 1", "collect 1"]


def test_what_was_under_way_when_somebody_cancelled_is_not_lost(annotator: CountingAnnotator):
    annotator.prices = None
    collection = collection_of(12)

    def cancel_after_the_second(stage: str, done: int, total: int) -> None:
        if len(annotator.batches) == 2:
            raise CancelledError

    with pytest.raises(CancelledError):
        annotate(collection, progress=cancel_after_the_second)

    assert annotator.events == ["submit 0", "submit 1", "collect 0", "collect 1"]
    assert collection.images.filter(annotation_status="annotated", effective_labels__isnull=False).count() == 8


def test_time_left_is_of_what_has_to_be_asked(annotator: CountingAnnotator):
    annotate(collection_of(6))
    collection = collection_of(10)
    told: list[tuple[str, int, int]] = []
    annotate(collection, progress=lambda *report: told.append(report))

    assert told[0] == ("Annotating", 0, 4), "six of ten are known, and take no time"
    assert told[-1] == ("Annotating", 4, 4)


def test_labels_that_another_collection_paid_for_reach_one_that_was_annotated_without(annotator: CountingAnnotator):
    collection = collection_of(3, COLOURS)
    annotate(collection)
    annotate(collection_of(3, LABELS))
    collection.features = [COLOURS, LABELS]
    collection.save()

    assert annotate(collection).n_answered == 0
    assert all(image.effective_labels.count() == 1 for image in collection.images.all())


def _running(job: Any) -> JobRun:
    """The job as a worker has it."""
    lease = claim_job(job.uuid, worker="w")
    assert lease is not None
    return JobRun(job, lease)
