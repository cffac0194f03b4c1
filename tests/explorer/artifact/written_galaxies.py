"""Publications as they are written, and what this reader says of them: the page's reader is held against it.

By hand, and by the page's own tests: python -m tests.explorer.artifact.written_galaxies FOLDER
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from explorer.artifact import ArtifactReader
from explorer.artifact.chunks import TOMBSTONE
from explorer.artifact.manifest import Pointer
from explorer.artifact.neighbours import NONE, decode_patch
from explorer.artifact.search_reader import SearchReader
from explorer.artifact.withdraw import withdraw
from tests.explorer.artifact.memory import MemoryStore
from tests.explorer.artifact.small_galaxy import PUBLISHED_AT, place_images, point_images, write
from tests.factories_artifact import image_uuid

WITHDRAWN = (7, 310)  # one of the first publication's images, and one that came later
MOVED = 30
N_FIRST = 300
NEVER_THERE = 5_000
QUESTIONS = ("picture", "pict", "red ", "red pic", "picture -red", "12", "1", '"red car"', "nothing")
N_SIMILAR = 20


def write_all(
    store: MemoryStore, numbers: Sequence[int], previous: str | None = None, moved: Sequence[int] = ()
) -> str:
    """Write images with all that may belong to them, onto an earlier publication if one is named; the manifest's name."""
    positions = place_images(numbers)
    # Newcomers lie within the first publication's cube, and so get nodes of their own.
    positions[[place for place, i in enumerate(numbers) if i >= N_FIRST or i in moved]] *= 0.5
    written = write(
        store,
        numbers,
        positions=positions,
        vectors=point_images(numbers),
        flat=place_images(numbers, seed=2)[:, :2],
        times=np.array(numbers) * 31 - 4_000,
        read_details=lambda places, _near: [_details_of(numbers[place]) for place in places],
        previous=None if previous is None else ArtifactReader(store, previous),
    )
    return written.manifest_name


def _details_of(i: int) -> dict[str, Any]:
    colour = "Red" if i % 3 == 0 else "Blue"
    label = {"term": f"{colour} car", "score": 0.3 + i % 7 / 10, "source": "local"}
    return {"uuid": str(image_uuid(i)), "title": f"{colour} picture {i}", "labels": [label]}


def write_publications(store: MemoryStore) -> dict[str, Pointer]:
    """A galaxy's life: published, added to twice, images hidden and then withdrawn, one moved, all compacted."""
    first = write_all(store, range(N_FIRST))
    added = write_all(store, range(320), first)
    again = write_all(store, range(335), added)
    gone = [image_uuid(i) for i in WITHDRAWN]
    withdrawn = withdraw(store, again, gone).manifest_name
    left = [i for i in range(335) if i not in WITHDRAWN]
    moved = write_all(store, left, withdrawn, moved=[MOVED])
    compact = write_all(store, left, moved=[MOVED])
    return {
        "first": Pointer(first, PUBLISHED_AT),
        "added": Pointer(added, PUBLISHED_AT),
        "added_again": Pointer(again, PUBLISHED_AT),
        "hidden": Pointer(again, PUBLISHED_AT, tuple(gone)),
        "withdrawn": Pointer(withdrawn, PUBLISHED_AT),
        "moved": Pointer(moved, PUBLISHED_AT),
        "compact": Pointer(compact, PUBLISHED_AT),
    }


def describe(store: MemoryStore, pointer: Pointer) -> dict[str, Any]:
    """All that a visitor of a publication may see, as JSON: images by uuid, and the answers to questions."""
    reader = ArtifactReader(store, pointer.manifest)
    hidden = set(pointer.withdrawn)
    shown = {
        uuid: int(tile)
        for uuid, tile, flags in zip(reader.uuids, reader.points.tile, reader.points.flags, strict=True)
        if not flags & TOMBSTONE and uuid not in hidden
    }
    uuid_of = {tile: str(uuid) for uuid, tile in shown.items()}
    every = [image_uuid(i) for i in (*range(335), NEVER_THERE)]
    return {
        "n_points": reader.manifest.n_points,
        "has_lookup_delta": reader.tables.lookup.delta is not None,
        "n_contested": _count_contested(store, reader),
        "images": {str(uuid): _describe_image(reader, uuid, tile, uuid_of) for uuid, tile in shown.items()},
        "not_there": [str(uuid) for uuid in every if uuid not in shown],
        "answers": [_answer(store, reader, question, uuid_of) for question in QUESTIONS],
    }


def _describe_image(reader: ArtifactReader, uuid: UUID, tile: int, uuid_of: dict[int, str]) -> dict[str, Any]:
    place = reader.place(tile)
    assert place is not None and place[0] == uuid and reader.find(uuid) == tile
    point, points, flat = place[1], reader.points, reader.manifest.flat
    assert flat is not None
    lists, cosines = reader.neighbours
    near = [(uuid_of.get(int(t)), float(c)) for t, c in zip(lists[tile], cosines[tile], strict=True) if t != NONE]
    return {
        "index": point,
        "tile": tile,
        "position": reader.positions[point].tolist(),
        "cluster": int(points.cluster[point]),
        "colour": points.colour[point].tolist(),
        "aspect": int(points.aspect[point]),
        "flags": int(points.flags[point]),
        "flat": (np.array(flat.origin) + reader.column("flat")[point] * (flat.extent / 65_535)).tolist(),
        "time": int(reader.column("time")[point]),
        "details": reader.details(tile),
        "neighbours": [pair for pair in near if pair[0] is not None],
        "similar": _find_similar(reader, tile, uuid_of) if point % 16 == 0 else None,
    }


def _find_similar(reader: ArtifactReader, tile: int, uuid_of: dict[int, str]) -> list[tuple[str, float]]:
    """The shown images whose codes have the largest cosine with a tile's, itself left out; of equal ones the first."""
    codes = reader.codes.astype(np.float64)
    norms = np.linalg.norm(codes, axis=1)
    cosines = codes @ codes[tile] / np.maximum(norms * norms[tile], 1)
    others = [int(t) for t in np.lexsort((np.arange(len(codes)), -cosines)) if t != tile and int(t) in uuid_of]
    return [(uuid_of[t], float(cosines[t])) for t in others[:N_SIMILAR]]


def _answer(store: MemoryStore, reader: ArtifactReader, question: str, uuid_of: dict[int, str]) -> dict[str, Any]:
    found = SearchReader(reader.tables.search, store.get).search(question)
    pairs = zip(found.tiles.tolist(), found.scores.tolist(), strict=True)
    return {"question": question, "found": [(uuid_of[tile], score) for tile, score in pairs if tile in uuid_of]}


def _count_contested(store: MemoryStore, reader: ArtifactReader) -> int:
    """Tiles of which two patches, the latest and an earlier one, say different things."""
    latest: dict[int, bytes] = {}
    contested = set()
    for name in reader.tables.neighbour_patches:
        tiles, lists, _cosines = decode_patch(store.get(name))
        for tile, row in zip(tiles.tolist(), lists, strict=True):
            if latest.setdefault(tile, row.tobytes()) != row.tobytes():
                contested.add(tile)
    return len(contested)


def main(folder: Path) -> None:
    """Write each publication's pointer as NAME.json, what it holds as NAME.expected.json, and all objects."""
    store = MemoryStore()
    pointers = write_publications(store)
    files = {name: data for name, data in store.files.items() if name.startswith("objects/")}
    for name, pointer in pointers.items():
        files[f"{name}.json"] = pointer.encode()
        files[f"{name}.expected.json"] = json.dumps(describe(store, pointer)).encode()
    (folder / "objects").mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
