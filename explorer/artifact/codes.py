"""Short codes for "more like this" without a server: int8 rows whose cosine is about that of the images.

Rounding to int8 costs nothing that could be measured; leaving out all but 32 directions does. So the directions are chosen for the
question that is asked: not those along which images differ most, but those along which an image differs from its hundred nearest. Each is
weighted by its own spread to the power of -1/4, between leaving the strongest to decide alone (0) and making all equal (-1).
docs/artifact.md has the figures.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from explorer.artifact.binary import Column, decode_columns, decompress, encode_columns, read_header
from explorer.artifact.format import ArtifactError

Floats = NDArray[np.float32]
Halves = NDArray[np.float16]
Codes = NDArray[np.int8]

N_FEATURES = 32
CODES_MAGIC = b"GLXC"
CODER_MAGIC = b"GLXK"

SAMPLE = 20_000  # images to learn from, evenly along the tiles, and so from all of the galaxy
ASKED = 2_000  # of them, how many are compared with their nearest
N_NEAR = 100
# Where no image differs from its nearest (a small library of equals), the directions of the images themselves decide.
WEIGHT_OF_ALL = 1e-3
EVENNESS = 0.25
ROWS_AT_A_TIME = 8_192
ASKED_AT_A_TIME = 200
N_BEST = 50


@dataclass(frozen=True)
class Coder:
    """How vectors become codes: kept beside a publication, so that images which come later are coded alike."""

    projection: Floats
    """float32 (n_vector_features, n_features)."""

    def encode(self, vectors: Halves) -> Codes:
        """Return int8 (n, n_features): each row as large as int8 allows, as only directions count; zeros for rows of zeros.

        Raises
        ------
        ArtifactError: vectors of another length than those that the coder was made for.
        """
        n_features, n_code = self.projection.shape
        if vectors.ndim != 2 or vectors.shape[1] != n_features:
            raise ArtifactError(
                f"Expected vectors of {n_features} numbers, got {vectors.shape}: publish the galaxy anew, without the earlier coder."
            )
        codes = np.empty((len(vectors), n_code), dtype=np.int8)
        for first in range(0, len(vectors), ROWS_AT_A_TIME):
            part = slice(first, first + ROWS_AT_A_TIME)
            short = _unit(vectors[part]) @ self.projection
            largest = np.abs(short).max(axis=1, keepdims=True)
            codes[part] = np.rint(127 * short / np.where(largest > 0, largest, 1))
        return codes

    def to_bytes(self) -> bytes:
        """Return the coder as a file."""
        n_code = self.projection.shape[1]
        return encode_columns(CODER_MAGIC, [_projection(n_code)], [self.projection], n_code)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a coder; raises ArtifactError where it is not one."""
        raw = decompress(data)
        _, n_code = read_header(raw, CODER_MAGIC)
        columns, _ = decode_columns(CODER_MAGIC, [_projection(n_code)], raw)
        return cls(columns["projection"].reshape(-1, n_code))


def fit_coder(vectors: Halves) -> Coder:
    """Choose the directions that tell an image's nearest apart; the same vectors in the same order give the same coder.

    Parameters
    ----------
    vectors: float16 (n_images, n_vector_features), in the order of tiles, at least one.
    """
    sample = _unit(vectors[:: 1 + (len(vectors) - 1) // SAMPLE])
    asked = sample[:: 1 + (len(sample) - 1) // ASKED]
    k = min(N_NEAR, len(sample))
    spread = WEIGHT_OF_ALL / len(sample) * (sample.T @ sample).astype(np.float64)
    for first in range(0, len(asked), ASKED_AT_A_TIME):
        some = asked[first : first + ASKED_AT_A_TIME]
        nearest = np.argpartition(-(some @ sample.T), k - 1, axis=1)[:, :k]
        apart = (some[:, None] - sample[nearest]).reshape(-1, sample.shape[1])
        spread += (apart.T @ apart).astype(np.float64) / (len(asked) * k)
    _, directions = np.linalg.eigh(spread)
    directions = directions[:, ::-1][:, :N_FEATURES]
    strengths = np.sqrt(((sample @ directions) ** 2).mean(axis=0))
    weights = np.maximum(strengths, 1e-6) ** -EVENNESS
    return Coder(np.ascontiguousarray(directions * weights, dtype=np.float32))


def measure_recall_at_50(
    vectors: Halves, codes: Codes, *, n_queries: int = 500, n_candidates: int = N_BEST, seed: int = 0
) -> float:
    """Return which share of the exact 50 nearest is among the best by code, from 0 to 1; a mean over sampled images.

    Whoever is as near as the fiftieth counts as one of the 50: no code can guess which of a hundred equals were meant.

    Parameters
    ----------
    vectors: float16 (n_images, n_vector_features).
    codes: int8 (n_images, n_features), of the same images.
    n_queries: how many are asked; those of which nothing is known are not.
    n_candidates: how many of the best by code are looked at. With more than 50: the recall of a search that an exact one follows.
    seed: of the sample.
    """
    known = np.flatnonzero(vectors.any(axis=1))
    n_best = min(N_BEST, len(known) - 1)
    if n_best < 1:
        return 1.0
    n_candidates = min(n_candidates, len(known) - 1)
    rng = np.random.default_rng(seed)
    queries = np.sort(rng.permutation(known)[:n_queries])
    found = []
    for first in range(0, len(queries), ASKED_AT_A_TIME):
        asked = queries[first : first + ASKED_AT_A_TIME]
        exact, by_code = _compare(vectors, asked), _compare(codes, asked)
        limit = -np.partition(-exact, n_best - 1, axis=1)[:, n_best - 1]
        best = np.argpartition(-by_code, n_candidates - 1, axis=1)[:, :n_candidates]
        hits = np.take_along_axis(exact, best, axis=1) >= limit[:, None] - 1e-6
        found.append(np.minimum(hits.sum(axis=1), n_best) / n_best)
    return float(np.concatenate(found).mean())


def encode_codes(codes: Codes) -> bytes:
    """Return a part of codes."""
    return encode_columns(CODES_MAGIC, [Column("code", "int8", codes.shape[1])], [codes], codes.shape[1])


def decode_codes(data: bytes) -> Codes:
    """Read a part of codes, int8 (n, n_features); raises ArtifactError where it is not one."""
    raw = decompress(data)
    _, n_code = read_header(raw, CODES_MAGIC)
    columns, _ = decode_columns(CODES_MAGIC, [Column("code", "int8", n_code)], raw)
    return np.asarray(columns["code"]).reshape(-1, n_code)


def _projection(n_code: int) -> Column:
    return Column("projection", "float32", n_code)


def _compare(rows: Halves | Codes, asked: NDArray[np.int64]) -> Floats:
    """Return the cosines of some rows with all, float32 (n_asked, n_rows); -2 with themselves and with rows of zeros."""
    queries = _unit(rows[asked])
    cosines = np.empty((len(asked), len(rows)), dtype=np.float32)
    for first in range(0, len(rows), ROWS_AT_A_TIME):
        part = slice(first, first + ROWS_AT_A_TIME)
        cosines[:, part] = queries @ _unit(rows[part]).T
        cosines[:, part][:, ~rows[part].any(axis=1)] = -2
    cosines[np.arange(len(asked)), asked] = -2
    return cosines


def _unit(rows: NDArray[np.float16] | NDArray[np.int8]) -> Floats:
    wide = rows.astype(np.float32)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    return np.asarray(wide / np.where(lengths > 0, lengths, 1))
