"""Which words an image is found by: out of its published details, folded and split alike in every language's script."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

KINDS = ("label", "place", "title", "creator", "text")
"""What a word may come from, the most telling first; files hold the number."""

MAX_WORD_LENGTH = 64  # characters of a key; what is longer is an address or a misreading

# How much a match counts where nobody measured it. Printed text is read by a machine, and often in passing.
TITLE_SCORE = 1.0
DESCRIPTION_SCORE = 0.7
TEXT_SCORE = 0.6
GUESS_SCORE = 0.5

# Above Latin, Greek and Cyrillic letters these are accents; marks of other scripts are vowels, and stay.
_ACCENTS = dict.fromkeys(range(0x0300, 0x0370))
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_POSSESSIVE = re.compile(r"['’]s\b")
# Written without blanks: Han, Hiragana and Katakana. `explorer/frontend/src/api/search_words.ts` has the same ranges.
_CJK = re.compile(
    "[\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]+"
)


class SearchWord(NamedTuple):
    """A word, or a label of several, that an image is found by."""

    key: str
    """Folded: `fold_text`."""
    term: str
    """As it is shown."""
    kind: str
    """One of `KINDS`."""
    score: float
    """0 to 1."""


def fold_text(text: str) -> str:
    """Return the text as it is compared: as `catalog.terms.fold_term`, however long, and without accents ("Café" is "cafe")."""
    if text.isascii():
        return " ".join(text.casefold().split())
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", folded).translate(_ACCENTS))


def split_words(text: str) -> list[str]:
    """Return the folded words of a text in order, possessives without their s.

    A word is a run of letters, digits and marks. Runs of Han and Kana have no blanks between words: they become every pair of
    neighbouring characters, and the last character alone, so that whatever part is asked for is found.
    """
    folded = _POSSESSIVE.sub("", fold_text(text))
    if folded.isascii():
        return [word[:MAX_WORD_LENGTH] for word in _ASCII_WORD.findall(folded)]
    runs = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in folded).split()
    return [word[:MAX_WORD_LENGTH] for run in runs for word in _split_run(run)]


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


def _split_run(run: str) -> Iterator[str]:
    at = 0
    for found in _CJK.finditer(run):
        if found.start() > at:
            yield run[at : found.start()]
        characters = found[0]
        for i in range(len(characters)):
            yield characters[i : i + 2]
        at = found.end()
    if at < len(run):
        yield run[at:]
