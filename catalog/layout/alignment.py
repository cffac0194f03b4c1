"""Turning one map so that it lies on another, and telling how far its points have moved."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.layout.inputs import check_array

Floats = NDArray[np.float32]
RADIUS_SHARE = 0.95  # of the images lie within the galaxy's radius


def align_positions(positions: ArrayLike, reference: ArrayLike, common: ArrayLike | None = None) -> Floats:
    """Turn, mirror, scale and shift a map so that it lies as well as it can on another.

    The least squares of Schönemann and Carroll (Psychometrika 35, 1970): one rotation or reflection, one scale, one shift.

    Parameters
    ----------
    positions: (n_samples, 3), the map to move.
    reference: (n_samples, 3), where its points were.
    common: bool (n_samples,), the points that both maps have (at least one); by default all. The others move along.

    Returns
    -------
    float32 (n_samples, 3), in the reference's frame: centred only if the reference is.
    """
    new = check_array(positions, "positions").astype(np.float64)
    old = np.asarray(reference, dtype=np.float64)
    both = np.ones(len(new), dtype=bool) if common is None else np.asarray(common, dtype=bool)
    if old.shape != new.shape or both.shape != (len(new),):
        raise ValueError(
            f"Expected a reference of shape {new.shape} and one flag a row, got {old.shape} and {both.shape}."
        )
    if not both.any():
        raise ValueError("Expected at least one point that both maps have, got none: there is nothing to align to.")
    new_middle, old_middle = new[both].mean(axis=0), old[both].mean(axis=0)
    a, b = new[both] - new_middle, old[both] - old_middle
    left, singular, right = np.linalg.svd(a.T @ b)
    size = float((a**2).sum())
    scale = singular.sum() / size if size > 0 else 1.0
    return np.asarray((new - new_middle) @ (left @ right) * scale + old_middle, dtype=np.float32)


def galaxy_radius(positions: ArrayLike) -> float:
    """Return the distance from the centroid within which 95 % of the points lie."""
    places = np.asarray(positions, dtype=np.float64)
    return float(np.quantile(np.linalg.norm(places - places.mean(axis=0), axis=1), RADIUS_SHARE))
