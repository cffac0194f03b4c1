"""What the library knows already, from metadata.csv; a bad row costs only itself."""

from __future__ import annotations

import io
import itertools
import json
import tracemalloc

import pytest

from catalog.importers import Candidate, Refused, SidecarRow, SourceError, read_folder, write_sidecar
from catalog.importers.sidecar_table import SidecarTable, read_sidecar


def parse(text: str | bytes) -> tuple[list[SidecarRow], list[Refused]]:
    data = text if isinstance(text, bytes) else text.encode()
    found = list(read_sidecar(io.BytesIO(data)))
    return [item[1] for item in found if not isinstance(item, Refused)], [i for i in found if isinstance(i, Refused)]


def test_a_row_goes_to_its_picture(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "cat.jpg").write_bytes(b"cat")
    (tmp_path / "dog.jpg").write_bytes(b"dog")
    (tmp_path / "metadata.csv").write_text(
        "external_id,file,title,labels,creator,credit,licence,source_url,description,shelf\n"
        'A-1,sub/cat.jpg,"Tom, asleep",cat|tabby=0.8,A. Nobody,Archive,CC0,https://example.org/1,On the sill.,B7\n'
    )
    dog, cat = read_folder(tmp_path)
    assert isinstance(cat, Candidate)
    assert isinstance(dog, Candidate)
    assert (cat.title, cat.labels) == ("Tom, asleep", (("cat", 1.0), ("tabby", 0.8)))
    assert (cat.external_id, cat.creator, cat.credit, cat.licence) == ("A-1", "A. Nobody", "Archive", "CC0")
    assert (cat.source_url, cat.description) == ("https://example.org/1", "On the sill.")
    assert (dog.title, dog.labels, dog.licence) == ("", (), "")


def test_a_changed_row_changes_the_fingerprint_of_its_picture_only(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"x")
    seen = []
    for title in ("One", "Two", "Two"):
        (tmp_path / "metadata.csv").write_text(f"file,title\na.jpg,{title}\nb.jpg,Same\n")
        seen.append([item.fingerprint for item in read_folder(tmp_path) if isinstance(item, Candidate)])
    assert seen[0][0] != seen[1][0] == seen[2][0]
    assert seen[0][1] == seen[1][1]


def test_a_name_written_on_another_system_matches(tmp_path):
    (tmp_path / "cafe\u0301.jpg").write_bytes(b"x")  # e and an accent, as macOS has it
    (tmp_path / "metadata.csv").write_text("file,title\ncaf\u00e9.jpg,Coffee\n", encoding="utf-8")
    (found,) = read_folder(tmp_path)
    assert isinstance(found, Candidate)
    assert found.title == "Coffee"


def test_rows_without_a_picture_are_named_last(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "notes.txt").write_bytes(b"x")
    (tmp_path / "metadata.csv").write_text("file,title\nmissing.jpg,M\nnotes.txt,N\na.jpg,A\n")
    candidate, missing, notes = read_folder(tmp_path)
    assert candidate.location == "a.jpg"
    assert isinstance(missing, Refused)
    assert isinstance(notes, Refused)
    assert (missing.location, missing.code) == ("metadata.csv, line 2", "sidecar_without_file")
    assert "'missing.jpg' does not exist" in missing.message
    assert "'notes.txt' is not a picture" in notes.message


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a.jpg,T,cat,extra", "4 cells where the header has 3"),
        (",T,cat", "'file' must be a path inside"),
        ("/etc/a.jpg,T,cat", "'file' must be a path inside"),
        ("../a.jpg,T,cat", "'file' must be a path inside"),
        ("a.jpg,T,cat=high", "must be a number from 0 to 1, but is 'high'"),
        ("a.jpg,T,cat=1.5", "must lie from 0 to 1, but is '1.5'"),
        ("a.jpg,T,cat=nan", "must lie from 0 to 1"),
        ("a.jpg,T,=0.5", "1 to 200 characters"),
        ("a.jpg,T," + "c" * 201, "1 to 200 characters"),
        ("a.jpg,T," + "|".join(map(str, range(201))), "may have 200 labels"),
        ('"a.jpg"x,T,cat', "expected after"),
    ],
)
def test_a_malformed_row_is_refused_by_its_line_and_the_rest_goes_on(row, reason):
    rows, refused = parse(f"file,title,labels\ngood.jpg,G,cat\n{row}\nlast.jpg,L,dog\n")
    assert [one.file for one in rows] == ["good.jpg", "last.jpg"]
    assert (refused[0].location, refused[0].code) == ("metadata.csv, line 3", "bad_sidecar_row")
    assert reason in refused[0].message


