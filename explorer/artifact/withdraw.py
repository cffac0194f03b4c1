"""Take images out of a publication that is written: no pixel and no word of them is in any file of the new one.

Only files that hold something of them are written anew. What is left of an image is a tombstone (docs/artifact.md).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from catalog.layout.subgroups import Subgroup
from catalog.words import fold_text
from explorer.artifact.atlas import blacken_tiles
from explorer.artifact.chunks import (
    TOMBSTONE,
    bury_extra,
    bury_points,
    decode_chunk,
    decode_extra,
    encode_chunk,
    encode_extra,
)
from explorer.artifact.codes import decode_codes, encode_codes
from explorer.artifact.details import decode_details, encode_details
from explorer.artifact.format import OnProgress, decode_json, encode_json
from explorer.artifact.manifest import ClusterEntry, Manifest, Node
from explorer.artifact.neighbours import decode_neighbours, decode_patch, encode_neighbours, encode_patch
from explorer.artifact.places import (
    NO_POINT,
    Ids,
    decode_lookup,
    decode_places,
    encode_lookup,
    encode_places,
    ids_of,
    lookup_number,
)
from explorer.artifact.points import restore_positions
from explorer.artifact.search_index import withdraw_tiles
from explorer.artifact.search_reader import SearchReader
from explorer.artifact.store import Sink, Store
from explorer.artifact.tables import Atlas, Lookup, Part, Tables

Tiles = NDArray[np.int64]
P = TypeVar("P", bound=Part)

NOBODY = -1  # in lists of neighbours


@dataclass(frozen=True)
class WithdrawnArtifact:
    """A publication without some images."""

    manifest: Manifest
    manifest_name: str
    objects: tuple[tuple[str, int], ...]
    """Name and size in bytes of every file that it needs, the manifest last."""

    @property
    def size_bytes(self) -> int:
        return sum(size for _, size in self.objects)


def withdraw(
    sink: Sink,
    manifest_name: str,
    uuids: Collection[UUID],
    *,
    thanked: Collection[tuple[str, str]] = (),
    on_progress: OnProgress = lambda stage, done, total: None,
) -> WithdrawnArtifact:
    """Write a publication anew without some images; its own files are left, for the caller to delete when nothing names them.

    The same images withdrawn again give the same files. At most one file of each kind is in memory.

    Parameters
    ----------
    sink: where the publication's files are, and where the new ones go.
    manifest_name: the publication.
    uuids: whom to withdraw; those that it does not hold are passed over.
    thanked: text and licence of credits that others of its images still need; those of withdrawn images go unless they are here.
    on_progress: told of "Withdrawing" by kinds of files; raising from it stops the work.

    Raises
    ------
    ArtifactError: a file of another version, or a damaged one.
    """
    store = Store(sink)
    manifest = Manifest.from_json(decode_json(store.get(manifest_name), manifest_name))
    tables = Tables.decode(store.get(manifest.tables), manifest.tables)
    work = _Withdrawal(store, tables, uuids)
    steps: list[Callable[[], None]] = [work.details, work.pictures, work.places, work.numbers, work.search]
    for done, step in enumerate(steps):
        on_progress("Withdrawing", done, len(steps) + 1)
        step()
    nodes = work.chunks(manifest)
    tables = work.tables
    clusters = tuple(work.cluster(cluster, uuids) for cluster in manifest.clusters)
    manifest = replace(
        manifest,
        n_images=manifest.n_images - len(work.lost),
        nodes=nodes,
        clusters=clusters,
        subgroups=work.subgroups(manifest.subgroups, clusters),
        tables=store.add(tables.encode(), ".bin"),
        credits=tuple(c for c in manifest.credits if (c.text, c.licence) not in work.credits - set(thanked)),
    )
    name = store.add(encode_json(manifest.to_json()), ".json")
    needed = dict.fromkeys([*manifest.object_names(), *tables.object_names(), name])
    return WithdrawnArtifact(manifest, name, tuple((needs, store.size_of(needs)) for needs in needed))


class _Withdrawal:
    """One withdrawal: `tables` become those of the new publication, kind by kind."""

    def __init__(self, store: Store, tables: Tables, uuids: Collection[UUID]) -> None:
        self._store = store
        self._ids = ids_of(sorted(uuids))
        self.tables = tables
        self._tiles = self._find_tiles()
        self._points: Tiles = np.zeros(0, dtype=np.int64)
        self._terms: set[str] = set()
        self._had: defaultdict[int, Counter[str]] = defaultdict(Counter)
        """For each cluster, how many of the withdrawn images had a label, by its folded term."""
        self._vanished: set[str] = set()
        self.credits: set[tuple[str, str]] = set()
        """Text and licence of those whom the withdrawn images thank."""
        self.lost: list[tuple[int, NDArray[np.float32]]] = []
        """Cluster and place of each image that is a tombstone only now."""

    def details(self) -> None:
        """Rows of details; whom they thank and their labels are needed for the words that the manifest has of the images."""

        def encode(part: Part, rows: list[int]) -> bytes:
            entries = decode_details(self._store.get(part.url), part.url)
            for row in rows:
                if (entry := entries[row]) is not None:
                    self._note(entry)
                entries[row] = None
            return encode_details(entries)

        self.tables = replace(self.tables, details=self._rewrite(self.tables.details, encode))

    def pictures(self) -> None:
        """Tiles of both levels."""
        levels = []
        for level in self.tables.levels:

            def encode(part: Atlas, rows: list[int], size: int = level.tile_size) -> bytes:
                return blacken_tiles(self._store.get(part.url), rows, size)

            levels.append(replace(level, atlases=self._rewrite(level.atlases, encode, ".webp")))
        self.tables = replace(self.tables, levels=tuple(levels))

    def places(self) -> None:
        """Who a tile is, and which tile somebody is."""
        points: list[int] = []

        def encode(part: Part, rows: list[int]) -> bytes:
            ids, at = decode_places(self._store.get(part.url))
            points.extend(at[rows].tolist())
            ids, at = ids.copy(), at.copy()
            ids[rows], at[rows] = 0, NO_POINT
            return encode_places(ids, at)

        places = self._rewrite(self.tables.places, encode)
        self._points = np.unique(np.array([point for point in points if point != NO_POINT], dtype=np.int64))
        lookup = self.tables.lookup
        urls = list(lookup.urls)
        for number in sorted({lookup_number(int(end), lookup.bits) for end in self._ids[:, 15]}):
            urls[number] = self._without_ids(urls[number])
        delta = lookup.delta and replace(lookup.delta, url=self._without_ids(lookup.delta.url))
        self.tables = replace(self.tables, places=places, lookup=replace(lookup, urls=tuple(urls), delta=delta))

    def numbers(self) -> None:
        """Neighbour lists, the others' too, and codes."""

        def encode(part: Part, rows: list[int]) -> bytes:
            codes = decode_codes(self._store.get(part.url)).copy()
            codes[rows] = 0
            return encode_codes(codes)

        codes = replace(self.tables.codes, parts=self._rewrite(self.tables.codes.parts, encode))
        neighbours = tuple(replace(part, url=self._without_neighbours(part)) for part in self.tables.neighbours)
        patches = tuple(self._without_patched(url) for url in self.tables.neighbour_patches)
        self.tables = replace(self.tables, codes=codes, neighbours=neighbours, neighbour_patches=patches)

    def search(self) -> None:
        """Postings, and words that nobody else has."""
        left = (withdraw_tiles(part, self._tiles, self._store.get, self._store.add) for part in self.tables.search)
        search = tuple(segment for segment in left if segment.shards)
        self.tables = replace(self.tables, search=search)
        reader = SearchReader(search, self._store.get)
        self._vanished = {fold_text(term) for term in self._terms if not len(reader.search(f'"{term}"').tiles)}

    def chunks(self, manifest: Manifest) -> tuple[Node, ...]:
        """The nodes without the images' points."""
        left: list[Node] = []
        for node in manifest.nodes:
            rows = self._points[(self._points >= node.first) & (self._points < node.first + node.n)] - node.first
            if not len(rows):
                left.append(node)
                continue
            points = decode_chunk(self._store.get(node.url))
            is_dead = (points.flags & TOMBSTONE) != 0
            rows = rows[~is_dead[rows]]
            places = restore_positions(points.position[rows], manifest.bounds)
            self.lost += zip(points.cluster[rows].tolist(), places, strict=True)
            is_dead[rows] = True
            url = self._store.add(encode_chunk(bury_points(points, is_dead)), ".bin")
            extra = {}
            for name, extra_url in node.extra.items():
                values = bury_extra(name, decode_extra(name, self._store.get(extra_url)), is_dead)
                extra[name] = self._store.add(encode_extra(name, values), ".bin")
            left.append(replace(node, url=url, extra=extra))
        return tuple(left)

    def cluster(self, cluster: ClusterEntry, uuids: Collection[UUID]) -> ClusterEntry:
        """A cluster with fewer images; one that has none left keeps its number and its colour, and says nothing."""
        n_lost = sum(index == cluster.index for index, _place in self.lost)
        n_images = cluster.n_images - n_lost
        if not n_images:
            return replace(cluster, n_images=0, name="", description="", cover=None, labels=())
        cover = None if cluster.cover is not None and UUID(cluster.cover) in uuids else cluster.cover
        had = self._had[cluster.index]
        labels = []
        for label in cluster.labels:
            n_left = round(label.share * cluster.n_images) - had[fold_text(label.term)]
            if n_left > 0 and fold_text(label.term) not in self._vanished:
                share = round(n_left / n_images, 4) if n_lost else label.share
                labels.append(replace(label, share=share))
        return replace(cluster, n_images=n_images, cover=cover, labels=tuple(labels))

    def subgroups(self, groups: Sequence[Subgroup], clusters: Sequence[ClusterEntry]) -> tuple[Subgroup, ...]:
        """Neighbourhoods with fewer images, but for those that have none left, or a name that was a word of these images alone.

        Nothing says which images a neighbourhood counts: an image is taken to be of the nearest one of its cluster around it.
        """
        n_lost: Counter[int] = Counter()
        for cluster, place in self.lost:
            distances = [
                (float(np.linalg.norm(place - np.array(group.centroid))) / group.radius, number)
                for number, group in enumerate(groups)
                if group.cluster == cluster
            ]
            if distances and min(distances)[0] <= 1:
                n_lost[min(distances)[1]] += 1
        counted = (replace(group, n_images=group.n_images - n_lost[number]) for number, group in enumerate(groups))
        return tuple(
            group
            for group in counted
            if group.n_images > 0 and clusters[group.cluster].n_images and fold_text(group.name) not in self._vanished
        )

    def _note(self, details: dict[str, Any]) -> None:
        self.credits.add((details.get("credit") or details.get("creator", ""), details.get("licence", "")))
        terms = [label["term"] for label in details.get("labels", ())]
        self._terms.update(terms)
        self._had[details.get("cluster", NOBODY)].update(map(fold_text, terms))

    def _find_tiles(self) -> Tiles:
        """The tiles of the images, ascending, by the lookup."""
        lookup: Lookup = self.tables.lookup
        numbers = {lookup_number(int(end), lookup.bits) for end in self._ids[:, 15]}
        urls = [lookup.urls[number] for number in sorted(numbers) if number < len(lookup.urls)]
        if lookup.delta:
            urls.append(lookup.delta.url)
        found = []
        for url in urls:
            ids, tiles = decode_lookup(self._store.get(url))
            found.append(tiles[_is_in(ids, self._ids)])
        return np.unique(np.concatenate([*found, np.zeros(0, dtype=np.uint32)])).astype(np.int64)

    def _without_ids(self, url: str) -> str:
        ids, tiles = decode_lookup(self._store.get(url))
        gone = _is_in(ids, self._ids)
        return self._store.add(encode_lookup(ids[~gone], tiles[~gone]), ".bin") if gone.any() else url

    def _without_neighbours(self, part: Part) -> str:
        lists, cosines = decode_neighbours(self._store.get(part.url))
        changed = self._forget(np.arange(part.first, part.first + part.n), lists, cosines)
        return part.url if changed is None else self._store.add(encode_neighbours(*changed), ".bin")

    def _without_patched(self, url: str) -> str:
        tiles, lists, cosines = decode_patch(self._store.get(url))
        changed = self._forget(tiles, lists, cosines)
        return url if changed is None else self._store.add(encode_patch(tiles, *changed), ".bin")

    def _forget(
        self, tiles: NDArray[Any], lists: NDArray[np.int32], cosines: NDArray[np.float32]
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]] | None:
        """Lists of neighbours in which the images have none and are nobody's; the others move up. None if nothing changes."""
        gone = np.isin(lists, self._tiles)
        gone[np.isin(tiles, self._tiles)] = True
        gone &= lists != NOBODY
        if not gone.any():
            return None
        order = np.argsort(gone | (lists == NOBODY), axis=1, kind="stable")
        empty = np.take_along_axis(gone, order, axis=1)
        lists = np.where(empty, np.int32(NOBODY), np.take_along_axis(lists, order, axis=1))
        return lists, np.where(empty, np.float32(0), np.take_along_axis(cosines, order, axis=1))

    def _rewrite(
        self, parts: Iterable[P], encode: Callable[[P, list[int]], bytes], extension: str = ".bin"
    ) -> tuple[P, ...]:
        """The parts, those that hold a row of one of the images written anew."""
        left: list[P] = []
        for part in parts:
            start, stop = np.searchsorted(self._tiles, [part.first, part.first + part.n])
            rows = (self._tiles[start:stop] - part.first).tolist()
            left.append(replace(part, url=self._store.add(encode(part, rows), extension)) if rows else part)
        return tuple(left)


def _is_in(ids: Ids, wanted: Ids) -> NDArray[np.bool_]:
    """Which uuids are among the wanted ones."""
    return np.isin(np.ascontiguousarray(ids).view("S16").ravel(), np.ascontiguousarray(wanted).view("S16").ravel())
