"""A GloVe file is read once, and found again as long as it is the same file."""

import os
import subprocess
import sys

import numpy as np
import pytest

from catalog.layout import GloveError, GloveWords, label_vector
from catalog.layout.glove import check_glove

WORDS = {
    "the": (0.1, 0.2, 0.3),
    "cat": (3.0, 0.0, 0.25),
    "kitten": (2.5, 0.5, 0.25),
    "ice-cream": (0.0, 4.0, 0.0),
    "Paris": (0.0, 0.0, 5.0),
    "café": (1.0, 1.0, 1.0),
}


def write_words(path, words=WORDS, *, header=False):
    lines = [f"{word} {' '.join(map(str, numbers))}" for word, numbers in words.items()]
    if header:
        lines.insert(0, f"{len(words)} 3")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def glove(tmp_path):
    return write_words(tmp_path / "glove.6B.3d.txt")


@pytest.mark.parametrize("header", [False, True], ids=["as GloVe writes it", "as word2vec writes it"])
def test_every_word_of_the_file_has_its_vector(tmp_path, header):
    words = GloveWords(write_words(tmp_path / "words.txt", header=header), tmp_path / "cache")
    assert (len(words), words.n_features) == (6, 3)
    for word, numbers in WORDS.items():
        np.testing.assert_allclose(words.vector(word.casefold()), numbers, rtol=1e-3)
        assert words.vector(word.casefold()).dtype == np.float32
        assert words.knows(word.casefold())


def test_many_words_in_any_order_are_all_found(tmp_path):
    rng = np.random.default_rng(0)
    names = [f"w{i}" for i in rng.permutation(5000)]
    vectors = rng.normal(0, 0.4, (5000, 4)).round(5)
    path = write_words(tmp_path / "many.txt", dict(zip(names, vectors.tolist(), strict=True)))
    words = GloveWords(path, tmp_path / "cache")
    found = np.stack([words.vector(name) for name in names])
    np.testing.assert_allclose(found, vectors, rtol=1e-3, atol=1e-6)
    assert not any(words.knows(f"w{i}") for i in (-1, 5000, "")) and not words.knows("zzz")


def test_half_precision_turns_no_word_by_more_than_a_thousandth(tmp_path):
    vectors = np.random.default_rng(0).normal(0, 0.4, (200, 300)).round(5)
    names = [f"w{i}" for i in range(200)]
    words = GloveWords(write_words(tmp_path / "w.txt", dict(zip(names, vectors.tolist(), strict=True))), tmp_path / "c")
    kept = np.stack([words.vector(name) for name in names]).astype(np.float64)

    def cosines(x):
        x = x / np.linalg.norm(x, axis=1, keepdims=True)
        return x @ x.T

    assert abs(cosines(kept) - cosines(vectors)).max() < 0.001


def test_plurals_compounds_and_unknown_words_are_forgiven(glove, tmp_path):
    words = GloveWords(glove, tmp_path / "cache")
    np.testing.assert_array_equal(words.vector("kittens"), words.vector("kitten"))
    assert not words.knows("kittens") and not words.knows("dog")
    np.testing.assert_array_equal(label_vector("Ice cream", words), [0, 1, 0])
    np.testing.assert_array_equal(label_vector("PARIS", words), [0, 0, 1])
    lengths = np.linalg.norm(list(WORDS.values()), axis=1)
    assert np.linalg.norm(words.vector("zzxqv")) == pytest.approx(np.median(lengths), rel=1e-5)
    np.testing.assert_array_equal(words.vector("zzxqv"), GloveWords(glove, tmp_path / "other").vector("zzxqv"))


