"""Word vectors from a text file, as GloVe and word2vec write them, read once into files that are mapped into memory."""

import hashlib
import json
import re
import shutil
import tempfile
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from catalog.layout.words import cased_forms, unknown_word_vector, word_forms

_FORMAT_VERSION = 1  # of the cache's files; another one is read anew
_MIN_FEATURES = 2  # a line of a word and one number is some other list
_CHECKED_LINES = 100
_COMMON_WORDS = 2000  # the first of the file: GloVe and word2vec sort by frequency
_LARGEST = float(np.finfo(np.float16).max)
_NUMBER = re.compile(rb"[+-]?\d*\.?\d+(?:[eE][+-]?\d+)?")
_MEND = "Is it a text file of word vectors, unpacked and whole? Take it from its source again."
_PART = ".part"
_DAY_S = 86_400.0


class GloveError(ValueError):
    """The file is no list of words and their vectors; the message says in which line, and how to mend it."""


class GloveWords:
    """Word vectors of a file like `glove.6B.300d.txt`: a line for each word, the word and then its numbers.

    A first line "count dimensions", as word2vec writes it, is skipped. Numbers are kept as float16: half the disk and memory
    of float32, and a cosine between two words of 300 features changes by less than 0.001. All but the path lies on disk and is
    mapped: opening takes milliseconds, a look-up a binary search, and two million words cost no memory. Only reading the
    file the first time holds its words (0.1 KB each) in memory, never its numbers.
    """

    def __init__(self, path: Path, cache: Path) -> None:
        """Open the file's cache, made first if there is none for this file's path, size and time of change.

        Parameters
        ----------
        path: the text file, UTF-8.
        cache: a folder for caches; made if missing. Two processes may make the same cache at once: the last to
            end uses the other's.

        Raises
        ------
        FileNotFoundError: there is no such file.
        GloveError: a line that is not a word and its numbers.
        """
        folder = _cached(path, cache)
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        self._n_words: int = about["n_words"]
        self._n_features: int = about["n_features"]
        self._common_length: float = about["common_length"]
        self._name: str = about["name"]
        self._letters = np.memmap(folder / "letters.bin", mode="r", dtype=np.uint8)
        self._ends = np.memmap(folder / "ends.bin", mode="r", dtype="<i8")
        self._rows = np.memmap(folder / "rows.bin", mode="r", dtype="<u4")
        self._numbers = np.memmap(
            folder / "numbers.bin", mode="r", dtype="<f2", shape=(self._n_words, self._n_features)
        )

    @property
    def name(self) -> str:
        """The file's name and a digest of its content: the same file elsewhere has the same name, an edited one another."""
        return self._name

    @property
    def n_features(self) -> int:
        return self._n_features

    def __len__(self) -> int:
        return self._n_words

    def vector(self, word: str) -> NDArray[np.float32]:
        """Return the vector of one case-folded word, float32 (n_features,); its singular's if the file lacks it (`word_forms`).

        Unknown words get `unknown_word_vector`, as long as the median of the common ones, so that in a label of two
        words the unknown one counts like the other.
        """
        for form in word_forms(word):
            row = self._row_of(form)
            if row is not None:
                return np.asarray(self._numbers[row], dtype=np.float32)
        return unknown_word_vector(word, self._n_features, self._common_length)

    def knows(self, word: str) -> bool:
        """Whether the file has the case-folded word, in any case."""
        return any(self._row_of(form) is not None for form in cased_forms(word))

    def _row_of(self, word: str) -> int | None:
        wanted = word.encode("utf-8", "surrogatepass")
        place = bisect_left(range(self._n_words), wanted, key=self._word_at)
        return int(self._rows[place]) if place < self._n_words and self._word_at(place) == wanted else None

    def _word_at(self, place: int) -> bytes:
        start = int(self._ends[place - 1]) if place else 0
        return self._letters[start : int(self._ends[place])].tobytes()


def check_glove(path: Path) -> None:
    """Look at the first hundred lines of a file, and raise what `GloveWords` would for them."""
    with path.open("rb") as file:
        for _word in islice(_parse(file, path.name), _CHECKED_LINES):
            pass


