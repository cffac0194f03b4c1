"""Asynchronous batches of Cloud Vision: up to 2,000 pictures by their addresses, answers through a folder of a bucket."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property, partial
from typing import Final, TypeVar

import requests
from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage

from catalog.annotators.base import (
    AnnotateOptions,
    Answer,
    Failure,
    PictureFile,
    PictureToAnnotate,
    SubmitError,
    UnknownTicketError,
)
from catalog.annotators.google_answers import (
    Asked,
    Document,
    answer_from_json,
    fail,
    read_response,
    what_permission_means,
)
from catalog.annotators.google_client import CallError, VisionClient, classify
from catalog.annotators.google_folders import BatchFolder
from catalog.annotators.google_requests import build_request, choose_file, image_at

MAX_IMAGES: Final = 2000  # Cloud Vision's limit for an asynchronous batch
ANSWERS_PER_FILE: Final = 20  # a page of dense text can be a megabyte
COPIES_AT_ONCE: Final = 8
FIRST_NAP_S: Final = 1.0
LONGEST_NAP_S: Final = 30.0
PATIENCE_S: Final = 6 * 3600.0  # after so much waiting, an operation that does not end is given up

STORAGE_ERRORS: Final = (GoogleAPICallError, GoogleAuthError, requests.RequestException, OSError)
T = TypeVar("T")

logger = logging.getLogger(__name__)


class BatchAnnotator:
    """Starts and collects operations. A key is the operation's name and the batch's folder, so any process can collect it."""

    def __init__(
        self,
        output_uri: str,
        vision: Callable[[], VisionClient],
        *,
        sleep: Callable[[float], None],
        new_key: Callable[[], str],
    ) -> None:
        """Connect to nothing yet; see GoogleAnnotator for the parameters. `vision` may raise CallError."""
        self._output_uri, self._vision, self._sleep, self._new_key = output_uri, vision, sleep, new_key

    @staticmethod
    def is_key(key: str) -> bool:
        """Whether a ticket's key is one of an operation."""
        return " gs://" in key

    def start(self, batch: Sequence[PictureToAnnotate], options: AnnotateOptions) -> str:
        """Note what is asked, then ask it; returns the key.

        A picture that has no address is copied into the folder first. One whose file cannot be read is noted and not sent.

        Raises
        ------
        SubmitError: nothing was started, or the answer to starting it was lost.
        """
        try:
            folder = BatchFolder(self._storage, f"{self._output_uri.rstrip('/')}/{self._new_key()}/")
            with ThreadPoolExecutor(COPIES_AT_ONCE, thread_name_prefix="vision-copy") as threads:
                asked = list(threads.map(partial(_place, folder), range(len(batch)), batch))
            folder.write_manifest(asked)
        except (*STORAGE_ERRORS, ValueError) as error:
            # Cloud Vision was not called yet, so whatever it was cost nothing.
            failure = Failure.DENIED if classify(error) == Failure.DENIED else Failure.NOT_EXECUTED
            message = f"The batch could not be written to {self._output_uri} (GALAXY_VISION_OUTPUT): {error}"
            raise SubmitError(Failure.DENIED if isinstance(error, ValueError) else failure, message) from error
        requests_ = [build_request(image_at(item.uri), item.features, options) for item in asked if item.uri]
        if not requests_:
            return f"- {folder.uri}"
        try:
            operation = self._vision().start(requests_, folder.answers_uri, ANSWERS_PER_FILE)
        except CallError as error:
            if error.failure != Failure.LOST:
                self._delete_pictures(folder)
            # What is wrong with a whole batch is wrong with the folder or the account; no picture is to blame for it.
            failure = Failure.DENIED if error.failure == Failure.REFUSED else error.failure
            raise SubmitError(failure, error.message) from error
        return f"{operation} {folder.uri}"

    def collect(self, key: str) -> list[Answer]:
        """Wait for the operation to end and read what it wrote; the same again if asked again.

        The copies of pictures are removed. The answers stay, since they are stored only after this; the bucket's own rule removes them.
        Raises UnknownTicketError if the folder is not there, or cannot be read.
        """
        operation, uri = key.split(" ", 1)
        try:
            folder = BatchFolder(self._storage, uri)
            asked = self._patiently(folder.read_manifest)
        except (*STORAGE_ERRORS, ValueError) as error:
            raise UnknownTicketError(f"Expected the batch's folder {uri}, but it could not be read: {error}") from error
        if asked is None:
            raise UnknownTicketError(f"Expected the batch's folder {uri}, but it is not there. Submit the batch again.")
        problem = self._wait(operation) if any(item.uri for item in asked) else ""
        try:
            found = self._patiently(lambda: _match(asked, folder.read_responses()))
        except STORAGE_ERRORS as error:
            found, problem = {}, f"The answers in {uri} could not be read: {error}"
        self._delete_pictures(folder)
        permission = what_permission_means([item for item in asked if item.uri], list(found.values()))
        return [_answer(item, found.get(number), permission, problem) for number, item in enumerate(asked)]

    def _wait(self, name: str) -> str:
        """Wait until an operation is over; says what was wrong with it, or nothing.

        Looking costs nothing, so a look that fails is followed by another.
        """
        waited_s, nap_s = 0.0, FIRST_NAP_S
        problem = ""
        while True:
            try:
                operation = self._vision().find_operation(name)
                if operation is None:
                    return f"Google does not know the operation {name} any more."
                if operation.done:
                    return (
                        f"The operation {name} failed: {operation.error.message}" if operation.HasField("error") else ""
                    )
                problem = f"The operation {name} did not end."
            except CallError as error:
                problem = error.message
                logger.warning("The operation %s could not be looked at: %s", name, problem)
            if waited_s >= PATIENCE_S:
                return problem
            self._sleep(nap_s)
            waited_s, nap_s = waited_s + nap_s, min(2 * nap_s, LONGEST_NAP_S)

    def _patiently(self, read: Callable[[], T]) -> T:
        """Read from the bucket, and again a few times if it is not to be reached: the answers there are paid."""
        nap_s = FIRST_NAP_S
        while True:
            try:
                return read()
            except STORAGE_ERRORS as error:
                if nap_s > LONGEST_NAP_S or classify(error) == Failure.DENIED:
                    raise
                logger.warning("The bucket could not be read: %s", error)
            self._sleep(nap_s)
            nap_s *= 2

    def _delete_pictures(self, folder: BatchFolder) -> None:
        try:
            folder.delete_pictures()
        except STORAGE_ERRORS:
            logger.warning("Copies of pictures are left in %s.", folder.uri, exc_info=True)

    @cached_property
    def _storage(self) -> storage.Client:
        # Buckets are named without a project.
        return storage.Client(project=None)