def test_of_a_word_that_is_there_twice_the_first_counts(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("b 1 0\na 2 0\nb 3 0\na 4 0\n")
    words = GloveWords(path, tmp_path / "cache")
    assert words.vector("a").tolist() == [2, 0] and words.vector("b").tolist() == [1, 0]


def test_words_with_blanks_and_bytes_that_are_no_text_do_no_harm(tmp_path):
    # All three are in glove.840B.300d.txt or in the vectors of word2vec.
    path = tmp_path / "words.txt"
    path.write_bytes(b"cat 1 0\n. . . 2 0\nat name@domain.com 3 0\n\xff\xfe 4 0\n\xc2\x85 5 0 \r\n")
    words = GloveWords(path, tmp_path / "cache")
    assert len(words) == 5 and words.vector("cat").tolist() == [1, 0] and words.vector("\x85").tolist() == [5, 0]


def test_the_file_is_read_once_and_again_when_it_changed(glove, tmp_path):
    cache = tmp_path / "cache"
    first = GloveWords(glove, cache)
    (folder,) = cache.iterdir()
    before = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    assert GloveWords(glove, cache).name == first.name
    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == before

    write_words(glove, {**WORDS, "dog": (1.0, 2.0, 3.0)})
    os.utime(glove, ns=(1, 1))
    changed = GloveWords(glove, cache)
    assert changed.knows("dog") and not first.knows("dog"), "who had it open goes on with what he had"
    assert changed.name != first.name
    assert len(list(cache.iterdir())) == 1, "the old file's cache is gone"


def test_the_same_words_elsewhere_have_the_same_name(glove, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    copy = write_words(tmp_path / "elsewhere" / glove.name)
    assert GloveWords(glove, tmp_path / "a").name == GloveWords(copy, tmp_path / "b").name
    assert GloveWords(glove, tmp_path / "a").name.startswith("glove.6B.3d/")


def test_several_processes_may_open_it_for_the_first_time_at_once(tmp_path):
    names = [f"w{i}" for i in range(3000)]
    path = write_words(tmp_path / "w.txt", dict.fromkeys(names, (1.0, 2.0, 3.0)))
    code = (
        "import sys; from pathlib import Path; from catalog.layout import GloveWords;"
        "words = GloveWords(Path(sys.argv[1]), Path(sys.argv[2])); print(len(words), words.vector('w2999').tolist())"
    )
    command = [sys.executable, "-c", code, str(path), str(tmp_path / "cache")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert {process.communicate()[0] for process in running} == {"3000 [1.0, 2.0, 3.0]\n"}
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_what_a_killed_process_left_goes_after_a_day(glove, tmp_path):
    cache = tmp_path / "cache"
    GloveWords(glove, cache)
    place = next(cache.iterdir()).name.split("-")[0]
    dead, at_work = cache / f"{place}-dead.part", cache / f"{place}-busy.part"
    dead.mkdir()
    at_work.mkdir()
    os.utime(dead, (0, 0))
    write_words(glove, {"other": (1.0, 2.0, 3.0)})
    GloveWords(glove, cache)
    assert not dead.exists() and at_work.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"words\.txt: expected some words, got 0"),
        ("3 2\ncat 1 2\n", r"words\.txt: expected 3 words, got 1"),
        ("cat 1 2 3\ndog 1 2\n", r"words\.txt, line 2: expected a word and 3 numbers, got 2 after 'dog'"),
        ("cat 1 2\ndog 1 2 3\n", r"line 2: expected a word and 2 numbers, got 3 after 'dog'"),
        ("cat 1 2\n\ndog 1 2\n", r"line 2: expected a word and 2 numbers, got 0 after nothing"),
        ("cat 1 two\n", r"line 1: expected numbers after 'cat', got 'two'"),
        ("cat 1 2\ndog nan 2\n", r"line 2: expected finite numbers up to 65504 after 'dog', got nan"),
        ("cat 1 2\ndog 1 1e9\n", r"line 2: expected finite numbers up to 65504 after 'dog', got 1000000000\.0"),
        ("PK\x03\x04 zip\n", r"line 1: expected a word and 2 numbers, got 1"),
    ],
)
def test_a_bad_line_is_named_and_leaves_nothing_behind(tmp_path, content, message):
    path = tmp_path / "words.txt"
    path.write_text(content)
    with pytest.raises(GloveError, match=message) as error:
        GloveWords(path, tmp_path / "cache")
    assert "unpacked and whole" in str(error.value)
    assert list((tmp_path / "cache").iterdir()) == []
    with pytest.raises(GloveError, match=message):
        check_glove(path)


def test_the_check_looks_at_the_beginning_only(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("cat 1 2\n" * 100 + "dog 1\n")
    check_glove(path)
    with pytest.raises(GloveError, match="line 101"):
        GloveWords(path, tmp_path / "cache")


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        GloveWords(tmp_path / "none.txt", tmp_path / "cache")
