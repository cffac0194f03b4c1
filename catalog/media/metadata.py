"""What a picture says about itself, as a small dict of clean values: an allow-list of EXIF, IPTC and XMP fields.

Where a camera stood (GPS) may tell where people live: it is kept beside the bytes for who may look after the library, and is no
field of an image, so that nothing publishes it. Broken metadata never costs a picture: a field that cannot be read is missing.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image, ImageFile, IptcImagePlugin

from catalog.media.frames import count_frames
from catalog.media.picture import MetadataValue
from catalog.media.xmp import read_xmp

MAX_LINE = 300
"""Characters kept of a title, a name or a camera."""
MAX_TEXT = 4000
"""Characters kept of a description."""
MAX_KEYWORDS = 60

_EXIF_DATE = re.compile(r"(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_EXIF_OFFSET = re.compile(r"[+-]\d\d:\d\d")
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?)?)?")
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
_IPTC_DATE, _IPTC_TIME = (2, 55), (2, 60)
_IPTC_PLACE = ((2, 92), (2, 90), (2, 95), (2, 101))  # sublocation, city, province, country


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
    10,000 at most), `captured_at` (ISO 8601, with an offset only if somebody wrote one, and from a desk possibly a year or a month
    only), `camera`, `title`, `description`, `artist`, `copyright`, `credit`, `licence`, `place` (text, cleaned and bounded),
    `keywords` (list of text), `latitude` and `longitude` (degrees, WGS 84, to six places).
    """
    found: dict[str, MetadataValue] = {"mode": image.mode}
    with _tolerant():
        found |= _from_exif(image)
    with _tolerant():
        found |= _from_gps(image.getexif().get_ifd(ExifTags.IFD.GPSInfo))
    # IPTC and XMP are written by people at desks, EXIF mostly by cameras: the former win, and XMP, the newer, over IPTC.
    with _tolerant():
        found = _over(_from_iptc(IptcImagePlugin.getiptcinfo(image) or {}), found)
    with _tolerant():
        found = _over(_from_xmp(image.info.get("xmp") or b""), found)
    frames = count_frames(image, data)
    if frames > 1:
        found["n_frames"] = frames
    return found


def _tolerant() -> suppress:
    """Let a damaged metadata block cost its own fields only: on such bytes Pillow's readers raise nearly anything."""
    return suppress(Exception)


def _over(written: dict[str, MetadataValue], found: dict[str, MetadataValue]) -> dict[str, MetadataValue]:
    """What people wrote over what is known already; keywords add up, and a day does not replace the moment in it."""
    merged = {**found, **written}
    known, new = str(found.get("captured_at", "")), str(written.get("captured_at", ""))
    if known and new and known.startswith(new):
        merged["captured_at"] = known
    earlier, more = found.get("keywords"), written.get("keywords")
    if isinstance(earlier, list) and isinstance(more, list):
        merged["keywords"] = _unique([*earlier, *more])[:MAX_KEYWORDS]
    return merged


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
    if date := _iptc_date(_clean(fields.get(_IPTC_DATE)), _clean(fields.get(_IPTC_TIME))):
        found["captured_at"] = date
    if place := _place_of(_clean(fields.get(field)) for field in _IPTC_PLACE):
        found["place"] = place
    return found


def _iptc_date(day: str, time: str) -> str:
    """CCYYMMDD, where zeros stand for an unknown month or day, and HHMMSS±HHMM, as ISO 8601."""
    parts = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", day)
    if parts is None:
        return ""
    year, month, date = parts.groups()
    known = "-".join(itertools.takewhile(lambda part: part.strip("0"), (year, month, date)))
    clock = re.fullmatch(r"(\d\d)(\d\d)(\d\d)([+-]\d\d)(\d\d)", time)
    if clock is not None and len(known) == 10 and not time.startswith("000000"):
        hour, minute, second, offset, minutes = clock.groups()
        known += f"T{hour}:{minute}:{second}{offset}:{minutes}"
    return known if is_partial_date(known) else ""


def _from_xmp(data: bytes) -> dict[str, MetadataValue]:
    values = read_xmp(data) if data else {}

    def first(name: str, limit: int = MAX_LINE) -> str:
        return _clean(next(iter(values.get(name, [])), "").encode(), limit)

    texts = {
        "title": first("title"),
        "description": first("description", MAX_TEXT),
        "artist": ", ".join(_unique(_clean(name.encode()) for name in values.get("creator", [])))[:MAX_LINE],
        "copyright": first("rights"),
        "credit": first("credit"),
        "licence": first("license") or first("usage_terms") or first("web_statement"),
        "captured_at": first("date_created") if is_partial_date(first("date_created")) else "",
        "place": _place_of(first(name) for name in ("location", "city", "state", "country")),
    }
    found: dict[str, MetadataValue] = {key: text for key, text in texts.items() if text}
    if terms := _unique(_clean(word.encode()) for word in values.get("subject", [])):
        found["keywords"] = terms[:MAX_KEYWORDS]
    return found


def _place_of(parts: Iterable[str]) -> str:
    """From the nearest to the widest: "Old Town, Prague, Czechia"."""
    return ", ".join(_unique(parts))[:MAX_LINE]


def _from_gps(fields: Mapping[int, Any]) -> dict[str, MetadataValue]:
    """Latitude and longitude, if both are there and make sense; 0, 0 is what a receiver without a fix writes."""
    found = {}
    for name, limit, reference, degrees in (
        ("latitude", 90, ExifTags.GPS.GPSLatitudeRef, ExifTags.GPS.GPSLatitude),
        ("longitude", 180, ExifTags.GPS.GPSLongitudeRef, ExifTags.GPS.GPSLongitude),
    ):
        side = _clean(fields.get(reference))[:1].upper()
        whole, minutes, seconds = (float(part) for part in fields.get(degrees, (math.nan,) * 3))
        value = whole + minutes / 60 + seconds / 3600
        if side in "NESW" and side and 0 <= value <= limit:
            found[name] = round(-value if side in "SW" else value, 6)
    return {**found} if len(found) == 2 and any(found.values()) else {}


def is_partial_date(text: str) -> bool:
    """Whether a text is a date of ISO 8601, as far as it is known: a year, a month, a day or a moment, that there can be."""
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text if len(text) >= 10 else f"{text}-01-01"[:10])
    except ValueError:
        return False
    return True


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
