"""Words as numbers: one fixed vector for every word, known or not."""

import hashlib
import importlib.util
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

# wordllama's pieces that stand for one raw byte: the tokenizer had no letter for it.
_BYTE_PIECE = re.compile(r"<0x[0-9A-F]{2}>")
_WORD_START = "\N{LOWER ONE EIGHTH BLOCK}"

# The median length of the vectors of the 2,000 commonest words in a museum's labels was 9.7; an invented vector gets much the
# same, so that in a label of two words the unknown one counts like the other.
_UNKNOWN_LENGTH = 9.7


class WordVectors(Protocol):
    """A source of word vectors; every word has one, and always the same one."""

    @property
    def name(self) -> str:
        """What made these vectors and in which version; a change means that old vectors no longer compare."""
        ...

    @property
    def n_features(self) -> int:
        """The length of each vector."""
        ...

    def vector(self, word: str) -> NDArray[np.float32]:
        """Return the vector of one case-folded word, shape (n_features,), finite."""
        ...


def unknown_word_vector(word: str, n_features: int, length: float = 1.0) -> NDArray[np.float32]:
    """Return a stable vector for a word that no model knows, made of its characters.

    Each run of three characters (the word's ends marked) gives a fixed direction, seeded by a BLAKE2 hash and not by Python's
    own, which changes with every process. Words that share most runs (misspellings, plurals) come out near each other.

    Parameters
    ----------
    word: any text, the empty one too.
    n_features: length of the result, at least 1.
    length: Euclidean norm of the result.

    Returns
    -------
    float32 of shape (n_features,).
    """
    marked = f"<{word}>"
    runs = [marked[i : i + 3] for i in range(max(1, len(marked) - 2))]
    total = np.zeros(n_features)
    for run in runs:
        seed = int.from_bytes(hashlib.blake2b(run.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
        total += np.random.default_rng(seed).standard_normal(n_features)
    return (total * (length / np.linalg.norm(total))).astype(np.float32)


class BuiltInWords:
    """256-d static word vectors that ship inside the `wordllama` package; no network, no model run.

    A word's vector is the mean of the vectors of its pieces. A word counts as unknown, and gets `unknown_word_vector`, when
    the tokenizer falls back to raw bytes or spells most of it letter by letter: the mean of single letters says nothing.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Read tokenizer and weights (about 0.2 s, 16 MB); `folder` is the wordllama package's own by default.

        Raises
        ------
        FileNotFoundError: the files are not where wordllama 0.4 keeps them.
        """
        # The two files are read directly: importing wordllama sets up the root logger and pulls in an HTTP client.
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        folder = folder or _wordllama_folder()
        weights, tokens = (
            folder / "weights/l2_supercat_256.safetensors",
            folder / "tokenizers/l2_supercat_tokenizer_config.json",
        )
        for path in (weights, tokens):
            if not path.is_file():
                raise FileNotFoundError(
                    f"Expected wordllama's {path.name} in {path.parent}, found nothing: install wordllama>=0.4,<0.5."
                )
        self._embedding: NDArray[Any] = load_file(weights)["embedding.weight"]
        self._tokenizer = Tokenizer.from_file(str(tokens))
        self._cache: dict[str, NDArray[np.float32]] = {}  # 1 KB a word; the largest libraries have some 100,000

    name = "wordllama-l2_supercat-256/1"

    @property
    def n_features(self) -> int:
        return int(self._embedding.shape[1])

    def vector(self, word: str) -> NDArray[np.float32]:
        """Return the vector of one case-folded word, float32 of shape (256,), read-only."""
        known = self._cache.get(word)
        if known is None:
            known = self._cache[word] = self._look_up(word)
        return known

    def _look_up(self, word: str) -> NDArray[np.float32]:
        encoded = self._tokenizer.encode(word, add_special_tokens=False)
        if not _is_known([piece.lstrip(_WORD_START) for piece in encoded.tokens]):
            vector = unknown_word_vector(word, self.n_features, _UNKNOWN_LENGTH)
        else:
            vector = self._embedding[encoded.ids].astype(np.float32).mean(axis=0)
        vector.flags.writeable = False  # it is shared by the cache
        return vector


def _is_known(pieces: list[str]) -> bool:
    if not pieces or any(_BYTE_PIECE.fullmatch(piece) for piece in pieces):
        return False
    return len(pieces) == 1 or 2 * sum(len(piece) <= 1 for piece in pieces) <= len(pieces)


def _wordllama_folder() -> Path:
    spec = importlib.util.find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(
            "Expected the package wordllama, which holds the built-in word vectors: pip install wordllama."
        )
    return Path(spec.origin).parent


@lru_cache(maxsize=1)
def built_in_words() -> BuiltInWords:
    """Return the built-in word vectors, read once per process."""
    return BuiltInWords()
