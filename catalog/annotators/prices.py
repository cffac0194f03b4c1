"""What looking costs: a price table as data, and the arithmetic of tiers.

A unit is one feature of one picture. Tiers count the units of one feature in one calendar month of one account.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from catalog.annotators.features import Feature


@dataclass(frozen=True)
class Tier:
    """From so many units a month on, a thousand of them cost so much."""

    from_unit: int
    """Units already used this month; 0 for the first tier."""
    per_thousand: Decimal


@dataclass(frozen=True)
class PriceTable:
    """Prices of one annotator."""

    currency: str
    as_of: str
    """The day on which these prices were read, ISO 8601."""
    tiers: Mapping[Feature, tuple[Tier, ...]]
    """By feature, tiers in ascending order, the first from unit 0 (a free tier costs 0)."""
    free_with: Mapping[Feature, Feature]
    """Features that cost nothing when this other one is asked of the same picture in the same request."""

    def cost(self, feature: Feature, n_units: int, *, n_used: int = 0) -> Decimal:
        """Return what so many units of a feature cost, after `n_used` of it this month.

        Raises
        ------
        ValueError: negative numbers of units.
        """
        if n_units < 0 or n_used < 0:
            raise ValueError(f"Expected numbers of units of at least 0, got {n_units} after {n_used}.")
        tiers = self.tiers[feature]
        total = Decimal(0)
        for number, tier in enumerate(tiers):
            end = tiers[number + 1].from_unit if number + 1 < len(tiers) else n_used + n_units
            inside = max(0, min(n_used + n_units, end) - max(n_used, tier.from_unit))
            total += tier.per_thousand * inside / 1000
        return total

    def free_left(self, feature: Feature, *, n_used: int) -> int:
        """Return how many units of a feature cost nothing this month, after `n_used` of it; 0 where there is no free tier."""
        first, *others = self.tiers[feature]
        return max(0, others[0].from_unit - n_used) if first.per_thousand == 0 and others else 0


@cache
def load_prices(annotator: str) -> PriceTable:
    """Load `data/<annotator>_prices.json`."""
    table = json.loads((files("catalog.annotators") / "data" / f"{annotator}_prices.json").read_text("utf-8"))
    return PriceTable(
        currency=table["currency"],
        as_of=table["as_of"],
        tiers={
            Feature(feature): tuple(Tier(int(start), Decimal(price)) for start, price in tiers)
            for feature, tiers in table["per_thousand_units"].items()
        },
        free_with={Feature(feature): Feature(other) for feature, other in table["free_with"].items()},
    )
