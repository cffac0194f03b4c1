"""A label taught by example: a logistic regression on what pictures look like, and how sure one may be of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from catalog.layout.similar import products

Floats = NDArray[np.float32]

N_FOLDS = 5
STRENGTHS = (1.0, 10.0, 100.0)
"""What is tried for C, the inverse of the regularization. Rows have length one, so their components are small, and C is large."""

OTHERS_WEIGHT = 0.25
"""What a picture counts of which nobody has said anything, where a person's "no" counts 1: it may be a "yes" that nobody has seen."""

MOST_ACCEPTS_KEPT = 0.9
LEAST_CUT_OFF = 0.5


@dataclass(frozen=True)
class TaughtModel:
    """A label as numbers."""

    weights: Floats
    """float32 (n_features + 1,), the intercept last."""
    cut_off: float
    """A suggestion, 0.5 to 1: nine of ten accepts that training had not seen score as high."""
    strength: float
    """The C that was chosen."""


def fit_label(accepts: Floats, rejects: Floats, others: Floats, *, random_state: int) -> TaughtModel:
    """Fit a logistic regression that tells accepts from rejects and from others.

    Both sides weigh the same however many there are, as with scikit-learn's `class_weight="balanced"`. C is the one of
    `STRENGTHS` with the least weighted log loss in five folds, the smaller one of equal ones.

    Parameters
    ----------
    accepts
        float32 (n_accepts, n_features), n_accepts >= 5, rows of length one.
    rejects, others
        float32 (n, n_features): what a person said no to, and pictures chosen at random of which nobody has said anything. At least
        five together.
    random_state
        Seeds the folds.
    """
    if len(accepts) < N_FOLDS or len(rejects) + len(others) < N_FOLDS:
        raise ValueError(
            f"Expected at least {N_FOLDS} accepts and {N_FOLDS} of the rest, got {len(accepts)} and {len(rejects) + len(others)}."
        )
    vectors = np.concatenate([accepts, rejects, others]).astype(np.float64)
    is_it = np.arange(len(vectors)) < len(accepts)
    counts = np.ones(len(vectors))
    counts[len(accepts) + len(rejects) :] = OTHERS_WEIGHT
    folds = list(StratifiedKFold(N_FOLDS, shuffle=True, random_state=random_state).split(vectors, is_it))
    held_out = {c: _held_out_scores(vectors, is_it, counts, folds, c) for c in STRENGTHS}
    strength = min(STRENGTHS, key=lambda c: _log_loss(held_out[c], is_it, counts))
    fitted = _fit(vectors, is_it, counts, strength)
    kept = float(np.quantile(held_out[strength][is_it], 1 - MOST_ACCEPTS_KEPT))
    return TaughtModel(
        weights=np.append(fitted.coef_[0], fitted.intercept_[0]).astype(np.float32),
        cut_off=round(max(LEAST_CUT_OFF, kept), 2),
        strength=strength,
    )


def label_scores(vectors: NDArray[np.floating], weights: Floats) -> Floats:
    """Return how sure a taught label is of each picture, float32 (n,), 0 to 1.

    Parameters
    ----------
    vectors: (n, n_features), float32 or float16, rows of length one.
    weights: float32 (n_features + 1,), the intercept last.
    """
    return np.asarray(expit(products(vectors, weights[:-1]) + weights[-1]), dtype=np.float32)


def wilson_interval(n_right: int, n_judged: int, *, z: float = 1.959964) -> tuple[float, float]:
    """Return the Wilson score interval of a share (Wilson, "Probable inference", 1927), 95 % by default.

    Unlike the plain normal interval it stays within 0 and 1, and 50 right of 50 are not called certain: (0.929, 1.0).
    """
    if not 0 <= n_right <= n_judged or n_judged == 0:
        raise ValueError(f"Expected 0 to {n_judged} right of at least one judged, got {n_right} of {n_judged}.")
    share = n_right / n_judged
    middle = share + z * z / (2 * n_judged)
    spread = z * float(np.sqrt(share * (1 - share) / n_judged + z * z / (4 * n_judged**2)))
    whole = 1 + z * z / n_judged
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


def _fit(
    vectors: NDArray[np.float64], is_it: NDArray[np.bool_], counts: NDArray[np.float64], strength: float
) -> LogisticRegression:
    regression = LogisticRegression(C=strength, max_iter=1000)
    return regression.fit(vectors, is_it, sample_weight=_balanced(is_it, counts))


def _balanced(is_it: NDArray[np.bool_], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights with which both sides sum to half the number of rows."""
    sums = np.array([counts[~is_it].sum(), counts[is_it].sum()])
    return np.asarray(counts * (len(counts) / 2 / sums)[is_it.astype(np.intp)])


def _held_out_scores(
    vectors: NDArray[np.float64],
    is_it: NDArray[np.bool_],
    counts: NDArray[np.float64],
    folds: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
    strength: float,
) -> NDArray[np.float64]:
    """Score each row by a model that has not seen it."""
    scores = np.empty(len(vectors))
    for seen, unseen in folds:
        fitted = _fit(vectors[seen], is_it[seen], counts[seen], strength)
        scores[unseen] = expit(vectors[unseen] @ fitted.coef_[0] + fitted.intercept_[0])
    return scores


def _log_loss(scores: NDArray[np.float64], is_it: NDArray[np.bool_], counts: NDArray[np.float64]) -> float:
    likely = np.clip(np.where(is_it, scores, 1 - scores), 1e-12, 1)
    return float(-(np.log(likely) * _balanced(is_it, counts)).mean())
