"""The vectors that a galaxy lays its images out by: what they mean, how they look, both, or a library's own numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.layout import LabelVectorizer, mix_vectors
from catalog.models import Galaxy
from catalog.services.build_input import BuildInput
from catalog.services.embeddings import visual_vectors, word_vectors
from catalog.services.progress import Progress, ignore_progress

__all__ = ["Spaces", "compute_vectors", "read_spaces"]

Floats = NDArray[np.float32]

IMAGES_PER_VECTORIZING = 50_000  # some 400,000 labels in Python's lists and sparse matrices: 100 MB


@dataclass(frozen=True)
class Spaces:
    """Vectors of images in one space or two, float32 (n_images, n_features) each; a space that counts for nothing is None."""

    meaning: Floats | None
    look: Floats | None

    def followed_by(self, other: "Spaces") -> "Spaces":
        """Return these images and then those."""
        return Spaces(_joined(self.meaning, other.meaning), _joined(self.look, other.look))

    def mix(self, visual_weight: float) -> Floats:
        """Return one vector for each image. Spaces are scaled by the images there are: compare only what was mixed together."""
        if self.meaning is not None and self.look is not None:
            return mix_vectors(self.meaning, self.look, visual_weight=visual_weight)
        one = self.look if self.meaning is None else self.meaning
        if one is None:
            raise ValueError("Expected vectors in at least one space, got none.")
        return one


def compute_vectors(galaxy: Galaxy, given: BuildInput, *, progress: Progress = ignore_progress) -> Floats:
    """Return the vectors that the galaxy lays its images out by, float32 (n_images, n_features); 0 where nothing is known."""
    return read_spaces(galaxy, given, progress=progress).mix(galaxy.visual_weight)


def read_spaces(galaxy: Galaxy, given: BuildInput, *, progress: Progress = ignore_progress) -> Spaces:
    """Return the images' vectors in each of the spaces that count in the galaxy; a library's own stand for what they mean."""
    if given.own_vectors is not None:
        return Spaces(given.own_vectors, None)
    meaning = _meanings(given, progress) if galaxy.visual_weight < 1 else None
    if galaxy.visual_weight == 0:
        return Spaces(meaning, None)
    return Spaces(meaning, visual_vectors(galaxy.collection, given.image_ids.tolist(), progress=progress))


def _meanings(given: BuildInput, progress: Progress) -> Floats:
    n_images, words = len(given.image_ids), word_vectors()
    vectorizer = LabelVectorizer(words)
    labels, scores = given.rows.labels, given.rows.scores
    vectors = np.empty((n_images, words.n_features), dtype=np.float32)
    for start in range(0, n_images, IMAGES_PER_VECTORIZING):
        progress("Vectors", start, n_images)
        part = slice(start, start + IMAGES_PER_VECTORIZING)
        vectors[part] = vectorizer.transform(labels[part], scores[part])
    progress("Vectors", n_images, n_images)
    return vectors


def _joined(first: Floats | None, second: Floats | None) -> Floats | None:
    return None if first is None or second is None else np.concatenate([first, second])
