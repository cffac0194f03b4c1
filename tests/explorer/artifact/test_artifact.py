import json
from datetime import UTC, datetime
from io import BytesIO
from uuid import UUID

import numpy as np
import pytest
from PIL import Image

from explorer.artifact import (
    ArtifactError,
    ArtifactReader,
    ClusterInfo,
    Credit,
    GalaxyInfo,
    GalaxyPoints,
    Manifest,
    Pointer,
    write_artifact,
)
from explorer.artifact.atlas import fit_tile
from tests.explorer.artifact.memory import MemoryStore
from tests.factories_artifact import FolderSink, draw_picture, image_uuid, make_artifact, picture_size

COLOURS = np.array([(220, 30, 30), (30, 200, 40), (40, 60, 230), (240, 220, 40), (130, 130, 130)], dtype=np.uint8)


def plain_picture(i):
    out = BytesIO()
    Image.new("RGB", picture_size(i), tuple(COLOURS[i % 5].tolist())).save(out, "JPEG", quality=95)
    return out.getvalue()


def write(store, n=40, **changes):
    """Write n plain pictures in two clusters; `changes` replace arguments, those of GalaxyPoints too."""
    rng = np.random.default_rng(n)
    sizes = np.array([picture_size(i) for i in range(n)]).reshape(n, 2)
    arrays = {
        "uuids": [image_uuid(i) for i in range(n)],
        "positions": rng.normal(0, 10, (n, 3)),
        "clusters": np.arange(n) % 2,
        "mean_colours": COLOURS[np.arange(n) % 5],
        "aspect_ratios": sizes[:, 0] / sizes[:, 1],
    }
    arrays.update({key: changes.pop(key) for key in list(changes) if key in arrays})
    arguments = {
        "galaxy": GalaxyInfo("00000000-0000-0000-0000-00000000000a", "test", "Test «galaxy»"),
        "cluster_infos": [
            ClusterInfo(UUID(int=7), "cat", "#7fb4ff"),
            ClusterInfo(UUID(int=8), "snow", "#ffffff", tour_order=1),
        ],
        "build": 3,
        "read_small": plain_picture,
        "read_details": lambda places: [{"uuid": str(image_uuid(i)), "title": f"Picture {i}"} for i in places],
        "sink": store,
        "published_at": datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC),
        "credits": [Credit("OpenMoji", "https://openmoji.org", "CC BY-SA 4.0")],
        **changes,
    }
    galaxy, infos = arguments.pop("galaxy"), arguments.pop("cluster_infos")
    return write_artifact(galaxy, infos, GalaxyPoints(**arrays), **arguments)


def open_written(store, written):
    store.files["current.json"] = written.pointer
    return ArtifactReader(store)


def number_of(uuid):
    """Undo image_uuid."""
    return uuid.int & 0xFFFF_FFFF


def test_what_is_written_is_read_back():
    store = MemoryStore()
    positions = np.random.default_rng(5).normal(0, 10, (700, 3))
    reader = open_written(store, write(store, 700, positions=positions))
    assert reader.pointer == Pointer(reader.pointer.manifest, datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC))
    manifest = reader.manifest
    assert (manifest.galaxy.title, manifest.build, manifest.n_images) == ("Test «galaxy»", 3, 700)
    assert manifest.credits == (Credit("OpenMoji", "https://openmoji.org", "CC BY-SA 4.0"),)
    assert len(manifest.details.shards) == 3
    numbers = [number_of(uuid) for uuid in reader.ids]
    assert sorted(numbers) == list(range(700))
    np.testing.assert_allclose(reader.positions, positions[numbers], atol=manifest.bounds.extent / 65_535)
    for point, i in enumerate(numbers):
        assert reader.points.cluster[point] == i % 2
        assert reader.points.colour[point].tolist() == COLOURS[i % 5].tolist()
    for point in (0, 255, 256, 699):
        i = numbers[point]
        assert reader.details(point) == {"uuid": str(image_uuid(i)), "title": f"Picture {i}", "cluster": i % 2}


def test_clusters_tell_where_they_lie():
    store = MemoryStore()
    positions = np.concatenate((np.zeros((10, 3)), np.full((10, 3), 100.0)))
    clusters = np.repeat([1, 0], 10)
    cat, snow = open_written(store, write(store, 20, positions=positions, clusters=clusters)).manifest.clusters
    assert (cat.name, cat.index, cat.n_images, cat.centroid, cat.cover) == ("cat", 0, 10, (100.0, 100.0, 100.0), None)
    assert (snow.name, snow.colour, snow.centroid, snow.tour_order) == ("snow", "#ffffff", (0.0, 0.0, 0.0), 1)
    assert cat.radius == 1.0  # a hundredth of the extent: a camera flies to it from somewhere


