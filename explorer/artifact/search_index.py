"""The search index of a publication: shards of words that a page loads by need, written as a stream and in bounded memory.

docs/artifact.md, "Search", describes the files; `explorer/artifact/search_reader.py` and `explorer/frontend/src/api/search.ts` read them.
"""

import heapq
import struct
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import IO, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from explorer.artifact.format import ArtifactError, check_name
from explorer.artifact.search_shards import (
    Entry,
    decode_shard,
    encode_entry,
    encode_shard,
    encode_varints,
    join_entries,
    pack_shard,
    read_entry,
    remove_tiles,
)
from explorer.artifact.search_words import KINDS, SearchWord

Add = Callable[[bytes, str], str]
"""Keep bytes under an extension; returns the object's name."""
Get = Callable[[str], bytes]
"""Return the object of a name."""

SHARD_BYTES = 60_000  # before compression, which leaves 40 to 50 KB; a word with more images has a shard of its own
N_COMMON = 4_096  # words, some 35 KB: what is suggested while the first letters are typed, and for a slip of the finger
# A run in memory takes some 150 MB with its sorting: 2 million words of images, 250,000 different ones.
RUN_WORDS = 2_000_000
RUN_KEYS = 250_000

_LENGTH = struct.Struct("<I")
_KIND_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}


@dataclass(frozen=True)
class ShardFile:
    """A shard, and the first of its words."""

    first: str
    url: str


