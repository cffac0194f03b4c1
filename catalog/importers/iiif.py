"""IIIF: the pictures of a manifest or a collection, of the Presentation API 2 and 3.

https://iiif.io/api/presentation/3.0/ and /2.1/. Collections are walked as they come, members one after the other; a manifest that was
seen before is passed over, so circles end. Each canvas is one candidate, its picture asked of the Image API at the size wanted, or
fetched whole where there is no such service.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from catalog.importers.base import Candidate, CandidateError, Refused, SourceError
from catalog.importers.fetch import Fetcher

MAX_JSON_BYTES: Final = 64 * 1024**2
MAX_DEPTH: Final = 8
MAX_LABELS: Final = 50
LANGUAGES: Final = ("en", "none", "de", "fr")
"""Which of a text's languages is taken, in this order; else the first."""
SIZE_PX: Final = 2048
"""The longer side that is asked for: what the view rendition needs."""

Json = dict[str, Any]


def read_iiif(url: str, fetcher: Fetcher) -> Iterator[Candidate | Refused]:
    """Find the pictures of a manifest or collection.

    Raises
    ------
    SourceError: at the first item; the address cannot be fetched, or is no IIIF manifest or collection.
    """
    try:
        document = _fetch_json(url, fetcher)
    except CandidateError as error:
        raise SourceError(error.message) from error
    if _kind(document) not in {"manifest", "collection"}:
        raise SourceError(
            f"{url} is no IIIF manifest or collection: its type is {document.get('type', document.get('@type'))!r}."
        )
    yield from _read(document, url, fetcher, {url}, 0)


def _read(document: Json, url: str, fetcher: Fetcher, seen: set[str], depth: int) -> Iterator[Candidate | Refused]:
    if _kind(document) == "manifest":
        yield from _read_manifest(document, url, fetcher)
        return
    if depth == MAX_DEPTH:
        yield Refused(url, "too_deep", f"{url} lies more than {MAX_DEPTH} collections deep, and is left out.")
        return
    members = _members_of(document)
    pages = _pages_of(document)
    waiting = [*members, *pages]
    while waiting:
        member = waiting.pop(0)
        address = _id(member)
        if not address or address in seen:
            continue
        seen.add(address)
        try:
            inner = _fetch_json(address, fetcher)
        except CandidateError as error:
            yield Refused(address, error.code, error.message)
            continue
        if member in pages and _kind(inner) == "collection":
            # The next page of this same collection: in its place, so that a long one is no deep one.
            more = _pages_of(inner)
            pages += more
            waiting = [*_members_of(inner), *more, *waiting]
        elif _kind(inner) in {"manifest", "collection"}:
            yield from _read(inner, address, fetcher, seen, depth + 1)
        else:
            yield Refused(address, "not_iiif", f"{address} is no IIIF manifest or collection.")


def _members_of(collection: Json) -> list[Json]:
    """3: items; 2: members, or collections and manifests."""
    return [
        member for name in ("items", "members", "collections", "manifests") for member in _dicts(collection.get(name))
    ]


def _pages_of(collection: Json) -> list[Json]:
    """Where a long collection (2) goes on."""
    return [{"id": page} for page in (collection.get("first"), collection.get("next")) if isinstance(page, str)]


def _read_manifest(manifest: Json, url: str, fetcher: Fetcher) -> Iterator[Candidate | Refused]:
    sequences = _dicts(manifest.get("sequences"))
    canvases = _dicts(manifest.get("items")) or [c for s in sequences for c in _dicts(s.get("canvases"))]
    known = _describe(manifest)
    for number, canvas in enumerate(canvases, start=1):
        location = _id(canvas) or f"{url}#{number}"
        address = _picture_address(canvas)
        if not address:
            yield Refused(location, "no_picture", f"{location} has no picture that could be fetched.")
            continue
        title = _text(canvas.get("label"))
        whole = known["title"]
        yield Candidate(
            location=location,
            # What the manifest says; that a picture was exchanged behind the same address it does not tell.
            fingerprint=hashlib.sha256(json.dumps([address, known, title], sort_keys=True).encode()).hexdigest()[:32],
            read=partial(_fetch_bytes, address, fetcher),
            title=f"{whole}, {title}" if whole and title and len(canvases) > 1 else whole or title,
            description=known["description"],
            creator=known["creator"],
            credit=known["credit"],
            licence=known["licence"],
            source_url=known["source_url"],
            external_id=_id(canvas),
        )


