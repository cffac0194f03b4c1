"""Every word has a vector: the vocabulary's, its singular's, or one made of its characters."""

import subprocess
import sys

import numpy as np
import pytest

from catalog.layout import built_in_words
from catalog.layout.words import BuiltInWords, unknown_word_vector, word_forms


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_related_words_lie_nearer_than_unrelated_ones():
    words = built_in_words()
    assert cosine(words.vector("cat"), words.vector("kitten")) > 0.5
    assert (
        cosine(words.vector("cat"), words.vector("kitten"))
        > cosine(words.vector("cat"), words.vector("concrete")) + 0.3
    )


@pytest.mark.parametrize(
    ("city", "country"), [("paris", "france"), ("london", "england"), ("berlin", "germany"), ("cairo", "egypt")]
)
def test_a_name_that_is_whole_only_with_a_capital_is_found_without(city, country):
    # In pieces they are ["par", "is"] and ["l", "ond", "on"], whose means lie nowhere near.
    words = built_in_words()
    assert cosine(words.vector(city), words.vector(country)) > 0.3
    assert cosine(words.vector(city), words.vector(country)) > cosine(words.vector(city), words.vector("spoon")) + 0.2


@pytest.mark.parametrize(
    ("plural", "singular"),
    [("kittens", "kitten"), ("hawks", "hawk"), ("wives", "wife"), ("arches", "arch"), ("heroes", "hero")],
)
def test_a_plural_that_the_vocabulary_lacks_lies_with_its_singular(plural, singular):
    words = built_in_words()
    assert not words.knows(plural)
    assert cosine(words.vector(plural), words.vector(singular)) > 0.9


def test_a_word_that_the_vocabulary_has_is_never_cut():
    # "news" is not the plural of "new", nor "glass" of "glas".
    words = built_in_words()
    for word in ("news", "glass", "series", "times"):
        assert words.knows(word)
        piece = words._tokenizer.token_to_id(f"▁{word}")
        np.testing.assert_array_equal(words.vector(word), words._embedding[piece].astype(np.float32))


@pytest.mark.parametrize(
    ("word", "singulars"),
    [
        ("cities", ["city", "citie"]),
        ("wolves", ["wolf", "wolve"]),
        ("wives", ["wife", "wive"]),
        ("leaves", ["leaf", "leave"]),
        ("boxes", ["box", "boxe"]),
        ("cats", ["cat"]),
        ("gas", []),
        ("glass", []),
        ("cactus", []),
        ("cat", []),
    ],
)
def test_the_forms_of_a_word_begin_with_its_own(word, singulars):
    forms = list(word_forms(word))
    assert forms[:3] == [word, word.capitalize(), word.upper()]
    assert forms[3:] == [form for singular in singulars for form in (singular, singular.capitalize())]


@pytest.mark.parametrize("word", ["zzxqv", "猫", "🐈", "", "1976"])
def test_an_unknown_word_has_a_vector_of_its_own_that_never_changes(word):
    first, again = built_in_words().vector(word), BuiltInWords().vector(word)
    assert first.shape == (256,)
    assert np.isfinite(first).all()
    assert np.linalg.norm(first) == pytest.approx(9.7, rel=1e-5)
    np.testing.assert_array_equal(first, again)
    assert not built_in_words().knows(word)


def test_unknown_words_are_the_same_in_every_process():
    # Python's own hash of a text differs from one process to the next; ours must not.
    code = "from catalog.layout.words import unknown_word_vector as u; print(u('zzxqv', 4).tolist())"
    answers = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert answers == {f"{unknown_word_vector('zzxqv', 4).tolist()}\n"}


def test_misspellings_of_an_unknown_word_stay_together():
    right, wrong, other = (unknown_word_vector(word, 256) for word in ("quetzalcoatlus", "quetzalcoatlis", "xylorimba"))
    assert cosine(right, wrong) > 0.7
    assert abs(cosine(right, other)) < 0.3


def test_reading_words_leaves_the_loggers_and_the_network_alone():
    code = (
        "import logging, sys; from catalog.layout import built_in_words; built_in_words().vector('cat');"
        "print(logging.getLogger().handlers, 'requests' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] False\n"


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"l2_supercat_256\.safetensors.*install wordllama"):
        BuiltInWords(tmp_path)
