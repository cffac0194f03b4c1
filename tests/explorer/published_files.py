"""Everything that lies under a galaxy's prefix, taken apart as far as anybody could: what a search for a secret has to go through."""

import gzip
import io
import json
from collections.abc import Iterable, Iterator

from django.core.files.storage import storages
from PIL import Image

from catalog.models import Galaxy

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "latin-1")


def list_files(galaxy: Galaxy, folder: str = "") -> Iterator[str]:
    """Names of all files below the galaxy's prefix, relative to it."""
    folders, files = storages["galaxies"].listdir(f"{galaxy.uuid}/{folder}")
    yield from (f"{folder}{name}" for name in files)
    for name in folders:
        yield from list_files(galaxy, f"{folder}{name}/")


def read_published(galaxy: Galaxy, name: str) -> bytes:
    """One file below the galaxy's prefix."""
    with storages["galaxies"].open(f"{galaxy.uuid}/{name}") as file:
        return bytes(file.read())


def find_in_files(galaxy: Galaxy, needles: Iterable[str | bytes]) -> set[tuple[str, str]]:
    """Which of the needles, in any case, lies in which of the galaxy's files: {(needle, name of the file)}; none is left out."""
    return find_in(((name, read_published(galaxy, name)) for name in list_files(galaxy)), needles)


def find_in(files: Iterable[tuple[str, bytes]], needles: Iterable[str | bytes]) -> set[tuple[str, str]]:
    """The same, of any files by name."""
    wanted = list(needles)
    found = set()
    for name, content in files:
        hay = list(_decode(content))
        texts = [text.casefold() for text in hay if isinstance(text, str)]
        raw = [data for data in hay if isinstance(data, bytes)]
        for needle in wanted:
            if isinstance(needle, bytes):
                if any(needle in data for data in raw):
                    found.add((needle.hex(), name))
            elif any(needle.casefold() in text for text in texts):
                found.add((needle, name))
    return found


def _decode(data: bytes) -> Iterator[str | bytes]:
    """The bytes as they are and unpacked, as text in every usual encoding, as JSON without escapes, and what a picture carries."""
    yield data
    for encoding in ENCODINGS:
        yield data.decode(encoding, errors="ignore")
    for encoding in ENCODINGS[1:3]:
        yield data[1:].decode(encoding, errors="ignore")
    if data[:2] == b"\x1f\x8b":
        yield from _decode(gzip.decompress(data))
    elif data[:1] in b"{[":
        yield json.dumps(json.loads(data), ensure_ascii=False)
    elif data[:4] == b"RIFF" or data[:2] == b"\xff\xd8":
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
            yield repr((picture.info, dict(picture.getexif()), getattr(picture, "applist", [])))
