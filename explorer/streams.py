"""Handing out stored objects over HTTP: conditional requests, ranges, and no more in memory than a block."""

import io
import logging
import re
from typing import Any

from django.core.files.storage import Storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.cache import get_conditional_response

logger = logging.getLogger(__name__)

# RFC 9110, 14.1.2: first and last byte, or first byte on, or so many from the end. Several ranges at once we may ignore.
RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


class Part(io.RawIOBase):
    """The bytes [start, start + n_bytes) of a file, as a file of its own; closing it closes the file."""

    def __init__(self, file: Any, start: int, n_bytes: int) -> None:
        self._file = file
        self._left = n_bytes
        file.seek(start)

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` further bytes, none at the end."""
        data: bytes = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        """Close the file underneath, too."""
        self._file.close()
        super().close()


def send_stored(
    request: HttpRequest, storage: Storage, name: str, *, content_type: str, etag: str, cache_control: str
) -> HttpResponseBase:
    """Answer a GET or HEAD with an object of a storage.

    Parameters
    ----------
    etag
        Quoted. Must change when the bytes do.
    cache_control
        Who may keep the answer, and how long; also said with a 304.

    Returns
    -------
    200, 206 for one range, 304 when the caller has it, 416 when the range lies beyond the end. Raises Http404, and logs an
    error, when the storage lacks what the database says it has.
    """
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            file = storage.open(name, "rb")
            # The size is asked of the bytes: a bucket may count them compressed and hand them out plain.
            n_bytes = file.seek(0, io.SEEK_END) or file.tell()
        except FileNotFoundError as error:
            logger.error("%s is missing from its storage, though the database names it.", name)
            raise Http404("The file is missing from the storage.") from error
        response = _send_file(request, file, n_bytes, content_type=content_type, etag=etag)
        response.headers["Accept-Ranges"] = "bytes"
        response.headers["Content-Disposition"] = "inline"
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = cache_control
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def redirect_to_signed(storage: Storage, name: str, *, max_age_s: int) -> HttpResponseBase | None:
    """A redirect to the storage's own short-lived address, where it can sign one (`querystring_auth`); None where not."""
    if not getattr(storage, "querystring_auth", False):
        return None
    response = HttpResponseRedirect(storage.url(name))
    response.headers["Cache-Control"] = f"private, max-age={max_age_s}"
    return response


def parse_range(value: str, n_bytes: int) -> tuple[int, int] | None:
    """(first byte, number of bytes) of a Range header; None when it is to be ignored, a count of 0 when beyond the end."""
    match = RANGE.fullmatch(value.strip())
    if match is None:
        return None
    first, last, from_end = match.groups()
    if from_end is not None:
        count = min(int(from_end), n_bytes)
        return n_bytes - count, count
    start = int(first)
    stop = min(int(last), n_bytes - 1) if last else n_bytes - 1
    if last and int(last) < start:
        return None
    return start, max(0, stop - start + 1)


def _send_file(
    request: HttpRequest, file: Any, n_bytes: int, *, content_type: str, etag: str
) -> HttpResponse | FileResponse:
    asked = parse_range(request.headers.get("Range", ""), n_bytes)
    # A range of other bytes than the caller already has would not fit together with them.
    if asked is None or request.headers.get("If-Range", etag) != etag or request.method != "GET":
        asked = None
    start, count = asked or (0, n_bytes)
    if asked is not None and count == 0:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{n_bytes}"})
    headers = {"Content-Length": str(count)}
    if request.method == "HEAD":
        file.close()
        return HttpResponse(headers=headers, content_type=content_type)
    if asked is None:
        file.seek(0)
        return FileResponse(file, headers=headers, content_type=content_type)
    headers["Content-Range"] = f"bytes {start}-{start + count - 1}/{n_bytes}"
    return FileResponse(Part(file, start, count), status=206, headers=headers, content_type=content_type)
