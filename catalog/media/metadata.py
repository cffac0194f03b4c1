"""What a picture says about itself, as a small dict of clean values: an allow-list of EXIF and IPTC fields.

Places (GPS) are left out on purpose: they tell where people live, and nothing here needs them.
Broken metadata never costs a picture: a field that cannot be read is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image, ImageFile, IptcImagePlugin

from catalog.media.frames import count_frames
from catalog.media.picture import MetadataValue

MAX_LINE = 300
"""Characters kept of a title, a name or a camera."""
MAX_TEXT = 4000
"""Characters kept of a description."""
MAX_KEYWORDS = 60

_EXIF_DATE = re.compile(r"(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_EXIF_OFFSET = re.compile(r"[+-]\d\d:\d\d")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# What cameras write into the description when nobody wrote one.
_CAMERA_FILLERS = frozenset(
    {
        "olympus digital camera",
        "minolta digital camera",
        "kodak digital still camera",
        "digital camera",
        "sony dsc",
        "samsung",
        "dcim",
        "default",
        "exif_jpeg_picture",
        "jpeg",
        "untitled",
        "screenshot",
    }
)

_IPTC_TITLE, _IPTC_HEADLINE, _IPTC_CAPTION = (2, 5), (2, 105), (2, 120)
_IPTC_BYLINE, _IPTC_COPYRIGHT, _IPTC_CREDIT, _IPTC_KEYWORDS = (2, 80), (2, 116), (2, 110), (2, 25)


def read_orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8, of a loaded image; 1 where there is none or it makes no sense."""
    value: Any = 1
    with _tolerant():
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def read_metadata(image: ImageFile.ImageFile, data: bytes) -> dict[str, MetadataValue]:
    """Collect what is known of a loaded image, opened from `data`. Absent fields have no key.

    Afterwards the image may stand at another frame.

    Returns
    -------
    dict with any of: `mode` (Pillow's name of the pixels as stored), `n_frames` (animations and pages, from 2 on, counted to
    10,000 at most), `captured_at` (ISO 8601, with an offset only if the camera wrote one), `camera`, `title`,
    `description`, `artist`, `copyright`, `credit` (text, cleaned and bounded), `keywords` (list of text).
    """
    found: dict[str, MetadataValue] = {"mode": image.mode}
    with _tolerant():
        found |= _from_exif(image)
    with _tolerant():
        # IPTC is written by people at desks, EXIF mostly by cameras: the former wins.
        found |= _from_iptc(IptcImagePlugin.getiptcinfo(image) or {})
    frames = count_frames(image, data)
    if frames > 1:
        found["n_frames"] = frames
    return found


def _tolerant() -> suppress:
    """Let a damaged metadata block cost its own fields only: on such bytes Pillow's readers raise nearly anything."""
    return suppress(Exception)


def _from_exif(image: Image.Image) -> dict[str, MetadataValue]:
    exif = image.getexif()
    details: Mapping[int, Any] = {}
    with _tolerant():
        details = exif.get_ifd(ExifTags.IFD.Exif)
    maker, model = _clean(exif.get(ExifTags.Base.Make)), _clean(exif.get(ExifTags.Base.Model))
    description = _clean(exif.get(ExifTags.Base.ImageDescription), MAX_TEXT)
    texts = {
        "captured_at": _captured_at(exif, details),
        # "Canon" + "Canon EOS R5" would say it twice.
        "camera": model if model.lower().startswith(maker.lower()) else f"{maker} {model}".strip(),
        "title": _clean_wide(exif.get(ExifTags.Base.XPTitle)),
        "description": "" if description.lower() in _CAMERA_FILLERS else description,
        "artist": _clean(exif.get(ExifTags.Base.Artist)),
        "copyright": _clean(exif.get(ExifTags.Base.Copyright)),
    }
    return {key: text for key, text in texts.items() if text}


def _captured_at(exif: Mapping[int, Any], details: Mapping[int, Any]) -> str:
    for values, date_tag, offset_tag in (
        (details, ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal),
        (details, ExifTags.Base.DateTimeDigitized, ExifTags.Base.OffsetTimeDigitized),
        (exif, ExifTags.Base.DateTime, ExifTags.Base.OffsetTime),
    ):
        parts = _EXIF_DATE.match(_clean(values.get(date_tag)))
        if parts is None:
            continue
        year, month, day, hour, minute, second = parts.groups()
        offset = _clean(details.get(offset_tag))
        stamp = f"{year}-{month}-{day}T{hour}:{minute}:{second}{offset if _EXIF_OFFSET.fullmatch(offset) else ''}"
        try:
            return datetime.fromisoformat(stamp).isoformat()
        except ValueError:  # "0000:00:00 00:00:00" of a camera whose clock was never set
            continue
    return ""


def _from_iptc(fields: Mapping[tuple[int, int], Any]) -> dict[str, MetadataValue]:
    texts = {
        "title": _clean(fields.get(_IPTC_TITLE)) or _clean(fields.get(_IPTC_HEADLINE)),
        "description": _clean(fields.get(_IPTC_CAPTION), MAX_TEXT),
        "artist": _clean(fields.get(_IPTC_BYLINE)),
        "copyright": _clean(fields.get(_IPTC_COPYRIGHT)),
        "credit": _clean(fields.get(_IPTC_CREDIT)),
    }
    found: dict[str, MetadataValue] = {key: text for key, text in texts.items() if text}
    keywords = fields.get(_IPTC_KEYWORDS) or []
    terms = _unique(_clean(word) for word in (keywords if isinstance(keywords, list) else [keywords]))
    if terms:
        found["keywords"] = terms[:MAX_KEYWORDS]
    return found


def _unique(words: Iterable[str]) -> list[str]:
    return [word for word in dict.fromkeys(words) if word]


def _clean(value: Any, limit: int = MAX_LINE) -> str:
    """Text of a field: decoded, without control characters and surrogates, trimmed, at most `limit` characters."""
    if isinstance(value, list | tuple):
        value = value[0] if value else ""
    if not isinstance(value, str | bytes):
        return ""
    text = _decode(value)[: limit * 4].split("\0", 1)[0].replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROLS.sub("", text)
    if limit <= MAX_LINE:
        text = " ".join(text.split())
    return text.strip()[:limit].rstrip()


def _decode(value: str | bytes) -> str:
    """Pillow reads EXIF text as Latin-1, but most programs have been writing UTF-8 there for years."""
    try:
        raw = value.encode("latin-1") if isinstance(value, str) else value
    except UnicodeEncodeError:
        return str(value)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _clean_wide(value: Any) -> str:
    """Text of one of Windows' XP… fields: UTF-16, as bytes or a tuple of them."""
    raw = bytes(value) if isinstance(value, bytes | tuple | list) else b""
    return _clean(raw.decode("utf-16-le", errors="ignore"))
