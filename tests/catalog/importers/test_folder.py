"""A folder, tidy or hostile, becomes candidates and refusals that name their files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from catalog.importers import Candidate, CandidateError, Refused, SourceError, read_folder


def fill(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def candidates(root: Path) -> list[Candidate]:
    found = list(read_folder(root))
    assert all(isinstance(item, Candidate) for item in found), found
    return [item for item in found if isinstance(item, Candidate)]


def locations(root: Path) -> list[str]:
    return [candidate.location for candidate in candidates(root)]


def refusals(root: Path) -> dict[str, str]:
    found = {item.location: item for item in read_folder(root) if isinstance(item, Refused)}
    for location, refused in found.items():
        assert location in refused.message
    return {location: refused.code for location, refused in found.items()}


def test_an_empty_folder_yields_nothing(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    assert list(read_folder(tmp_path)) == []


def test_everything_in_it_however_deep_in_a_settled_order(tmp_path):
    fill(tmp_path, "b.jpg", "a/z.PNG", "a/deep/er/m.tiff", "c.heic", "a.jpg/inside.webp")
    assert locations(tmp_path) == ["a/deep/er/m.tiff", "a/z.PNG", "a.jpg/inside.webp", "b.jpg", "c.heic"]
    assert [candidate.read() for candidate in candidates(tmp_path)][1] == b"a/z.PNG"


def test_what_is_no_picture_by_its_name_or_hidden_is_passed_over(tmp_path):
    fill(
        tmp_path, "notes.txt", "README", "Thumbs.db", ".hidden.jpg", ".thumbs/small.jpg", "._mac.jpg", "jpg", "real.jpg"
    )
    assert locations(tmp_path) == ["real.jpg"]


@pytest.mark.parametrize(
    "name", ["two words.jpg", 'O\'Neill "the" 100%.jpg', "naïve 東京 Ελλάδα.jpg", "-rf.jpg", "a\nb.jpg", "$(x).jpg"]
)
def test_names_arrive_as_they_are(tmp_path, name):
    fill(tmp_path, name)
    (found,) = candidates(tmp_path)
    assert found.location == name
    assert found.read() == name.encode()


def test_a_name_that_is_not_text_can_be_stored_and_read(tmp_path):
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg")).write_bytes(b"coffee")
    except OSError:
        pytest.skip("this file system takes valid UTF-8 names only")
    (found,) = candidates(tmp_path)
    assert found.location.encode("utf-8").decode() == "caf\\xe9.jpg"
    assert found.read() == b"coffee"


def test_the_fingerprint_follows_the_file(tmp_path):
    fill(tmp_path, "a.jpg")
    (before,) = candidates(tmp_path)
    assert [before.fingerprint] == [candidate.fingerprint for candidate in candidates(tmp_path)]
    os.utime(tmp_path / "a.jpg", ns=(1, 1))
    (touched,) = candidates(tmp_path)
    assert touched.fingerprint == "5-1" != before.fingerprint


@pytest.mark.parametrize("inside", ["", "deep/er"])
def test_a_link_to_a_folder_above_is_a_loop_and_the_rest_goes_on(tmp_path, inside):
    fill(tmp_path, "deep/er/a.jpg")
    (tmp_path / inside / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert refusals(tmp_path) == {f"{inside}/loop".lstrip("/"): "symlink_loop"}
    assert [item.location for item in read_folder(tmp_path) if isinstance(item, Candidate)] == ["deep/er/a.jpg"]


def test_links_that_lead_round_in_a_circle_or_nowhere(tmp_path):
    (tmp_path / "a.jpg").symlink_to(tmp_path / "b.jpg")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "a.jpg")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nothing.png")
    (tmp_path / "notes.txt").symlink_to(tmp_path / "nothing.txt")
    assert refusals(tmp_path) == {"a.jpg": "symlink_loop", "b.jpg": "symlink_loop", "gone.png": "dangling_symlink"}


def test_links_that_lead_outside_are_refused(tmp_path):
    root = tmp_path / "photos"
    fill(tmp_path, "photos/a.jpg", "photos-private/secret.jpg")  # the names begin alike on purpose
    (root / "file.jpg").symlink_to(tmp_path / "photos-private" / "secret.jpg")
    (root / "folder").symlink_to(tmp_path / "photos-private", target_is_directory=True)
    (root / "2020.backup").symlink_to(tmp_path, target_is_directory=True)
    assert refusals(root) == dict.fromkeys(["2020.backup", "file.jpg", "folder"], "symlink_outside")


def test_links_that_stay_inside(tmp_path):
    fill(tmp_path, "originals/a.jpg")
    (tmp_path / "best.jpg").symlink_to("originals/a.jpg")
    (tmp_path / "favourites").symlink_to(tmp_path / "originals", target_is_directory=True)
    assert refusals(tmp_path) == {"favourites": "symlink_folder"}
    found = [item for item in read_folder(tmp_path) if isinstance(item, Candidate)]
    assert [(one.location, one.read()) for one in found] == [
        ("best.jpg", b"originals/a.jpg"),
        ("originals/a.jpg", b"originals/a.jpg"),
    ]


def test_the_folder_itself_may_be_a_link(tmp_path):
    fill(tmp_path, "real/a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    assert locations(tmp_path / "link") == ["a.jpg"]


def test_a_file_swapped_for_a_link_after_it_was_listed_is_not_followed(tmp_path):
    fill(tmp_path, "photos/a.jpg", "secret.jpg")
    (found,) = candidates(tmp_path / "photos")
    (tmp_path / "photos" / "a.jpg").unlink()
    (tmp_path / "photos" / "a.jpg").symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(CandidateError, match=r"a\.jpg") as caught:
        found.read()
    assert caught.value.code == "symlink_outside"


def test_a_file_that_vanishes_after_it_was_listed(tmp_path):
    fill(tmp_path, "a.jpg")
    (found,) = candidates(tmp_path)
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(CandidateError, match=r"a\.jpg is not there any more") as caught:
        found.read()
    assert caught.value.code == "vanished"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_called_jpg_does_not_hang_the_import(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert refusals(tmp_path) == {"pipe.jpg": "not_a_file"}
    fill(tmp_path, "a.jpg")
    found = next(item for item in read_folder(tmp_path) if isinstance(item, Candidate))
    (tmp_path / "a.jpg").unlink()
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(CandidateError) as caught:
        found.read()
    assert caught.value.code == "not_a_file"


def test_a_file_over_the_limit_is_not_read(tmp_path):
    fill(tmp_path, "a.jpg")
    (found,) = read_folder(tmp_path, max_bytes=4)
    assert isinstance(found, Candidate)
    with pytest.raises(CandidateError, match="at most 4") as caught:
        found.read()
    assert caught.value.code == "too_large"


def deny(monkeypatch: pytest.MonkeyPatch, function: str, denied: Path) -> None:
    """Make one function of os refuse one path, as the system does to all but root."""
    real = getattr(os, function)

    def guarded(path, *args, **kwargs):
        if os.fspath(path) == os.fspath(denied):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, function, guarded)


def test_an_unreadable_file(tmp_path, monkeypatch):
    fill(tmp_path, "closed.jpg", "open.jpg")
    deny(monkeypatch, "open", tmp_path / "closed.jpg")
    closed, opened = candidates(tmp_path)
    with pytest.raises(CandidateError, match=r"closed\.jpg may not be read") as caught:
        closed.read()
    assert caught.value.code == "unreadable"
    assert opened.read() == b"open.jpg"


def test_an_unreadable_folder_inside_costs_only_itself(tmp_path, monkeypatch):
    fill(tmp_path, "a.jpg", "closed/b.jpg", "d.jpg")
    deny(monkeypatch, "scandir", tmp_path / "closed")
    assert refusals(tmp_path) == {"closed/": "unreadable"}
    assert [item.location for item in read_folder(tmp_path) if isinstance(item, Candidate)] == ["a.jpg", "d.jpg"]


def test_an_unreadable_root(tmp_path, monkeypatch):
    deny(monkeypatch, "scandir", tmp_path)
    with pytest.raises(SourceError, match="may not be read"):
        read_folder(tmp_path)


def test_a_folder_that_does_not_exist_is_said_at_once(tmp_path):
    with pytest.raises(SourceError, match=r"nowhere does not exist"):
        read_folder(tmp_path / "nowhere")


def test_a_file_instead_of_a_folder(tmp_path):
    fill(tmp_path, "a.jpg")
    with pytest.raises(SourceError, match="is a file"):
        read_folder(tmp_path / "a.jpg")


def test_a_root_that_is_a_link_to_itself(tmp_path):
    (tmp_path / "round").symlink_to(tmp_path / "round")
    with pytest.raises(SourceError, match="cannot be opened"):
        read_folder(tmp_path / "round")


def test_candidates_come_before_the_folder_is_read_to_its_end(tmp_path, monkeypatch):
    fill(tmp_path, "a/1.jpg", "b/2.jpg", "c/3.jpg")
    listed: list[str] = []
    real = os.scandir

    def watched(path):
        listed.append(Path(path).name)
        return real(path)

    monkeypatch.setattr(os, "scandir", watched)
    stream = read_folder(tmp_path)
    next(stream)
    assert "a" in listed
    assert "b" not in listed