def _cached(path: Path, cache: Path) -> Path:
    """The folder that holds the file's words and numbers."""
    status = path.stat()
    place = hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    state = hashlib.sha256(f"{status.st_size} {status.st_mtime_ns} {_FORMAT_VERSION}".encode()).hexdigest()[:16]
    folder = cache / f"{place}-{state}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=cache, prefix=f"{place}-", suffix=_PART))
    try:
        _write_cache(path, part)
        part.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another process was faster, and its folder holds the same
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    for old in cache.glob(f"{place}-*"):
        # What an earlier state of the file left, and what killed processes did; nobody works on a part for a day.
        if old != folder and (old.suffix != _PART or old.stat().st_mtime < folder.stat().st_mtime - _DAY_S):
            shutil.rmtree(old, ignore_errors=True)
    return folder


def _write_cache(path: Path, folder: Path) -> None:
    """Read the text file from end to end into a folder; numbers go straight to disk, in the file's order."""
    words: list[bytes] = []
    lengths: list[float] = []
    digest = hashlib.sha256()
    with path.open("rb") as file, (folder / "numbers.bin").open("wb") as numbers:
        for word, vector in _parse(file, path.name):
            words.append(word)
            half = vector.astype("<f2").tobytes()
            numbers.write(half)
            digest.update(word + b" " + half)
            if len(words) <= _COMMON_WORDS:
                lengths.append(float(np.linalg.norm(vector)))
    # Stable: of a word that is there twice the first, which is the commoner, is found.
    order = sorted(range(len(words)), key=words.__getitem__)
    np.array(order, dtype="<u4").tofile(folder / "rows.bin")
    np.cumsum([len(words[row]) for row in order], dtype="<i8").tofile(folder / "ends.bin")
    with (folder / "letters.bin").open("wb") as letters:
        letters.writelines(words[row] for row in order)
    about = {
        "name": f"{path.stem[:60]}/{digest.hexdigest()[:12]}",
        "n_words": len(words),
        "n_features": len(vector),
        "common_length": float(np.median(lengths)),
    }
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")


def _parse(file: IO[bytes], file_name: str) -> Iterator[tuple[bytes, NDArray[np.float32]]]:
    """Yield the words and vectors of a text file, in its order; raises GloveError at the first bad line, or at an early end."""
    n_words, n_promised, n_features = 0, None, 0
    for number, line in enumerate(file, start=1):
        fields = line.split()
        if number == 1 and len(fields) == 2 and all(field.isdigit() for field in fields):
            n_promised, n_features = int(fields[0]), int(fields[1])
            continue
        n_features = n_features or len(fields) - 1
        if n_features < _MIN_FEATURES or len(fields) <= n_features or _is_number_too_many(fields, n_features):
            raise GloveError(
                f"{file_name}, line {number}: expected a word and {max(n_features, _MIN_FEATURES)} numbers, got "
                f"{max(len(fields) - 1, 0)} after {_shown(fields)}. {_MEND}"
            )
        try:
            vector = np.array(fields[-n_features:], dtype=np.bytes_).astype(np.float32)  # a third faster than float()
        except ValueError as error:
            bad = next((field for field in fields[-n_features:] if not _NUMBER.fullmatch(field)), b"")
            raise GloveError(
                f"{file_name}, line {number}: expected numbers after {_shown(fields)}, got {_shown([bad])}. {_MEND}"
            ) from error
        if not np.abs(vector).max() <= _LARGEST:
            raise GloveError(
                f"{file_name}, line {number}: expected finite numbers up to {_LARGEST:.0f} after {_shown(fields)}, got "
                f"{vector[~(np.abs(vector) <= _LARGEST)][0]}. {_MEND}"
            )
        n_words += 1
        yield b" ".join(fields[:-n_features]), vector
    if n_words == 0 or (n_promised is not None and n_words != n_promised):
        raise GloveError(f"{file_name}: expected {n_promised or 'some'} words, got {n_words}. {_MEND}")


def _is_number_too_many(fields: list[bytes], n_features: int) -> bool:
    """Whether what stands before the numbers is a word and a number; a few words of GloVe have blanks in them (". . .")."""
    return any(_NUMBER.fullmatch(field) for field in fields[1:-n_features])


def _shown(fields: list[bytes]) -> str:
    return repr(fields[0][:40].decode("utf-8", "replace")) if fields else "nothing"
