"""What a publication tells of its clusters in words: their neighbourhoods, and the labels that set each one apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.layout import Subgroup, TellingLabel, find_subgroups, telling_labels
from catalog.models import Galaxy, PublishedFeature
from catalog.services.build_input import LabelRows, read_labels

__all__ = ["ClusterWords", "describe_clusters", "label_weights", "read_published_labels"]


@dataclass(frozen=True)
class ClusterWords:
    """What is said of the clusters; both are empty where the galaxy publishes no labels."""

    subgroups: list[Subgroup]
    """By cluster, then largest first."""
    labels: list[list[TellingLabel]]
    """For each cluster, the most telling first."""


def read_published_labels(galaxy: Galaxy, image_ids: NDArray[np.int64]) -> LabelRows:
    """Read the labels of images that the galaxy's visitors may know; no rows have any if it publishes none.

    Parameters
    ----------
    image_ids
        int64 (n_images,), in any order, each once: the rows' order.
    """
    if PublishedFeature.LABELS not in galaxy.published_features:
        return LabelRows(np.zeros(len(image_ids) + 1, np.int64), np.zeros(0, np.int32), np.zeros(0), [])
    order = np.argsort(image_ids)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return read_labels(image_ids[order]).take(place)


def label_weights(labels: LabelRows) -> Any:
    """Return the score of each label as a sparse CSR array, float64 (n_images, n_terms)."""
    from scipy import sparse

    shape = (len(labels.starts) - 1, len(labels.terms))
    return sparse.csr_array((labels.scores_flat, labels.codes, labels.starts), shape=shape)


def describe_clusters(
    galaxy: Galaxy, labels: LabelRows, positions: ArrayLike, clusters: ArrayLike, names: Sequence[str]
) -> ClusterWords:
    """Find the clusters' neighbourhoods and what sets each one apart; nothing where there is no label.

    Parameters
    ----------
    labels
        Of `read_published_labels`.
    positions, clusters
        Of the same images: (n_images, 3), and places in `names`.
    """
    if not labels.terms:
        return ClusterWords([], [[] for _ in names])
    weights = label_weights(labels)
    subgroups = find_subgroups(positions, clusters, weights, labels.terms, names, random_state=galaxy.random_state)
    return ClusterWords(subgroups, telling_labels(clusters, weights, labels.terms, n_clusters=len(names)))
