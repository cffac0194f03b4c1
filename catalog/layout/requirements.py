"""What a layout of so many images needs: memory counted from the arrays that are held, time fitted to measurements."""

from dataclasses import dataclass

BASE_BYTES = 450_000_000  # the interpreter, Django, NumPy, Numba's compiler and scikit-learn
BYTES_PER_COMPONENT = 4 * 50  # the reduced vectors
# The most is held while P is made: of each of 3 x perplexity neighbours number and p, the same turned round, and at most twice
# as many edges, 8 bytes each.
BYTES_PER_PERPLEXITY = 3 * (8 + 8 + 2 * 8)
BYTES_PER_IMAGE = (
    1000  # positions, forces, the tree, and what allocators keep: fitted to the same measurements as the time
)
# On two cores 50,000 vectors of perplexity 50 took 21.7 s and 0.81 GB, 200,000 81.6 s and 1.83 GB, a million 507 s and 7.45 GB.
SECONDS = 2.5e-4
EXPONENT = 1.05
USUAL_PERPLEXITY = 50.0
NEIGHBOURS_SHARE = 0.5  # of the time that grows with the perplexity: P, and the pull along its edges
# The flat map: 45 neighbours an image, not 150, and 250 iterations, not 750. 80,984 images took 4.6 s, a million 83 s and 2.7 GB.
FLAT_BYTES_PER_IMAGE = 2_600
FLAT_SECONDS = 3.7e-5


@dataclass(frozen=True)
class Requirements:
    """What a piece of work will need."""

    memory_bytes: int
    """Peak resident memory of the whole process while it runs, in bytes."""
    seconds: float
    """Wall-clock seconds on the two cores that were measured."""


def estimate_requirements(n_samples: int, n_features: int = 256, *, perplexity: float = 50.0) -> Requirements:
    """Return what `compute_positions` needs for so many vectors; near what was measured from 50,000 to a million.

    Parameters
    ----------
    n_samples: how many vectors.
    n_features: how long each is, float32.
    perplexity: as for `compute_positions`.
    """
    per_image = 4 * n_features + BYTES_PER_COMPONENT + BYTES_PER_PERPLEXITY * perplexity + BYTES_PER_IMAGE
    slower = 1 - NEIGHBOURS_SHARE + NEIGHBOURS_SHARE * perplexity / USUAL_PERPLEXITY
    return Requirements(int(BASE_BYTES + n_samples * per_image), SECONDS * n_samples**EXPONENT * slower)


def estimate_flattening(n_samples: int) -> Requirements:
    """Return what `flatten_positions` needs for so many images; near what was measured from 10,000 to a million."""
    return Requirements(BASE_BYTES + n_samples * FLAT_BYTES_PER_IMAGE, FLAT_SECONDS * n_samples**EXPONENT)
