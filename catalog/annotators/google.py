"""The annotator that asks Cloud Vision, synchronously: up to 32 pictures at a time, in requests of 16."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from itertools import count
from threading import Lock
from typing import Final

from catalog.annotators.base import AnnotateOptions, Answer, Failure, PictureToAnnotate, Ticket, UnknownTicketError
from catalog.annotators.features import Feature
from catalog.annotators.google_answers import answer_from_json, fail, response_to_json
from catalog.annotators.google_client import CallError, GoogleSettings, VisionClient
from catalog.annotators.google_requests import (
    MAX_RESULTS,
    TEXT_FEATURES,
    PackedPicture,
    build_request,
    choose_file,
    pack,
)
from catalog.annotators.prices import PriceTable, load_prices

# Two requests at once keep up with the default quota; what a killed worker had in flight is unknown, so it is kept small.
MAX_BATCH_SIZE: Final = 32
MAX_REQUESTS_AT_ONCE: Final = 2

MODEL: Final = "builtin/stable"


class GoogleAnnotator:
    """Cloud Vision's eleven features, through Google's own client. Tickets live in memory and end with the process."""

    name = "google"
    stages = (frozenset(Feature),)  # one request pays for all features at once; there is nothing to wait for
    max_batch_size = MAX_BATCH_SIZE
    keeps_tickets = False

    def __init__(self, settings: GoogleSettings) -> None:
        """Connect to nothing yet."""
        self.settings = settings
        self._keys = count(1)
        self._waiting: dict[str, Future[list[Answer]]] = {}
        self._lock = Lock()

    @property
    def prices(self) -> PriceTable:
        """See Annotator."""
        return load_prices(self.name)

    @property
    def images_per_minute(self) -> int:
        """See Annotator."""
        return self.settings.images_per_minute

    def model_of(self, feature: Feature) -> str:
        """See Annotator."""
        return MODEL

    def parameters_of(self, feature: Feature, options: AnnotateOptions) -> str:
        """See Annotator. Languages change the text features alone, so that a new hint never pays for labels again."""
        hints = sorted(options.language_hints) if feature in TEXT_FEATURES else []
        return f"max={MAX_RESULTS}" + (f";languages={','.join(hints)}" if hints else "")

    def submit(self, batch: Sequence[PictureToAnnotate], options: AnnotateOptions) -> Ticket:
        """See Annotator."""
        if len(batch) > self.max_batch_size:
            raise ValueError(f"Expected at most {self.max_batch_size} pictures, but got {len(batch)}. Split the batch.")
        with self._lock:
            key = str(next(self._keys))
            self._waiting[key] = self._threads.submit(self._annotate, list(batch), options)
        return Ticket(self.name, key)

    def collect(self, ticket: Ticket) -> list[Answer]:
        """See Annotator."""
        future = self._waiting.pop(ticket.key, None) if ticket.annotator == self.name else None
        if future is None:
            raise UnknownTicketError(
                f"Expected a ticket of this process that was not collected yet, but got {ticket}. Submit the batch again."
            )
        return future.result()

    def _annotate(self, batch: list[PictureToAnnotate], options: AnnotateOptions) -> list[Answer]:
        answers: dict[int, Answer] = {}
        packed = []
        for number, picture in enumerate(batch):
            file = choose_file(picture)
            try:
                packed.append((number, PackedPicture(picture, file, build_request(picture, file, options))))
            except Exception as error:  # noqa: BLE001  # read() is the caller's: storages raise what they like
                message = f"Expected the picture's file, but it could not be read ({error!r}). Import it again."
                answers[number] = fail(picture, Failure.REFUSED, message)
        requests = list(pack([item for _, item in packed]))
        with ThreadPoolExecutor(MAX_REQUESTS_AT_ONCE, thread_name_prefix="vision-request") as threads:
            answered = [answer for part in threads.map(self._send, requests) for answer in part]
        answers |= {number: answer for (number, _), answer in zip(packed, answered, strict=True)}
        return [answers[number] for number in range(len(batch))]

    def _send(self, request: list[PackedPicture]) -> list[Answer]:
        """One call; whatever becomes of it, one answer a picture."""
        try:
            responses = self.client.annotate([item.request for item in request])
        except CallError as error:
            return [fail(item.picture, error.failure, error.message) for item in request]
        answers = [
            answer_from_json(item.picture, response_to_json(response), item.file.width, item.file.height)
            for item, response in zip(request, responses, strict=False)
        ]
        missing = f"Cloud Vision answered {len(responses)} of {len(request)} pictures; this one was not among them."
        return answers + [fail(item.picture, Failure.LOST, missing) for item in request[len(responses) :]]

    @property
    def client(self) -> VisionClient:
        """Made once, at the first call. Raises CallError."""
        with self._lock:
            return self._client

    @cached_property
    def _client(self) -> VisionClient:
        return VisionClient(self.settings)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(2, thread_name_prefix="google-annotator")
