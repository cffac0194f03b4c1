"""Units of a paid annotator: reserved before a question leaves, counted when it is settled, and the rate that all workers share."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from catalog.annotators import Annotator, Feature, PriceTable
from catalog.models import AnnotationRun, AnnotatorAccount, Collection, MonthlyUnits, UnitUsage
from catalog.services.errors import ServiceError
from catalog.services.progress import Progress

__all__ = [
    "Settled",
    "UnitsRefusedError",
    "billed_features",
    "budget_left",
    "month_of",
    "reserve_units",
    "settle_units",
    "units_of_job",
    "units_used",
    "wait_for_turn",
]

LONGEST_NAP_S = 1.0  # between two looks at whether somebody cancelled


class UnitsRefusedError(ServiceError):
    """A cap leaves no room for these units; nothing was reserved."""


@dataclass
class Settled:
    """What became of one feature's units: answered, failed and unknown count as paid, given back as never executed."""

    n_answered: int = 0
    n_failed: int = 0
    n_unknown: int = 0
    n_given_back: int = 0


def month_of(moment: datetime) -> str:
    """YYYY-MM, the month of a bill."""
    return f"{moment:%Y-%m}"


def billed_features(features: Iterable[Feature], prices: PriceTable | None) -> set[Feature]:
    """Which of the features asked of one picture in one request cost a unit."""
    asked = set(features)
    if prices is None:
        return set()
    return {feature for feature in asked if prices.free_with.get(feature) not in asked}


def units_of_job(job_uuid: UUID) -> int:
    """How many units all attempts at a job have taken and not given back."""
    return int(AnnotationRun.objects.filter(job_uuid=job_uuid).aggregate(n=Sum("n_units"))["n"] or 0)


def units_used(annotator: str, feature: Feature, month: str) -> int:
    """How many units of a feature all runs have taken this month and not given back."""
    rows = UnitUsage.objects.filter(run__annotator=annotator, feature=feature, month=month)
    used = rows.aggregate(n=Sum(F("n_reserved") - F("n_given_back")))["n"]
    return int(used or 0)


def reserve_units(run: AnnotationRun, units: Mapping[Feature, int], *, now: datetime | None = None) -> None:
    """Take units for a batch from the run's cap, the collection's budget and the month's cap, each so that no two workers take the last.

    Raises
    ------
    UnitsRefusedError: a cap would be passed; the message says which.
    """
    total = sum(units.values())
    if not total:
        return
    month = month_of(now or timezone.now())
    with transaction.atomic():
        fits = Q(max_units=None) | Q(max_units__gte=F("n_units") + total)
        if not AnnotationRun.objects.filter(fits, pk=run.pk).update(n_units=F("n_units") + total):
            raise UnitsRefusedError(f"The run's cap of {run.max_units:,} units leaves no room for {total:,} more.")
        _require_budget(run, total, month)
        account = _account_of(run.annotator)
        months = MonthlyUnits.objects.filter(account=account, month=month)
        if not months.exists():
            MonthlyUnits.objects.bulk_create([MonthlyUnits(account=account, month=month)], ignore_conflicts=True)
        cap = account.max_units_per_month
        room = Q() if cap is None else Q(n_units__lte=cap - total)
        if not months.filter(room).update(n_units=F("n_units") + total):
            raise UnitsRefusedError(
                f"The cap of {cap:,} units a month for {run.annotator} leaves no room for {total:,} more in {month}. "
                "Raise it in the admin (annotator accounts), or go on next month."
            )
        for feature, n in units.items():
            usage, _ = UnitUsage.objects.get_or_create(run=run, feature=feature, month=month)
            UnitUsage.objects.filter(pk=usage.pk).update(n_reserved=F("n_reserved") + n)


def _require_budget(run: AnnotationRun, total: int, month: str) -> None:
    """Raise UnitsRefusedError where the units would pass what the run's collection may spend in a month, whoever annotates it."""
    # The row's lock holds other workers until these units are counted; no_key lets them go on making rows that point to the collection.
    limited = Collection.objects.filter(annotation_runs=run, max_units_per_month__isnull=False)
    collection = limited.select_for_update(no_key=True).first()
    if collection is None or collection.max_units_per_month is None:
        return
    if (left := budget_left(collection, month) or 0) < total:
        raise UnitsRefusedError(
            f"The budget of {collection.max_units_per_month:,} units a month of {collection.slug} leaves no room for {total:,} more in "
            f"{month}: it has {left:,} left. Raise it on the collection's page, or go on next month."
        )


def budget_left(collection: Collection, month: str) -> int | None:
    """How many units a collection may still spend in a month, whoever annotates it; None without a budget."""
    if collection.max_units_per_month is None:
        return None
    usage = UnitUsage.objects.filter(run__collection=collection, month=month)
    used = usage.aggregate(n=Sum(F("n_reserved") - F("n_given_back")))["n"]
    return max(collection.max_units_per_month - int(used or 0), 0)


@transaction.atomic
def settle_units(run: AnnotationRun, settled: Mapping[Feature, Settled]) -> None:
    """Write into the ledger what became of reserved units, and give back those that were surely not executed.

    What is in flight was reserved last, so the newest month comes first. More than was reserved is not written: a feature that was
    free beside another one, and is answered after it, was never counted.
    """
    for feature, counts in settled.items():
        rows = list(UnitUsage.objects.select_for_update().filter(run=run, feature=feature).order_by("-month"))
        for what in ("n_answered", "n_failed", "n_unknown", "n_given_back"):
            n = getattr(counts, what)
            for usage in rows:
                in_flight = usage.n_reserved - usage.n_answered - usage.n_failed - usage.n_unknown - usage.n_given_back
                taken = min(n, in_flight)
                setattr(usage, what, getattr(usage, what) + taken)
                n -= taken
                if taken and what == "n_given_back":
                    _give_back(run, usage.month, taken)
        UnitUsage.objects.bulk_update(rows, ["n_answered", "n_failed", "n_unknown", "n_given_back"])


def _give_back(run: AnnotationRun, month: str, n: int) -> None:
    AnnotationRun.objects.filter(pk=run.pk).update(n_units=F("n_units") - n)
    MonthlyUnits.objects.filter(account__annotator=run.annotator, month=month).update(n_units=F("n_units") - n)


def wait_for_turn(
    annotator: Annotator,
    n_images: int,
    *,
    progress: Progress,
    now: Callable[[], datetime] = timezone.now,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until so many images may be sent, so that all workers together keep to the annotator's rate.

    The account's row says when the next call may leave; whoever moves it on has the time before. `progress` may cancel.
    """
    if annotator.images_per_minute is None:
        return
    needed = timedelta(minutes=n_images / annotator.images_per_minute)
    account = _account_of(annotator.name)
    while True:
        seen = AnnotatorAccount.objects.values_list("next_free_at", flat=True).get(pk=account.pk)
        start = max(seen, now()) if seen else now()
        if AnnotatorAccount.objects.filter(pk=account.pk, next_free_at=seen).update(next_free_at=start + needed):
            break
    while (wait := (start - now()).total_seconds()) > 0:
        progress("Waiting for the quota", 0, 0)
        sleep(min(wait, LONGEST_NAP_S))


def _account_of(annotator: str) -> AnnotatorAccount:
    account, _ = AnnotatorAccount.objects.get_or_create(annotator=annotator)
    return account
