"""A small library of words, its search index, and questions with their answers: for the tests of both readers.

By hand: python -m tests.explorer.artifact.search_library writes what the page's tests read.
"""

import base64
import hashlib
import json
from pathlib import Path

from catalog.words import fold_text, split_words
from explorer.artifact.binary import decompress
from explorer.artifact.search_index import SearchIndexWriter
from explorer.artifact.search_reader import SearchReader
from explorer.artifact.search_words import words_of_details

FIXTURE = Path(__file__).parents[3] / "explorer/frontend/tests/api/search_library.json"

TEXTS = (
    "Ice cream, on St James's Park",
    "CAFÉ Straße ΟΔΟΣ Ёлка",
    "東京都の桜",
    "ﬁne ½ 1923 x²",
    "हिन्दी में किताब",
    "naïve_co-op’s O'Neill",
    "İstanbul ısırgan",
    "한국어 책",
    "emoji 🐈 cat",
    "サッカー選手",
    "a" * 70,
)
QUESTIONS = (
    "cat",
    "ca",
    "cat ",
    "red ca",
    "red cat",
    "cat -red",
    'cat -"red car"',
    '"ice cream"',
    "ice cream",
    "cafe",
    "Café",
    "東京",
    "京",
    "都",
    "STRASSE",
    "nothing",
    "cat nothing",
    "-cat",
    "",
    "   ",
    "b",
)


def details_of(i: int) -> dict[str, object]:
    """Published details: every second one a cat, every third red, and a few of all kinds."""
    labels = [{"term": "Cat" if i % 2 == 0 else "Car", "score": 0.3 + i % 7 / 10, "source": "local"}]
    if i % 3 == 0:
        labels.append({"term": "red", "score": 0.9, "source": "local"})
    if i % 5 == 0:
        labels.append({"term": "Ice cream", "score": 0.55, "source": "local"})
    if i % 11 == 0:
        labels.append({"term": "red car", "score": 0.5, "source": "local"})
    return {
        "title": ["Café an der Straße", "東京都の桜", "Ein Castle", ""][i % 4],
        "labels": labels,
        "creator": "Ana Čech" if i % 13 == 0 else "",
        "text": {"text": f"number b{i:03}", "lines": []},
    }


class Objects:
    """Objects by name, in memory."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}

    def add(self, data: bytes, extension: str) -> str:
        name = f"objects/{hashlib.sha256(data).hexdigest()[:32]}{extension}"
        self.data[name] = data
        return name

    def get(self, name: str) -> bytes:
        return self.data[name]


def write_library(objects: Objects, tiles=range(400), **sizes):
    """Write the index of some images of the library; the segment."""
    with SearchIndexWriter(objects.add, **sizes) as writer:
        for tile in tiles:
            writer.add(tile, words_of_details(details_of(tile)))
        return writer.finish()


def make_fixture() -> dict[str, object]:
    """Two segments as in the tables, their files uncompressed, and what each question finds."""
    objects = Objects()
    segments = [write_library(objects), write_library(objects, range(400, 420))]
    reader = SearchReader(segments, objects.get)
    answers = []
    for question in QUESTIONS:
        found = reader.search(question)
        suggested = [[entry.key, entry.term, entry.kind, entry.n] for entry in reader.suggest(question)]
        answers.append(
            {
                "question": question,
                "tiles": found.tiles.tolist(),
                "scores": found.scores.tolist(),
                "n_strong": found.n_strong,
                "is_partial": found.is_partial,
                "suggested": suggested,
            }
        )
    files = {name: base64.b64encode(decompress(data)).decode() for name, data in sorted(objects.data.items())}
    texts = [{"text": text, "folded": fold_text(text), "words": split_words(text)} for text in TEXTS]
    return {
        "segments": [segment.to_json() for segment in segments],
        "files": files,
        "texts": texts,
        "answers": answers,
    }


if __name__ == "__main__":
    FIXTURE.write_text(json.dumps(make_fixture(), ensure_ascii=False, separators=(",", ":")) + "\n")
