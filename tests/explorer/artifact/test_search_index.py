import json

import numpy as np
import pytest

from catalog.words import split_words
from explorer.artifact import ArtifactError
from explorer.artifact.binary import decompress
from explorer.artifact.search_index import SearchIndexWriter, Segment, merge_segments, withdraw_tiles
from explorer.artifact.search_reader import SearchReader, parse_query
from explorer.artifact.search_shards import (
    Entry,
    decode_postings,
    decode_shard,
    encode_postings,
    encode_shard,
    remove_tiles,
)
from explorer.artifact.search_words import SearchWord, words_of_details
from tests.explorer.artifact.search_library import FIXTURE, Objects, details_of, make_fixture, write_library


@pytest.fixture
def objects():
    return Objects()


def tiles_of(reader, question):
    return sorted(reader.search(question).tiles.tolist())


def random_words(n):
    rng = np.random.default_rng(0)
    return [
        [SearchWord(f"w{rng.integers(60)}", "W", "text", rng.random()) for _ in range(rng.integers(9))]
        for _ in range(n)
    ]


def test_words_are_split_alike_in_every_script():
    assert split_words("Ice cream, on St James's Park") == ["ice", "cream", "on", "st", "james", "park"]
    assert split_words("CAFÉ Straße") == ["cafe", "strasse"]
    assert split_words("東京都") == ["東京", "京都", "都"]
    assert split_words("हिन्दी में") == ["हिन्दी", "में"], "vowel signs belong to their word"
    assert split_words("Sony製カメラ2") == ["sony", "製カ", "カメ", "メラ", "ラ", "2"]
    assert split_words("--- 🐈 !") == []


def test_only_what_the_details_show_can_be_found():
    words = words_of_details(
        {"title": "A boat", "labels": [{"term": "Sail boat", "score": 0.4}], "width": 3, "uuid": "x"}
    )
    assert ("sail boat", "Sail boat", "label", 0.4) in words
    assert {word.key for word in words} == {"a", "boat", "sail boat", "sail"}
    assert words_of_details({}) == []


def test_a_found_image_has_all_words_and_none_of_the_excluded(objects):
    reader = SearchReader([write_library(objects)], objects.get)
    assert tiles_of(reader, "cat ") == list(range(0, 400, 2))
    assert tiles_of(reader, "red cat") == [i for i in range(0, 400, 2) if i % 3 == 0 or i % 11 == 0], (
        "red, or a red car"
    )
    assert tiles_of(reader, "cat -red") == [i for i in range(0, 400, 2) if i % 3 and i % 11]
    assert tiles_of(reader, 'cat -"red car"') == [i for i in range(0, 400, 2) if i % 11]
    assert tiles_of(reader, '"ice cream"') == tiles_of(reader, "ice cream") == list(range(0, 400, 5))
    assert tiles_of(reader, "cat zebra") == []


def test_the_last_word_may_be_only_begun(objects):
    reader = SearchReader([write_library(objects)], objects.get)
    assert tiles_of(reader, "cas") == [i for i in range(400) if i % 4 == 2], "castle"
    assert tiles_of(reader, "cas ") == []
    assert tiles_of(reader, "b0") == list(range(100)), "part-words of printed text"


def test_the_surest_come_first_and_the_strong_ones_are_counted(objects):
    found = SearchReader([write_library(objects)], objects.get).search("cat ")
    assert (np.diff(found.scores.astype(int)) <= 0).all()
    assert found.scores[0] in (229, 230), "nine tenths of 255"
    assert found.n_strong == sum(0.3 + i % 7 / 10 >= 0.5 for i in range(0, 400, 2))


def test_suggestions_come_with_counts_the_most_common_first(objects):
    reader = SearchReader([write_library(objects), write_library(objects, range(400, 420))], objects.get)
    assert [(entry.term, entry.n) for entry in reader.suggest("C")][:2] == [("Car", 230), ("Cat", 210)]
    first = reader.suggest("ic")
    assert [(entry.key, entry.term, entry.n) for entry in first] == [("ice", "ice", 84), ("ice cream", "Ice cream", 84)]


def test_what_is_spilled_to_disk_gives_the_same_bytes(objects):
    rows = random_words(500)
    whole = SearchIndexWriter(objects.add)
    with SearchIndexWriter(objects.add, run_words=64) as spilling:
        for tile, words in enumerate(rows):
            whole.add(tile, words)
            spilling.add(tile, words)
        assert spilling.finish() == whole.finish()


def test_merged_segments_are_the_index_of_all_their_images(objects):
    parts = [write_library(objects, range(first, first + 100)) for first in range(0, 400, 100)]
    assert merge_segments(parts, objects.get, objects.add) == write_library(objects)


