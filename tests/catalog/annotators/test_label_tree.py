"""Labels are words that visitors use, with the probabilities of what stands beneath them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from catalog.annotators.data import make_label_tree
from catalog.annotators.label_tree import MIN_SCORE, LabelTree, load_label_tree

WORDNET = Path("/usr/share/wordnet/data.noun")
TABBY, TIGER_CAT, PERSIAN, BEAGLE = 281, 282, 283, 162


def logits_of(probabilities: dict[int, float]) -> np.ndarray:
    """Logits from which the calibrated model makes these probabilities, and next to nothing for the rest."""
    from catalog.annotators.label_tree import TEMPERATURE

    rows = np.full((1, 1000), 1e-9, dtype=np.float32)
    for index, probability in probabilities.items():
        rows[0, index] = probability
    return (np.log(rows) * TEMPERATURE).astype(np.float32)


def labels_of(probabilities: dict[int, float]) -> dict[str, float]:
    [document] = load_label_tree().annotate(logits_of(probabilities))
    return {label["description"]: label["score"] for label in document["labelAnnotations"]}


def test_a_class_speaks_for_itself_and_for_what_stands_above_it():
    labels = labels_of({TABBY: 0.5, PERSIAN: 0.3, BEAGLE: 0.2})

    assert labels["tabby cat"] == pytest.approx(0.5, abs=1e-3)
    assert labels["cat"] == pytest.approx(0.8, abs=1e-3)
    assert labels["dog"] == pytest.approx(0.2, abs=1e-3)
    assert labels["animal"] == labels["mammal"] == pytest.approx(1, abs=1e-3)


def test_labels_come_likeliest_first_and_of_equals_the_broader_first():
    assert list(labels_of({TABBY: 0.7, TIGER_CAT: 0.3})) == ["animal", "mammal", "cat", "tabby cat"]


def test_unlikely_labels_are_not_said():
    labels = labels_of({TABBY: 0.95, BEAGLE: 0.05})

    assert "dog" not in labels
    assert min(labels.values()) >= MIN_SCORE


def test_crumbs_on_every_animal_do_not_make_an_animal():
    animals = dict.fromkeys(range(398), 0.0009)  # 36 % in all, as smoothed labels leave it on a doubtful picture

    assert "animal" not in labels_of({**animals, 508: 0.64})


def test_a_concept_keeps_a_stable_id():
    [document] = load_label_tree().annotate(logits_of({TABBY: 1.0}))

    mids = {label["description"]: label["mid"] for label in document["labelAnnotations"]}
    assert mids["tabby cat"] == "/wn30/n02123045"
    assert mids["cat"] == "/wn30/n02121808"


def test_nobody_hears_a_word_that_nobody_says():
    words = {concept.word for concept in load_label_tree().concepts}

    assert words >= {"cat", "dog", "bird", "vehicle", "food", "musical instrument", "furniture", "building", "flower"}
    assert not words & {
        "placental", "diapsid", "conveyance", "covering", "commodity", "matter", "solid", "whole", "artifact",
        "instrumentality", "entity", "object", "chordate", "carnivore", "canine", "feline", "musteline", "device",
        "equipment", "implement", "structure", "consumer goods", "durables", "nipple", "maillot",
    }  # fmt: skip


def test_like_names_of_unlike_things_stay_apart():
    words = [concept.word for concept in load_label_tree().concepts]

    assert len(words) == len({word.casefold() for word in words})
    assert {"crane (bird)", "crane (machine)", "cardigan", "Cardigan Welsh corgi", "male duck"} <= set(words)


def test_every_class_has_a_word_of_some_kind():
    tree = json.loads(make_label_tree.TREE_PATH.read_text(encoding="utf-8"))

    assert set().union(*(classes for _, _, classes in tree["concepts"])) == set(range(1000))


def test_the_parameters_change_with_the_words():
    text = make_label_tree.TREE_PATH.read_text(encoding="utf-8")

    assert LabelTree(text).parameters == load_label_tree().parameters
    assert LabelTree(text.replace('"cat"', '"kitty"')).parameters != load_label_tree().parameters


def test_the_file_holds_the_words_of_the_lists_beside_it():
    words = {row["wordnet_id"]: row["word"] for row in _rows("class_words.csv") if row["word"]}
    words |= {row["wordnet_id"]: row["word"] for row in _rows("everyday_words.csv")}

    tree = json.loads(make_label_tree.TREE_PATH.read_text(encoding="utf-8"))
    assert {node: word for node, word, _ in tree["concepts"]} == words, "run make_label_tree again"


@pytest.mark.skipif(not WORDNET.exists(), reason="needs Debian's wordnet-base, which only makers of the file need")
def test_the_file_is_what_its_script_makes_of_wordnet():
    text = make_label_tree.write_tree(make_label_tree.make_tree(make_label_tree.read_parents(WORDNET)))

    assert text == make_label_tree.TREE_PATH.read_text(encoding="utf-8")


def test_wordnets_lines_are_read(tmp_path):
    path = tmp_path / "data.noun"
    path.write_text(
        "  1 This software and database is being provided\n"
        "00000002 03 n 02 tabby 0 tabby_cat 0 002 @ 00000001 n 0000 + 00000009 a 0102 | a cat with stripes  \n"
        "00000001 03 n 01 cat 0 000 | feline mammal  \n"
    )

    assert make_label_tree.read_parents(path) == {"n00000002": ["n00000001"], "n00000001": []}


def test_a_class_beneath_two_parents_counts_once_above_both():
    parents = {"a": ["left", "right"], "left": ["top"], "right": ["top"], "top": []}

    assert make_label_tree.find_classes_beneath(["a"], parents) == {"a": {0}, "left": {0}, "right": {0}, "top": {0}}


def _rows(name: str) -> list[dict[str, str]]:
    with (make_label_tree.HERE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
