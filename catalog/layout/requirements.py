"""What a layout of so many images needs: memory counted from the arrays that are held, time from one measurement."""

from dataclasses import dataclass

BASE_BYTES = 450_000_000  # the interpreter, Django, NumPy, Numba's compiler and scikit-learn
BYTES_PER_COMPONENT = 4 * 50  # the reduced vectors
# The most is held while P is made: of each of 3 x perplexity neighbours number and p, the same turned round, and some 1.6
# times as many edges, 8 bytes each.
BYTES_PER_PERPLEXITY = 3 * (8 + 8 + 1.6 * 8)
BYTES_PER_IMAGE = 200  # positions, forces, the tree
# 58,801 label sets of perplexity 50 took 29 s and 0.94 GB on two cores; how time grows from there is counted (pairs times their
# logarithm), not measured yet.
SECONDS = 2.7e-4
EXPONENT = 1.07
USUAL_PERPLEXITY = 50.0
NEIGHBOURS_SHARE = 0.5  # of the time that grows with the perplexity: P, and the pull along its edges


@dataclass(frozen=True)
class Requirements:
    """What `compute_positions` will need."""

    memory_bytes: int
    """Peak resident memory of the whole process while it runs, in bytes."""
    seconds: float
    """Wall-clock seconds on the two cores that were measured."""


def estimate_requirements(n_samples: int, n_features: int = 256, *, perplexity: float = 50.0) -> Requirements:
    """Return what `compute_positions` needs for so many vectors; near what was measured for 58,801, beyond that an estimate.

    Parameters
    ----------
    n_samples: how many vectors.
    n_features: how long each is, float32.
    perplexity: as for `compute_positions`.
    """
    per_image = 4 * n_features + BYTES_PER_COMPONENT + BYTES_PER_PERPLEXITY * perplexity + BYTES_PER_IMAGE
    slower = 1 - NEIGHBOURS_SHARE + NEIGHBOURS_SHARE * perplexity / USUAL_PERPLEXITY
    return Requirements(int(BASE_BYTES + n_samples * per_image), SECONDS * n_samples**EXPONENT * slower)
