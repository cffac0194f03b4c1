"""What annotating a collection would cost, before anything is sent."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from catalog.annotators import Annotator, Feature
from catalog.models import Annotation, AnnotatorAccount, Collection, MonthlyUnits, Revision
from catalog.services.annotate import annotator_of, options_of, wanted_features
from catalog.services.annotation_questions import questions
from catalog.services.annotation_units import budget_left, month_of, units_used

__all__ = ["Estimate", "FeatureEstimate", "estimate_annotation"]

Status = Annotation.Status


@dataclass(frozen=True)
class FeatureEstimate:
    """One feature's part."""

    feature: Feature
    n_pictures: int
    """Different pictures (by SHA-256) of the collection."""
    n_known: int
    """Of them, those answered or refused before, in any collection: used again, not paid."""
    n_unknown: int
    """Of them, those whose answer was lost: not asked again unless a person says so."""
    n_to_ask: int
    n_units: int
    """Units to pay for: those to ask, less what is free beside another feature."""
    n_used_this_month: int
    n_free_left: int
    """Units that cost nothing this month and are not used yet."""
    cost: Decimal
    """0 for annotators that cost nothing."""


@dataclass(frozen=True)
class Estimate:
    """All features of a collection."""

    annotator: str
    currency: str
    """"" if looking costs nothing."""
    prices_as_of: str
    features: list[FeatureEstimate]
    n_left_this_month: int | None
    """Units that the annotator's monthly cap and the collection's budget leave; None without either."""

    @property
    def n_units(self) -> int:
        return sum(part.n_units for part in self.features)

    @property
    def cost(self) -> Decimal:
        return sum((part.cost for part in self.features), Decimal(0))

    def describe(self) -> str:
        """A table for people."""
        lines = [
            f"{'feature':26} {'pictures':>10} {'known':>10} {'to ask':>10} {'units':>10} {'free left':>10} {'cost':>12}"
        ]
        for part in self.features:
            cost = f"{part.cost:.2f} {self.currency}" if self.currency else "free"
            free = f"{part.n_free_left:,}" if self.currency else ""
            lines.append(
                f"{part.feature:26} {part.n_pictures:10,} {part.n_known:10,} {part.n_to_ask:10,} {part.n_units:10,} "
                f"{free:>10} {cost:>12}"
            )
        if self.currency:
            lines.append(
                f"Together {self.n_units:,} units, {self.cost:.2f} {self.currency} by the prices of {self.prices_as_of}, "
                "after what this month's free units leave."
            )
        if unknown := sum(part.n_unknown for part in self.features):
            lines.append(
                f"{unknown:,} answers were lost after sending; they are not asked again by themselves (--unknown asks, and may "
                "pay twice)."
            )
        if self.n_left_this_month is not None and self.n_units > self.n_left_this_month:
            lines.append(f"The monthly cap or budget leaves {self.n_left_this_month:,} units: the run will stop there.")
        return "\n".join(lines)

    def as_json(self) -> dict[str, object]:
        """For a program; money as text, for it is decimal."""
        return {
            "annotator": self.annotator,
            "currency": self.currency,
            "n_units": self.n_units,
            "cost": f"{self.cost:.4f}",
            "n_left_this_month": self.n_left_this_month,
            "features": [{**vars(part), "cost": f"{part.cost:.4f}"} for part in self.features],
        }


def estimate_annotation(
    collection: Collection,
    *,
    again: AbstractSet[Feature] = frozenset(),
    unknown: bool = False,
    now: datetime | None = None,
) -> Estimate:
    """Count what `annotate_images` would ask and pay; queries alone, nothing is sent.

    Raises
    ------
    ServiceError: the annotator is unknown.
    """
    annotator = annotator_of(collection)
    month = month_of(now or timezone.now())
    pictures = Revision.objects.filter(current_of__collection=collection).order_by().values("sha256").distinct()
    n_pictures, prices = pictures.count(), annotator.prices
    features = [feature for part in wanted_features(collection, annotator) for feature in part]
    parts = []
    for feature in features:
        rows = _rows(collection, annotator, feature)
        asked = _asked(annotator, feature, again, unknown)
        settled = rows.exclude(status__in=asked).values("sha256")
        to_ask = pictures.exclude(sha256__in=settled)
        n_units = to_ask.count() if prices else 0
        companion = prices.free_with.get(feature) if prices else None
        if companion is not None and companion in features:
            # Free where the companion is asked in the same request; where that is known already, it is paid.
            asked = _asked(annotator, companion, again, unknown)
            known = _rows(collection, annotator, companion).exclude(status__in=asked)
            n_units = to_ask.filter(sha256__in=known.values("sha256")).count()
        n_used = units_used(annotator.name, feature, month)
        parts.append(
            FeatureEstimate(
                feature=feature,
                n_pictures=n_pictures,
                n_known=pictures.filter(sha256__in=settled).count(),
                n_unknown=pictures.filter(sha256__in=rows.filter(status=Status.UNKNOWN).values("sha256")).count(),
                n_to_ask=to_ask.count(),
                n_units=n_units,
                n_used_this_month=n_used,
                n_free_left=prices.free_left(feature, n_used=n_used) if prices else 0,
                cost=prices.cost(feature, n_units, n_used=n_used) if prices else Decimal(0),
            )
        )
    return Estimate(
        annotator=annotator.name,
        currency=prices.currency if prices else "",
        prices_as_of=prices.as_of if prices else "",
        features=parts,
        n_left_this_month=_left_this_month(collection, annotator.name, month),
    )


def _asked(annotator: Annotator, feature: Feature, again: AbstractSet[Feature], unknown: bool) -> set[str]:
    """The states in which a question may be put: what another run holds is counted in as if that run were dead."""
    if feature in again:
        return {*Status.values}
    if unknown or settings.GALAXY_UNKNOWN_ANSWERS == "resend":
        return {Status.UNKNOWN, Status.RESERVED, Status.SENT}
    return {Status.RESERVED} if annotator.prices else {Status.RESERVED, Status.SENT}


def _rows(collection: Collection, annotator: Annotator, feature: Feature) -> QuerySet[Annotation]:
    return questions(annotator, options_of(collection), feature)


def _left_this_month(collection: Collection, annotator: str, month: str) -> int | None:
    left = budget_left(collection, month)
    account = AnnotatorAccount.objects.filter(annotator=annotator).first()
    if account is None or account.max_units_per_month is None:
        return left
    taken = MonthlyUnits.objects.filter(account=account, month=month).values_list("n_units", flat=True).first() or 0
    of_account = max(0, account.max_units_per_month - taken)
    return of_account if left is None else min(left, of_account)
