"""The annotator that asks Cloud Vision: up to 32 pictures at a time in requests of 16, or 2,000 in an asynchronous batch."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from itertools import count
from threading import Lock
from typing import Final

from google.cloud import vision_v1

from catalog.annotators.base import AnnotateOptions, Answer, Failure, PictureToAnnotate, Ticket, UnknownTicketError
from catalog.annotators.features import Feature
from catalog.annotators.google_answers import Asked, answer_from_json, fail, response_to_json, what_permission_means
from catalog.annotators.google_batches import MAX_IMAGES, BatchAnnotator
from catalog.annotators.google_client import CallError, GoogleSettings, VisionClient
from catalog.annotators.google_requests import (
    MAX_RESULTS,
    TEXT_FEATURES,
    build_request,
    choose_file,
    pack,
    read_image,
)
from catalog.annotators.prices import PriceTable, load_prices

# Two requests at once keep up with the default quota; what a killed worker had in flight is unknown, so it is kept small.
MAX_BATCH_SIZE: Final = 32
MAX_REQUESTS_AT_ONCE: Final = 2

MODEL: Final = "builtin/stable"


class GoogleAnnotator:
    """Cloud Vision's eleven features, through Google's own client.

    Without a folder for output it asks at once, and tickets end with the process. With one, each batch is an operation of
    Google's whose answers wait in the folder, and whoever has the ticket collects them, as often as need be.
    """

    name = "google"
    stages = (frozenset(Feature),)  # one request pays for all features at once; there is nothing to wait for
    max_batch_size: int = MAX_BATCH_SIZE

    def __init__(
        self,
        settings: GoogleSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        new_key: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        """Connect to nothing yet.

        Parameters
        ----------
        sleep: how to wait between two looks at an operation.
        new_key: names the folder of a batch, another one each time.
        """
        self.settings = settings
        if settings.output_uri:
            self.max_batch_size = MAX_IMAGES
        self._sleep, self._new_key = sleep, new_key
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

    @property
    def keeps_tickets(self) -> bool:
        """See Annotator."""
        return bool(self.settings.output_uri)

    def model_of(self, feature: Feature) -> str:
        """See Annotator."""
        return MODEL

    def parameters_of(self, feature: Feature, options: AnnotateOptions) -> str:
        """See Annotator. Languages change the text features alone, so that a new hint never pays for labels again."""
        if feature == Feature.CROP_HINTS and options.crop_ratios:
            return f"max={MAX_RESULTS};ratios={options.crop_ratios}"
        hints = sorted(options.language_hints) if feature in TEXT_FEATURES else []
        return f"max={MAX_RESULTS}" + (f";languages={','.join(hints)}" if hints else "")

    def submit(self, batch: Sequence[PictureToAnnotate], options: AnnotateOptions) -> Ticket:
        """See Annotator."""
        if len(batch) > self.max_batch_size:
            raise ValueError(f"Expected at most {self.max_batch_size} pictures, but got {len(batch)}. Split the batch.")
        if self.settings.output_uri:
            return Ticket(self.name, self._batches.start(batch, options))
        with self._lock:
            key = str(next(self._keys))
            self._waiting[key] = self._threads.submit(self._annotate, list(batch), options)
        return Ticket(self.name, key)

    def collect(self, ticket: Ticket) -> list[Answer]:
        """See Annotator."""
        if ticket.annotator == self.name and self._batches.is_key(ticket.key):
            return self._batches.collect(ticket.key)
        future = self._waiting.pop(ticket.key, None) if ticket.annotator == self.name else None
        if future is None:
            raise UnknownTicketError(
                f"Expected a ticket of this process that was not collected yet, but got {ticket}. Submit the batch again."
            )
        return future.result()

    def _annotate(self, batch: list[PictureToAnnotate], options: AnnotateOptions) -> list[Answer]:
        files = [choose_file(picture) for picture in batch]

        def send(numbers: list[int]) -> list[Answer]:
            """Read a request's files when its turn comes, and send it; pictures whose file is gone stay behind."""
            answers: dict[int, Answer] = {}
            asked: dict[int, Asked] = {}
            requests = []
            for number in numbers:
                asked[number] = Asked.of(batch[number], files[number])
                try:
                    requests.append(build_request(read_image(files[number]), batch[number].features, options))
                except Exception as error:  # noqa: BLE001  # read() is the caller's: storages raise what they like
                    message = f"Expected the picture's file, but it could not be read ({error!r}). Import it again."
                    answers[number] = fail(asked.pop(number), Failure.REFUSED, message)
            answers |= zip(asked, self._send(list(asked.values()), requests), strict=True)
            return [answers[number] for number in numbers]

        with ThreadPoolExecutor(MAX_REQUESTS_AT_ONCE, thread_name_prefix="vision-request") as threads:
            return [answer for part in threads.map(send, pack(files)) for answer in part]

    def _send(self, asked: list[Asked], requests: list[vision_v1.AnnotateImageRequest]) -> list[Answer]:
        """One call; whatever becomes of it, one answer a picture."""
        if not asked:
            return []
        try:
            messages = self.client.annotate(requests)
        except CallError as error:
            if error.failure == Failure.REFUSED and len(asked) > 1:
                # Refused whole, so surely not executed: one by one it shows whose fault it was, and the others are answered.
                pairs = zip(asked, requests, strict=True)
                return [answer for item, request in pairs for answer in self._send([item], [request])]
            return [fail(item, error.failure, error.message) for item in asked]
        responses = [response_to_json(message) for message in messages]
        permission = what_permission_means(asked, responses)
        answers = [
            answer_from_json(item, response, permission=permission)
            for item, response in zip(asked, responses, strict=False)
        ]
        missing = f"Cloud Vision answered {len(responses)} of {len(asked)} pictures; this one was not among them."
        return answers + [fail(item, Failure.LOST, missing) for item in asked[len(responses) :]]

    @property
    def client(self) -> VisionClient:
        """Made once, at the first call. Raises CallError."""
        with self._lock:
            return self._client

    @cached_property
    def _client(self) -> VisionClient:
        return VisionClient(self.settings)

    @cached_property
    def _batches(self) -> BatchAnnotator:
        return BatchAnnotator(self.settings.output_uri, lambda: self.client, sleep=self._sleep, new_key=self._new_key)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(2, thread_name_prefix="google-annotator")