def _place(folder: BatchFolder, number: int, picture: PictureToAnnotate) -> Asked:
    """Where a picture can be read, which is nowhere if its file cannot; copied there if need be."""
    file = choose_file(picture)
    asked = Asked.of(picture, file)
    if file.uri:
        return asked
    data = _read(file)
    return asked if data is None else replace(asked, uri=folder.write_picture(number, data))


def _read(file: PictureFile) -> bytes | None:
    try:
        return file.read()
    except Exception:
        logger.warning("A picture's file could not be read.", exc_info=True)
        return None


def _match(asked: Sequence[Asked], responses: Iterable[tuple[int | None, Document]]) -> dict[int, Document]:
    """Which response is whose, by the address in it, else by its place among those sent: number in `asked` -> response."""
    sent = [number for number, item in enumerate(asked) if item.uri]
    numbers: dict[str, list[int]] = {}
    for at in sent:
        numbers.setdefault(asked[at].uri, []).append(at)
    found: dict[int, Document] = {}
    for place, response in responses:
        number: int | None = sent[place] if place is not None and place < len(sent) else None
        if uri := response.get("context", {}).get("uri"):
            same = numbers.get(uri, [])
            if number not in same:  # the same address twice is told apart by the place
                number = next((other for other in same if other not in found), None)
        document = read_response(response)
        if number is not None and document is not None:
            found[number] = document
    return found


def _answer(asked: Asked, response: Document | None, permission: Failure, problem: str) -> Answer:
    if not asked.uri:
        return fail(
            asked, Failure.REFUSED, "Expected the picture's file, but it could not be read. Import the picture again."
        )
    if response is None:
        message = f"Cloud Vision's batch ended without an answer for this picture. {problem}".strip()
        return fail(asked, Failure.LOST, message)
    return answer_from_json(asked, response, permission=permission)
