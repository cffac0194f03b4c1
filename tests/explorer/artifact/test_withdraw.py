"""What is taken out of a publication is in none of its files any more, and everything else is as it was."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray

from catalog.layout import TellingLabel
from explorer.artifact import UNKNOWN_TIME, ArtifactReader, Credit, WrittenArtifact
from explorer.artifact.binary import decompress
from explorer.artifact.chunks import TOMBSTONE
from explorer.artifact.codes import decode_codes
from explorer.artifact.format import encode_json, object_name
from explorer.artifact.manifest import Manifest
from explorer.artifact.neighbours import decode_neighbours, decode_patch
from explorer.artifact.search_reader import SearchReader
from explorer.artifact.withdraw import WithdrawnArtifact, withdraw
from tests.explorer.artifact.memory import MemoryStore
from tests.factories_artifact import ProceduralGalaxy, image_uuid

N = 700
LONELY = 137
"""The image with words that no other has."""
WORDS = ("Okapi at dawn", "okapi", "Zebedee", "quagga")


class Library(ProceduralGalaxy):
    """The procedural galaxy, in which one image has a title, an author, a text and a label of its own."""

    def read_details(self, indices: Sequence[int], _neighbours: NDArray[np.int32]) -> list[Mapping[str, Any]]:
        details: list[Mapping[str, Any]] = []
        for i, public in zip(indices, super().read_details(indices, _neighbours), strict=True):
            told = dict(public)
            details.append(told)
            if i == LONELY:
                told |= {"title": WORDS[0], "creator": WORDS[2], "credit": "", "text": {"text": WORDS[3], "lines": []}}
                told["labels"] = [{"term": WORDS[1], "score": 0.9, "source": "decision"}, *told["labels"]]
        return details


@pytest.fixture(scope="module")
def published() -> tuple[MemoryStore, WrittenArtifact]:
    """Most images published at first, the rest added: some parts are delta parts."""
    store = MemoryStore()
    Library(N - 60).write(store)  # type: ignore[arg-type]
    return store, Library(N).write(store, ArtifactReader(store))  # type: ignore[arg-type]


@pytest.fixture
def store(published: tuple[MemoryStore, WrittenArtifact]) -> MemoryStore:
    return MemoryStore(files=dict(published[0].files), remembered=dict(published[0].remembered))


@pytest.fixture
def written(published: tuple[MemoryStore, WrittenArtifact]) -> WrittenArtifact:
    return published[1]


def needed_files(store: MemoryStore, artifact: WithdrawnArtifact) -> dict[str, bytes]:
    return {name: store.files[name] for name, _size in artifact.objects}


def holds(files: dict[str, bytes], needle: str | bytes) -> set[str]:
    """Names of the files in which it is, in any case, unpacked."""
    raw = needle.encode().lower() if isinstance(needle, str) else needle
    unpacked = {name: decompress(data) for name, data in files.items()}
    return {name for name, data in unpacked.items() if raw in (data.lower() if isinstance(needle, str) else data)}


def reader_of(store: MemoryStore, artifact: WithdrawnArtifact) -> ArtifactReader:
    return ArtifactReader(store, artifact.manifest_name)


def tiles_of(reader: ArtifactReader, uuids: Sequence[UUID]) -> list[int]:
    tiles = [reader.find(uuid) for uuid in uuids]
    assert None not in tiles
    return [tile for tile in tiles if tile is not None]


def test_no_word_is_left(store: MemoryStore, written: WrittenArtifact) -> None:
    before = {name: store.files[name] for name, _size in written.objects}
    assert all(holds(before, word) for word in WORDS)
    artifact = withdraw(store, written.manifest_name, [image_uuid(LONELY)])
    files = needed_files(store, artifact)
    assert not [word for word in WORDS if holds(files, word)]
    assert not holds(files, image_uuid(LONELY).bytes) and not holds(files, str(image_uuid(LONELY)))
    reader = reader_of(store, artifact)
    assert not len(SearchReader(reader.tables.search, store.get).search("okapi").tiles)
    assert reader.find(image_uuid(LONELY)) is None


def test_no_pixel_is_left(store: MemoryStore, written: WrittenArtifact) -> None:
    tile, *others = tiles_of(ArtifactReader(store), [image_uuid(i) for i in (LONELY, LONELY + 1, 3, N - 1)])
    artifact = withdraw(store, written.manifest_name, [image_uuid(LONELY)])
    before, after = ArtifactReader(store, written.manifest_name), reader_of(store, artifact)
    for size in (16, 64):
        shown, left = np.asarray(before.picture(tile, size), int), np.asarray(after.picture(tile, size), int)
        assert shown.mean() > 40, "it was there"
        assert left.mean() < 3 and left[3:-3, 3:-3].max() <= 12, (
            "a neighbour's edge may bleed into black, and that is all"
        )
        for other in others:
            old, new = np.asarray(before.picture(other, size), int), np.asarray(after.picture(other, size), int)
            # At 16 pixels WebP's halved colours, which no quality brings back, show more.
            most = 6 if size == 16 else 4
            assert np.median(np.abs(old - new)) < most, "a second compression is not seen, but where black begins"


def test_its_point_says_nothing_of_it(store: MemoryStore, written: WrittenArtifact) -> None:
    before = ArtifactReader(store, written.manifest_name)
    tile = tiles_of(before, [image_uuid(LONELY)])[0]
    artifact = withdraw(store, written.manifest_name, [image_uuid(LONELY)])
    after = reader_of(store, artifact)
    row = int(np.flatnonzero(after.points.tile == tile)[0])
    assert after.points.flags[row] & TOMBSTONE
    assert not after.points.colour[row].any()
    assert tuple(after.points.position[row]) != tuple(before.points.position[row])
    assert after.column("time")[row] == UNKNOWN_TIME
    assert after.place(tile) is None and after.details(tile) is None
    others = np.flatnonzero(after.points.tile != tile)
    for name in ("position", "cluster", "colour", "aspect", "flags", "tile"):
        assert np.array_equal(getattr(after.points, name)[others], getattr(before.points, name)[others])
    assert after.manifest.n_images == N - 1 and after.manifest.n_points == before.manifest.n_points


def test_everybody_else_is_as_before(store: MemoryStore, written: WrittenArtifact) -> None:
    before = ArtifactReader(store, written.manifest_name)
    after = reader_of(store, withdraw(store, written.manifest_name, [image_uuid(LONELY)]))
    for i in (0, 1, LONELY - 1, LONELY + 1, N - 61, N - 1):
        tile = after.find(image_uuid(i))
        assert tile == before.find(image_uuid(i)) and tile is not None
        assert after.details(tile) == before.details(tile) and after.place(tile) == before.place(tile)
    assert len(SearchReader(after.tables.search, store.get).search("picture").tiles) == N - 1


def test_it_is_nobodys_neighbour_and_resembles_nothing(store: MemoryStore, written: WrittenArtifact) -> None:
    gone = [image_uuid(i) for i in (LONELY, 5, N - 3)]
    before = ArtifactReader(store, written.manifest_name)
    tiles = tiles_of(before, gone)
    after = reader_of(store, withdraw(store, written.manifest_name, gone))
    assert before.tables.neighbours and before.tables.codes.parts, "there were some"
    named = 0
    for part in before.tables.neighbours:
        named += int(np.isin(decode_neighbours(store.files[part.url])[0], tiles).sum())
    assert named > 10
    for part in after.tables.neighbours:
        lists, cosines = decode_neighbours(store.files[part.url])
        assert not np.isin(lists, tiles).any()
        own = [tile - part.first for tile in tiles if part.first <= tile < part.first + part.n]
        assert (lists[own] == -1).all() and not cosines[own].any()
        known = lists != -1
        assert (known[:, :-1] >= known[:, 1:]).all(), "the others have moved up"
    for url in after.tables.neighbour_patches:
        assert not np.isin(decode_patch(store.files[url])[1], tiles).any()
    for part in after.tables.codes.parts:
        codes = decode_codes(store.files[part.url])
        assert not codes[[tile - part.first for tile in tiles if part.first <= tile < part.first + part.n]].any()


def test_the_manifest_counts_and_names_what_is_left(store: MemoryStore, written: WrittenArtifact) -> None:
    of_cluster = int(Library(N).clusters[LONELY])
    manifest = dataclasses.replace(
        written.manifest,
        credits=(Credit("Zebedee", "", "CC0 1.0"), Credit("Galaxy's own tests", "", "CC0 1.0")),
        clusters=tuple(
            dataclasses.replace(
                cluster,
                cover=str(image_uuid(LONELY)),
                labels=(*cluster.labels, TellingLabel("okapi", 1 / cluster.n_images, 0.0)),
            )
            for cluster in written.manifest.clusters
        ),
        subgroups=(*written.manifest.subgroups, dataclasses.replace(written.manifest.subgroups[0], name="Okapi")),
    )
    name = _replace_manifest(store, manifest)
    after = withdraw(store, name, [image_uuid(LONELY)]).manifest
    assert [credit.text for credit in after.credits] == ["Galaxy's own tests"]
    for old, new in zip(manifest.clusters, after.clusters, strict=True):
        assert new.n_images == old.n_images - (old.index == of_cluster)
        assert new.cover is None
        assert [label.term for label in new.labels] == [old.labels[0].term] and new.labels[0].share == 1.0
    assert "Okapi" not in {group.name for group in after.subgroups}
    kept = withdraw(store, name, [image_uuid(LONELY)], thanked=[("Zebedee", "CC0 1.0")]).manifest
    assert len(kept.credits) == 2, "somebody else's picture needs the credit"


def test_a_cluster_that_is_left_empty_says_nothing(store: MemoryStore, written: WrittenArtifact) -> None:
    library = Library(N)
    members = [image_uuid(int(i)) for i in np.flatnonzero(library.clusters == 11)]
    artifact = withdraw(store, written.manifest_name, members)
    emptied = artifact.manifest.clusters[11]
    assert (emptied.n_images, emptied.name, emptied.description, emptied.labels) == (0, "", "", ())
    assert not [group for group in artifact.manifest.subgroups if group.cluster == 11]
    assert artifact.manifest.n_images == N - len(members)
    assert not holds(needed_files(store, artifact), "Everything night")


def test_only_what_held_it_is_written_anew(store: MemoryStore, written: WrittenArtifact) -> None:
    before = set(store.files)
    artifact = withdraw(store, written.manifest_name, [image_uuid(LONELY)])
    names = {name for name, _size in artifact.objects}
    assert names == {
        artifact.manifest_name,
        *artifact.manifest.object_names(),
        *reader_of(store, artifact).tables.object_names(),
    }
    kept = {name for name, _size in written.objects} & names
    assert len(kept) > len(names) / 3
    assert {name for name in names if name.endswith(".webp")} - before, "the atlases that held it are new"
    again = withdraw(store, written.manifest_name, [image_uuid(LONELY)])
    assert again == artifact
    assert withdraw(store, artifact.manifest_name, [image_uuid(LONELY)]).manifest_name == artifact.manifest_name


def test_whom_it_does_not_hold_is_passed_over(store: MemoryStore, written: WrittenArtifact) -> None:
    artifact = withdraw(store, written.manifest_name, [UUID(int=7)])
    assert artifact.manifest_name == written.manifest_name
    assert (
        dict(artifact.objects).items()
        >= {name: len(store.files[name]) for name in written.manifest.object_names()}.items()
    )


def test_what_comes_later_goes_on_from_it(store: MemoryStore, written: WrittenArtifact) -> None:
    artifact = withdraw(store, written.manifest_name, [image_uuid(LONELY)])
    grown = Library(N + 5).write(store, reader_of(store, artifact))  # type: ignore[arg-type]
    reader = ArtifactReader(store, grown.manifest_name)
    tile = reader.find(image_uuid(LONELY))
    assert reader.manifest.n_images == N + 5
    assert tile is not None and tile >= N, "shown again, it gets a new tile"
    told = reader.details(tile)
    assert told is not None and told["title"] == WORDS[0]


def _replace_manifest(store: MemoryStore, manifest: Manifest) -> str:
    data = encode_json(manifest.to_json())
    name = object_name(data, ".json")
    store.put(name, data, "application/json")
    return name