def test_a_large_index_is_cut_into_shards_and_a_very_common_word_has_its_own(objects):
    with SearchIndexWriter(objects.add) as writer:
        for tile in range(50_000):
            writer.add(tile, [SearchWord("common", "common", "label", 0.5), SearchWord(f"n{tile}", "", "title", 1)])
        segment = writer.finish()
    assert [shard.first for shard in segment.shards][:2] == ["common", "n0"]
    sizes = [len(objects.get(shard.url)) for shard in segment.shards]
    assert len(sizes) > 5
    assert max(sizes) < 100_000
    reader = SearchReader([segment], objects.get)
    assert reader.search("common").tiles.tolist() == list(range(50_000))
    assert reader.search("n49999").tiles.tolist() == [49_999]
    assert reader.search("n").is_partial


def test_postings_hold_every_tile_there_can_be():
    tiles = np.array([0, 1, 127, 128, 16_384, 2**21, 2**28, 2**32 - 2], dtype=np.uint32)
    scores = np.arange(8, dtype=np.uint8)
    for n in range(1, 9):
        entry = Entry("k", "k", 0, n, encode_postings(tiles[:n], scores[:n]))
        [read] = decode_shard(encode_shard([entry]))
        assert read == entry
        np.testing.assert_array_equal(decode_postings(read)[0], tiles[:n])
        np.testing.assert_array_equal(decode_postings(read)[1], scores[:n])


def test_a_withdrawn_image_leaves_no_word_of_its_own(objects):
    segment = write_library(objects)
    left = withdraw_tiles(segment, [7, 26], objects.get, objects.add)
    written = b"".join(decompress(objects.get(name)) for name in left.object_names())
    assert b"b007" not in written and b"b026" not in written
    assert "b007" not in json.dumps(left.to_json())
    assert left.n_terms == segment.n_terms - 2
    reader = SearchReader([left], objects.get)
    assert tiles_of(reader, "cat ") == [i for i in range(0, 400, 2) if i != 26]
    kept = [i for i in range(400) if i not in (7, 26)]
    assert left == write_library(objects, kept), "as if they had never been there"


def test_withdrawing_rewrites_only_what_it_must():
    entries = [Entry("a", "a", 0, 1, b"\x05\xff"), Entry("b", "B", 1, 2, b"\x05\x02\x10\x20")]
    shard = encode_shard(entries)
    assert remove_tiles(shard, [4]) is shard
    assert remove_tiles(shard, [5, 7]) is None
    rewritten = remove_tiles(shard, np.array([5]))
    assert rewritten is not None
    [left] = decode_shard(rewritten)
    assert left == Entry("b", "B", 1, 1, b"\x07\x20")


def test_an_index_may_be_empty(objects):
    writer = SearchIndexWriter(objects.add)
    writer.add(0, [])
    segment = writer.finish()
    assert segment == Segment(0, "", ())
    assert Segment.from_json(segment.to_json()) == segment
    assert len(SearchReader([segment], objects.get).search("cat").tiles) == 0
    everything = write_library(objects, range(3))
    assert withdraw_tiles(everything, range(3), objects.get, objects.add) == Segment(0, "", ())


def test_what_is_not_an_index_is_refused_in_words(objects):
    with pytest.raises(ArtifactError, match="Expected b'GLXS'"):
        decode_shard(b"<!doctype html><html>")
    good = decompress(encode_shard([Entry("abc", "abc", 0, 1, b"\x05\xff")]))
    for cut in range(16, len(good)):
        with pytest.raises(ArtifactError, match="cut short"):
            decode_shard(good[:cut])
    with pytest.raises(ArtifactError, match="segment of a search index"):
        Segment.from_json({"n_terms": 1, "common": "", "shards": [{"from": "a", "url": "https://elsewhere.org/"}]})
    with pytest.raises(ArtifactError, match="kind of word among label"):
        SearchIndexWriter(objects.add).add(0, [SearchWord("a", "a", "secret", 1.0)])


def test_a_query_says_what_is_whole_begun_and_excluded():
    query = parse_query('Red "Ice Cream" -blue -"sail boat" Ca')
    assert (query.words, query.prefix, query.excluded) == (("red", "ice cream"), "ca", ("blue", "sail boat"))
    assert parse_query("Ca ").words == ("ca",)


def test_the_page_reads_what_we_write():
    """The file beside the page's tests; `python -m tests.explorer.artifact.search_library` writes it anew."""
    assert json.loads(FIXTURE.read_text()) == json.loads(json.dumps(make_fixture()))


def test_words_of_an_image_that_come_twice_count_once(objects):
    writer = SearchIndexWriter(objects.add)
    writer.add(3, words_of_details({**details_of(4), "title": "cat cat"}))
    segment = writer.finish()
    [entry] = [entry for entry in decode_shard(objects.get(segment.shards[0].url)) if entry.key == "cat"]
    assert (entry.n, entry.term, entry.kind) == (1, "Cat", 0)
    assert decode_postings(entry)[1].tolist() == [255]
