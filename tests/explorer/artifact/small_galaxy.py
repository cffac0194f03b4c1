"""A galaxy of plain pictures in two clusters, written with whatever a test wants otherwise."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import numpy as np
from PIL import Image

from explorer.artifact import (
    ArtifactReader,
    ClusterInfo,
    Credit,
    GalaxyInfo,
    GalaxyPoints,
    WrittenArtifact,
    write_artifact,
)
from tests.explorer.artifact.memory import MemoryStore
from tests.factories_artifact import image_uuid, picture_size

COLOURS = np.array([(220, 30, 30), (30, 200, 40), (40, 60, 230), (240, 220, 40), (130, 130, 130)], dtype=np.uint8)
PUBLISHED_AT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
POINT_KEYS = {
    "uuids", "positions", "clusters", "mean_colours", "aspect_ratios", "picture_keys", "flat", "times"
}  # fmt: skip


def plain_picture(i: int) -> bytes:
    """One of five colours and shapes."""
    out = BytesIO()
    Image.new("RGB", picture_size(i), tuple(COLOURS[i % 5].tolist())).save(out, "JPEG", quality=95)
    return out.getvalue()


def place_images(numbers, seed=1) -> np.ndarray:
    """Where images lie: each keeps its place in a galaxy with other images."""
    return np.array([np.random.default_rng((seed, i)).normal(0, 10, 3) for i in numbers]).reshape(-1, 3)


def point_images(numbers, seed=1) -> np.ndarray:
    """Vectors of images, float16 (n, 8)."""
    return np.array([np.random.default_rng((seed, i)).normal(0, 1, 8) for i in numbers], dtype=np.float16)


def number_of(uuid: UUID) -> int:
    """Undo image_uuid."""
    return uuid.int & 0xFFFF_FFFF


def write(store: MemoryStore, numbers, **changes) -> WrittenArtifact:
    """Write the images with these numbers, or the first n, and make them current; `changes` replace arguments."""
    numbers = list(range(numbers)) if isinstance(numbers, int) else list(numbers)
    sizes = np.array([picture_size(i) for i in numbers]).reshape(len(numbers), 2)
    picture_of = changes.pop("picture_of", plain_picture)
    title_of = changes.pop("title_of", lambda i: f"Picture {i}")
    arrays = {
        "uuids": [image_uuid(i) for i in numbers],
        "positions": place_images(numbers),
        "clusters": np.array(numbers) % 2,
        "mean_colours": COLOURS[np.array(numbers, dtype=np.int64) % 5],
        "aspect_ratios": sizes[:, 0] / sizes[:, 1],
        "picture_keys": [i.to_bytes(4, "big") for i in numbers],
    }
    arrays.update({key: changes.pop(key) for key in list(changes) if key in POINT_KEYS})
    arguments = {
        "galaxy": GalaxyInfo("00000000-0000-0000-0000-00000000000a", "test", "Test «galaxy»"),
        "cluster_infos": [
            ClusterInfo(UUID(int=7), "cat", "#7fb4ff"),
            ClusterInfo(UUID(int=8), "snow", "#ffffff", tour_order=1),
        ],
        "build": 3,
        "read_small": lambda place: picture_of(numbers[place]),
        "read_details": lambda places, _near: [
            {"uuid": str(image_uuid(numbers[place])), "title": title_of(numbers[place])} for place in places
        ],
        "sink": store,
        "published_at": PUBLISHED_AT,
        "credits": [Credit("OpenMoji", "https://openmoji.org", "CC BY-SA 4.0")],
        **changes,
    }
    galaxy, infos = arguments.pop("galaxy"), arguments.pop("cluster_infos")
    written = write_artifact(galaxy, infos, GalaxyPoints(**arrays), **arguments)
    store.files["current.json"] = written.pointer
    return written


def tile_of(reader: ArtifactReader, i: int) -> int:
    """The tile of an image that is there."""
    tile = reader.find(image_uuid(i))
    assert tile is not None
    return tile


def point_of(reader: ArtifactReader, tile: int) -> int:
    """The point of a tile that is no tombstone."""
    place = reader.place(tile)
    assert place is not None
    return place[1]


def details_of(reader: ArtifactReader, tile: int) -> dict[str, Any]:
    """The details of a tile that is no tombstone."""
    details = reader.details(tile)
    assert details is not None
    return details


def assert_whole(reader: ArtifactReader, numbers) -> None:
    """Check that exactly these images are shown, each with its own place, cluster, picture, details, point and id."""
    wanted = {image_uuid(i) for i in numbers}
    assert {uuid for uuid in reader.uuids if uuid.int} == wanted
    assert reader.manifest.n_images == len(wanted)
    assert len(reader.points) == reader.manifest.n_points
    step = reader.manifest.bounds.extent / 65_535
    for uuid in wanted:
        i = number_of(uuid)
        tile = tile_of(reader, i)
        point = point_of(reader, tile)
        assert reader.place(tile) == (uuid, point)
        assert reader.uuids[point] == uuid
        assert reader.points.tile[point] == tile
        assert reader.points.flags[point] & 1 == 0
        assert reader.points.colour[point].tolist() == COLOURS[i % 5].tolist()
        np.testing.assert_allclose(reader.positions[point], place_images([i])[0], atol=step)
        cluster = reader.points.cluster[point]
        assert reader.details(tile) == {"uuid": str(uuid), "title": f"Picture {i}", "cluster": cluster}
        for tile_size in (16, 64):
            picture = np.asarray(reader.picture(tile, tile_size)).astype(int)
            middle = picture[tile_size // 2 - 2 : tile_size // 2 + 2, tile_size // 2 - 2 : tile_size // 2 + 2]
            assert np.abs(middle.mean(axis=(0, 1)) - COLOURS[i % 5]).max() < 20, f"tile {tile} shows another than {i}"
