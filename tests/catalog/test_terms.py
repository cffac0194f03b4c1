"""What counts as the same term, and how a concept is written beside one."""

import pytest

from catalog.terms import fold_term, split_concept


@pytest.mark.parametrize(
    ("one", "other"),
    [("Cat", "cat"), ("  town   hall ", "town hall"), ("STRASSE", "straße"), ("ﬁsh", "fish"), ("Café", "cafe\u0301")],
)
def test_case_blanks_and_unicode_forms_do_not_matter(one: str, other: str):
    assert fold_term(one) == fold_term(other)


@pytest.mark.parametrize(("one", "other"), [("glass", "glasses"), ("cafe", "café"), ("Rose", "rosé"), ("cat", "cats")])
def test_plurals_and_accents_do(one: str, other: str):
    assert fold_term(one) != fold_term(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat <wikidata:Q146>", ("cat", "wikidata", "Q146")),
        ("cat<AAT:300265960> ", ("cat", "aat", "300265960")),
        ("cat", ("cat", "", "")),
        ("cat <wordnet:n02121808>", ("cat", "wordnet", "/wn30/n02121808")),
        ("cat <wordnet:02121808>", ("cat", "wordnet", "/wn30/n02121808")),
        ("cat <kg:m/01yrx>", ("cat", "kg", "/m/01yrx")),
        ("cat <Q146>", ("cat <Q146>", "", "")),
        ("a < b", ("a < b", "", "")),
        ("cat <wikidata:>", ("cat <wikidata:>", "", "")),
    ],
)
def test_a_concept_is_taken_off_its_term(text: str, expected: tuple[str, str, str]):
    assert split_concept(text) == expected
