"""An archive, tidy or hostile, is read where it lies; what would harm is named, and the rest comes in."""

from __future__ import annotations

import io
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.importers import Candidate, CandidateError, Refused, SourceError, ZipLimits, is_zip, read_zip

Write = Callable[[zipfile.ZipFile], object]


def pack(*writes: Write | str, packing: int = zipfile.ZIP_STORED) -> io.BytesIO:
    """An archive with what the writes put there; a plain name is a member that holds its name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        for write in writes:
            if isinstance(write, str):
                archive.writestr(write, write.encode())
            else:
                write(archive)
    return stream


def read(stream: io.BytesIO, **options: object) -> tuple[list[Candidate], dict[str, str]]:
    found = list(read_zip(stream, "photos.zip", **options))  # type: ignore[arg-type]
    refused = [item for item in found if isinstance(item, Refused)]
    assert all(item.location.split(", ")[0] in item.message for item in refused)
    return [item for item in found if isinstance(item, Candidate)], {item.location: item.code for item in refused}


def locations(stream: io.BytesIO) -> list[str]:
    candidates, refused = read(stream)
    assert refused == {}
    return [candidate.location for candidate in candidates]


def special(name: str, mode: int, content: str = "target") -> Write:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return lambda archive: archive.writestr(info, content)


def test_its_pictures_come_one_by_one_with_what_its_table_says():
    table = "file,title,labels\nsub/cat.jpg,Tom,cat\n"
    archive = pack("dog.PNG", "sub/cat.jpg", "notes.txt", lambda z: z.writestr("metadata.csv", table))
    (dog, cat), refused = read(archive)
    assert refused == {}
    assert (dog.location, dog.title, dog.read()) == ("dog.PNG", "", b"dog.PNG")
    assert (cat.location, cat.title, cat.labels, cat.read()) == (
        "sub/cat.jpg",
        "Tom",
        (("cat", 1.0),),
        b"sub/cat.jpg",
    )


def test_an_empty_archive_offers_nothing():
    assert locations(pack()) == []


def test_hidden_names_folders_and_what_macos_adds_are_passed_over():
    archive = pack(".hidden.jpg", "__MACOSX/._cat.jpg", "a/.thumbs/cat.jpg", "cat.jpg", lambda z: z.mkdir("folder.jpg"))
    assert locations(archive) == ["cat.jpg"]


def test_names_in_utf8_that_do_not_say_so_and_backslashes_are_understood():
    archive = pack("a!b.jpg", "caf!!.jpg")
    raw = archive.getvalue().replace(b"a!b", b"a\\b").replace(b"caf!!", "café".encode())
    assert locations(io.BytesIO(raw)) == ["a/b.jpg", "café.jpg"]


def test_a_fingerprint_is_of_the_content_not_of_the_packing():
    def fingerprints(archive: io.BytesIO) -> list[str]:
        return [candidate.fingerprint for candidate in read(archive)[0]]

    def retouched(archive: zipfile.ZipFile) -> None:
        archive.writestr("b.jpg", b"other")

    first = fingerprints(pack("a.jpg", "b.jpg"))
    assert first == fingerprints(pack("a.jpg", "b.jpg", packing=zipfile.ZIP_DEFLATED))
    again = fingerprints(pack("a.jpg", retouched))
    assert first[0] == again[0]
    assert first[1] != again[1]


@pytest.mark.parametrize(
    ("bad", "location", "code"),
    [
        ("../up.jpg", "../up.jpg", "unsafe_name"),
        ("a/../../up.jpg", "a/../../up.jpg", "unsafe_name"),
        ("/etc/x.jpg", "/etc/x.jpg", "unsafe_name"),
        ("\\\\server\\x.jpg", "//server/x.jpg", "unsafe_name"),
        ("C:\\x.jpg", "C:/x.jpg", "unsafe_name"),
        (special("link.jpg", stat.S_IFLNK | 0o777, "/etc/passwd"), "link.jpg", "symlink"),
        (special("pipe.jpg", stat.S_IFIFO | 0o644), "pipe.jpg", "not_a_file"),
        ("inner.zip", "inner.zip", "nested_archive"),
        ("good.jpg", "good.jpg", "duplicate_name"),
        (lambda z: z.writestr("zeros.bmp", b"\0" * 3_000_000, zipfile.ZIP_DEFLATED), "zeros.bmp", "zip_bomb"),
        (lambda z: z.writestr("large.tif", b"x" * 4001), "large.tif", "too_large"),
        (lambda z: z.writestr("l.jpg", b"x" * 99, zipfile.ZIP_LZMA), "l.jpg", "unsupported_packing"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_what_would_harm_is_refused_by_name_and_the_rest_comes_in(bad, location, code):
    large = 4000 if code == "too_large" else 10**9
    candidates, refused = read(pack("good.jpg", bad, "last.jpg"), limits=ZipLimits(max_member_bytes=large))
    assert refused == {location: code}
    assert [candidate.read() for candidate in candidates] == [b"good.jpg", b"last.jpg"]


def test_a_very_long_name_is_refused_shortly():
    found = list(read_zip(pack("x" * 5000 + ".jpg", "good.jpg"), "photos.zip"))
    assert isinstance(found[0], Refused)
    assert (found[0].code, len(found[0].location)) == ("unsafe_name", 1000)
    assert isinstance(found[1], Candidate)


def test_an_encrypted_member_is_refused():
    data = bytearray(pack("secret.jpg", "open.jpg").getvalue())
    at = data.index(b"PK\1\2")
    data[at + 8] |= 1
    candidates, refused = read(io.BytesIO(bytes(data)))
    assert refused == {"secret.jpg": "encrypted"}
    assert [candidate.location for candidate in candidates] == ["open.jpg"]


def test_members_that_share_their_bytes_count_once():
    """The trick of a bomb without nesting: many names in the list, one block of data."""
    data = pack("a.jpg", "b.jpg").getvalue()
    at = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1)
    shared = data[: at + 42] + struct.pack("<L", 0) + data[at + 46 :]
    candidates, refused = read(io.BytesIO(shared))
    assert refused == {"b.jpg": "overlapping"}
    assert [candidate.location for candidate in candidates] == ["a.jpg"]


def test_what_unpacks_to_more_than_the_limit_ends_there():
    archive = pack("a.jpg", "b.jpg", "c.jpg")
    candidates, refused = read(archive, limits=ZipLimits(max_total_bytes=10))
    assert [candidate.location for candidate in candidates] == ["a.jpg", "b.jpg"]
    assert refused == {"c.jpg": "archive_too_large"}


def test_more_members_than_the_limit_are_left_out_in_one_word():
    candidates, refused = read(pack("a.jpg", "b.jpg", "c.jpg", "d.jpg"), limits=ZipLimits(max_members=2))
    assert [candidate.location for candidate in candidates] == ["a.jpg", "b.jpg"]
    assert refused == {"photos.zip": "too_many_members"}


def test_a_list_of_members_that_would_fill_the_memory_is_not_read():
    archive = pack(*(f"{number:0200}.jpg" for number in range(2000)))
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match=r"list of members of photos\.zip has .* at most 1,000 are read"):
            read_zip(archive, "photos.zip", limits=ZipLimits(max_directory_bytes=1000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 200_000


def test_a_member_that_lies_about_its_size_is_damaged_and_unpacks_to_no_more_than_it_said():
    data = bytearray(pack(lambda z: z.writestr("a.jpg", b"\0" * 100_000, zipfile.ZIP_DEFLATED)).getvalue())
    at = data.index(b"PK\1\2")
    data[at + 24 : at + 28] = struct.pack("<L", 10)
    (candidate,), _refused = read(io.BytesIO(bytes(data)))
    with pytest.raises(CandidateError) as raised:
        candidate.read()
    assert raised.value.code == "damaged"
    assert "a.jpg" in raised.value.message


def test_a_member_with_a_wrong_checksum_is_damaged():
    data = pack("a.jpg", "b.jpg").getvalue().replace(b"a.jpga.jpg", b"a.jpgA.jpg")
    first, second = read(io.BytesIO(data))[0]
    with pytest.raises(CandidateError, match="CRC"):
        first.read()
    assert second.read() == b"b.jpg"


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive at all", pack("a.jpg").getvalue()[:-10], b"PK\5\6" * 30])
def test_what_is_no_archive_is_refused_at_once(data):
    with pytest.raises(SourceError, match=r"photos\.zip is"):
        read_zip(io.BytesIO(data), "photos.zip")


def test_an_archive_is_known_by_its_bytes():
    assert is_zip(pack("a.jpg"))
    assert is_zip(pack())
    assert not is_zip(io.BytesIO(b"\xff\xd8\xff\xe0"))


def test_a_damaged_table_costs_only_itself():
    data = pack("a.jpg", lambda z: z.writestr("metadata.csv", "file\na.jpg\n")).getvalue()
    candidates, refused = read(io.BytesIO(data.replace(b"file\na.jpg\n", b"file\nb.jpg\n")))
    assert [candidate.location for candidate in candidates] == ["a.jpg"]
    assert refused == {"metadata.csv": "bad_sidecar"}


def test_a_table_given_by_path_is_read_instead(tmp_path: Path):
    (tmp_path / "ours.csv").write_text("file,title\na.jpg,Given\nb.jpg,Missing\n")
    archive = pack("a.jpg", lambda z: z.writestr("metadata.csv", "file,title\na.jpg,Inside\n"))
    (candidate,), refused = read(archive, metadata=tmp_path / "ours.csv")
    assert candidate.title == "Given"
    assert refused == {"ours.csv, line 3": "sidecar_without_file"}
