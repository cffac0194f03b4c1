"""A library's own numbers: vectors or positions that somebody else computed, keyed by the library's own ids."""

import csv
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_ARRAYS = ("vectors", "positions")


class GivenError(ValueError):
    """The file cannot be used; the message says what was expected, what came, and how to mend it."""


@dataclass(frozen=True)
class Given:
    """What a file says of the images that were asked for."""

    values: NDArray[np.float32]
    """Shape (n_images, n_features), in the order of the ids asked for; zero rows where the file says nothing."""
    found: NDArray[np.bool_]
    """Shape (n_images,): whether the file has the image."""
    unknown_ids: list[str]
    """Ids of the file that were not asked for, in its order."""

    @property
    def n_missing(self) -> int:
        """How many of the images the file says nothing of."""
        return int(len(self.found) - self.found.sum())


def read_given(path: Path, ids: Sequence[str], *, n_features: int | None = None) -> Given:
    """Read one row of numbers for each image that a file knows by its external id.

    Two kinds of file are understood, told apart by their names:

    - `.npz`: an array `ids` (text or whole numbers, shape (n,)) and an array `vectors` or `positions` (shape (n, n_features));
    - `.csv`, UTF-8: an id and then numbers in each row; a first row without any number in it ("id,x,y,z") is a header.

    A CSV file is streamed: rows of images that were not asked for cost no memory but their ids.

    Parameters
    ----------
    path: the file.
    ids: the external ids of the images, each once; "" for an image that has none, as often as need be.
    n_features: how many numbers each row must have (3 for positions); any number if None.

    Returns
    -------
    Given, its values as float32.

    Raises
    ------
    GivenError: no such file, another kind of file, an id that is empty or there twice, rows of different or wrong width, a number
        that is not finite in float32.
    """
    if not path.is_file():
        raise GivenError(f"Expected a file of ids and numbers, found none at {path}. Check the path.")
    readers = {".npz": _read_npz, ".csv": _read_csv}
    if path.suffix.lower() not in readers:
        raise GivenError(f"Expected a file named .npz or .csv, got {path.name}. Save the numbers as one of these.")
    place = {external_id: row for row, external_id in enumerate(ids) if external_id}
    found = np.zeros(len(ids), dtype=np.bool_)
    values: NDArray[np.float32] | None = None
    seen: set[str] = set()
    unknown: list[str] = []
    for where, external_id, numbers in readers[path.suffix.lower()](path):
        if not external_id:
            raise GivenError(f"{where}: expected an id, got an empty one. Give the row its id, or leave it out.")
        if external_id in seen:
            raise GivenError(f"{where}: expected each id once, got {external_id!r} again. Leave one of its rows out.")
        seen.add(external_id)
        if values is None:
            n_features = n_features or max(len(numbers), 1)
            values = np.zeros((len(ids), n_features), dtype=np.float32)
        if len(numbers) != values.shape[1]:
            raise GivenError(
                f"{where}: expected {values.shape[1]} numbers for {external_id!r}, got {len(numbers)}. "
                "Every row needs as many as the first; positions need 3."
            )
        if not np.isfinite(numbers).all():
            raise GivenError(
                f"{where}: expected finite numbers for {external_id!r}, got {numbers[~np.isfinite(numbers)][0]}. "
                "Leave the row out if nothing is known of the image."
            )
        row = place.get(external_id)
        if row is None:
            unknown.append(external_id)
        else:
            values[row] = numbers
            found[row] = True
    if values is None:
        raise GivenError(f"{path.name}: expected at least one row, got none. Write an id and its numbers in each row.")
    return Given(values, found, unknown)


_Row = tuple[str, str, NDArray[np.float32]]  # where it stands, its id, its numbers


def _read_npz(path: Path) -> Iterator[_Row]:
    try:
        with np.load(path, allow_pickle=False) as file:
            names = [name for name in _ARRAYS if name in file]
            if "ids" not in file or len(names) != 1:
                raise GivenError(
                    f"{path.name}: expected an array 'ids' and one of 'vectors' and 'positions', got {sorted(file)}. "
                    "Write it with numpy.savez(path, ids=..., vectors=...)."
                )
            ids, values = file["ids"], file[names[0]]
    except GivenError:
        raise
    except (ValueError, OSError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        # Among others: an .npy of another name, a pickle, an array of Python objects, a file cut short.
        raise GivenError(
            f"{path.name}: expected an archive of plain arrays, but {error}. Write it with numpy.savez, with ids as text "
            "(numpy.array(ids, dtype=str)) and numbers as floats."
        ) from error
    if ids.ndim != 1 or ids.dtype.kind not in "USiu":
        raise GivenError(f"{path.name}: expected 'ids' as a list of text, got shape {ids.shape} of {ids.dtype}.")
    if values.ndim != 2 or values.dtype.kind not in "fiu" or len(values) != len(ids):
        raise GivenError(
            f"{path.name}: expected {names[0]!r} of shape ({len(ids)}, n) in numbers, got {values.shape} of {values.dtype}."
        )
    for row, (external_id, numbers) in enumerate(zip(ids.tolist(), values, strict=True)):
        text = external_id.decode("utf-8", "replace") if isinstance(external_id, bytes) else str(external_id)
        yield f"{path.name}, row {row}", text.strip(), _as_float32(numbers)


def _read_csv(path: Path) -> Iterator[_Row]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            is_first = True
            for cells in reader:
                if not cells:
                    continue
                if not (is_first and len(cells) > 1 and not any(_is_number(cell) for cell in cells[1:])):
                    yield _csv_row(f"{path.name}, line {reader.line_num}", cells)
                is_first = False
    except (UnicodeDecodeError, csv.Error) as error:
        raise GivenError(
            f"{path.name}: expected a table in UTF-8, but {error}. Save it as CSV with commas, in UTF-8."
        ) from error


def _csv_row(where: str, cells: list[str]) -> _Row:
    bad = [cell for cell in cells[1:] if not _is_number(cell)]
    if bad or len(cells) < 2:
        raise GivenError(
            f"{where}: expected an id and then numbers, separated by commas, got "
            f"{repr(bad[0][:40]) if bad else 'no number'} after {cells[0][:40]!r}. Write decimals with a point."
        )
    return where, cells[0].strip(), _as_float32(np.array(cells[1:], dtype=np.float64))


def _as_float32(numbers: NDArray[np.floating]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite, and is refused as such
        return numbers.astype(np.float32)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
