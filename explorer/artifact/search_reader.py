"""Ask the search index: the rules that the page follows too, in Python; for tests and tools."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from catalog.words import fold_text, split_words
from explorer.artifact.search_index import Get, Segment
from explorer.artifact.search_shards import Entry, Scores, Tiles, decode_postings, decode_shard, merge_postings
from explorer.artifact.search_words import name_key

STRONG = 128  # a score from which a match is called strong: half of what is possible
MAX_PREFIX_SHARDS = 8  # files that the beginning of a word may cost in each segment

_NOBODY: Tiles = np.zeros(0, dtype=np.uint32)


@dataclass(frozen=True)
class Query:
    """What is asked for: images with all of `words`, words that begin with `prefix`, and none of `excluded`."""

    words: tuple[str, ...]
    prefix: str
    excluded: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """The images that match, best first."""

    tiles: Tiles
    scores: Scores
    is_partial: bool
    """Whether the beginning of a word stands for so many that not all were looked up."""

    @property
    def n_strong(self) -> int:
        return int((self.scores >= STRONG).sum())


@dataclass
class _Matches:
    tiles: Tiles = field(default_factory=lambda: _NOBODY)
    scores: Scores = field(default_factory=lambda: np.zeros(0, dtype=np.uint8))
    is_partial: bool = False


def parse_query(text: str) -> Query:
    """Return what a text asks for.

    Words are folded and split as those of the images. The last one is the beginning of a word, unless a blank follows. What is
    in double quotes is a label as a whole. A minus before a word, or before a quote, excludes.
    """
    words: list[str] = []
    excluded: list[str] = []
    ends_open = False
    for part, quoted, is_excluded in _parts(text):
        found = [name_key(part)] if quoted else split_words(part)
        found = [word for word in found if word]
        (excluded if is_excluded else words).extend(found)
        ends_open = bool(found) and not quoted and not is_excluded and not text[-1].isspace()
    prefix = words.pop() if ends_open else ""
    return Query(tuple(dict.fromkeys(words)), prefix, tuple(dict.fromkeys(excluded)))


class SearchReader:
    """Answers questions from the shards of one index or more segments of it."""

    def __init__(self, segments: Sequence[Segment], get: Get) -> None:
        self._segments = segments
        self._shard: Callable[[str], list[Entry]] = lru_cache(maxsize=64)(lambda url: decode_shard(get(url)))

    def search(self, text: str) -> Found:
        """Return the images that a query (`parse_query`) matches, by score and then by tile.

        A word that is only begun counts nine tenths of one that is whole. An image's score is the mean over the words.
        """
        query = parse_query(text)
        asked = [self._look_up(word) for word in query.words]
        if query.prefix:
            asked.append(self._look_up(query.prefix, is_prefix=True))
        if not asked:
            return Found(_NOBODY, np.zeros(0, dtype=np.uint8), False)
        tiles = asked[0].tiles
        for matches in asked[1:]:
            tiles = np.intersect1d(tiles, matches.tiles, assume_unique=True)
        for word in query.excluded:
            tiles = np.setdiff1d(tiles, self._look_up(word).tiles, assume_unique=True)
        sums = np.zeros(len(tiles), dtype=np.int64)
        for matches in asked:
            sums += matches.scores[np.searchsorted(matches.tiles, tiles)]
        scores = (sums // len(asked)).astype(np.uint8)
        order = np.lexsort((tiles, -scores.astype(np.int64)))
        return Found(tiles[order], scores[order], any(matches.is_partial for matches in asked))

    def suggest(self, text: str, limit: int = 8) -> list[Entry]:
        """Return the words that begin as the text does, the most common first.

        They come from the list of common words and from the one shard in which the text itself would lie.
        """
        key = fold_text(text)
        if not key:
            return []
        found: dict[str, Entry] = {}
        for segment in self._segments:
            shards = [segment.common] if segment.common else []
            number = bisect_right([shard.first for shard in segment.shards], key) - 1
            if number >= 0:
                shards.append(segment.shards[number].url)
            entries = {entry.key: entry for url in shards for entry in self._shard(url) if entry.key.startswith(key)}
            for entry in entries.values():
                known = found.get(entry.key)
                found[entry.key] = entry._replace(n=entry.n + (known.n if known else 0))
        return sorted(found.values(), key=lambda entry: (-entry.n, entry.key))[:limit]

    def _look_up(self, word: str, *, is_prefix: bool = False) -> _Matches:
        found: list[tuple[Tiles, Scores]] = []
        is_partial = False
        for segment in self._segments:
            firsts = [shard.first for shard in segment.shards]
            start = max(bisect_right(firsts, word) - 1, 0)
            for number in range(start, len(firsts)):
                if number > start and not (is_prefix and firsts[number].startswith(word)):
                    break
                if number >= start + MAX_PREFIX_SHARDS:
                    is_partial = True
                    break
                for entry in self._shard(segment.shards[number].url):
                    if entry.key == word:
                        found.append(decode_postings(entry))
                    elif is_prefix and entry.key.startswith(word):
                        tiles, scores = decode_postings(entry)
                        found.append((tiles, (scores.astype(np.uint16) * 9 // 10).astype(np.uint8)))
        if not found:
            return _Matches(is_partial=is_partial)
        merged = merge_postings(np.concatenate([t for t, _ in found]), np.concatenate([s for _, s in found]))
        return _Matches(*merged, is_partial)


def _parts(text: str) -> list[tuple[str, bool, bool]]:
    """Return the parts of a query, each with whether it is quoted and whether it is excluded."""
    parts: list[tuple[str, bool, bool]] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        is_excluded = text[at] == "-"
        at += is_excluded
        if at < len(text) and text[at] == '"':
            end = text.find('"', at + 1)
            end = len(text) if end < 0 else end
            parts.append((text[at + 1 : end], True, is_excluded))
            at = end + 1
        else:
            end = at
            while end < len(text) and not text[end].isspace():
                end += 1
            parts.append((text[at:end], False, is_excluded))
            at = end
    return parts
