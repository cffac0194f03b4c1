"""Which words an image is found by: out of its published details."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from catalog.words import MAX_WORD_LENGTH, fold_text, split_words

KINDS = ("label", "place", "title", "creator", "text")
"""What a word may come from, the most telling first; files hold the number."""

# How much a match counts where nobody measured it. Printed text is read by a machine, and often in passing.
TITLE_SCORE = 1.0
DESCRIPTION_SCORE = 0.7
TEXT_SCORE = 0.6
GUESS_SCORE = 0.5


class SearchWord(NamedTuple):
    """A word, or a label of several, that an image is found by."""

    key: str
    """Folded: `catalog.words.fold_text`."""
    term: str
    """As it is shown."""
    kind: str
    """One of `KINDS`."""
    score: float
    """0 to 1."""


def name_key(name: str) -> str:
    """Return the key of a label as a whole: its folded words with single blanks between them."""
    return fold_text(name)[:MAX_WORD_LENGTH].strip()


def words_of_details(details: Mapping[str, Any]) -> list[SearchWord]:
    """Return the words of an image's published details: nothing can be found that is not shown.

    Labels, objects, logos and what the web calls it; landmarks and the place; title; creator; description and printed text. A
    label of several words is there as a whole and word by word. A word may come several times; the best counts.

    Parameters
    ----------
    details: as `explorer.artifact.details` allows them; absent keys have no words.
    """
    words: list[SearchWord] = []
    for kind in ("labels", "objects", "logos"):
        for item in details.get(kind, ()):
            words += _name_words(item.get("term") or item.get("name") or "", "label", item.get("score", GUESS_SCORE))
    web = details.get("web") or {}
    for name in web.get("best_guess_labels", ()):
        words += _name_words(name, "label", GUESS_SCORE)
    for item in web.get("entities", ()):
        words += _name_words(item["name"], "label", item.get("score", GUESS_SCORE))
    for item in details.get("landmarks", ()):
        words += _name_words(item["name"], "place", item.get("score", GUESS_SCORE))
    if isinstance(details.get("place"), str):
        words += _name_words(details["place"], "place", TITLE_SCORE)
    words += _name_words(details.get("creator", ""), "creator", TITLE_SCORE)
    words += _text_words(details.get("title", ""), "title", TITLE_SCORE)
    words += _text_words(details.get("description", ""), "text", DESCRIPTION_SCORE)
    words += _text_words((details.get("text") or {}).get("text", ""), "text", TEXT_SCORE)
    return words


def _name_words(name: str, kind: str, score: float) -> Iterator[SearchWord]:
    """A name is found as a whole, which is what is suggested, and by each of its words."""
    score = min(max(float(score), 0.0), 1.0)
    key = name_key(name)
    if key:
        yield SearchWord(key, name[:MAX_WORD_LENGTH].strip(), kind, score)
    for word in split_words(name):
        if word != key:
            yield SearchWord(word, word, kind, score)


def _text_words(text: str, kind: str, score: float) -> Iterator[SearchWord]:
    for word in split_words(text):
        yield SearchWord(word, word, kind, score)
