"""Words as numbers: one fixed vector for every word, known or not."""

import hashlib
import importlib.util
import re
from collections.abc import Iterator
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

# Plural endings and what the singular has instead; the first that gives a known word is taken.
_SINGULAR_ENDINGS = (
    ("ies", "y"),
    ("lves", "lf"),
    ("ives", "ife"),
    ("eaves", "eaf"),
    ("shes", "sh"),
    ("ches", "ch"),
    ("xes", "x"),
    ("sses", "ss"),
    ("zzes", "zz"),
    ("oes", "o"),
    ("s", ""),
)
_SHORTEST_SINGULAR = 3  # letters; shorter ones are other words ("does" is no plural of "do")


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

    def knows(self, word: str) -> bool:
        """Whether the vocabulary has the case-folded word, in any case, as a word of its own."""
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


def cased_forms(word: str) -> tuple[str, str, str]:
    """Return a case-folded word as vocabularies may have it: "paris", "Paris", "PARIS"."""
    return word, word.capitalize(), word.upper()


def word_forms(word: str) -> Iterator[str]:
    """Yield the forms under which a vocabulary may have a case-folded word, nearest first: its own, then its singulars.

    "paris" gives "paris", "Paris", "PARIS", then "pari" and "Pari": whoever looks up takes the first that is known, so a
    word that the vocabulary has is never cut. English endings only; in other languages the forms are seldom words, and harmless.
    """
    yield from cased_forms(word)
    if word.endswith(("ss", "us", "is")):  # glass, cactus, iris
        return
    for plural, singular in _SINGULAR_ENDINGS:
        if word.endswith(plural) and len(word) - len(plural) + len(singular) >= _SHORTEST_SINGULAR:
            stem = word[: -len(plural)] + singular
            yield stem
            yield stem.capitalize()


class BuiltInWords:
    """256-d static word vectors that ship inside the `wordllama` package; no network, no model run.

    Its tokenizer knows 32,000 pieces in their case; a word is known when it is one piece ("castle", "Paris"), else its vector is
    the mean of its pieces. Of a word's forms (`word_forms`) the one with the fewest pieces is taken, the nearest of several: of
    14,903 words in the Tate's labels 689 are whole only with a capital, and plurals come to lie with their singulars (mean
    cosine of 392 pairs 0.69 before and 0.84 after; 87 % and 98 % are among each other's ten nearest words).

    A word counts as unknown, and gets `unknown_word_vector`, when the tokenizer falls back to raw bytes or spells most of it
    letter by letter: the mean of single letters says nothing.
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

    name = "wordllama-l2_supercat-256/2"  # 2: capitals and singulars are tried

    @property
    def n_features(self) -> int:
        return int(self._embedding.shape[1])

    def vector(self, word: str) -> NDArray[np.float32]:
        """Return the vector of one case-folded word, float32 of shape (256,), read-only."""
        known = self._cache.get(word)
        if known is None:
            known = self._cache[word] = self._look_up(word)
        return known

    def knows(self, word: str) -> bool:
        """Whether one piece of the tokenizer is this case-folded word, in any case."""
        pieces = (self._tokenizer.token_to_id(_WORD_START + form) for form in cased_forms(word))
        return bool(word) and any(piece is not None for piece in pieces)  # the empty word's piece marks a word's start

    def _look_up(self, word: str) -> NDArray[np.float32]:
        best = min(self._encode_forms(word), key=lambda encoded: len(encoded.ids))
        if not _is_known([piece.lstrip(_WORD_START) for piece in best.tokens]):
            vector = unknown_word_vector(word, self.n_features, _UNKNOWN_LENGTH)
        else:
            vector = self._embedding[best.ids].astype(np.float32).mean(axis=0)
        vector.flags.writeable = False  # it is shared by the cache
        return vector

    def _encode_forms(self, word: str) -> Iterator[Any]:
        for form in word_forms(word):
            encoded = self._tokenizer.encode(form, add_special_tokens=False)
            yield encoded
            if len(encoded.ids) == 1:
                return  # nothing after it can have fewer


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
