"""Annotators are found by name."""

import pytest

from catalog.annotators import UnknownAnnotatorError, annotator_names, get_annotator


def test_the_same_name_gives_the_same_annotator():
    assert get_annotator("local") is get_annotator("local")
    assert [get_annotator(name).name for name in annotator_names()] == annotator_names()


def test_an_unknown_name_is_answered_with_those_that_exist():
    with pytest.raises(UnknownAnnotatorError, match="Expected an annotator among google, local, but got 'gogle'"):
        get_annotator("gogle")