def _describe(manifest: Json) -> dict[str, str]:
    """What a manifest says of all its canvases, as fields of a candidate."""
    statement = manifest.get("requiredStatement")
    required = _text(statement.get("value")) if isinstance(statement, dict) else ""
    homepages = [*_dicts(manifest.get("homepage")), *_dicts(manifest.get("related"))]
    rights = manifest.get("rights") or manifest.get("license") or ""
    return {
        "title": _text(manifest.get("label")),
        "description": _text(manifest.get("summary") or manifest.get("description")),
        "creator": _metadata(manifest, {"creator", "artist", "author", "photographer", "maker", "urheber", "künstler"}),
        "credit": required or _text(manifest.get("attribution")),
        "licence": str(rights[0] if isinstance(rights, list) and rights else rights or ""),
        "source_url": next((_id(page) for page in homepages if _id(page)), _id(manifest)),
    }


def _metadata(manifest: Json, names: set[str]) -> str:
    for pair in _dicts(manifest.get("metadata")):
        if _text(pair.get("label")).strip(": ").lower() in names:
            return _text(pair.get("value"))
    return ""


def _picture_address(canvas: Json) -> str:
    """Where the first picture of a canvas is, by its image service if it has one."""
    bodies = [
        body
        for page in _dicts(canvas.get("items"))
        for annotation in _dicts(page.get("items"))
        for body in _bodies(annotation.get("body"))
    ] + [_as_dict(image.get("resource")) for image in _dicts(canvas.get("images"))]
    for body in bodies:
        for service in _dicts(body.get("service")):
            if address := _id(service).rstrip("/"):
                # "!w,h" fits into a square, and is in level 2 of all versions; larger than the picture is not asked for.
                longest = max(_number(body.get("width")), _number(body.get("height")))
                whole = "max" if str(service.get("type", "")).endswith("3") else "full"
                size = f"!{SIZE_PX},{SIZE_PX}" if longest > SIZE_PX else whole
                return f"{address}/full/{size}/0/default.jpg"
        if _id(body):
            return _id(body)
    return ""


def _bodies(body: Any) -> list[Json]:
    """A body, or those of a choice."""
    found = [_as_dict(body)] if not isinstance(body, list) else _dicts(body)
    return [inner for item in found for inner in (_dicts(item.get("items")) or [item])]


def _fetch_json(url: str, fetcher: Fetcher) -> Json:
    data = fetcher.get(url, max_bytes=MAX_JSON_BYTES).data
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CandidateError("not_iiif", f"{url} is no JSON: {error}.") from error
    if not isinstance(document, dict):
        raise CandidateError("not_iiif", f"{url} is JSON, but no IIIF document.")
    return document


def _fetch_bytes(url: str, fetcher: Fetcher) -> bytes:
    return fetcher.get(url).data


def _kind(document: Json) -> str:
    return str(document.get("type") or document.get("@type") or "").rsplit(":", 1)[-1].lower()


def _id(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("id") or value.get("@id")
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _as_dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[Json]:
    """One object or a list of them, as a list; texts (addresses) count as objects with that id."""
    items = value if isinstance(value, list) else [value]
    return [{"id": item} if isinstance(item, str) else item for item in items if isinstance(item, dict | str)]


def _text(value: Any) -> str:
    """A text of either version: "…", ["…"], {"en": ["…"]} or {"@value": "…", "@language": "en"}; several are joined."""
    if isinstance(value, dict):
        if "@value" in value:
            return _text(value["@value"])
        language = next((name for name in LANGUAGES if name in value), next(iter(value), ""))
        return _text(value.get(language))
    if isinstance(value, list):
        said = [item for item in value if isinstance(item, dict) and item.get("@language") in LANGUAGES]
        said.sort(key=lambda item: LANGUAGES.index(item["@language"]))
        return _text(said[0]) if said else "; ".join(filter(None, map(_text, value)))
    return " ".join(value.split()) if isinstance(value, str) else ""
