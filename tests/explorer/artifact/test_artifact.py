import json
from datetime import datetime
from uuid import UUID

import numpy as np
import pytest

from catalog.layout import Subgroup
from explorer.artifact import (
    UNKNOWN_TIME,
    ArtifactError,
    ArtifactReader,
    ClusterInfo,
    Credit,
    Manifest,
    Pointer,
    Tables,
)
from explorer.artifact.atlas import fit_tile
from explorer.artifact.points import restore_positions
from explorer.artifact.search_reader import SearchReader
from explorer.management.folder_sink import FolderSink
from tests.explorer.artifact.memory import MemoryStore
from tests.explorer.artifact.small_galaxy import (
    COLOURS,
    PUBLISHED_AT,
    assert_whole,
    details_of,
    number_of,
    place_images,
    plain_picture,
    point_images,
    point_of,
    tile_of,
    write,
)
from tests.factories_artifact import image_uuid, make_artifact


def test_what_is_written_is_read_back():
    store = MemoryStore()
    write(store, 700)
    reader = ArtifactReader(store)
    assert reader.pointer == Pointer(reader.manifest_name, PUBLISHED_AT)
    manifest = reader.manifest
    assert (manifest.galaxy.title, manifest.build, manifest.n_images, manifest.downloads) == (
        "Test «galaxy»",
        3,
        700,
        False,
    )
    assert manifest.credits == (Credit("OpenMoji", "https://openmoji.org", "CC BY-SA 4.0"),)
    assert [part.n for part in reader.tables.details] == [256, 256, 188]
    assert_whole(reader, range(700))


def test_further_columns_are_files_of_their_own():
    store = MemoryStore()
    flat = place_images(range(50), seed=2)[:, :2]
    times = np.where(np.arange(50) % 7 == 0, UNKNOWN_TIME, np.arange(50) - 20)
    write(store, 50, flat=flat, times=times)
    reader = ArtifactReader(store)
    numbers = [number_of(uuid) for uuid in reader.uuids]
    assert reader.column("time").tolist() == times[numbers].tolist()
    square = reader.manifest.flat
    assert square is not None
    np.testing.assert_allclose(
        restore_positions(reader.column("flat"), square), flat[numbers], atol=square.extent / 65_535
    )
    assert ArtifactReader(store, write(store, 50).manifest_name).manifest.flat is None


def test_neighbours_are_the_nearest_and_are_told_to_whoever_writes_details():
    store = MemoryStore()
    vectors = point_images(range(300))
    told = {}

    def read_details(places, near):
        told.update({place: list(row) for place, row in zip(places, near.tolist(), strict=True)})
        return [{"uuid": str(image_uuid(place))} for place in places]

    write(store, 300, vectors=vectors, read_details=read_details)
    reader = ArtifactReader(store)
    units = vectors.astype(float)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    cosines = units @ units.T - 2 * np.eye(300)
    numbers = [number_of(UUID(bytes=bytes(row))) for row in reader.ids]
    lists, similarity = reader.neighbours
    for tile, i in enumerate(numbers):
        nearest = np.argsort(-cosines[i])[:12].tolist()
        assert [numbers[near] for near in lists[tile]] == nearest == told[i]
        np.testing.assert_allclose(similarity[tile], np.clip(cosines[i, nearest], 0, 1), atol=1 / 255)
    assert reader.codes.shape == (300, reader.tables.codes.n_features)
    assert 0.5 < (reader.tables.codes.recall_at_50 or 0) <= 1


def test_what_is_shown_is_found_by_its_words():
    store = MemoryStore()
    write(store, 40, title_of=lambda i: "Snow leopard" if i == 7 else "House")
    reader = ArtifactReader(store)
    found = SearchReader(reader.tables.search, store.get).search("leopard")
    assert found.tiles.tolist() == [reader.find(image_uuid(7))]


def test_subgroups_follow_their_cluster():
    store = MemoryStore()
    infos = [ClusterInfo(UUID(int=k), f"c{k}", "#7fb4ff") for k in range(3)]
    subgroups = [Subgroup(k, f"part of c{k}", 2, (0.0, 0.0, 0.0), 1.0) for k in range(3)]
    write(store, 4, clusters=[2, 1, 2, 2], cluster_infos=infos, subgroups=subgroups)
    manifest = ArtifactReader(store).manifest
    assert [(s.cluster, s.name) for s in manifest.subgroups] == [(0, "part of c1"), (1, "part of c2")]


