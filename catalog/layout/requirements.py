"""What a layout of so many images needs: memory and time, from a fitted model."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Requirements:
    """What `compute_positions` will need."""

    memory_bytes: int
    """Peak resident memory of the whole process while it runs, in bytes."""
    seconds: float
    """Wall-clock seconds on the two cores that the model was fitted on."""


def estimate_requirements(n_samples: int, n_features: int = 256, *, perplexity: float = 50.0) -> Requirements:
    """Return what `compute_positions` needs for so many vectors (figures in the making)."""
    memory = 300_000_000 + n_samples * (12 * n_features + 72 * perplexity)
    return Requirements(memory_bytes=int(memory), seconds=n_samples * 6e-4)