def test_text_in_another_encoding_costs_its_own_row():
    rows, refused = parse("file,title\na.jpg,Café\nb.jpg,Bar\n".encode("latin-1"))
    assert [one.file for one in rows] == ["b.jpg"]
    assert "CSV UTF-8" in refused[0].message
    refused[0].message.encode()


@pytest.mark.parametrize("text", ["", "name,title\na.jpg,T\n", "\xff\xfef\0i\0l\0e\0", '"file'])
def test_a_table_without_its_header_is_refused_whole(text):
    rows, refused = parse(text)
    assert rows == []
    assert [(one.location, one.code) for one in refused] == [("metadata.csv", "bad_sidecar")]
    assert "'file'" in refused[0].message


@pytest.mark.parametrize(
    "text", ["\ufefffile,title\r\na.jpg,T\r\n", "File;Title\na.jpg;T\n", "file\ttitle\na.jpg\tT\n\n\n"]
)
def test_tables_as_spreadsheets_write_them(text):
    assert parse(text) == ([SidecarRow("a.jpg", "T")], [])


def test_the_american_spelling_of_licence():
    assert parse("file,license\n./a.jpg,CC0\n")[0] == [SidecarRow("a.jpg", licence="CC0")]


def test_a_quote_that_never_closes_ends_with_a_reason():
    rows, refused = parse('file,title\na.jpg,A\nb.jpg,"open\n' + "c.jpg,C\n" * 3)
    assert [one.file for one in rows] == ["a.jpg"]
    assert [one.code for one in refused] == ["bad_sidecar_row"]


def test_a_sidecar_that_is_a_link_to_elsewhere_is_not_read(tmp_path):
    (tmp_path / "private.csv").write_text("file,title\na.jpg,Secret\n")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"x")
    (tmp_path / "photos" / "metadata.csv").symlink_to(tmp_path / "private.csv")
    refused, candidate = read_folder(tmp_path / "photos")
    assert isinstance(refused, Refused)
    assert isinstance(candidate, Candidate)
    assert (refused.location, refused.code) == ("metadata.csv", "symlink_outside")
    assert candidate.title == ""


def test_what_is_written_is_read_back():
    rows = [
        SidecarRow(
            "a b.png", 'A "quoted", title', "Two\nlines", (("cat", 0.9), ("kočka", 1.0)), "C", "K", "L", "U", "7"
        ),
        SidecarRow("東京.png"),
    ]
    assert parse(write_sidecar(rows)) == (rows, [])


def parse_json(document: object) -> tuple[list[SidecarRow], list[Refused]]:
    found = list(read_sidecar(io.BytesIO(json.dumps(document).encode()), "metadata.json"))
    return [item[1] for item in found if not isinstance(item, Refused)], [i for i in found if isinstance(i, Refused)]


def test_json_as_a_list_or_by_file_says_the_same():
    known = {"title": "Tom", "labels": ["cat", {"term": "tabby", "score": 0.8}], "date": "1923", "place": "Prague"}
    expected = SidecarRow("a.jpg", "Tom", labels=(("cat", 1.0), ("tabby", 0.8)), taken_at="1923", place="Prague")
    assert parse_json([{"file": "a.jpg", **known, "shelf": ["B", 7]}]) == ([expected], [])
    assert parse_json({"a.jpg": known}) == ([expected], [])
    assert parse_json({"a.jpg": {**known, "labels": "cat|tabby=0.8", "external_id": None}}) == ([expected], [])


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("a.jpg", "an object was expected"),
        ({"title": "T"}, "'file' must be a path inside"),
        ({"file": "a.jpg", "title": ["T"]}, "'title' must be a text, but is a list"),
        ({"file": "a.jpg", "labels": {"cat": 1}}, "must be a text or a list"),
        ({"file": "a.jpg", "labels": [7]}, "each of the labels must be"),
        ({"file": "a.jpg", "labels": [{"term": "cat", "score": "high"}]}, "must be a number from 0 to 1"),
        ({"file": "a.jpg", "title": "\ud800"}, "is not UTF-8 text"),
    ],
)
def test_a_malformed_object_is_refused_by_its_number_and_the_rest_goes_on(item, reason):
    rows, refused = parse_json([{"file": "good.jpg"}, item, {"file": "last.jpg"}])
    assert [one.file for one in rows] == ["good.jpg", "last.jpg"]
    assert (refused[0].location, refused[0].code) == ("metadata.json, item 2", "bad_sidecar_row")
    assert reason in refused[0].message


