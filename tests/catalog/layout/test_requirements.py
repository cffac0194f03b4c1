from itertools import pairwise

import pytest

from catalog.layout import estimate_flattening, estimate_requirements


def test_more_images_features_and_neighbours_need_more():
    by_size = [estimate_requirements(n) for n in (1_000, 80_984, 1_000_000)]
    assert all(a.memory_bytes < b.memory_bytes and a.seconds < b.seconds for a, b in pairwise(by_size))
    assert estimate_requirements(10_000, 512).memory_bytes > estimate_requirements(10_000, 256).memory_bytes
    narrow, wide = (estimate_requirements(10_000, perplexity=p) for p in (10, 100))
    assert narrow.memory_bytes < wide.memory_bytes
    assert narrow.seconds < wide.seconds


@pytest.mark.parametrize(
    ("n_samples", "measured_gb", "measured_seconds"),
    [(50_000, 0.81, 21.7), (58_801, 0.94, 29), (200_000, 1.83, 81.6), (1_000_000, 7.45, 507)],
)
def test_the_model_is_near_what_docs_layout_reports(n_samples, measured_gb, measured_seconds):
    needed = estimate_requirements(n_samples)
    assert 0.85 < needed.memory_bytes / 1e9 / measured_gb < 1.15
    assert 0.8 < needed.seconds / measured_seconds < 1.25


@pytest.mark.parametrize(
    ("n_samples", "measured_seconds"), [(10_000, 0.6), (58_801, 3.5), (80_984, 4.6), (1_000_000, 83)]
)
def test_a_flat_map_takes_what_docs_layout_reports_and_less_memory_than_the_layout(n_samples, measured_seconds):
    needed = estimate_flattening(n_samples)
    assert 0.8 < needed.seconds / measured_seconds < 1.25
    assert needed.memory_bytes < estimate_requirements(n_samples).memory_bytes
