"""What a library knows of a picture, written into a copy of its JPEG as IPTC and XMP: pixels, Exif and everything else stay to the byte.

IPTC-IIM 4.2 in resource 0x0404 of Photoshop's segment (APP13), beside an XMP packet (APP1): older and newer programs find what they read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from catalog.media.xmp_writer import PictureFacts, write_xmp

__all__ = ["JpegError", "write_into_jpeg", "write_iptc"]

BLOCK = 1024**2
MAX_SEGMENT = 65_533
"""Bytes of a segment without its length."""
MAX_HEADER = 64 * 1024**2
"""Bytes before the pixels; profiles and previews of the largest cameras have a few."""

_APP0, _APP1, _APP13, _SOS, _SOI = 0xE0, 0xE1, 0xED, 0xDA, b"\xff\xd8"
_EXIF, _XMP, _PHOTOSHOP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"Photoshop 3.0\0"
_IPTC_RESOURCE, _IPTC_DIGEST = 0x0404, 0x0425
# Dataset of record 2, and how many bytes it may have (IIM 4.2).
_TITLE, _KEYWORD, _DATE, _CREATOR = (5, 64), (25, 64), (55, 8), (80, 32)
_PLACE, _CREDIT, _RIGHTS, _CAPTION = (92, 32), (110, 32), (116, 128), (120, 2000)


class JpegError(ValueError):
    """These bytes are no JPEG, or one into which nothing can be written; the text says why."""


def write_into_jpeg(file: BinaryIO, facts: PictureFacts) -> Iterator[bytes]:
    """A copy of a JPEG, in blocks, that tells these facts. Raises JpegError before the first block.

    An earlier XMP packet and other resources of Photoshop's segment are kept apart from what is told anew.
    """
    segments = _read_header(file)
    existing = next((data[len(_XMP) :] for marker, data in segments if marker == _APP1 and data.startswith(_XMP)), b"")
    photoshop = b"".join(
        data[len(_PHOTOSHOP) :] for marker, data in segments if marker == _APP13 and data.startswith(_PHOTOSHOP)
    )
    kept = [s for s in segments if not (s[0] == _APP1 and s[1].startswith(_XMP))]
    kept = [s for s in kept if not (s[0] == _APP13 and s[1].startswith(_PHOTOSHOP))]
    packet = _XMP + write_xmp(facts, existing)
    if len(packet) > MAX_SEGMENT:
        packet = _XMP + write_xmp(facts)
    if len(packet) > MAX_SEGMENT:
        raise JpegError(f"The XMP has {len(packet):,} bytes, and a JPEG holds {MAX_SEGMENT:,}; take the sidecars.")
    # JFIF and Exif come first, as their standards ask.
    first = [s for s in kept if s[0] == _APP0 or (s[0] == _APP1 and s[1].startswith(_EXIF))]
    rest = [s for s in kept if s not in first]
    ours = [(_APP1, packet), *((_APP13, part) for part in _photoshop_segments(photoshop, write_iptc(facts)))]
    return _write(file, [*first, *ours, *rest])


def write_iptc(facts: PictureFacts) -> bytes:
    """The facts as datasets of IPTC-IIM in UTF-8; each text is cut to what the standard gives it."""
    sets = [(1, 90, b"\x1b%G"), (2, 0, b"\0\4")]
    for (number, limit), text in (
        (_TITLE, facts.title),
        *((_KEYWORD, keyword) for keyword in facts.keywords),
        (_DATE, _date_of(facts.taken_at)),
        (_CREATOR, facts.creator),
        (_PLACE, facts.place),
        (_CREDIT, facts.credit),
        (_RIGHTS, facts.rights),
        (_CAPTION, facts.description),
    ):
        if data := _cut(text, limit):
            sets.append((2, number, data))
    return b"".join(struct.pack(">BBBH", 0x1C, record, number, len(data)) + data for record, number, data in sets)


def _date_of(taken_at: str) -> str:
    """CCYYMMDD; a month or a day that is not known is 00."""
    year, month, day = [*taken_at[:10].split("-"), "00", "00"][:3]
    return f"{year}{month}{day}" if taken_at else ""


def _cut(text: str, limit: int) -> bytes:
    """At most so many bytes of UTF-8, cut between characters."""
    return text.replace("\0", "").encode("utf-8", "replace")[:limit].decode("utf-8", "ignore").encode()


def _read_header(file: BinaryIO) -> list[tuple[int, bytes]]:
    """(marker, data) of the segments before the pixels; the file then stands at the marker that begins those."""
    file.seek(0)
    if file.read(2) != _SOI:
        raise JpegError("It is no JPEG: it does not begin like one.")
    segments: list[tuple[int, bytes]] = []
    while file.tell() < MAX_HEADER:
        head = file.read(2)
        if len(head) < 2 or head[0] != 0xFF:
            break
        if head[1] == 0xFF:  # a fill byte
            file.seek(-1, 1)
            continue
        if head[1] == _SOS:
            file.seek(-2, 1)
            return segments
        (length,) = struct.unpack(">H", file.read(2).rjust(2, b"\0"))
        data = file.read(max(length - 2, 0))
        if length < 2 or len(data) != length - 2:
            break
        segments.append((head[1], data))
    raise JpegError("It is no JPEG: its header is broken, or has no end.")


def _photoshop_segments(resources: bytes, iptc: bytes) -> Iterator[bytes]:
    """Photoshop's segments with this IPTC and all other resources; the digest of the old IPTC goes."""
    kept = b"".join(data for number, data in _resources(resources) if number not in (_IPTC_RESOURCE, _IPTC_DIGEST))
    block = b"8BIM" + struct.pack(">HHI", _IPTC_RESOURCE, 0, len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
    whole, room = block + kept, MAX_SEGMENT - len(_PHOTOSHOP)
    for start in range(0, len(whole), room):
        yield _PHOTOSHOP + whole[start : start + room]


def _resources(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, whole block) of each of Photoshop's resources; what is broken ends them."""
    at = 0
    while data[at : at + 4] == b"8BIM" and at + 12 <= len(data):
        (number,) = struct.unpack_from(">H", data, at + 4)
        name_end = at + 6 + (data[at + 6] + 2) // 2 * 2  # a length byte and the name, padded to even
        if name_end + 4 > len(data):
            return
        (size,) = struct.unpack_from(">I", data, name_end)
        end = name_end + 4 + size + size % 2
        yield number, data[at:end]
        at = end


def _write(file: BinaryIO, segments: list[tuple[int, bytes]]) -> Iterator[bytes]:
    yield _SOI + b"".join(struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data for marker, data in segments)
    while block := file.read(BLOCK):
        yield block
