"""A folder in Cloud Storage for one asynchronous batch: what was asked, copies of pictures that had no address, the answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from google.api_core.exceptions import NotFound
from google.cloud import storage

from catalog.annotators.features import Feature
from catalog.annotators.google_answers import Asked, Document

MANIFEST: Final = "asked.json"
PICTURES: Final = "pictures/"
ANSWERS: Final = "answers/"  # Cloud Vision adds output-1-to-20.json, output-21-to-40.json and so on
RANGE: Final = re.compile(r"output-(\d+)-to-(\d+)")

_URI: Final = re.compile(r"gs://([^/]+)/(.*)")


class BatchFolder:
    """One batch's folder. All methods raise what Google's storage client raises; it repeats by itself what may be repeated."""

    def __init__(self, client: storage.Client, uri: str) -> None:
        """Touch nothing yet; `uri` is `gs://bucket/folder/`. Raises ValueError for another form."""
        match = _URI.fullmatch(uri)
        if not match or not uri.endswith("/"):
            raise ValueError(f"Expected a folder in Cloud Storage such as gs://bucket/prefix/, but got {uri!r}.")
        self.uri = uri
        self._client = client
        self._bucket = client.bucket(match[1])
        self._prefix = match[2]

    def write_picture(self, number: int, data: bytes) -> str:
        """Copy a picture to where Cloud Vision can read it; returns its address."""
        name = f"{self._prefix}{PICTURES}{number}"
        self._bucket.blob(name).upload_from_string(data, content_type="application/octet-stream")
        return f"gs://{self._bucket.name}/{name}"

    def delete_pictures(self) -> None:
        """Remove the copies, if they are still there."""
        for blob in self._client.list_blobs(self._bucket, prefix=f"{self._prefix}{PICTURES}"):
            blob.delete()

    def write_manifest(self, asked: Sequence[Asked]) -> None:
        """Note what is asked, in its order: whoever collects the answers has nothing else to go by."""
        text = json.dumps({"version": 1, "pictures": [asdict(item) for item in asked]}, separators=(",", ":"))
        self._bucket.blob(f"{self._prefix}{MANIFEST}").upload_from_string(text, content_type="application/json")

    def read_manifest(self) -> list[Asked] | None:
        """What was asked; None if there is no such folder."""
        try:
            text = self._bucket.blob(f"{self._prefix}{MANIFEST}").download_as_bytes()
        except NotFound:
            return None
        pictures: list[dict[str, Any]] = json.loads(text)["pictures"]
        return [Asked(**{**item, "features": tuple(map(Feature, item["features"]))}) for item in pictures]

    def read_responses(self) -> Iterator[tuple[int | None, Document]]:
        """The answers, one file of them in memory at a time, in no particular order.

        Yields the place of each in the batch, from 0, where the file's name and length tell it, and an AnnotateImageResponse. A
        file that is no JSON is passed over.
        """
        for blob in self._client.list_blobs(self._bucket, prefix=f"{self._prefix}{ANSWERS}"):
            try:
                responses = json.loads(blob.download_as_bytes())["responses"]
            except (ValueError, KeyError, TypeError):
                continue
            match = RANGE.search(blob.name)
            is_whole = match is not None and int(match[2]) - int(match[1]) + 1 == len(responses)
            first = int(match[1]) - 1 if match and is_whole else None
            for number, response in enumerate(responses):
                if not isinstance(response, dict):
                    continue
                yield (None if first is None else first + number), response

    @property
    def answers_uri(self) -> str:
        """Where Cloud Vision has to write."""
        return f"{self.uri}{ANSWERS}"
