"""The photographs that ship in scikit-image and scikit-learn, each with its licence."""

from __future__ import annotations

import importlib.util

import pytest

from catalog.importers import Candidate, read_folder
from catalog.media import verify_picture
from catalog.sample import MissingPackageError, write_scientific_photos


def test_every_photograph_is_a_picture_with_a_title_a_source_and_a_licence(tmp_path):
    report = write_scientific_photos(tmp_path)
    assert report.written >= 14
    assert report.skipped == {}
    found = list(read_folder(tmp_path))
    assert len(found) == report.written
    for candidate in found:
        assert isinstance(candidate, Candidate)
        assert candidate.title
        assert candidate.licence
        assert candidate.creator or candidate.credit
        assert min(verify_picture(candidate.read()).width, 300) == 300


def test_the_licence_that_asks_for_a_name_has_one(tmp_path):
    write_scientific_photos(tmp_path)
    china = next(item for item in read_folder(tmp_path) if item.location == "china.jpg")
    assert isinstance(china, Candidate)
    assert (china.creator, china.licence) == ("danielbuechele", "CC BY 2.0")
    assert china.source_url.startswith("https://www.flickr.com/photos/danielbuechele/")


def test_again_it_rewrites_nothing(tmp_path):
    written = write_scientific_photos(tmp_path).written
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    report = write_scientific_photos(tmp_path)
    assert (report.written, report.kept) == (0, written)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_a_missing_package_says_what_to_install_and_writes_nothing(tmp_path, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "skimage" else real(name))
    with pytest.raises(MissingPackageError, match=r"scikit-image.*requirements-sample\.txt"):
        write_scientific_photos(tmp_path / "new")
    assert not (tmp_path / "new").exists()
