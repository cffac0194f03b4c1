"""A zip archive as a source: read member by member where it lies, with nothing unpacked to disk and nothing in it trusted.

What an archive can do to its reader is bounded before a byte of it is unpacked: see `ZipLimits`, and the APPNOTE of the format for
the records named here.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from catalog.importers.base import Candidate, CandidateError, Refused, SourceError
from catalog.importers.sidecar import JSON_SIDECAR_NAME, SIDECAR_NAME, key_of
from catalog.importers.sidecar_table import SidecarTable, require_table
from catalog.media import SUPPORTED_EXTENSIONS

ARCHIVE_EXTENSIONS = frozenset({".zip", ".cbz", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz"})

_ENCRYPTED = 0x1
_UTF8 = 0x800
_END, _END64 = b"PK\5\6", b"PK\6\6"
_END_BYTES, _END64_BYTES, _LOCATOR64_BYTES, _LOCAL_HEADER_BYTES = 22, 56, 20, 30
_MAX_COMMENT = 65_535
_MAX_NAME = 1000


@dataclass(frozen=True)
class ZipLimits:
    """What of an archive is read at most."""

    max_member_bytes: int = 1024**3
    """Of one picture, unpacked."""
    max_total_bytes: int = 256 * 1024**3
    """Of all pictures, unpacked."""
    max_members: int = 200_000
    max_directory_bytes: int = 32 * 1024**2
    """Of the list of members, which is taken into memory whole: 200,000 names of a hundred characters."""
    max_ratio: float = 200
    """Unpacked to packed, of members over a megabyte. Photographs hardly shrink; a bomb of zeros reaches 1,030."""


def is_zip(stream: BinaryIO) -> bool:
    """Whether bytes begin like an archive, whatever they are called. Leaves the stream at its start."""
    stream.seek(0)
    head = stream.read(4)
    stream.seek(0)
    return head in (b"PK\3\4", _END)


def read_zip(
    stream: BinaryIO, name: str, *, limits: ZipLimits | None = None, metadata: Path | None = None, prefix: str = ""
) -> Iterator[Candidate | Refused]:
    """Find the pictures of an archive, in its own order.

    Members whose names end in one of `SUPPORTED_EXTENSIONS` are candidates, unpacked one at a time by `read`. Other files, folders, hidden
    names and what macOS adds (`__MACOSX`) are passed over without a word. Refused with a reason, while the rest goes on: names
    that lead outside (absolute, or with ".."), links and devices, encrypted members, archives in the archive, a second member of the same
    name, members that share bytes with another, and whatever exceeds the limits.

    A `metadata.csv` or `metadata.json` at the top counts as it does in a folder. The fingerprint of a member is its checksum, size
    and name, so that an archive that was written anew is not read anew.

    Parameters
    ----------
    stream : the archive, seekable; open until the last candidate is read. It is the caller's to close.
    name : what messages call it.
    metadata : a table to read instead of those in the archive.
    prefix : put before each location.

    Raises
    ------
    SourceError
        At once: this is no archive, it is damaged, or its list of members is larger than the limit.
    """
    limits = limits or ZipLimits()
    if metadata is not None:
        require_table(metadata)
    size = _directory_size(stream)
    if size is None:
        raise SourceError(f"{name} is no zip archive, or it is cut off. Copy it again from its source.")
    if size > limits.max_directory_bytes:
        raise SourceError(
            f"The list of members of {name} has {size:,} bytes; at most {limits.max_directory_bytes:,} are read. Divide it."
        )
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise SourceError(f"{name} is a damaged zip archive ({error}). Make it anew.") from error
    return _ZipReader(archive, name, limits, metadata, prefix).read_all()


class _ZipReader:
    """One walk over one archive: the table that tells of its members, the names seen, and how much was offered so far."""

    def __init__(
        self, archive: zipfile.ZipFile, name: str, limits: ZipLimits, metadata: Path | None, prefix: str
    ) -> None:
        self.archive = archive
        self.name = name
        self.limits = limits
        self.metadata = metadata
        self.prefix = prefix
        self.names: set[str] = set()
        self.total_bytes = 0

    def read_all(self) -> Iterator[Candidate | Refused]:
        members = self.archive.infolist()
        sharing = _sharing_bytes(members)
        with SidecarTable() as self.table:
            if self.metadata is not None:
                yield from self.table.load_file(self.metadata)
            else:
                yield from self._load_sidecar(members, SIDECAR_NAME)
                yield from self._load_sidecar(members, JSON_SIDECAR_NAME)
            for number, member in enumerate(members[: self.limits.max_members]):
                found = self._look_at(member, shares=number in sharing)
                if found is not None:
                    yield found
            if len(members) > self.limits.max_members:
                yield Refused(
                    self.prefix or self.name,
                    "too_many_members",
                    f"{self.name} has {len(members):,} members; the first {self.limits.max_members:,} are read. Divide it.",
                )
            yield from self.table.left_over(lambda file: key_of(file) in self.names)

    def _load_sidecar(self, members: list[zipfile.ZipInfo], name: str) -> Iterator[Refused]:
        for member in members:
            if _name_of(member) != name:
                continue
            try:
                self._check(member)
                with self.archive.open(member) as stream:
                    for refused in self.table.load(stream, name):  # type: ignore[arg-type]  # it reads like a BinaryIO
                        yield Refused(f"{self.prefix}{refused.location}", refused.code, refused.message)
            except (CandidateError, *_DAMAGES) as error:
                reason = error.message if isinstance(error, CandidateError) else f"{name} is damaged ({error})."
                yield Refused(f"{self.prefix}{name}", "bad_sidecar", f"{reason} Pictures are imported without it.")
            return

    def _look_at(self, member: zipfile.ZipInfo, *, shares: bool) -> Candidate | Refused | None:
        """A candidate, a refusal, or None for what is passed over."""
        name = _name_of(member)
        path = PurePosixPath(name)
        if name.endswith("/") or any(map(_is_hidden, path.parts)):
            return None
        extension = path.suffix.lower()
        location = self.prefix + name
        key = key_of(name)
        known = key in self.names
        self.names.add(key)
        try:
            if extension not in SUPPORTED_EXTENSIONS:
                if extension in ARCHIVE_EXTENSIONS:
                    raise CandidateError("nested_archive", f"{location} is an archive in an archive; unpack it first.")
                return None
            self._check(member)
            if known:
                raise CandidateError("duplicate_name", f"{location} is in the archive twice; the first is taken.")
            if shares:
                raise CandidateError("overlapping", f"{location} shares its bytes with another member of the archive.")
            self.total_bytes += member.file_size
            if self.total_bytes > self.limits.max_total_bytes:
                raise CandidateError(
                    "archive_too_large",
                    f"{location} is left out: unpacked, {self.name} has more than the {self.limits.max_total_bytes:,} bytes "
                    "that are read of an archive. Divide it.",
                )
        except CandidateError as error:
            return Refused(location[:_MAX_NAME], error.code, error.message)
        fingerprint = f"{member.CRC:08x}-{member.file_size}"
        candidate = self.table.describe(Candidate(name, fingerprint, partial(self._read, member, location)))
        return replace(candidate, location=location)

    def _check(self, member: zipfile.ZipInfo) -> None:
        """Raise CandidateError if the member's own record says that it must not be unpacked."""
        name = _name_of(member)
        location = self.prefix + name
        if _leads_outside(name) or "\0" in member.orig_filename:
            raise CandidateError("unsafe_name", f"{location} is a name that leads outside the archive; pack it anew.")
        if len(location) > _MAX_NAME:
            raise CandidateError(
                "unsafe_name",
                f"{location[:40]}… is a name of {len(location):,} characters; at most {_MAX_NAME:,} are taken.",
            )
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind == stat.S_IFLNK:
            raise CandidateError("symlink", f"{location} is a link; pack the file that it leads to.")
        if kind not in (0, stat.S_IFREG):
            raise CandidateError("not_a_file", f"{location} is no ordinary file (a pipe or a device).")
        if member.flag_bits & _ENCRYPTED:
            raise CandidateError("encrypted", f"{location} is encrypted; pack it without a password.")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # LZMA lets an archive say how much memory unpacking takes.
            raise CandidateError("unsupported_packing", f"{location} is neither deflated nor stored; pack it anew.")
        if member.file_size > self.limits.max_member_bytes:
            raise CandidateError(
                "too_large",
                f"{location} has {member.file_size:,} bytes unpacked; at most {self.limits.max_member_bytes:,} are taken.",
            )
        if member.file_size > max(1024**2, member.compress_size * self.limits.max_ratio):
            raise CandidateError(
                "zip_bomb",
                f"{location} would unpack to more than {self.limits.max_ratio:g} times its packed size. "
                "If it is a picture, save it as PNG or JPEG first.",
            )

    def _read(self, member: zipfile.ZipInfo, location: str) -> bytes:
        """The bytes of a member, never more than its record promised; safe from several threads."""
        try:
            with self.archive.open(member) as stream:
                data = stream.read(member.file_size)
                stream.read(1)  # only at the end is the checksum looked at
        except _DAMAGES as error:
            raise CandidateError("damaged", f"{location} cannot be unpacked ({error}). Pack it anew.") from error
        if len(data) != member.file_size:
            raise CandidateError(
                "damaged", f"{location} has {len(data):,} bytes where {member.file_size:,} were promised."
            )
        return data


