"""What a build's page says of its measures, and how it draws them: numbers in, words and markup out; no database."""

import re
from xml.etree import ElementTree

import pytest

from catalog.admin.build_plots import Dot, bar, line_chart, map_plot, map_reach
from catalog.admin.build_quality import (
    MEASURES,
    Side,
    compare_making,
    compare_measures,
    describe_groups,
    describe_moves,
    read_measure,
)
from catalog.layout import measure_quality
from tests.catalog.layout.factories import make_blobs


def side(n_images: int = 1000, perplexity: float = 50.0, **quality) -> Side:
    return Side(quality, {"perplexity": perplexity}, n_images)


def verdict(this: Side, last: Side) -> str:
    [row] = compare_measures(this, last)
    return row["verdict"]


def test_every_measure_that_is_computed_is_told():
    vectors, blobs = make_blobs(100)
    places = vectors[:, :3]
    quality = measure_quality(vectors, places, blobs, layout_positions=places, previous_positions=places + 0.1)
    rows = compare_measures(Side(quality | {"kl_divergence": 1.2}, {}, 100), None)
    assert [row["name"] for row in rows] == [measure.name for measure in MEASURES]
    assert all(row["value"] and row["meaning"] for row in rows)


@pytest.mark.parametrize(
    ("key", "value", "last", "difference", "expected"),
    [
        ("trustworthiness", 0.95, 0.90, "+0.050", "better"),
        ("knn_recall_at_10", 0.40, 0.45, "−0.050", "worse"),
        ("silhouette", -0.1, 0.1, "−0.200", "worse"),
        ("kl_divergence", 1.8, 2.0, "−0.200", "better"),
        ("trustworthiness", 0.95, 0.953, "−0.003", "about the same"),
        ("trustworthiness", 0.95, 0.95, "0.000", "about the same"),
    ],
)
def test_better_and_worse_are_said_in_words(key, value, last, difference, expected):
    [row] = compare_measures(side(**{key: value}), side(**{key: last}))
    assert (row["difference"], row["verdict"]) == (difference, expected)


def test_moving_less_is_better_and_shares_are_percent():
    [row] = compare_measures(side(moved={"median": 0.012}), side(moved={"median": 0.05}))
    assert (row["value"], row["last"], row["difference"]) == ("1.20 %", "5.00 %", "−3.80 points")
    assert row["verdict"] == "better"


def test_a_difference_within_the_sampling_error_is_no_difference():
    errors = {"knn_recall_at_10": 0.006}
    last, close, far = (side(knn_recall_at_10=value, standard_errors=errors) for value in (0.5, 0.515, 0.52))
    assert verdict(close, last) == "about the same"
    assert verdict(far, last) == "better"
    assert compare_measures(far, last)[0]["error"] == "0.006"


def test_divergences_are_compared_between_like_builds_only():
    this = side(kl_divergence=1.5)
    assert verdict(this, side(kl_divergence=1.7, n_images=990)) == "better"
    assert verdict(this, side(kl_divergence=1.7, n_images=800)) == "not comparable"
    assert verdict(this, side(kl_divergence=1.7, perplexity=30)) == "not comparable"
    # What was used counts, where it was noted.
    assert verdict(side(kl_divergence=1.5, perplexity=50), Side({"kl_divergence": 1.7}, {}, 1000)) == "not comparable"


def test_what_either_build_lacks_is_left_out():
    last = side(trustworthiness=0.9, silhouette=None, knn_recall_at_10=0.5)
    rows = compare_measures(side(trustworthiness=None, silhouette=0.3), last)
    assert [(row["name"], row["last"], row["verdict"]) for row in rows] == [("Silhouette", "", "")]
    assert compare_measures(side(), last) == []


@pytest.mark.parametrize("value", [None, "high", float("nan"), {"median": None}, []])
def test_only_numbers_are_read(value):
    assert read_measure({"moved": value}, "moved.median") is None


def test_how_it_was_made_is_told_without_a_verdict():
    this = Side(
        {"stage_seconds": {"neighbours": 12.4, "optimise": 3.21}, "n_iterations": 750, "peak_memory_bytes": 1_234e6},
        {
            "perplexity": 50.0,
            "n_clusters": None,
            "extra_cluster_labels": ["cat", "dog"],
            "fresh": True,
            "based_on": None,
        },
        80_984,
    )
    last = Side({"stage_seconds": {"neighbours": 11.0}}, {"perplexity": 30.0, "n_clusters": 25}, 80_000)
    rows = {row["name"]: (row["value"], row["last"]) for row in compare_making(this, last)}
    assert rows == {
        "Images": ("80,984", "80,000"),
        "Perplexity": ("50", "30"),
        "Iterations": ("750", ""),
        "Peak memory": ("1,234 MB", ""),
        "Seconds, neighbours": ("12 s", "11 s"),
        "Seconds, optimise": ("3.2 s", ""),
        "Seconds in all": ("16 s", "11 s"),
        "Parameter, perplexity": ("50", "30"),
        "Parameter, number of clusters": ("automatic", "25"),
        "Parameter, extra cluster labels": ("cat, dog", ""),
        "Parameter, fresh": ("yes", ""),
        "Parameter, based on": ("none", ""),
    }


