"""How text becomes words to search by: folded and split alike in every language's script."""

import re
import unicodedata
from collections.abc import Iterator

MAX_WORD_LENGTH = 64  # characters of a key; what is longer is an address or a misreading

# Above Latin, Greek and Cyrillic letters these are accents; marks of other scripts are vowels, and stay.
_ACCENTS = dict.fromkeys(range(0x0300, 0x0370))
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_POSSESSIVE = re.compile(r"['’]s\b")
# Written without blanks: Han, Hiragana and Katakana. `explorer/frontend/src/api/search_words.ts` has the same ranges.
_CJK = re.compile(
    "[\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]+"
)


def fold_text(text: str, *, accents: bool = False) -> str:
    """Return the text as it is compared: as `catalog.terms.fold_term`, however long, and without accents ("Café" is "cafe")."""
    if text.isascii():
        return " ".join(text.casefold().split())
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return (
        folded if accents else unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", folded).translate(_ACCENTS))
    )


def is_cjk(word: str) -> bool:
    """Whether a word is written in Han, Hiragana or Katakana throughout."""
    return _CJK.fullmatch(word) is not None


def split_words(text: str, *, accents: bool = False) -> list[str]:
    """Return the folded words of a text in order, possessives without their s; `accents` leaves them their accents.

    A word is a run of letters, digits and marks. Runs of Han and Kana have no blanks between words: they become every pair of
    neighbouring characters, and the last character alone, so that whatever part is asked for is found.
    """
    folded = _POSSESSIVE.sub("", fold_text(text, accents=accents))
    if folded.isascii():
        return [word[:MAX_WORD_LENGTH] for word in _ASCII_WORD.findall(folded)]
    runs = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in folded).split()
    return [word[:MAX_WORD_LENGTH] for run in runs for word in _split_run(run)]


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