def test_every_tile_shows_its_own_picture_at_its_place():
    store = MemoryStore()
    reader = open_written(store, write(store, 1100))  # the last ones lie in a second atlas
    assert [(atlas.width, atlas.height, atlas.n_tiles) for atlas in reader.manifest.atlases] == [
        (2048, 2048, 1024),
        (2048, 192, 76),
    ]
    for point, uuid in enumerate(reader.ids):
        i = number_of(uuid)
        tile = np.asarray(reader.tile(point)).astype(int)
        width, height = fit_tile(int(reader.points.aspect[point]))
        left, upper = (64 - width) // 2, (64 - height) // 2
        opaque = tile[:, :, 3] > 127
        assert opaque.sum() == width * height
        assert opaque[upper : upper + height, left : left + width].all()
        middle = tile[upper + 2 : upper + height - 2, left + 2 : left + width - 2, :3].mean(axis=(0, 1))
        assert np.abs(middle - COLOURS[i % 5]).max() < 12, f"point {point} shows another picture than {i}"


def test_pictures_fill_their_tile_on_the_long_side():
    assert fit_tile(128) == (64, 64)
    assert fit_tile(160) == (64, 32)
    assert fit_tile(96) == (32, 64)
    assert fit_tile(255) == (64, 4)
    assert fit_tile(0) == (4, 64)
    assert all(side % 2 == 0 for aspect in range(256) for side in fit_tile(aspect))


def test_a_picture_that_cannot_be_read_becomes_its_mean_colour_and_is_counted():
    store = MemoryStore()
    bad = {1: None, 2: b"", 3: b"no picture", 4: plain_picture(4)[:200]}
    written = write(store, 6, read_small=lambda i: bad.get(i, plain_picture(i)))
    assert written.n_unreadable_pictures == 4
    reader = open_written(store, written)
    for point, uuid in enumerate(reader.ids):
        middle = np.asarray(reader.tile(point))[30:34, 30:34, :3].mean(axis=(0, 1))
        assert np.abs(middle - COLOURS[number_of(uuid) % 5]).max() < 12


def test_the_same_input_gives_the_same_names_and_writes_nothing_twice():
    store = MemoryStore()
    first = write(store)
    again = write(store)
    assert (again.objects, again.pointer, again.n_new_objects) == (first.objects, first.pointer, 0)
    assert len(store.written) == len(set(store.written)) == first.n_new_objects == len(first.objects)
    assert write(MemoryStore()).objects == first.objects


def test_a_changed_title_rewrites_one_shard_and_the_manifest_only():
    store = MemoryStore()
    write(store, 700)
    before = set(store.written)

    def retitled(places):
        return [{"uuid": str(image_uuid(i)), "title": "New" if i == 5 else f"Picture {i}"} for i in places]

    written = write(store, 700, read_details=retitled)
    new = set(store.written) - before
    assert written.n_new_objects == len(new) == 2
    assert written.manifest_name in new
    assert len(new & set(written.manifest.details.shards)) == 1


def test_an_interrupted_run_is_taken_up_again():
    store = MemoryStore()

    class PowerCutError(Exception):
        pass

    def cut(stage, done, total):
        if stage == "details" and done >= 512:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        write(store, 700, on_progress=cut)
    half = len(store.written)
    assert half > 0
    written = write(store, 700)
    assert written.n_new_objects == len(written.objects) - half
    assert len(store.written) == len(set(store.written))


def test_the_manifest_comes_last_and_the_pointer_is_left_to_the_caller():
    store = MemoryStore()
    written = write(store)
    assert store.written[-1] == written.manifest_name == written.objects[-1][0]
    assert "current.json" not in store.files
    assert set(written.manifest.object_names()) | {written.manifest_name} == set(store.files)
    assert dict(written.objects) == {name: len(data) for name, data in store.files.items()}
    assert written.size_bytes == sum(map(len, store.files.values()))
    assert set(store.content_types.values()) == {"application/json", "application/octet-stream", "image/webp"}


def test_no_name_makes_a_server_unpack_what_is_compressed():
    # django-storages declares names in .gz as Content-Encoding: gzip, a plain file server does not: the bytes would differ.
    names = write(MemoryStore()).objects
    assert not any(name.endswith(".gz") for name, _ in names)


def test_pictures_are_asked_for_once_each_and_details_in_chunks():
    asked, chunks = [], []

    def read_details(places):
        chunks.append(len(places))
        return [{"uuid": str(image_uuid(i))} for i in places]

    def read_small(i):
        asked.append(i)
        return plain_picture(i)

    told = []
    write(
        MemoryStore(),
        600,
        read_small=read_small,
        read_details=read_details,
        on_progress=lambda *args: told.append(args),
    )
    assert sorted(asked) == list(range(600))
    assert chunks == [256, 256, 88]
    assert ("tiles", 600, 600) in told
    assert told[-1] == ("details", 600, 600)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_tiny_galaxies_are_whole(n):
    store = MemoryStore()
    reader = open_written(store, write(store, n, positions=np.zeros((n, 3)), clusters=np.zeros(n)))
    assert sorted(number_of(uuid) for uuid in reader.ids) == list(range(n))
    assert [cluster.name for cluster in reader.manifest.clusters] == ["cat"]
    np.testing.assert_allclose(reader.positions, 0, atol=1e-4)
    assert reader.manifest.atlases[0].height == 64
    assert reader.tile(n - 1).size == (64, 64)


