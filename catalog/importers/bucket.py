"""A bucket of Cloud Storage as a source: listed page by page, each object streamed once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from google.api_core.exceptions import Forbidden, GoogleAPIError, NotFound, Unauthorized
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage import Blob, Client
from google.resumable_media import DataCorruption
from requests.exceptions import RequestException

from catalog.importers.base import Candidate, CandidateError, Refused, SourceError
from catalog.importers.sidecar import JSON_SIDECAR_NAME, SIDECAR_NAME
from catalog.importers.sidecar_table import SidecarTable, require_table
from catalog.media import SUPPORTED_EXTENSIONS

BUCKET_SCHEME = "gs://"
PAGE = 1000  # what Cloud Storage answers at most
MAX_TABLE_BYTES = 256 * 1024**2

# What the client raises when it has given up, having tried again by itself what may be tried again.
_FAILURES = (GoogleAPIError, GoogleAuthError, RequestException, DataCorruption)


class _TooLargeError(Exception):
    """More bytes came than are taken."""


def parse_address(address: str) -> tuple[str, str]:
    """The bucket and the prefix of `gs://bucket/prefix`. A prefix is a folder: "" or ending in "/".

    Raises SourceError if the address names no bucket.
    """
    bucket, _slash, prefix = address.removeprefix(BUCKET_SCHEME).partition("/")
    if not address.startswith(BUCKET_SCHEME) or not bucket:
        raise SourceError(f"{address} names no bucket; gs://bucket or gs://bucket/folder was expected.")
    return bucket, f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""


def read_bucket(
    client: Client, address: str, *, max_bytes: int, metadata: Path | None = None
) -> Iterator[Candidate | Refused]:
    """Find the pictures below `gs://bucket/prefix`, in the order of their names.

    Objects whose names end in one of `SUPPORTED_EXTENSIONS` are candidates; other objects, and names with a part that begins
    with a dot, are passed over without a word. An object larger than `max_bytes` is refused by its listing, before a byte of it is read.
    A candidate's fingerprint is the object's generation, so that what was not written again is not read again, and `read` fetches that
    generation, in one stream. A `metadata.csv` or `metadata.json` under the prefix counts as it does in a folder.

    Memory: one page of the listing.

    Parameters
    ----------
    client : of Cloud Storage; may be used by several threads, and is the caller's to close.
    max_bytes : largest object taken, in bytes as stored and as they arrive.
    metadata : a table to read instead of those in the bucket.

    Raises
    ------
    SourceError
        At once: the address names no bucket, the bucket does not exist or may not be listed. Later: the listing broke off.
    """
    bucket, prefix = parse_address(address)
    if metadata is not None:
        require_table(metadata)
    listing = client.list_blobs(
        bucket, prefix=prefix or None, page_size=PAGE, fields="items(name,bucket,size,generation),nextPageToken"
    )
    pages = _read_pages(listing, address)
    first = next(pages, [])
    return _BucketReader(client, bucket, prefix, max_bytes, metadata).read_all(first, pages)


def read_object(client: Client, address: str, *, max_bytes: int) -> bytes:
    """The bytes of the one object `gs://bucket/name`, in one stream.

    Raises
    ------
    CandidateError: bad_address, vanished, unreadable or too_large.
    """
    bucket, _slash, name = address.removeprefix(BUCKET_SCHEME).partition("/")
    if not address.startswith(BUCKET_SCHEME) or not bucket or not name:
        raise CandidateError("bad_address", f"{address!r} names no object; gs://bucket/name was expected.")
    return _download(client.bucket(bucket).blob(name), address, max_bytes)


def _read_pages(listing: Any, address: str) -> Iterator[list[Blob]]:
    try:
        for page in listing.pages:
            yield list(page)
    except NotFound as error:
        raise SourceError(f"The bucket of {address} does not exist. Check the address.") from error
    except (Forbidden, Unauthorized) as error:
        raise SourceError(
            f"{address} may not be listed. Give the account of this server the role Storage Object Viewer on it."
        ) from error
    except _FAILURES as error:
        raise SourceError(f"{address} could not be listed to its end ({error}). Import again to go on.") from error


class _BucketReader:
    """One walk over the objects under a prefix."""

    def __init__(self, client: Client, bucket: str, prefix: str, max_bytes: int, metadata: Path | None) -> None:
        self.bucket = client.bucket(bucket)
        self.prefix = prefix
        self.max_bytes = max_bytes
        self.metadata = metadata

    def read_all(self, first: list[Blob], pages: Iterator[list[Blob]]) -> Iterator[Candidate | Refused]:
        with SidecarTable() as self.table:
            if self.metadata is not None:
                yield from self.table.load_file(self.metadata)
            else:
                yield from self._load_sidecar(SIDECAR_NAME)
                yield from self._load_sidecar(JSON_SIDECAR_NAME)
            page: list[Blob] | None = first
            while page is not None:
                for blob in page:
                    found = self._look_at(blob)
                    if found is not None:
                        yield found
                page = next(pages, None)
            yield from self.table.left_over()

    def _load_sidecar(self, name: str) -> Iterator[Refused]:
        try:
            blob = self.bucket.get_blob(self.prefix + name)
            if blob is not None:
                yield from self.table.load(io.BytesIO(_download(blob, name, MAX_TABLE_BYTES)), name)
        except (CandidateError, *_FAILURES) as error:
            reason = error.message if isinstance(error, CandidateError) else f"{name} cannot be read ({error})."
            yield Refused(name, "bad_sidecar", f"{reason} Pictures are imported without it.")

    def _look_at(self, blob: Blob) -> Candidate | Refused | None:
        location = blob.name.removeprefix(self.prefix)
        path = PurePosixPath(location)
        if path.suffix.lower() not in SUPPORTED_EXTENSIONS or any(part.startswith(".") for part in path.parts):
            return None
        if blob.size > self.max_bytes:
            return Refused(
                location, "too_large", f"{location} has {blob.size:,} bytes; at most {self.max_bytes:,} are taken."
            )
        generation = str(blob.generation or "")
        return self.table.describe(
            Candidate(
                location,
                generation,
                partial(_download, blob, location, self.max_bytes),
                uri=f"{BUCKET_SCHEME}{self.bucket.name}/{blob.name}",
                generation=generation,
            )
        )


def _download(blob: Blob, location: str, max_bytes: int) -> bytes:
    """The bytes of the listed generation of an object, in one stream; its checksum is looked at by the client."""
    buffer = _BoundedBuffer(max_bytes)
    try:
        # An object stored with `Content-Encoding: gzip` is unpacked on the way, so only the buffer knows how much it becomes.
        blob.download_to_file(buffer)
    except NotFound as error:
        raise CandidateError(
            "vanished", f"{location} is not there any more, or was written anew; import again."
        ) from error
    except (Forbidden, Unauthorized) as error:
        raise CandidateError(
            "unreadable", f"{location} may not be read. Check the rights of this server's account."
        ) from error
    except _TooLargeError as error:
        raise CandidateError(
            "too_large", f"{location} has more than the {max_bytes:,} bytes that are taken."
        ) from error
    except _FAILURES as error:
        raise CandidateError("unreadable", f"{location} could not be read ({error}). Import again.") from error
    return buffer.getvalue()


class _BoundedBuffer(io.BytesIO):
    """Takes so many bytes and no more."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self._max_bytes = max_bytes

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > self._max_bytes:
            raise _TooLargeError
        return super().write(data)
