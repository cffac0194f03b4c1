"""What a person typed, as words to look for."""

from dataclasses import dataclass

from catalog.words import is_cjk, split_words

__all__ = ["MAX_WORDS", "MIN_PART_LENGTH", "Part", "parse_query"]

MAX_WORDS = 8
"""So many different words of a query count; nobody types more, and each is a join."""
MIN_PART_LENGTH = 3
"""From so many characters on a word is found within others."""


@dataclass(frozen=True)
class Part:
    """A word of a query."""

    key: str
    """Folded and without accents, as titles, creators and texts are indexed."""
    spellings: tuple[str, ...]
    """How labels may have it: they keep their accents."""

    @property
    def is_short(self) -> bool:
        """Whether it is found as a whole word only."""
        return len(self.key) < MIN_PART_LENGTH

    @property
    def is_cjk(self) -> bool:
        """Whether it is of a script that puts no blanks between words, so that labels hold it anywhere."""
        return is_cjk(self.key)


def parse_query(q: str) -> list[Part]:
    """The first eight different words of a query; none where it has no letter and no digit."""
    parts: dict[str, Part] = {}
    before = ""
    for typed in split_words(q, accents=True):
        # A run without blanks comes as pairs and its last character: in the index that character ends a run, here it need not.
        is_end_of_pair = len(typed) == 1 and is_cjk(typed) and before.endswith(typed)
        before = typed
        for key in split_words(typed)[: not is_end_of_pair]:
            parts.setdefault(key, Part(key, tuple(dict.fromkeys((typed, key)))))
    return list(parts.values())[:MAX_WORDS]
