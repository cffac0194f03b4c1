from itertools import pairwise

import pytest

from catalog.layout import estimate_requirements


def test_more_images_features_and_neighbours_need_more():
    by_size = [estimate_requirements(n) for n in (1_000, 80_984, 1_000_000)]
    assert all(a.memory_bytes < b.memory_bytes and a.seconds < b.seconds for a, b in pairwise(by_size))
    assert estimate_requirements(10_000, 512).memory_bytes > estimate_requirements(10_000, 256).memory_bytes
    narrow, wide = (estimate_requirements(10_000, perplexity=p) for p in (10, 100))
    assert narrow.memory_bytes < wide.memory_bytes
    assert narrow.seconds < wide.seconds


@pytest.mark.parametrize(
    ("n_samples", "measured_gb", "measured_seconds"),
    [(58_801, 0.94, 29)],
)
def test_the_model_is_near_what_docs_layout_reports(n_samples, measured_gb, measured_seconds):
    needed = estimate_requirements(n_samples)
    assert 0.7 < needed.memory_bytes / 1e9 / measured_gb < 1.4
    assert 0.6 < needed.seconds / measured_seconds < 1.7
