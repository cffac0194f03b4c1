"""Every word that the local models speak has its German one."""

import csv
from importlib.resources import files

from catalog.annotators import translate
from catalog.annotators.label_tree import load_label_tree
from catalog.annotators.translations import load_translations


def test_every_everyday_word_is_translated_and_no_two_alike():
    table = (files("catalog.annotators") / "data" / "everyday_words.csv").read_text("utf-8")
    words = {f"/wn30/{row['wordnet_id']}" for row in csv.DictReader(table.splitlines())}
    german = load_translations("de")

    assert set(german) == words
    assert len(set(german.values())) == len(german), "two concepts with one word would be one label to a reader"
    assert all(term == term.strip() and term for term in german.values())


def test_concepts_are_found_by_the_id_that_labels_carry():
    cat = next(concept for concept in load_label_tree().concepts if concept.word == "cat")

    assert translate(cat.mid, "de") == "Katze"


def test_what_is_not_known_is_empty():
    assert translate("/m/01yrx", "de") == translate("/wn30/n02121808", "la") == translate("", "de") == ""
