"""A publication that is added to: what stays where it was, what comes, what goes."""

from dataclasses import replace

import numpy as np
import pytest

from explorer.artifact import ArtifactError, ArtifactReader
from explorer.artifact.neighbours import find_neighbours
from explorer.artifact.search_reader import SearchReader
from explorer.management.folder_sink import FolderSink
from tests.explorer.artifact.memory import MemoryStore
from tests.explorer.artifact.small_galaxy import (
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
from tests.factories_artifact import ProceduralGalaxy, image_uuid


def write_all(store, numbers, previous=None, **changes):
    """Write images with everything that may belong to them."""
    numbers = list(numbers)
    written = write(
        store,
        numbers,
        vectors=changes.pop("vectors", point_images(numbers)),
        flat=place_images(numbers, seed=2)[:, :2],
        times=np.array(numbers),
        previous=previous,
        **changes,
    )
    return ArtifactReader(store, written.manifest_name), written


def assert_neighbours_exact(reader, vectors_of=point_images):
    """Compare all lists with those of a search among all images that are shown."""
    shown = reader.ids.any(axis=1)
    vectors = np.zeros((len(reader.ids), 8), dtype=np.float16)
    numbers = [int.from_bytes(bytes(row[12:]), "big") for row in reader.ids]
    vectors[shown] = vectors_of([i for i, is_shown in zip(numbers, shown, strict=True) if is_shown])
    np.testing.assert_array_equal(reader.neighbours[0], find_neighbours(vectors)[0])


def newcomers(reader):
    return {number_of(uuid) for uuid, flag in zip(reader.uuids, reader.points.flags, strict=True) if flag & 2}


@pytest.fixture
def store():
    return MemoryStore()


def test_newcomers_get_the_next_tiles_and_nodes_of_their_own_and_all_else_stays(store):
    # Positions are drawn so that the newcomers lie inside of what there is.
    first, _ = write_all(store, range(600))
    asked = []

    def picture_of(i):
        asked.append(i)
        return plain_picture(i)

    second, _ = write_all(store, range(620), first, picture_of=picture_of)
    assert_whole(second, range(620))
    assert sorted(asked) == list(range(600, 620))
    assert second.manifest.nodes[:-1] == first.manifest.nodes
    assert (second.manifest.nodes[-1].parent, second.manifest.nodes[-1].n) == (-1, 20)
    assert second.manifest.bounds == replace(first.manifest.bounds, radius=second.manifest.bounds.radius)
    for before, after in zip(first.tables.levels, second.tables.levels, strict=True):
        assert after.atlases[:-1] == before.atlases
        assert (after.atlases[-1].first, after.atlases[-1].n) == (600, 20)
    assert [first.find(image_uuid(i)) for i in range(600)] == [second.find(image_uuid(i)) for i in range(600)]
    assert newcomers(second) == set(range(600, 620))
    assert_neighbours_exact(second)
    assert second.column("time").tolist() == [number_of(uuid) for uuid in second.uuids]


def test_newcomers_are_new_until_others_come(store):
    first, _ = write_all(store, range(100))
    second, _ = write_all(store, range(110), first)
    retitled, _ = write_all(store, range(110), second, title_of=lambda i: "New")
    assert newcomers(retitled) == set(range(100, 110))
    third, _ = write_all(store, range(115), retitled)
    assert newcomers(third) == set(range(110, 115))
    assert_whole(third, range(115))


def test_what_is_gone_leaves_a_tombstone_and_nothing_of_itself(store):
    first, _ = write_all(store, range(400))
    tile = tile_of(first, 123)
    point = point_of(first, tile)
    second, _ = write_all(store, [i for i in range(400) if i != 123], first)
    assert_whole(second, [i for i in range(400) if i != 123])
    assert second.find(image_uuid(123)) is None
    assert second.place(tile) is None
    assert second.details(tile) is None
    assert second.points.flags[point] == 1
    assert second.manifest.n_points == 400
    assert np.asarray(second.picture(tile))[8:-8, 8:-8].max() < 20  # its neighbours' colours come over the edge
    assert (second.neighbours[0] != tile).all()
    assert second.tables.neighbour_patches == ()  # the part itself must not tell whom it was near
    assert not second.codes[tile].any()
    assert_neighbours_exact(second)
    needed = b"".join(store.files[name] for name in second.object_names())
    assert image_uuid(123).bytes not in needed
    assert SearchReader(second.tables.search, store.get).search("123").tiles.tolist() == []
    again, _ = write_all(store, range(400), second)
    assert_whole(again, range(400))
    assert again.find(image_uuid(123)) == 400
    assert_neighbours_exact(again)


def test_words_that_do_not_hold_any_more_are_not_found(store):
    first, _ = write_all(store, range(300), title_of=lambda i: "Snow" if i == 7 else "House")
    second, _ = write_all(store, range(300), first, title_of=lambda i: "Rain" if i == 7 else "House")
    search = SearchReader(second.tables.search, store.get)
    assert search.search("snow").tiles.tolist() == []
    assert search.search("rain").tiles.tolist() == [second.find(image_uuid(7))]
    assert len(search.search("house").tiles) == 299


def test_a_vector_that_has_changed_changes_the_lists_that_it_concerns(store):
    def changed(numbers):
        vectors = point_images(numbers)
        for place, i in enumerate(numbers):
            if i == 50:
                vectors[place] = -vectors[place]
        return vectors

    first, _ = write_all(store, range(300))
    second, _ = write_all(store, range(305), first, vectors=changed(range(305)))
    assert second.tables.neighbour_patches == ()
    assert_neighbours_exact(second, changed)


def test_lists_that_a_withdrawal_has_shortened_are_filled_up(store):
    first, _ = write_all(store, range(300))
    lists, cosines = first.neighbours
    lists[40, 5:] = [*lists[40, 6:], -1]
    cosines[40, 5:] = [*cosines[40, 6:], 0]
    second, _ = write_all(store, range(300), first)
    assert len(second.tables.neighbour_patches) == 1
    assert_neighbours_exact(second)
    third, written = write_all(store, range(300), second)
    assert (third.tables, written.n_new_objects) == (second.tables, 0)


def test_many_updates_keep_the_publication_whole_and_its_files_few(store):
    reader, _ = write_all(store, range(200))
    for n in range(205, 260, 5):
        reader, written = write_all(store, range(n), reader)
        assert len(reader.tables.neighbour_patches) <= 8
        assert len(reader.tables.search) <= 8
        assert set(reader.object_names()) == set(dict(written.objects)) <= set(store.files)
    assert_whole(reader, range(255))
    assert_neighbours_exact(reader)


def test_a_newcomer_far_outside_moves_the_points_but_not_the_tiles(store):
    first, _ = write_all(store, range(300))
    far = np.concatenate((place_images(range(300)), [[500.0, 0.0, 0.0]]))
    second, _ = write_all(store, range(301), first, positions=far)
    assert second.manifest.bounds.extent > 500
    assert [node.parent for node in second.manifest.nodes] == [-1]
    assert [first.find(image_uuid(i)) for i in range(300)] == [second.find(image_uuid(i)) for i in range(300)]
    assert second.tables.levels[1].atlases[:-1] == first.tables.levels[1].atlases
    np.testing.assert_allclose(second.positions[point_of(second, 300)], far[300], atol=0.01)
    assert newcomers(second) == {300}


def test_after_a_new_layout_all_is_numbered_afresh(store):
    first, _ = write_all(store, range(300))
    elsewhere = place_images(range(310), seed=9)
    second, _ = write_all(store, range(310), first, positions=elsewhere)
    fresh, _ = write_all(MemoryStore(), range(310), positions=elsewhere)
    assert second.tables.levels == fresh.tables.levels
    assert newcomers(second) == set(range(300, 310))


def test_compaction_numbers_afresh_and_reads_no_picture_of_a_tile_that_stays(store):
    first, _ = write_all(store, range(300))
    second, _ = write_all(store, range(5, 320), first)
    compact, _ = write_all(store, range(5, 320), None)
    fresh, _ = write_all(MemoryStore(), range(5, 320), None)
    assert second.tables.n_tiles == 320
    assert (compact.manifest.n_points, compact.tables.n_tiles) == (315, 315)
    assert compact.object_names() == fresh.object_names()


def test_a_publication_of_which_a_file_is_missing_cannot_be_added_to(store):
    first, _ = write_all(store, range(300))
    assert first.neighbours  # read, and only then lost
    del store.files[first.tables.neighbours[0].url]
    with pytest.raises(ArtifactError, match="found no such file: publish all of it again"):
        write_all(store, range(300), first)


@pytest.mark.slow
def test_adding_a_few_to_many_writes_little(tmp_path):
    # The promise: one hundredth for 100 images added to 80,984. This is the same share of a tenth of them, where the
    # files that hardly depend on how many come (manifest, tables) weigh more.
    before = ProceduralGalaxy(8_000, repeats=True).write(FolderSink(tmp_path))
    after = ProceduralGalaxy(8_010, repeats=True).write(FolderSink(tmp_path), ArtifactReader(FolderSink(tmp_path)))
    assert after.manifest.n_images == 8_010
    assert after.n_new_bytes < 0.01 * before.size_bytes
    reader = ArtifactReader(FolderSink(tmp_path))
    assert details_of(reader, tile_of(reader, 8_009))["title"] == "Picture 8009"


def test_who_of_many_is_held_is_asked_of_each_file_once(store):
    before, _ = write_all(store, range(40))
    after, _ = write_all(store, range(45), before)
    asked: list[str] = []

    class Counting:
        def get(self, name: str) -> bytes:
            asked.append(name)
            return store.get(name)

    reader = ArtifactReader(Counting(), after.manifest_name)
    assert reader.held([image_uuid(i) for i in range(3, 60)]) == {image_uuid(i) for i in range(3, 45)}
    lookup = reader.tables.lookup
    assert lookup.delta is not None
    assert sorted(asked) == sorted([after.manifest_name, after.manifest.tables, *lookup.urls, lookup.delta.url])
    asked.clear()
    assert reader.held([]) == set() and asked == []
