"""A library's own vectors and positions come in by id, or are refused with the row and the reason."""

import numpy as np
import pytest

from catalog.layout import GivenError, read_given

ROWS = {"T1": (0.5, 1.0, 2.0), "T2": (3.0, 4.0, 5.0), "T3": (6.0, 7.0, 8.5)}


def write(folder, kind, rows=ROWS, name="positions"):
    if kind == "npz":
        path = folder / "given.npz"
        arrays = {"ids": np.array(list(rows)), name: np.array(list(rows.values()))}
        np.savez(path, **arrays)  # type: ignore[arg-type]  # its types do not know of arrays by name
        return path
    path = folder / "given.csv"
    lines = [",".join([key, *map(str, numbers)]) for key, numbers in rows.items()]
    path.write_text("\n".join((["id,x,y,z"] if kind == "csv with a header" else []) + lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["npz", "csv", "csv with a header"])
def test_numbers_come_in_the_order_of_the_images(tmp_path, kind):
    given = read_given(write(tmp_path, kind), ["T3", "", "T9", "T1", ""], n_features=3)

    assert given.values.dtype == np.float32
    np.testing.assert_array_equal(given.values, [ROWS["T3"], [0] * 3, [0] * 3, ROWS["T1"], [0] * 3])
    assert given.found.tolist() == [True, False, False, True, False]
    assert (given.n_missing, given.unknown_ids) == (3, ["T2"])


def test_vectors_may_have_any_width_and_ids_be_numbers(tmp_path):
    path = tmp_path / "given.npz"
    vectors = np.random.default_rng(0).normal(size=(100, 300)).astype(np.float16)
    np.savez_compressed(path, ids=np.arange(100), vectors=vectors)
    given = read_given(path, [str(i) for i in range(99, -1, -1)])
    np.testing.assert_array_equal(given.values, vectors[::-1].astype(np.float32))
    assert given.found.all() and given.n_missing == 0


def test_a_table_as_a_spreadsheet_writes_it(tmp_path):
    path = tmp_path / "given.CSV"
    path.write_bytes('\ufeffid,x\r\n"Smith, A.", 1.5 \r\n\r\n Müller ,2e-3\r\n'.encode())
    given = read_given(path, ["Müller", "Smith, A."])
    np.testing.assert_allclose(given.values, [[0.002], [1.5]], rtol=1e-6)


def test_no_image_at_all_is_no_error(tmp_path):
    given = read_given(write(tmp_path, "csv"), [])
    assert given.values.shape == (0, 3) and given.unknown_ids == list(ROWS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,x,y,z\nT1,1,2,3\nT1,1,2,3\n", r"line 3: expected each id once, got 'T1' again"),
        ("T1,1,2,3\nT2,1,2\n", r"line 2: expected 3 numbers for 'T2', got 2"),
        ("T1,1,2\n", r"line 1: expected 3 numbers for 'T1', got 2"),
        ("T1,1,2,3\nT2,1,nan,3\n", r"line 2: expected finite numbers for 'T2', got nan"),
        ("T1,1,2,1e60\n", r"line 1: expected finite numbers for 'T1', got inf"),
        ("T1,1,2,3\n,1,2,3\n", r"line 2: expected an id, got an empty one"),
        ("T1,1,2,3\nT2,1,two,3\n", r"line 2: expected an id and then numbers.* got 'two' after 'T2'"),
        ("T1,0.1,oops,3\n", r"line 1: expected an id and then numbers.* got 'oops' after 'T1'"),
        ("T1;1;2;3\n", r"line 1: expected an id and then numbers, separated by commas, got no number"),
        ("id,x,y,z\n", r"given\.csv: expected at least one row, got none"),
        ("", r"given\.csv: expected at least one row, got none"),
    ],
)
def test_a_bad_table_is_refused_with_its_line(tmp_path, text, message):
    path = tmp_path / "given.csv"
    path.write_text(text)
    with pytest.raises(GivenError, match=message):
        read_given(path, ["T1", "T2"], n_features=3)


def test_a_table_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "given.csv"
    path.write_bytes("Müller,1,2,3\n".encode("latin-1"))
    with pytest.raises(GivenError, match=r"given\.csv: expected a table in UTF-8.*Save it as CSV"):
        read_given(path, ["T1"])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"ids": ["a"]}, r"expected an array 'ids' and one of 'vectors' and 'positions', got \['ids'\]"),
        ({"ids": ["a"], "vectors": [[1.0]], "positions": [[1.0]]}, "and one of 'vectors' and 'positions'"),
        ({"ids": [["a"]], "vectors": [[1.0]]}, r"expected 'ids' as a list of text, got shape \(1, 1\)"),
        ({"ids": ["a", "b"], "vectors": [[1.0]]}, r"'vectors' of shape \(2, n\) in numbers, got \(1, 1\)"),
        ({"ids": ["a"], "vectors": [["x"]]}, r"'vectors' of shape \(1, n\) in numbers, got \(1, 1\) of <U1"),
        ({"ids": ["a", "a"], "vectors": [[1.0], [2.0]]}, r"given\.npz, row 1: expected each id once"),
        ({"ids": ["a"], "vectors": [[np.nan]]}, r"given\.npz, row 0: expected finite numbers for 'a', got nan"),
    ],
)
def test_a_bad_archive_is_refused(tmp_path, arrays, message):
    path = tmp_path / "given.npz"
    np.savez(path, **{name: np.array(values) for name, values in arrays.items()})  # type: ignore[arg-type]  # as above
    with pytest.raises(GivenError, match=message):
        read_given(path, ["a"])


def test_an_archive_never_runs_what_is_in_it(tmp_path):
    class Evil:
        def __reduce__(self):
            return (tmp_path / "it ran").mkdir, ()

    path = tmp_path / "given.npz"
    np.savez(path, ids=np.array([Evil()], dtype=object), vectors=np.ones((1, 3)))
    with pytest.raises(GivenError, match=r"expected an archive of plain arrays.*ids as text"):
        read_given(path, ["a"])
    path.write_bytes(b"this is no archive")
    with pytest.raises(GivenError, match="expected an archive of plain arrays"):
        read_given(path, ["a"])
    with path.open("wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(GivenError, match="expected an archive of plain arrays"):
        read_given(path, ["a"])
    assert not (tmp_path / "it ran").exists()


def test_another_file_or_none_is_refused(tmp_path):
    (tmp_path / "given.txt").write_text("T1 1 2 3")
    with pytest.raises(GivenError, match=r"a file named \.npz or \.csv, got given\.txt"):
        read_given(tmp_path / "given.txt", [])
    with pytest.raises(GivenError, match=r"found none at .*Check the path"):
        read_given(tmp_path / "none.csv", [])
