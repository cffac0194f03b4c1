import re

import numpy as np
import pytest

from catalog.layout import cluster_palette
from catalog.layout.colours import _DEUTERANOPIA, _PROTANOPIA, _linear_to_lab


def linear(colours):
    """Linear sRGB, (n, 3), by the standard's own formula."""
    encoded = np.array([[int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)] for colour in colours])
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def least_difference(rgb):
    lab = _linear_to_lab(np.clip(rgb, 0, 1))
    return (np.linalg.norm(lab[:, None] - lab[None], axis=2) + 9 * np.eye(len(lab))).min()


@pytest.mark.parametrize(("n", "floor", "colour_blind_floor"), [(8, 0.12, 0.09), (25, 0.05, 0.03), (40, 0.035, 0.02)])
def test_colours_are_told_apart_by_everybody(n, floor, colour_blind_floor):
    rgb = linear(cluster_palette(n))
    assert least_difference(rgb) > floor
    assert least_difference(rgb @ _PROTANOPIA.T) > colour_blind_floor
    assert least_difference(rgb @ _DEUTERANOPIA.T) > colour_blind_floor


def test_colours_are_bright_on_the_dark_sky():
    luminance = linear([*cluster_palette(256), "#05060a"]) @ [0.2126, 0.7152, 0.0722]
    assert ((luminance[:-1] + 0.05) / (luminance[-1] + 0.05)).min() > 4.5  # WCAG AA for text


def test_a_new_cluster_leaves_the_other_colours_as_they_were():
    assert cluster_palette(25)[:12] == cluster_palette(12)


def test_any_number_of_colours_can_be_had():
    assert cluster_palette(0) == []
    assert len(set(cluster_palette(256))) == 256
    assert all(re.fullmatch(r"#[0-9a-f]{6}", colour) for colour in cluster_palette(1000))
    with pytest.raises(ValueError, match="at least 0, got -1"):
        cluster_palette(-1)
