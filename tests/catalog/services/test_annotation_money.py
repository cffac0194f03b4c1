"""Not a cent is spent twice: Google's own client against a loopback Cloud Vision that keeps the bill."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from catalog.annotator_settings import make_google
from catalog.annotators import AnnotateOptions, Feature, get_annotator, register_annotator
from catalog.annotators.google import GoogleAnnotator
from catalog.annotators.google_client import GoogleSettings
from catalog.models import (
    Annotation,
    AnnotationRun,
    AnnotatorAccount,
    Collection,
    Image,
    MonthlyUnits,
    UnitUsage,
)
from catalog.services.annotate import AnnotateResult, annotate_images
from catalog.services.annotation_estimate import estimate_annotation
from catalog.services.annotation_pictures import pictures_to_annotate
from catalog.services.annotation_questions import claim_questions, find_known, mark_sent
from catalog.services.annotation_units import Settled, reserve_units, settle_units, wait_for_turn
from catalog.services.decide import decide_labels
from catalog.services.errors import ServiceError
from tests import vision_server
from tests.catalog.services.test_ingest import offer, take
from tests.factories import CollectionFactory, UserFactory
from tests.pictures import picture_bytes
from tests.vision_server import VisionBackend

pytestmark = pytest.mark.django_db

LABELS, SAFE, TEXT = Feature.LABEL_DETECTION, Feature.SAFE_SEARCH_DETECTION, Feature.TEXT_DETECTION


@pytest.fixture
def backend() -> Iterator[VisionBackend]:
    backend = VisionBackend()
    with vision_server.serve_grpc(backend) as address:
        settings = GoogleSettings(endpoint=f"http://{address}", images_per_minute=100_000)
        register_annotator("google", lambda: GoogleAnnotator(settings))
        yield backend
        register_annotator("google", make_google)


@pytest.fixture
def collection(backend: VisionBackend) -> Collection:
    """Forty pictures, to be asked about by Cloud Vision."""
    return collection_of(range(40))


def collection_of(seeds: range, *features: Feature) -> Collection:
    collection: Collection = CollectionFactory.create(annotator="google", features=list(features or (LABELS,)))
    take(collection, *(offer(f"{seed}.jpg", picture_bytes(seed)) for seed in seeds))
    return collection


def annotate(collection: Collection, **options: object) -> AnnotateResult:
    return annotate_images(collection, sleep=lambda seconds: None, **options)  # type: ignore[arg-type]


def ledger() -> dict[str, int]:
    """The sums of the ledger, without what is 0."""
    names = ["n_reserved", "n_answered", "n_failed", "n_unknown", "n_given_back"]
    sums = {name: sum(UnitUsage.objects.values_list(name, flat=True)) for name in names}
    return {name.removeprefix("n_"): n for name, n in sums.items() if n}


def statuses(collection: Collection) -> dict[str, int]:
    found: dict[str, int] = {}
    for status in Image.objects.filter(collection=collection).values_list("annotation_status", flat=True):
        found[status] = found.get(status, 0) + 1
    return found


def test_each_picture_is_paid_once_however_often_one_asks(collection: Collection, backend: VisionBackend):
    first, second = annotate(collection), annotate(collection)

    assert (first.n_answered, second.n_answered, second.n_reused) == (40, 0, 40)
    assert sum(backend.billed.values()) == 40
    assert ledger() == {"reserved": 40, "answered": 40}
    assert statuses(collection) == {"annotated": 40}


def test_the_same_bytes_are_not_paid_in_another_collection_either(collection: Collection, backend: VisionBackend):
    annotate(collection)
    other = collection_of(range(30, 50))

    assert estimate_annotation(other).n_units == 10
    assert annotate(other).n_answered == 10
    assert sum(backend.billed.values()) == 50


def test_a_feature_added_later_is_paid_alone(collection: Collection, backend: VisionBackend):
    annotate(collection)
    collection.features = [LABELS, TEXT]
    collection.save()

    assert {part.feature: part.n_units for part in estimate_annotation(collection).features} == {LABELS: 0, TEXT: 40}
    annotate(collection)
    assert {feature for _, feature in backend.billed} == {"LABEL_DETECTION", "TEXT_DETECTION"}
    assert set(backend.billed.values()) == {1}


def test_new_languages_ask_for_text_again_and_for_nothing_else(backend: VisionBackend):
    collection = collection_of(range(5), LABELS, TEXT)
    annotate(collection)
    collection.language_hints = ["de"]
    collection.save()

    assert annotate(collection).n_answered == 5
    assert {key[1]: n for key, n in backend.billed.items()} == {"LABEL_DETECTION": 1, "TEXT_DETECTION": 2}


def test_the_estimate_counts_free_units_tiers_and_what_comes_free_with_another(backend: VisionBackend):
    collection = collection_of(range(4), LABELS, SAFE)
    estimate = estimate_annotation(collection)
    assert [(part.feature, part.n_units) for part in estimate.features] == [(LABELS, 4), (SAFE, 0)]
    assert estimate.cost == 0

    run = AnnotationRun.objects.create(annotator="google", lease_expires_at=timezone.now(), n_units=1000)
    UnitUsage.objects.create(run=run, feature=LABELS, month=f"{timezone.now():%Y-%m}", n_reserved=1000, n_answered=1000)
    assert estimate_annotation(collection).cost == Decimal("0.0060")
    assert "4 units, 0.01 USD" in estimate_annotation(collection).describe()

    collection.features = [SAFE]
    assert estimate_annotation(collection).n_units == 4, "alone it costs a unit"


def test_paying_again_is_explicit_and_estimated(collection: Collection, backend: VisionBackend):
    annotate(collection)
    assert estimate_annotation(collection, again={LABELS}).n_units == 40

    assert annotate(collection, again={LABELS}).n_answered == 40
    assert set(backend.billed.values()) == {2}


def test_a_month_s_cap_ends_the_run_before_anything_more_is_sent(collection: Collection, backend: VisionBackend):
    AnnotatorAccount.objects.create(annotator="google", max_units_per_month=35)
    result = annotate(collection)

    assert result.n_answered == 35
    assert "cap of 35 units a month" in result.stopped
    assert sum(backend.billed.values()) == 35
    assert statuses(collection) == {"annotated": 35, "waiting": 5}
    assert MonthlyUnits.objects.get().n_units == 35
    assert not Annotation.objects.filter(status="reserved").exists()


def test_a_collection_s_budget_ends_the_run_and_lets_others_go_on(collection: Collection, backend: VisionBackend):
    Collection.objects.filter(pk=collection.pk).update(max_units_per_month=20)
    collection.refresh_from_db()
    result = annotate(collection)
    assert f"The budget of 20 units a month of {collection.slug} leaves no room" in result.stopped
    assert ledger() == {"reserved": 20, "answered": 20}
    estimate = estimate_annotation(collection)
    assert estimate.n_left_this_month == 0 and "leaves 0 units" in estimate.describe()
    other = collection_of(range(100, 104))
    assert not annotate(other).stopped
    assert ledger()["answered"] == 24
    Collection.objects.filter(pk=collection.pk).update(max_units_per_month=None)
    assert not annotate(Collection.objects.get(pk=collection.pk)).stopped


def test_a_run_s_own_cap_is_kept_too(collection: Collection, backend: VisionBackend):
    result = annotate(collection, max_units=10)

    assert (result.n_answered, result.n_units, sum(backend.billed.values())) == (10, 10, 10)
    assert "cap of 10 units" in result.stopped
    assert AnnotationRun.objects.get().outcome == result.stopped


def test_what_was_refused_for_the_quota_is_sent_again_by_itself(collection: Collection, backend: VisionBackend):
    backend.faults.extend([vision_server.QUOTA, "", vision_server.IMAGE_QUOTA])
    result = annotate(collection)

    assert result.n_answered == 40
    assert set(backend.billed.values()) == {1}
    assert ledger() == {"reserved": 40, "answered": 40}


def test_a_quota_that_stays_shut_ends_the_run_and_gives_the_units_back(collection: Collection, backend: VisionBackend):
    backend.faults.extend([vision_server.QUOTA] * 100)
    with pytest.raises(ServiceError, match=r"Fault: quota\. It was tried 6 times"):
        annotate(collection)

    assert ledger() == {"reserved": 32, "given_back": 32}
    assert MonthlyUnits.objects.get().n_units == 0
    assert not Annotation.objects.exists()
    backend.faults.clear()
    assert annotate(collection).n_answered == 40


def test_a_denial_ends_the_run_at_once(collection: Collection, backend: VisionBackend):
    backend.faults.extend([vision_server.DENIED] * 2)
    with pytest.raises(ServiceError, match=r"google does not answer: .*denied"):
        annotate(collection)

    assert ledger() == {"reserved": 32, "given_back": 32}
    assert statuses(collection) == {"waiting": 40}


@pytest.mark.parametrize("fault", [vision_server.UNAVAILABLE_AFTER, vision_server.DEADLINE, vision_server.UNAVAILABLE])
def test_a_lost_answer_makes_images_unknown_and_is_asked_again_only_by_a_person(
    collection: Collection, backend: VisionBackend, fault: str
):
    backend.faults.append(fault)
    result = annotate(collection)
    assert (result.n_answered, result.n_unknown) == (24, 16)
    assert statuses(collection) == {"annotated": 24, "unknown": 16}
    assert ledger() == {"reserved": 40, "answered": 24, "unknown": 16}

    assert annotate(collection).n_answered == 0
    assert "16 answers were lost" in estimate_annotation(collection).describe()
    assert annotate(collection, unknown=True).n_answered == 16
    assert statuses(collection) == {"annotated": 40}


def test_resend_asks_again_by_itself(collection: Collection, backend: VisionBackend, settings):
    settings.GALAXY_UNKNOWN_ANSWERS = "resend"
    backend.faults.append(vision_server.DEADLINE)
    annotate(collection)

    assert annotate(collection).n_answered == 16
    assert sorted(backend.billed.values()) == [1] * 24 + [2] * 16


def test_a_bad_picture_fails_alone_and_is_not_asked_again(collection: Collection, backend: VisionBackend):
    backend.faults.append(vision_server.BAD_IMAGE)
    assert annotate(collection).n_failed == 1
    assert annotate(collection).n_reused == 40
    assert statuses(collection) == {"annotated": 39, "failed": 1}
    assert "A bad image." in Annotation.objects.get(status="failed").error


def test_an_answer_shorter_than_the_batch_leaves_the_rest_unknown(collection: Collection, backend: VisionBackend):
    backend.faults.append(vision_server.SHORT)

    assert annotate(collection).n_unknown == 1
    assert statuses(collection) == {"annotated": 39, "unknown": 1}


class TestARunThatDied:
    """What it held is nobody's until its lease is over; then the next run settles it."""

    @pytest.fixture
    def dead(self, collection: Collection, backend: VisionBackend) -> AnnotationRun:
        """Sixteen questions reserved, the first eight of them sent."""
        run = AnnotationRun.objects.create(
            collection=collection,
            collection_slug=collection.slug,
            annotator="google",
            lease_expires_at=timezone.now() + timedelta(hours=1),
        )
        annotator, images = get_annotator("google"), list(collection.images.order_by("pk")[:16])
        asked = {image.current_revision.sha256: (LABELS,) for image in images if image.current_revision}
        pictures = pictures_to_annotate(images, asked)
        known = find_known(annotator, AnnotateOptions(), [LABELS], asked)
        claimed = claim_questions(run, annotator, AnnotateOptions(), pictures, known)
        mark_sent(run, claimed[:8])
        return run

    def test_while_it_may_live_nobody_asks_what_it_holds(self, dead: AnnotationRun, collection: Collection):
        result = annotate(collection)

        assert (result.n_answered, result.n_elsewhere) == (24, 16)
        assert statuses(collection) == {"annotated": 24, "waiting": 16}

    def test_the_estimate_counts_in_what_it_has_reserved_but_not_what_it_has_sent(
        self, dead: AnnotationRun, collection: Collection
    ):
        assert estimate_annotation(collection).n_units == 24 + 8
        assert estimate_annotation(collection, unknown=True).n_units == 24 + 16

    def test_what_it_had_reserved_is_free_and_what_it_had_sent_is_unknown(
        self, dead: AnnotationRun, collection: Collection, backend: VisionBackend
    ):
        AnnotationRun.objects.filter(pk=dead.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        result = annotate(collection)

        assert result.n_answered == 32
        assert statuses(collection) == {"annotated": 32, "unknown": 8}
        assert sum(backend.billed.values()) == 32
        usage = dead.usage.get()
        assert (usage.n_reserved, usage.n_unknown, usage.n_given_back) == (16, 8, 8)
        assert MonthlyUnits.objects.get().n_units == 8 + 32
        dead.refresh_from_db()
        assert dead.outcome == "Died; settled by a later run."


def test_the_ledger_outlives_the_collection(collection: Collection):
    annotate(collection)
    slug = collection.slug
    collection.delete()

    run = AnnotationRun.objects.get()
    assert (run.collection, run.collection_slug, run.usage.get().n_answered) == (None, slug, 40)


def test_all_workers_together_keep_to_one_rate(backend: VisionBackend):
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal moment
        waits.append(seconds)
        moment += timedelta(seconds=seconds)

    annotator = GoogleAnnotator(GoogleSettings(images_per_minute=60))
    for _ in range(3):
        wait_for_turn(annotator, 4, progress=lambda *told: None, now=lambda: moment, sleep=sleep)

    assert waits == [1.0] * 8, "the first goes at once, each of the others four seconds after the one before"


def test_a_label_that_a_person_removed_stays_removed_after_a_new_run(collection: Collection):
    annotate(collection)
    image = collection.images.first()
    label = collection.labels.get(key="cat")
    decide_labels(collection, by=UserFactory.create(), verdicts=[(image.pk, label.pk, "reject")])
    annotate(collection, again={LABELS})

    assert not image.effective_labels.filter(label=label).exists()
    assert image.machine_labels.filter(label=label).exists()


def test_an_outage_ends_the_run_before_the_whole_library_is_unknown(
    collection: Collection, backend: VisionBackend, monkeypatch
):
    monkeypatch.setattr(get_annotator("google"), "max_batch_size", 4, raising=False)
    backend.faults.extend([vision_server.DEADLINE] * 100)
    with pytest.raises(ServiceError, match="3 batches in a row were lost"):
        annotate(collection)

    assert statuses(collection) == {"unknown": 12, "waiting": 28}
    assert sum(backend.billed.values()) == 12


def test_a_lost_answer_stays_with_a_person_when_asking_again_was_stopped(
    collection: Collection, backend: VisionBackend
):
    backend.faults.append(vision_server.DEADLINE)
    annotate(collection)
    assert Annotation.objects.filter(status="unknown").count() == 16
    backend.faults.extend([vision_server.QUOTA] * 100)
    with pytest.raises(ServiceError, match="Fault: quota"):
        annotate(collection, unknown=True)

    assert Annotation.objects.filter(status="unknown").count() == 16
    assert not Annotation.objects.filter(status="unknown", error="").exists()
    backend.faults.clear()
    assert annotate(collection).n_answered == 0, "nobody has agreed to pay again"


def test_units_are_settled_over_the_months_they_were_reserved_in_and_never_beyond(backend: VisionBackend):
    AnnotatorAccount.objects.create(annotator="google")
    run = AnnotationRun.objects.create(annotator="google", lease_expires_at=timezone.now())
    reserve_units(run, {LABELS: 3}, now=datetime(2026, 11, 30, tzinfo=UTC))
    reserve_units(run, {LABELS: 2}, now=datetime(2026, 12, 1, tzinfo=UTC))
    settle_units(run, {LABELS: Settled(n_unknown=4), SAFE: Settled(n_answered=1)})

    rows = {row.month: (row.n_reserved, row.n_unknown) for row in run.usage.all()}
    assert rows == {"2026-12": (2, 2), "2026-11": (3, 2)}