def test_clusters_tell_where_they_lie():
    store = MemoryStore()
    positions = np.concatenate((np.zeros((10, 3)), np.full((10, 3), 100.0)))
    write(store, 20, positions=positions, clusters=np.repeat([1, 0], 10))
    manifest = ArtifactReader(store).manifest
    cat, snow = manifest.clusters
    assert (cat.name, cat.index, cat.n_images, cat.centroid, cat.cover) == ("cat", 0, 10, (100.0, 100.0, 100.0), None)
    assert (snow.name, snow.colour, snow.centroid, snow.tour_order) == ("snow", "#ffffff", (0.0, 0.0, 0.0), 1)
    assert cat.radius == manifest.bounds.extent / 100  # a camera flies to it from somewhere


@pytest.mark.parametrize(("tile_size", "per_atlas", "height"), [(16, 4096, 16), (64, 256, 64)])
def test_every_tile_shows_its_own_picture_at_its_place(tile_size, per_atlas, height):
    store = MemoryStore()
    write(store, per_atlas + 4)
    reader = ArtifactReader(store)
    level = next(level for level in reader.tables.levels if level.tile_size == tile_size)
    assert [(a.first, a.n, a.height) for a in level.atlases] == [(0, per_atlas, 1024), (per_atlas, 4, height)]
    for tile in range(per_atlas - 40, per_atlas + 4):
        point = point_of(reader, tile)
        colour = COLOURS[number_of(reader.uuids[point]) % 5]
        width, height = fit_tile(int(reader.points.aspect[point]), tile_size)
        left, upper = (tile_size - width) // 2, (tile_size - height) // 2
        drawn = np.asarray(reader.picture(tile, tile_size)).astype(int)
        middle = drawn[upper + 2 : upper + height - 2, left + 2 : left + width - 2].mean(axis=(0, 1))
        assert np.abs(middle - colour).max() < 12, f"tile {tile} shows another picture"
        # Around it lies its own mean colour: nothing foreign bleeds into its edges.
        assert np.abs(drawn[1:-1, 1:-1].mean(axis=(0, 1)) - colour).max() < 25


def test_pictures_fill_their_tile_on_the_long_side():
    assert fit_tile(128, 64) == (64, 64)
    assert fit_tile(160, 64) == (64, 32)
    assert fit_tile(96, 64) == (32, 64)
    assert fit_tile(255, 64) == (64, 4)
    assert fit_tile(0, 64) == (4, 64)
    assert fit_tile(255, 16) == (16, 2)
    assert all(side % 2 == 0 for aspect in range(256) for size in (16, 64) for side in fit_tile(aspect, size))


def test_a_picture_that_cannot_be_read_becomes_its_mean_colour_and_is_counted_and_tried_again():
    store = MemoryStore()
    bad = {1: None, 2: b"", 3: b"no picture", 4: plain_picture(4)[:200]}
    written = write(store, 6, picture_of=lambda i: bad.get(i, plain_picture(i)))
    assert written.n_unreadable_pictures == 4
    assert_whole(ArtifactReader(store), range(6))
    assert write(store, 6).n_unreadable_pictures == 0


def test_the_same_input_gives_the_same_names_and_writes_nothing_twice():
    store = MemoryStore()
    first = write(store, 40, vectors=point_images(range(40)))
    again = write(store, 40, vectors=point_images(range(40)))
    assert (again.objects, again.pointer, again.n_new_objects, again.n_new_bytes) == (
        first.objects,
        first.pointer,
        0,
        0,
    )
    assert len(store.written) == len(set(store.written)) == first.n_new_objects == len(first.objects)
    assert write(MemoryStore(), 40, vectors=point_images(range(40))).objects == first.objects


def test_a_changed_title_rewrites_one_part_its_words_and_the_contents_only():
    store = MemoryStore()
    write(store, 700)
    before = set(store.written)
    written = write(store, 700, title_of=lambda i: "New" if i == 5 else f"Picture {i}")
    new = set(store.written) - before
    assert len(new & {part.url for part in written.tables.details}) == 1
    others = {written.manifest_name, written.manifest.tables, *written.tables.search[0].object_names()}
    assert len(new - others) == 1


def test_an_interrupted_run_is_taken_up_again_without_reading_a_picture_twice():
    store = MemoryStore()
    asked = []

    class PowerCutError(Exception):
        pass

    def picture_of(i):
        asked.append(i)
        return plain_picture(i)

    def cut(stage, done, total):
        if stage == "details" and done >= 512:
            raise PowerCutError

    vectors = point_images(range(700))
    with pytest.raises(PowerCutError):
        write(store, 700, vectors=vectors, picture_of=picture_of, on_progress=cut)
    half = len(store.written)
    assert sorted(asked) == list(range(700))
    written = write(store, 700, vectors=vectors, picture_of=picture_of)
    assert len(asked) == 700
    assert 0 < written.n_new_objects == len(written.objects) - half
    assert_whole(ArtifactReader(store), range(700))


