"""A vision model that anybody can follow in their head."""

import numpy as np


class ColourModel:
    """Sees the mean colour of pictures, and counts what it is shown; may die at the n-th."""

    def __init__(self) -> None:
        self.n_seen = 0
        self.dies_after = 10**9

    def embed(self, pictures):
        self.n_seen += len(pictures)
        if self.n_seen > self.dies_after:
            raise KeyboardInterrupt
        vectors = np.zeros((len(pictures), 256), np.float32)
        vectors[:, :3] = pictures.mean(axis=(1, 2)) + 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
