"""From the network's 1,000 classes to the words that visitors use.

A class speaks for itself and for what stands above it in WordNet: "tabby cat", "cat", "mammal", "animal", each with the
sum of the probabilities beneath it. Only words from a list made by hand speak (see `data/make_label_tree.py`).
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

TEMPERATURE: Final = 0.84
"""Divides the logits. The network was trained with smoothed labels and says less than it knows: at 1 its mean confidence
(the highest class's probability) was 0.62 on 250 ImageNet photos of which it got 91 % right. Those were surely among its
training pictures, so the figure to hold on to is the published accuracy on unseen ones, 77.6 %: 0.84 is the sharpest
temperature, in steps of 0.01, at which mean confidence on those photos stays below it (0.772). On archives
(paintings, scans, black and white) nobody has measured anything: scores there are uncalibrated."""
MIN_CLASS_PROBABILITY: Final = 0.002
"""Classes below it count for nothing. Smoothed labels leave a little on every class, and 398 of the 1,000 are animals:
without this floor 32 of 175 photos without an animal got the label "animal", with it 4."""
MIN_SCORE: Final = 0.1
"""Of the labels between 0.05 and 0.1 one in twenty was right on the 250 photos, from 0.1 on one in seven, from 0.3 on
nearly half, from 0.5 on 85 %, from 0.7 on 99 %. Every photo has a label above 0.1."""
MAX_LABELS: Final = 20


class Concept(NamedTuple):
    """A word that can be said of a picture."""

    mid: str
    """Stable id: "/wn30/" and the WordNet 3.0 id, such as "/wn30/n02123045"; the form of Google's "/m/01yrx"."""
    word: str


class LabelTree:
    """The words, and which classes stand beneath each."""

    def __init__(self, text: str) -> None:
        """Take the JSON that `data/make_label_tree.py` writes."""
        concepts = json.loads(text)["concepts"]
        self.concepts = [Concept(f"/wn30/{node}", word) for node, word, _ in concepts]
        self.version = hashlib.sha256(text.encode()).hexdigest()[:8]
        # All member lists in one row, and where each begins. A matrix product would start BLAS's own threads, which take
        # the cores from the network, and its rounding changes with the size of the batch.
        self._members = np.concatenate([np.array(classes, dtype=np.intp) for _, _, classes in concepts])
        self._starts = np.cumsum([0] + [len(classes) for _, _, classes in concepts[:-1]])

    @property
    def parameters(self) -> str:
        """Changes with everything that decides which labels come out and with which score."""
        return (
            f"tree={self.version} temperature={TEMPERATURE} floor={MIN_CLASS_PROBABILITY} "
            f"min_score={MIN_SCORE} max_labels={MAX_LABELS}"
        )

    def score(self, logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Sum the probabilities of the classes beneath every concept, those below the floor left out.

        Parameters
        ----------
        logits
            float32, shape (n, 1000).

        Returns
        -------
        ndarray, float32, shape (n, n_concepts)
            In 0..1, columns as in `concepts`.
        """
        scaled = (logits - logits.max(axis=1, keepdims=True)) / np.float32(TEMPERATURE)
        probabilities = np.exp(scaled)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        probabilities[probabilities < MIN_CLASS_PROBABILITY] = 0
        scores = np.add.reduceat(probabilities[:, self._members], self._starts, axis=1)
        return np.minimum(scores, np.float32(1))

    def annotate(self, logits: npt.NDArray[np.float32]) -> list[dict[str, Any]]:
        """Give each picture's labels as Cloud Vision does.

        Parameters
        ----------
        logits
            float32, shape (n, 1000).

        Returns
        -------
        list of dict
            `{"labelAnnotations": [{"mid", "description", "score", "topicality"}]}`, the likeliest first, of equals the
            broader first. Topicality is the score: the network does not tell "there" from "what it is about".
        """
        return [{"labelAnnotations": self._labels(row)} for row in self.score(logits).round(4)]

    def _labels(self, scores: npt.NDArray[np.float32]) -> list[dict[str, Any]]:
        best = np.argsort(-scores, kind="stable")[
            :MAX_LABELS
        ]  # concepts lie broadest first, so a stable sort keeps that
        labels = []
        for index in best[scores[best] >= MIN_SCORE]:
            score = round(float(scores[index]), 4)
            concept = self.concepts[index]
            labels.append({"mid": concept.mid, "description": concept.word, "score": score, "topicality": score})
        return labels


@cache
def load_label_tree() -> LabelTree:
    """Load the tree that ships with this package."""
    data = resources.files("catalog.annotators") / "data" / "label_tree.json"
    return LabelTree(data.read_text(encoding="utf-8"))
