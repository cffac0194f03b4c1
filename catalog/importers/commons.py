"""Wikimedia Commons: the files of a category, or those without any, through the MediaWiki API with its etiquette.

https://www.mediawiki.org/wiki/API:Etiquette: one request at a time, a user agent that says who asks, `maxlag` so that we wait
while the servers are busy, and results a page at a time by their `continue` tokens. Author and licence come along and are shown.
"""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from catalog.importers.base import Candidate, CandidateError, Refused, SourceError
from catalog.importers.fetch import Fetcher

API: Final = "https://commons.wikimedia.org/w/api.php"
SCHEME: Final = "commons:"
UNCATEGORIZED: Final = "uncategorized"
WIDTH_PX: Final = 2048
"""The width that is asked for: originals may have a hundred megabytes, and the view rendition needs no more."""
PAGE: Final = 50
MAXLAG_S: Final = 5
MAX_WAITS: Final = 10
MAX_API_BYTES: Final = 16 * 1024**2
MEDIA_TYPES: Final = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/svg+xml")

_TAG = re.compile(r"<[^>]*>")
_FIELDS: Final = "Artist|LicenseShortName|LicenseUrl|ImageDescription|Credit|Attribution|ObjectName|DateTimeOriginal"

Json = dict[str, Any]


def read_commons(
    what: str,
    fetcher: Fetcher,
    *,
    api: str = API,
    depth: int = 0,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Candidate | Refused]:
    """Find the files of a category, or of no category.

    Parameters
    ----------
    what: the name of a category ("Category:" before it or not), or "uncategorized".
    depth: how many levels of subcategories to go down; each category is read once.

    Raises
    ------
    SourceError: at the first item; the API cannot be asked, or says no.
    """
    wiki = _Wiki(api, fetcher, sleep)
    if what == UNCATEGORIZED:
        listing = {"generator": "querypage", "gqppage": "Uncategorizedimages", "gqplimit": str(PAGE)}
        yield from _read_files(wiki, listing)
        return
    waiting, seen = [(_category(what), depth)], set[str]()
    while waiting:
        category, left = waiting.pop(0)
        if category in seen:
            continue
        seen.add(category)
        members = {"generator": "categorymembers", "gcmtitle": category, "gcmtype": "file", "gcmlimit": str(PAGE)}
        yield from _read_files(wiki, members)
        if left:
            inner = {"list": "categorymembers", "cmtitle": category, "cmtype": "subcat", "cmlimit": "500"}
            for page in wiki.query(inner):
                names = [member["title"] for member in page.get("categorymembers", [])]
                waiting += [(name, left - 1) for name in names]


def _category(name: str) -> str:
    name = name.replace("_", " ").strip()
    return name if name.lower().startswith("category:") else f"Category:{name}"


def _read_files(wiki: _Wiki, listing: dict[str, str]) -> Iterator[Candidate | Refused]:
    wanted = {
        "prop": "imageinfo",
        "iiprop": "url|size|mime|sha1|timestamp|extmetadata",
        "iiurlwidth": str(WIDTH_PX),
        "iiextmetadatafilter": _FIELDS,
        "iiextmetadatalanguage": "en",
    }
    for page in wiki.query(listing | wanted):
        for file in page.get("pages", []):
            yield _candidate(file, wiki.fetcher)


def _candidate(file: Json, fetcher: Fetcher) -> Candidate | Refused:
    title = str(file.get("title", ""))
    info = next(iter(file.get("imageinfo") or []), None)
    if info is None or "url" not in info:
        return Refused(title, "vanished", f"{title} is listed, but has no file any more.")
    if info.get("mime") not in MEDIA_TYPES:
        return Refused(title, "unsupported", f"{title} is {info.get('mime')}, not a picture that can be shown.")
    # Vector graphics and formats that browsers do not show come as their picture, others only where they are larger than we need.
    as_it_is = info.get("mime") in {"image/jpeg", "image/png"} and int(info.get("width") or 0) <= WIDTH_PX
    address = info["url"] if as_it_is else info.get("thumburl") or info["url"]
    said = {name: _plain(value.get("value")) for name, value in (info.get("extmetadata") or {}).items()}
    name = title.removeprefix("File:").rsplit(".", 1)[0]
    licence = said.get("LicenseShortName", "")
    if not licence:
        return Refused(title, "no_licence", f"{title} names no licence, so it is left out.")
    return Candidate(
        location=title,
        fingerprint=f"{info.get('sha1', '')}-{info.get('timestamp', '')}",
        read=partial(_fetch, address, fetcher),
        title=said.get("ObjectName") or name,
        description=said.get("ImageDescription", ""),
        creator=said.get("Artist", ""),
        credit=said.get("Attribution") or said.get("Credit", ""),
        licence=f"{licence} ({said['LicenseUrl']})" if said.get("LicenseUrl") else licence,
        source_url=str(info.get("descriptionurl", "")),
    )


def _fetch(address: str, fetcher: Fetcher) -> bytes:
    return fetcher.get(address).data


def _plain(value: Any) -> str:
    """Text without markup: the API gives HTML, which is never shown as such."""
    return " ".join(html.unescape(_TAG.sub(" ", str(value or ""))).split())


class _Wiki:
    """The query module of a MediaWiki, asked one request at a time."""

    def __init__(self, api: str, fetcher: Fetcher, sleep: Callable[[float], None]) -> None:
        self.api, self.fetcher, self._sleep = api, fetcher, sleep

    def query(self, parameters: dict[str, str]) -> Iterator[Json]:
        """The `query` part of each page of results. Raises SourceError."""
        fixed = {"action": "query", "format": "json", "formatversion": "2", "maxlag": str(MAXLAG_S)}
        going_on: dict[str, str] = {}
        while True:
            answer = self._ask(fixed | parameters | going_on)
            yield answer.get("query", {})
            if "continue" not in answer:
                return
            going_on = {name: str(value) for name, value in answer["continue"].items()}

    def _ask(self, parameters: dict[str, str]) -> Json:
        url = f"{self.api}?{urlencode(parameters)}"
        for _ in range(MAX_WAITS):
            try:
                answer: Json = json.loads(self.fetcher.get(url, max_bytes=MAX_API_BYTES).data)
            except CandidateError as error:
                raise SourceError(f"The MediaWiki API could not be asked: {error.message}") from error
            except ValueError as error:
                raise SourceError(f"{self.api} answered something else than JSON: {error}.") from error
            error_code = (answer.get("error") or {}).get("code")
            if error_code != "maxlag":
                break
            self._sleep(float(MAXLAG_S))
        if "error" in answer:
            told = answer["error"].get("info", error_code)
            raise SourceError(f"The MediaWiki API says no: {told}.")
        return answer