def test_groups_and_movement_are_summed_up():
    text = describe_groups(side(group_sizes=[1200, 30, 4]), side(group_sizes=[5, 5]))
    assert text == "3 groups of 4 to 1,200 images, half of them with at least 30; the last build had 2 groups."
    assert describe_groups(side(), None) == ""
    moved = {"histogram": {"edges": [0.0, 0.01, 0.5], "counts": [3, 0, 1]}}
    rows = [(row["name"], row["count"], row["share"]) for row in describe_moves({"moved": moved})]
    assert rows == [("0 to 1 %", 3, 0.75), ("1 to 50 %", 0, 0.0), ("50 % or more", 1, 0.25)]
    assert describe_moves({"moved": None}) == describe_moves({}) == []


def parse(svg: str) -> ElementTree.Element:
    """The drawing, which must be well-formed and have a name and a description that its ids lead to."""
    root = ElementTree.fromstring(svg)  # noqa: S314  # our own markup
    for attribute, tag in (("aria-labelledby", "title"), ("aria-describedby", "desc")):
        assert root.find(tag).get("id") == root.get(attribute) and root.find(tag).text
    return root


def test_the_map_shows_each_image_at_its_place_in_its_colour():
    dots = [Dot(10.0, 5.0, -10.0, "#ff0000"), Dot(0.0, 0.0, 0.0, "#00ff00"), Dot(-10.0, 0.0, 0.0, "#ff0000")]
    assert map_reach(dots, []) == 10.0
    front, above = (
        parse(map_plot(dots, axes=axes, reach=10.0, name="m", title="A & B", description="3 images"))
        for axes in ("xy", "xz")
    )
    # The origin in the middle, right is right and up is up; a path a colour, the larger cluster first.
    paths = [(path.get("stroke"), path.get("d")) for path in front.iter("path")]
    assert paths == [("#ff0000", "M392 104h0M8 200h0"), ("#00ff00", "M200 200h0")]
    assert next(above.iter("path")).get("d") == "M392 392h0M8 200h0"
    assert front.find("title").text == "A & B"


def test_an_empty_map_and_one_of_images_in_one_spot_can_be_drawn():
    assert map_reach([]) == map_reach([Dot(0, 0, 0, "#ffffff")]) == 1.0
    parse(map_plot([], axes="xy", reach=1.0, name="m", title="t", description="d"))


def test_three_thousand_images_are_a_small_drawing():
    dots = [Dot(i % 61 - 30, i % 53 - 26, i % 47 - 23, f"#{i % 25:06x}") for i in range(3000)]
    svg = map_plot(dots, axes="xy", reach=30, name="m", title="t", description="d")
    assert len(svg) < 40_000 and svg.count("h0") == 3000 and svg.count("<path") == 25


def test_a_bar_is_as_long_as_its_share():
    assert 'width="25.0"' in bar(0.25, "#123456") and 'fill="#123456"' in bar(0.25, "#123456")
    assert 'width="100.0"' in bar(3) and "fill=" not in bar(3)


def test_the_history_is_a_line_that_a_missing_value_interrupts():
    values = [(3, 0.5), (4, 0.6), (6, None), (7, 0.7)]
    root = parse(line_chart(values, name="h", title="Recall"))
    assert root.find("desc").text == "build 3: 0.500; build 4: 0.600; build 7: 0.700"
    line = next(path.get("d", "") for path in root.iter("path") if path.get("class") == "line")
    assert re.findall("[ML]", line) == ["M", "L", "M"]
    heights = [float(circle.get("cy", "nan")) for circle in root.iter("circle")]
    assert heights == sorted(heights, reverse=True)
    assert [text.text for text in root.iter("text")] == ["0.500", "0.700", "3", "7"]


def test_a_history_of_one_value_or_of_none():
    root = parse(line_chart([(1, 0.0)], name="h", title="Moved", as_percent=True, from_zero=True))
    assert [text.text for text in root.iter("text")] == ["0.0 %", "1"]
    assert line_chart([(1, None), (2, None)], name="h", title="Moved") == ""