def test_what_was_remembered_and_is_gone_is_made_again():
    store = MemoryStore()
    written = write(store, 40)
    del store.files[written.tables.levels[1].atlases[0].url]
    again = write(store, 40)
    assert (again.n_new_objects, again.objects) == (1, written.objects)


def test_the_manifest_comes_last_and_the_pointer_is_left_to_the_caller():
    store = MemoryStore()
    flat = place_images(range(40))[:, :2]
    written = write(store, 40, vectors=point_images(range(40)), flat=flat, times=np.arange(40))
    del store.files["current.json"]
    assert store.written[-1] == written.manifest_name == written.objects[-1][0]
    names = {written.manifest_name, *written.manifest.object_names(), *written.tables.object_names()}
    assert names == set(store.files) == set(ArtifactReader(store, written.manifest_name).object_names())
    assert dict(written.objects) == {name: len(data) for name, data in store.files.items()}
    assert written.size_bytes == written.n_new_bytes == sum(map(len, store.files.values()))
    assert set(store.content_types.values()) == {"application/json", "application/octet-stream", "image/webp"}


def test_no_name_makes_a_server_unpack_what_is_compressed():
    # django-storages declares names in .gz as Content-Encoding: gzip, a plain file server does not: the bytes would differ.
    assert not any(name.endswith(".gz") for name, _ in write(MemoryStore(), 40).objects)


def test_progress_is_told_to_the_end():
    told = []
    write(MemoryStore(), 600, vectors=point_images(range(600)), on_progress=lambda *args: told.append(args))
    for stage in ("tiles", "neighbours", "details"):
        steps = [done for name, done, total in told if name == stage and total == 600]
        assert steps == sorted(steps)
        assert steps[-1] == 600


@pytest.mark.parametrize("n", [1, 2, 3])
def test_tiny_galaxies_are_whole(n):
    store = MemoryStore()
    write(store, n, positions=np.zeros((n, 3)), clusters=np.zeros(n), vectors=point_images(range(n)))
    reader = ArtifactReader(store)
    assert sorted(number_of(uuid) for uuid in reader.uuids) == list(range(n))
    assert [cluster.name for cluster in reader.manifest.clusters] == ["cat"]
    np.testing.assert_allclose(reader.positions, 0, atol=1e-4)
    assert [level.atlases[0].height for level in reader.tables.levels] == [16, 64]
    assert (reader.neighbours[0] >= 0).sum() == n * (n - 1)


def test_clusters_without_an_image_are_left_out_and_the_rest_numbered_anew():
    store = MemoryStore()
    infos = [ClusterInfo(UUID(int=k), f"c{k}", "#7fb4ff") for k in range(4)]
    write(store, 4, clusters=[3, 1, 3, 3], cluster_infos=infos)
    reader = ArtifactReader(store)
    assert [(c.name, c.index, c.n_images) for c in reader.manifest.clusters] == [("c1", 0, 1), ("c3", 1, 3)]
    for tile in range(4):
        assert details_of(reader, tile)["cluster"] == reader.points.cluster[point_of(reader, tile)]


@pytest.mark.parametrize(
    ("n", "changes", "message"),
    [
        (0, {}, "at least 1 image, got none"),
        (3, {"uuids": [image_uuid(0)] * 3}, "each image once, got 2 of 3 twice"),
        (3, {"positions": np.ones((2, 3))}, r"positions of shape \(3, 3\) for 3 images, got \(2, 3\)"),
        (1, {"positions": [[0, 0, np.nan]]}, "finite positions"),
        (1, {"flat": [[0, np.inf]]}, "finite positions"),
        (2, {"times": [1]}, r"times of shape \(2,\) for 2 images"),
        (2, {"picture_keys": [b"1"]}, r"picture_keys of shape \(2,\) for 2 images"),
        (2, {"vectors": np.zeros((3, 4), dtype=np.float16)}, r"vectors of shape \(2,\) for 2 images"),
        (2, {"aspect_ratios": [1.0, 0.0]}, "aspect ratios above 0"),
        (2, {"clusters": [0, 2]}, "cluster numbers from 0 to 1, got 0 to 2"),
        (1, {"mean_colours": [[0, 0, 300]]}, "mean colours from 0 to 255, got 0 to 300"),
        (2, {"cluster_infos": [ClusterInfo(UUID(int=1), "cat", "red")] * 2}, "#7fb4ff for cluster 'cat', got 'red'"),
        (2, {"published_at": datetime(2026, 1, 1)}, "a time with a zone"),  # noqa: DTZ001  # that is the fault
    ],
)
def test_input_that_does_not_fit_together_is_refused_before_anything_is_written(n, changes, message):
    store = MemoryStore()
    with pytest.raises(ArtifactError, match=message):
        write(store, n, **changes)
    assert store.written == []


