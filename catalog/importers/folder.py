"""A folder of pictures as a source: everything in it, however deep, in a settled order."""

# Plain strings and os: a million Path objects would cost more than the walk itself.
# ruff: noqa: PTH112, PTH116, PTH118, PTH119, PTH122

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from catalog.importers.base import Candidate, CandidateError, Refused, SourceError
from catalog.importers.sidecar import JSON_SIDECAR_NAME, SIDECAR_NAME
from catalog.importers.sidecar_table import SidecarTable, require_table
from catalog.media import SUPPORTED_EXTENSIONS

DEFAULT_MAX_BYTES = 1024**3


def read_folder(
    root: Path, *, max_bytes: int = DEFAULT_MAX_BYTES, metadata: Path | None = None
) -> Iterator[Candidate | Refused]:
    """Find the pictures of a folder and of the folders in it.

    Files whose names end in one of `SUPPORTED_EXTENSIONS` are candidates, folder by folder, each folder's names sorted;
    no file is opened before its candidate's `read` is called. Other files, and all names that begin with a dot, are passed over
    without a word. What should have been a candidate and cannot be one is yielded as `Refused`, and the rest goes on.

    Links: a link to a file inside the folder is a candidate like any file. A link that leads outside, nowhere or round in a
    circle is refused (a folder from a stranger must not publish the host's other files), and so is a link to a folder inside,
    whose pictures are found where they lie.

    A `metadata.csv` or `metadata.json` in the folder itself gives titles, labels, credits and licences (see
    `catalog.importers.sidecar`); of both, the CSV holds. Refused rows come first, and rows for which there was no candidate
    come last.

    Memory: the names of one folder at each depth.

    Parameters
    ----------
    root : the folder.
    max_bytes : largest file that `read` will take into memory.
    metadata : a table to read instead of those in the folder.

    Raises
    ------
    SourceError
        At once: the folder does not exist, is not a folder, or may not be listed; or the table does not exist.
    """
    try:
        real_root = root.resolve(strict=True)
        if not real_root.is_dir():
            raise SourceError(f"{_readable(str(root))} is a file; a folder of pictures or a zip archive was expected.")
        with os.scandir(real_root):
            pass
    except FileNotFoundError as error:
        raise SourceError(f"The folder {_readable(str(root))} does not exist. Check the path.") from error
    except PermissionError as error:
        raise SourceError(f"The folder {_readable(str(root))} may not be read. Check its permissions.") from error
    except (OSError, RuntimeError, ValueError) as error:  # a link to itself, a path too long, a NUL in it
        raise SourceError(f"The folder {_readable(str(root))} cannot be opened: {error}.") from error
    if metadata is not None:
        require_table(metadata)
    return _FolderReader(str(real_root), max_bytes, metadata).read_all()