@dataclass(frozen=True)
class Segment:
    """A part of the index: that of the images there were at first, or of those that came with one update."""

    n_terms: int
    common: str
    """Name of the file with the most common words, without their images; empty if there is no word."""
    shards: tuple[ShardFile, ...]
    """In order of their words."""

    def to_json(self) -> dict[str, Any]:
        shards = [{"from": shard.first, "url": shard.url} for shard in self.shards]
        return {"n_terms": self.n_terms, "common": self.common, "shards": shards}

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Read what `to_json` wrote. Raises ArtifactError where something is missing or wrong."""
        try:
            shards = tuple(ShardFile(str(shard["from"]), check_name(shard["url"])) for shard in document["shards"])
            common = document["common"]
            return cls(int(document["n_terms"]), check_name(common) if common else "", shards)
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError(
                f"Expected a segment of a search index, got one where this is wrong or missing: {error}."
            ) from error

    def object_names(self) -> list[str]:
        """Return the name of every file of the segment."""
        return [*([self.common] if self.common else []), *(shard.url for shard in self.shards)]


class SearchIndexWriter:
    """Takes images one after the other and leaves a segment. Use it in a `with`, or call `finish`: it keeps temporary files."""

    def __init__(self, add: Add, *, run_words: int = RUN_WORDS, run_keys: int = RUN_KEYS) -> None:
        """`add`: where files go. `run_words`, `run_keys`: what is kept in memory before it is put on disk."""
        self._add = add
        self._run_words = run_words
        self._run_keys = run_keys
        self._runs: list[IO[bytes]] = []
        self._forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the temporary files."""
        for run in self._runs:
            run.close()
        self._runs.clear()

    def add(self, tile: int, words: Iterable[SearchWord]) -> None:
        """Note an image's words; the same word may come several times, and the best score counts.

        Raises
        ------
        ArtifactError: a kind that is not one of `KINDS`.
        """
        for word in words:
            if not word.key:
                continue
            kind = _KIND_NUMBERS.get(word.kind)
            if kind is None:
                raise ArtifactError(f"Expected a kind of word among {', '.join(KINDS)}, got {word.kind!r}.")
            number = self._numbers.setdefault(word.key, len(self._numbers))
            if number == len(self._shown):
                self._shown.append((kind, word.term))
            elif kind < self._shown[number][0]:
                self._shown[number] = (kind, word.term)
            self._words.append(number)
            self._tiles.append(tile)
            self._scores.append(min(255, max(0, round(255 * word.score))))
        if len(self._words) >= self._run_words or len(self._numbers) >= self._run_keys:
            self._spill()

    def finish(self) -> Segment:
        """Write all shards and return the segment."""
        runs: list[Iterable[Entry]] = [*map(_read_run, self._runs), self._sorted_entries()]
        segment = _write_segment(_merge(runs), self._add)
        self.close()
        self._forget()
        return segment

    def _forget(self) -> None:
        self._numbers: dict[str, int] = {}
        self._shown: list[tuple[int, str]] = []
        self._words, self._tiles, self._scores = array("I"), array("I"), array("B")

    def _spill(self) -> None:
        run = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`
        self._runs.append(run)
        for entry in self._sorted_entries():
            data = encode_entry(entry)
            run.write(_LENGTH.pack(len(data)) + data)
        self._forget()

    def _sorted_entries(self) -> Iterator[Entry]:
        """Yield what is in memory, by key."""
        if not self._words:
            return
        keys = sorted(self._numbers)
        rank = np.empty(len(keys), dtype=np.uint64)
        rank[[self._numbers[key] for key in keys]] = np.arange(len(keys), dtype=np.uint64)
        # One number to sort by: the word, then the tile.
        places = rank[np.frombuffer(self._words, np.uint32)] << np.uint64(32)
        places |= np.frombuffer(self._tiles, np.uint32)
        order = np.argsort(places, kind="stable")
        places, scores = places[order], np.frombuffer(self._scores, np.uint8)[order]
        first = np.flatnonzero(np.concatenate(([True], places[1:] != places[:-1])))
        scores, places = np.maximum.reduceat(scores, first), places[first]
        owners, tiles = (places >> np.uint64(32)).astype(np.int64), places.astype(np.uint32)
        steps = np.diff(tiles, prepend=np.uint32(0))
        begins = np.concatenate((np.flatnonzero(np.diff(owners, prepend=-1)), [len(owners)]))
        steps[begins[:-1]] = tiles[begins[:-1]]
        data, ends = encode_varints(steps)
        cuts = np.concatenate(([0], ends))[begins].tolist()
        bounds = begins.tolist()
        for i, key in enumerate(keys):
            kind, term = self._shown[self._numbers[key]]
            start, stop = bounds[i], bounds[i + 1]
            postings = data[cuts[i] : cuts[i + 1]].tobytes() + scores[start:stop].tobytes()
            yield Entry(key, term, kind, stop - start, postings)


def merge_segments(segments: Sequence[Segment], get: Get, add: Add) -> Segment:
    """Return one segment of several, shard by shard in memory: many small updates make many questions for a reader."""
    return _write_segment(_merge([_read_segment(segment, get) for segment in segments]), add)


def withdraw_tiles(segment: Segment, tiles: ArrayLike, get: Get, add: Add) -> Segment:
    """Return the segment without some images. Only shards that hold one of them are written anew.

    Words that no other image has are in no file of the new segment.
    """
    unwanted = np.asarray(tiles, dtype=np.uint32)
    shards: list[ShardFile] = []
    now: dict[str, int] = {}  # how many images have a word that some of these had
    for shard in segment.shards:
        before = get(shard.url)
        after = remove_tiles(before, unwanted)
        if after is before:
            shards.append(shard)
            continue
        left = decode_shard(after) if after is not None else []
        counts = {entry.key: entry.n for entry in left}
        now |= {entry.key: counts.get(entry.key, 0) for entry in decode_shard(before)}
        if after is not None:
            shards.append(ShardFile(left[0].key, add(after, ".bin")))
    if not now:
        return segment
    common = [entry._replace(n=now.get(entry.key, entry.n)) for entry in decode_shard(get(segment.common))]
    common = [entry for entry in common if entry.n]
    n_terms = segment.n_terms - sum(n == 0 for n in now.values())
    return Segment(n_terms, add(encode_shard(common), ".bin") if common else "", tuple(shards))


def _read_segment(segment: Segment, get: Get) -> Iterator[Entry]:
    for shard in segment.shards:
        yield from decode_shard(get(shard.url))


def _read_run(run: IO[bytes]) -> Iterator[Entry]:
    run.seek(0)
    while length := run.read(_LENGTH.size):
        entry, _end = read_entry(run.read(_LENGTH.unpack(length)[0]), 0)
        yield entry


def _merge(runs: Sequence[Iterable[Entry]]) -> Iterator[Entry]:
    """Yield the entries of several sorted runs by key, each key once."""
    by_key = attrgetter("key")
    for _key, entries in groupby(heapq.merge(*runs, key=by_key), key=by_key):
        yield join_entries(list(entries))


def _write_segment(entries: Iterable[Entry], add: Add) -> Segment:
    """Cut sorted entries into shards and note the most common words."""
    shards: list[ShardFile] = []
    common: list[tuple[int, int, Entry]] = []  # a heap, the rarest on top; of equally common ones the first comers stay
    pending: list[bytes] = []
    first, size, n_terms = "", 0, 0

    def close_shard() -> None:
        if pending:
            shards.append(ShardFile(first, add(pack_shard(pending), ".bin")))
            pending.clear()

    for entry in entries:
        data = encode_entry(entry)
        if not pending or size + len(data) > SHARD_BYTES:
            close_shard()
            first, size = entry.key, 0
        pending.append(data)
        size += len(data)
        item = (entry.n, -n_terms, entry._replace(postings=b""))
        n_terms += 1
        if len(common) < N_COMMON:
            heapq.heappush(common, item)
        else:
            heapq.heappushpop(common, item)
    close_shard()
    words = sorted((entry for _n, _place, entry in common), key=attrgetter("key"))
    return Segment(n_terms, add(encode_shard(words), ".bin") if words else "", tuple(shards))