def test_clusters_without_an_image_are_left_out_and_the_rest_numbered_anew():
    store = MemoryStore()
    infos = [ClusterInfo(UUID(int=k), f"c{k}", "#7fb4ff") for k in range(4)]
    reader = open_written(store, write(store, 4, clusters=[3, 1, 3, 3], cluster_infos=infos))
    assert [(c.name, c.index, c.n_images) for c in reader.manifest.clusters] == [("c1", 0, 1), ("c3", 1, 3)]
    assert all(reader.details(p)["cluster"] == reader.points.cluster[p] for p in range(4))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n": 0}, "at least 1 image, got none"),
        ({"n": 3, "uuids": [image_uuid(0)] * 3}, "each image once, got 2 of 3 twice"),
        ({"n": 3, "positions": np.ones((2, 3))}, r"positions of shape \(3, 3\) for 3 images, got \(2, 3\)"),
        ({"n": 1, "positions": [[0, 0, np.nan]]}, "finite positions"),
        ({"n": 2, "aspect_ratios": [1.0, 0.0]}, "aspect ratios above 0"),
        ({"n": 2, "clusters": [0, 2]}, "cluster numbers from 0 to 1, got 0 to 2"),
        ({"n": 1, "mean_colours": [[0, 0, 300]]}, "mean colours from 0 to 255, got 0 to 300"),
        ({"cluster_infos": [ClusterInfo(UUID(int=1), "cat", "red")] * 2}, "#7fb4ff for cluster 'cat', got 'red'"),
        ({"published_at": datetime(2026, 1, 1)}, "a time with a zone"),  # noqa: DTZ001  # that is the fault
    ],
)
def test_input_that_does_not_fit_together_is_refused_before_anything_is_written(changes, message):
    store = MemoryStore()
    with pytest.raises(ArtifactError, match=message):
        write(store, **changes)
    assert store.written == []


def test_more_clusters_than_a_byte_can_number_are_refused():
    infos = [ClusterInfo(UUID(int=k), f"c{k}", "#7fb4ff") for k in range(257)]
    with pytest.raises(ArtifactError, match="at most 256 clusters, got 257"):
        write(MemoryStore(), 257, clusters=np.arange(257), cluster_infos=infos)


def test_a_secret_field_stops_the_publication():
    with pytest.raises(ArtifactError, match="got also notes"):
        write(MemoryStore(), 1, read_details=lambda _: [{"uuid": str(image_uuid(0)), "notes": "secret"}])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "zip"}, "format 'galaxy-artifact', got 'zip'"),
        ({"version": 2}, "version 1, got 2: publish again, or update Galaxy"),
        ({"points": None}, "a whole manifest"),
        ({"ids": {"url": "https://elsewhere.example/x.bin"}}, "an object's name like"),
        ({"ids": {"url": "objects/../../secret.bin"}}, "an object's name like"),
        ({"n_images": "many"}, "a whole manifest"),
    ],
)
def test_a_manifest_that_cannot_be_trusted_is_refused(change, message):
    document = write(MemoryStore()).manifest.to_json()
    with pytest.raises(ArtifactError, match=message):
        Manifest.from_json(document | change)


def test_a_manifest_survives_json_and_a_later_writer_may_add_keys():
    manifest = write(MemoryStore()).manifest
    document = json.loads(json.dumps(manifest.to_json()))
    document["new"] = document["clusters"][0]["new"] = "something"
    assert Manifest.from_json(document) == manifest


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html>Not found", "JSON in current.json, got b'<html>Not found'"),
        (b'{"format":"galaxy-pointer","version":1}', "pointer with manifest and published_at"),
        (b'{"format":"galaxy-pointer","version":1,"manifest":"/etc/passwd","published_at":""}', "an object's name"),
        (b"[]", "format 'galaxy-pointer', got None"),
    ],
)
def test_a_pointer_that_cannot_be_trusted_is_refused(data, message):
    with pytest.raises(ArtifactError, match=message):
        Pointer.decode(data)


def test_an_earlier_publication_can_be_opened_by_name():
    store = MemoryStore()
    first = write(store, 5)
    open_written(store, write(store, 6))
    assert ArtifactReader(store, first.manifest_name).manifest.n_images == 5


def test_the_procedural_galaxy_is_whole(tmp_path):
    make_artifact(tmp_path, n=30, n_clusters=4)
    reader = ArtifactReader(FolderSink(tmp_path))
    assert len(reader.ids) == 30
    assert len(reader.manifest.clusters) == 4
    assert reader.details(0)["title"] == f"Picture {number_of(reader.ids[0])}"
    assert draw_picture(3, (1, 2, 3)).startswith(b"\xff\xd8")