@pytest.mark.parametrize("text", [b"", b"{", b"7", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_such_json_is_refused_whole(text):
    (refused,) = read_sidecar(io.BytesIO(text), "metadata.json")
    assert isinstance(refused, Refused)
    assert (refused.location, refused.code) == ("metadata.json", "bad_sidecar")


@pytest.mark.parametrize("date", ["1923", "1923-05", "1923-05-01", "1923-05-01T10:00", "1923-05-01T10:00:07+01:00"])
def test_a_date_is_kept_as_far_as_it_is_known(date):
    assert parse(f"file,taken_at\na.jpg,{date}\n") == ([SidecarRow("a.jpg", taken_at=date)], [])


@pytest.mark.parametrize("date", ["around 1923", "1923-13", "1923-02-30", "0000", "19230501", "1923-05-01T25:00"])
def test_a_date_that_is_none_costs_only_itself(date):
    rows, refused = parse(f"file,title,date\na.jpg,Tom,{date}\n")
    assert rows == [SidecarRow("a.jpg", "Tom")]
    assert (refused[0].location, refused[0].code) == ("metadata.csv, line 2", "bad_sidecar_value")
    assert date in refused[0].message


def test_where_both_tables_tell_of_a_file_the_csv_holds(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "metadata.csv").write_text("file,title\na.jpg,From the CSV\n")
    (tmp_path / "metadata.json").write_text('{"a.jpg": {"title": "From the JSON"}, "b.jpg": {"title": "B"}}')
    refused, a, b = read_folder(tmp_path)
    assert isinstance(refused, Refused)
    assert "'a.jpg' has a row already" in refused.message
    assert [a.title, b.title] == ["From the CSV", "B"]


def test_a_table_given_by_path_is_read_instead(tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "a.jpg").write_bytes(b"x")
    (pictures / "metadata.csv").write_text("file,title\na.jpg,Beside it\n")
    (tmp_path / "ours.json").write_text('{"a.jpg": {"title": "Given"}, "b.jpg": {}}')
    a, b = read_folder(pictures, metadata=tmp_path / "ours.json")
    assert isinstance(a, Candidate)
    assert a.title == "Given"
    assert b.location == "ours.json, entry 'b.jpg'"
    with pytest.raises(SourceError, match=r"nowhere\.csv cannot be read"):
        read_folder(pictures, metadata=tmp_path / "nowhere.csv")


def test_of_two_rows_for_a_file_the_first_holds(tmp_path):
    (tmp_path / "caf\u00e9.jpg").write_bytes(b"x")
    text = "file,title\ncaf\u00e9.jpg,First\ncafe\u0301.jpg,Second\n"
    (tmp_path / "metadata.csv").write_text(text, encoding="utf-8")
    refused, found = read_folder(tmp_path)
    assert (refused.location, refused.code) == ("metadata.csv, line 3", "bad_sidecar_row")
    assert found.title == "First"


def test_the_rows_of_a_large_table_lie_on_disk(tmp_path):
    def peak_of(n_rows: int) -> int:
        text = "file,title,labels\n" + "".join(f"{n:06}.jpg,Picture {n},cat|label {n}\n" for n in range(n_rows))
        data = text.encode()
        tracemalloc.start()
        try:
            with SidecarTable() as table:
                assert list(table.load(io.BytesIO(data), "metadata.csv")) == []
                (left,) = itertools.islice(table.left_over(), 1)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert "000000.jpg" in left.message
        return peak

    peak_of(10)
    # Threads of other tests' servers may allocate meanwhile; the bound is far below the rows all the same.
    assert peak_of(30_000) < peak_of(300) + 12_000_000, "30,000 rows would be 28 MB"