# What unpacking a damaged member raises.
_DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, NotImplementedError)


def _name_of(member: zipfile.ZipInfo) -> str:
    """The member's name with "/" between its parts: some programs write "\\" and UTF-8 without saying so."""
    name = member.filename
    if not member.flag_bits & _UTF8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _leads_outside(name: str) -> bool:
    parts = name.split("/")
    return not parts[0] or ".." in parts or bool(re.match("[A-Za-z]:", name))


def _is_hidden(part: str) -> bool:
    return part == "__MACOSX" or (part.startswith(".") and part != "..")


def _sharing_bytes(members: list[zipfile.ZipInfo]) -> set[int]:
    """The members, by number, that begin before another one ends: how a small archive unpacks to a large one many times over."""
    sharing = set()
    end = 0
    for number in sorted(range(len(members)), key=lambda number: members[number].header_offset):
        member = members[number]
        if member.header_offset < end:
            sharing.add(number)
        end = max(end, member.header_offset + _LOCAL_HEADER_BYTES + member.compress_size)
    return sharing


def _directory_size(stream: BinaryIO) -> int | None:
    """How many bytes the list of members claims to have, or None if this is no archive.

    Python's reader takes as many into memory as the end record says, before anybody can ask how many there are.
    """
    stream.seek(0, io.SEEK_END)
    size = stream.tell()
    stream.seek(max(0, size - _END_BYTES - _MAX_COMMENT - _LOCATOR64_BYTES - _END64_BYTES))
    tail = stream.read()
    stream.seek(0)
    # The same two places, in the same order, as Python's reader looks in.
    at = len(tail) - _END_BYTES
    if at < 0 or not (tail.startswith(_END, at) and tail.endswith(b"\0\0")):
        at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_BYTES:
        return None
    (claimed,) = struct.unpack_from("<L", tail, at + 12)
    at64 = at - _LOCATOR64_BYTES - _END64_BYTES
    if at64 >= 0 and tail.startswith(_END64, at64):
        (claimed64,) = struct.unpack_from("<Q", tail, at64 + 40)
        claimed = claimed64 if claimed == 0xFFFFFFFF else max(claimed, claimed64)
    return int(claimed)
