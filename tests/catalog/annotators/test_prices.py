"""What units cost: tiers of a calendar month, as the price table on the web has them."""

from decimal import Decimal

import pytest

from catalog.annotators import Feature, load_prices

LABELS, WEB = Feature.LABEL_DETECTION, Feature.WEB_DETECTION


def test_the_first_thousand_units_of_a_month_are_free():
    assert load_prices("google").cost(LABELS, 1000) == 0
    assert load_prices("google").cost(LABELS, 1001) == Decimal("0.0015")
    assert load_prices("google").cost(LABELS, 1, n_used=1000) == Decimal("0.0015")


def test_what_is_left_of_the_free_units_is_counted():
    assert load_prices("google").free_left(LABELS, n_used=0) == 1000
    assert load_prices("google").free_left(LABELS, n_used=999) == 1
    assert load_prices("google").free_left(LABELS, n_used=5000) == 0


def test_the_original_s_library_costs_what_the_table_says():
    assert load_prices("google").cost(LABELS, 80_984) == Decimal("119.976")
    assert load_prices("google").cost(WEB, 80_984) == Decimal("279.944")


def test_a_run_that_crosses_a_tier_pays_each_part_at_its_price():
    cost = load_prices("google").cost(LABELS, 20, n_used=4_999_990)

    assert cost == 10 * Decimal("0.0015") + 10 * Decimal("0.001")


def test_every_feature_has_a_price_and_a_day_on_which_it_was_read():
    table = load_prices("google")

    assert set(table.tiers) == set(Feature)
    assert table.as_of >= "2026"
    assert table.free_with[Feature.CROP_HINTS] == Feature.IMAGE_PROPERTIES


def test_negative_numbers_of_units_are_refused():
    with pytest.raises(ValueError, match="at least 0, got -1"):
        load_prices("google").cost(LABELS, -1)