def test_more_clusters_than_a_byte_can_number_are_refused():
    infos = [ClusterInfo(UUID(int=k), f"c{k}", "#7fb4ff") for k in range(257)]
    with pytest.raises(ArtifactError, match="at most 256 clusters, got 257"):
        write(MemoryStore(), 257, clusters=np.arange(257), cluster_infos=infos)


def test_a_secret_field_stops_the_publication():
    with pytest.raises(ArtifactError, match="got also notes"):
        write(MemoryStore(), 1, read_details=lambda *_: [{"uuid": str(image_uuid(0)), "notes": "secret"}])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "zip"}, "format 'galaxy-artifact', got 'zip'"),
        ({"version": 1}, "version 2, got 1: publish again, or update Galaxy"),
        ({"nodes": None}, "a whole manifest"),
        ({"tables": "https://elsewhere.example/x.bin"}, "an object's name like"),
        ({"tables": "objects/../../secret.bin"}, "an object's name like"),
        ({"n_images": "many"}, "a whole manifest"),
        ({"n_points": 41}, "nodes of 41 points together, got 40"),
    ],
)
def test_a_manifest_that_cannot_be_trusted_is_refused(change, message):
    document = write(MemoryStore(), 40).manifest.to_json()
    with pytest.raises(ArtifactError, match=message):
        Manifest.from_json(document | change)


def test_nodes_that_lead_elsewhere_or_round_in_circles_are_refused():
    document = write(MemoryStore(), 40).manifest.to_json()
    node = document["nodes"][0]
    for change, message in (
        ({"url": "objects/../secret"}, "an object's name like"),
        ({"extra": {"time": "//elsewhere"}}, "an object's name like"),
        ({"parent": 0}, "below an earlier one, got one from 0 below 0"),
        ({"first": 3}, "begin at point 0"),
    ):
        with pytest.raises(ArtifactError, match=message):
            Manifest.from_json(document | {"nodes": [node | change]})


def test_tables_that_cannot_be_trusted_are_refused():
    data = json.loads(json.dumps({"version": 2}))
    name = "objects/" + "0" * 32 + ".bin"
    with pytest.raises(ArtifactError, match="whole tables of version 2"):
        Tables.decode(json.dumps(data).encode(), name)
    with pytest.raises(ArtifactError, match="tables of version 2, got 1"):
        Tables.decode(b'{"version": 1}', name)


def test_a_manifest_survives_json_and_a_later_writer_may_add_keys():
    flat = place_images(range(40))[:, :2]
    manifest = write(MemoryStore(), 40, flat=flat).manifest
    document = json.loads(json.dumps(manifest.to_json()))
    document["new"] = document["clusters"][0]["new"] = document["nodes"][0]["new"] = "something"
    assert Manifest.from_json(document) == manifest


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html>Not found", "JSON in current.json, got b'<html>Not found'"),
        (b'{"format":"galaxy-pointer","version":2}', "pointer with manifest, published_at and withdrawn"),
        (b'{"format":"galaxy-pointer","version":2,"manifest":"/etc/passwd","published_at":""}', "an object's name"),
        (b"[]", "format 'galaxy-pointer', got None"),
    ],
)
def test_a_pointer_that_cannot_be_trusted_is_refused(data, message):
    with pytest.raises(ArtifactError, match=message):
        Pointer.decode(data)


def test_a_pointer_lists_what_is_withdrawn():
    pointer = Pointer("objects/" + "0" * 32 + ".json", PUBLISHED_AT, (image_uuid(3),))
    assert Pointer.decode(pointer.encode()) == pointer


def test_an_earlier_publication_can_be_opened_by_name():
    store = MemoryStore()
    first = write(store, 5)
    write(store, 6)
    assert ArtifactReader(store, first.manifest_name).manifest.n_images == 5


def test_the_procedural_galaxy_is_whole(tmp_path):
    make_artifact(tmp_path, n=30, n_clusters=4)
    reader = ArtifactReader(FolderSink(tmp_path))
    assert len(reader.uuids) == 30
    assert len(reader.manifest.clusters) == 4
    assert details_of(reader, tile_of(reader, 11))["title"] == "Picture 11"