class _FolderReader:
    """One walk over one folder: its resolved path, and the table that tells of its files."""

    def __init__(self, root: str, max_bytes: int, metadata: Path | None) -> None:
        self.root = root
        self.max_bytes = max_bytes
        self.metadata = metadata

    def read_all(self) -> Iterator[Candidate | Refused]:
        with SidecarTable() as self.table:
            if self.metadata is not None:
                yield from self.table.load_file(self.metadata)
            else:
                yield from self._load_sidecar(SIDECAR_NAME)
                yield from self._load_sidecar(JSON_SIDECAR_NAME)
            yield from self._walk()
            yield from self.table.left_over(lambda file: os.path.lexists(os.path.join(self.root, file)))

    def _load_sidecar(self, name: str) -> Iterator[Refused]:
        path = os.path.join(self.root, name)
        if not os.path.lexists(path):
            return
        try:
            real = _check_inside(path, self.root, name)
            with open(_open_regular(real), "rb") as stream:
                yield from self.table.load(stream, name)
        except (CandidateError, OSError) as error:
            refused = _refuse(name, error)
            yield Refused(name, refused.code, f"{refused.message} Pictures are imported without it.")

    def _walk(self) -> Iterator[Candidate | Refused]:
        # Each entry of the stack is one open folder: the names in it still to come.
        stack = [self._names_of("")]
        while stack:
            try:
                inner = next(stack[-1])
            except StopIteration:
                stack.pop()
                continue
            except OSError as error:
                stack.pop()
                yield _refuse(str(error.filename), error)
                continue
            found = self._look_at(inner)
            if isinstance(found, str):
                stack.append(self._names_of(found))
            elif found is not None:
                yield found

    def _names_of(self, folder: str) -> Iterator[str]:
        """Paths, relative to the root, of what lies in a folder, sorted. An OSError carries the relative folder."""
        try:
            with os.scandir(os.path.join(self.root, folder)) as entries:
                names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
        except OSError as error:
            raise OSError(error.errno, error.strerror, f"{folder}/") from error
        for name in names:
            yield f"{folder}/{name}" if folder else name

    def _look_at(self, inner: str) -> Candidate | Refused | str | None:
        """A candidate, a refusal, the path itself when it is a folder to go into, or None for what is passed over."""
        path = os.path.join(self.root, inner)
        extension = os.path.splitext(inner)[1].lower()
        try:
            status = os.lstat(path)
            if stat.S_ISDIR(status.st_mode):
                return inner
            if stat.S_ISLNK(status.st_mode):
                if extension and extension not in SUPPORTED_EXTENSIONS and not os.path.isdir(path):
                    return None
                status = self._follow(path, inner)
            if extension not in SUPPORTED_EXTENSIONS:
                return None
            if not stat.S_ISREG(status.st_mode):
                raise CandidateError("not_a_file", f"{_readable(inner)} is no ordinary file (a pipe or a device).")
        except (CandidateError, OSError) as error:
            return _refuse(inner, error)
        return self._candidate(inner, path, status)

    def _follow(self, path: str, inner: str) -> os.stat_result:
        """Status of the file that a link leads to, if it is one inside the root."""
        try:
            status = os.stat(path)  # a circle raises another error than FileNotFoundError
        except FileNotFoundError:
            raise CandidateError("dangling_symlink", f"{_readable(inner)} is a link that leads nowhere.") from None
        real = _check_inside(path, self.root, inner)
        if stat.S_ISDIR(status.st_mode):
            if os.path.commonpath((real, path)) == real:
                raise CandidateError("symlink_loop", f"{_readable(inner)} is a link to a folder that contains it.")
            raise CandidateError(
                "symlink_folder", f"{_readable(inner)} is a link to a folder whose pictures are read where they lie."
            )
        return status

    def _candidate(self, inner: str, path: str, status: os.stat_result) -> Candidate:
        location = _readable(inner)
        read = partial(_read, path, self.root, location, self.max_bytes)
        return self.table.describe(Candidate(location, f"{status.st_size}-{status.st_mtime_ns}", read))


def _check_inside(path: str, root: str, inner: str) -> str:
    """The real path behind a path; raises `CandidateError` if that lies outside the root."""
    real = os.path.realpath(path)
    if os.path.commonpath((real, root)) != root:
        raise CandidateError(
            "symlink_outside", f"{_readable(inner)} is a link that leads outside the folder; copy the file into it."
        )
    return real


def _open_regular(path: str) -> int:
    """Open an ordinary file, at a path without links, for reading.

    O_NONBLOCK: a pipe put in its place would hang the import. O_NOFOLLOW: a link put in its place is not followed.
    """
    flags = sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"))
    handle = os.open(path, os.O_RDONLY | flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise CandidateError("not_a_file", f"{_readable(os.path.basename(path))} is no ordinary file.")
    return handle


def _read(path: str, root: str, location: str, max_bytes: int) -> bytes:
    """The bytes of a candidate, looked at anew: the folder may have changed since it was listed."""
    try:
        real = _check_inside(path, root, location)
        with open(_open_regular(real), "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            data = stream.read(max_bytes + 1) if size <= max_bytes else b""
    except OSError as error:
        refused = _refuse(location, error)
        raise CandidateError(refused.code, refused.message) from error
    if size > max_bytes or len(data) > max_bytes:
        raise CandidateError("too_large", f"{location} has {size:,} bytes; at most {max_bytes:,} are taken.")
    return data


def _refuse(inner: str, error: OSError | CandidateError) -> Refused:
    """Say in words why this file or folder was left out."""
    location = _readable(inner)
    if isinstance(error, CandidateError):
        return Refused(location, error.code, error.message)
    if error.errno == errno.ELOOP:
        return Refused(location, "symlink_loop", f"{location} is a link that leads round in a circle.")
    if error.errno == errno.ENOENT:
        return Refused(location, "vanished", f"{location} is not there any more.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return Refused(location, "unreadable", f"{location} may not be read. Check its permissions.")
    return Refused(location, "unreadable", f"{location} cannot be read: {error.strerror or error}.")


def _readable(name: str) -> str:
    """A name as valid Unicode: bytes that are not UTF-8 (surrogates to Python) become \\xNN."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
