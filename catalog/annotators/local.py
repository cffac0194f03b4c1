"""The annotator that needs no account and no network: real models, on this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from itertools import count
from threading import Lock
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from catalog.annotators import colours, label_model
from catalog.annotators.base import (
    AnnotateOptions,
    Answer,
    AnswerError,
    Failure,
    PictureToAnnotate,
    Ticket,
    UnknownTicketError,
    features_of,
)
from catalog.annotators.features import Feature
from catalog.annotators.label_model import LabelModel
from catalog.annotators.label_tree import load_label_tree
from catalog.annotators.pictures import UnreadablePictureError, decode_picture, to_colour_sample, to_model_input

MAX_BATCH_SIZE: Final = 64
CHUNK_SIZE: Final = 8  # pictures to one run of the network; larger ones fall out of the processor's cache
MAX_THREADS: Final = 8


class LocalAnnotator:
    """Labels by EfficientNet-Lite2, and dominant colours.

    Work begins at `submit`, on a few threads of its own, each of which decodes a few pictures and runs the network on
    them: decoding on one core goes on while the network runs on another. To keep all cores busy between batches, submit
    the next batch before collecting the last. Tickets live in memory and end with the process.
    """

    name = "local"
    stages = (frozenset({Feature.LABEL_DETECTION, Feature.IMAGE_PROPERTIES}),)
    max_batch_size = MAX_BATCH_SIZE
    prices = None
    images_per_minute = None
    keeps_tickets = False

    def __init__(self, n_threads: int | None = None) -> None:
        """Load nothing yet; `n_threads` is by default the cores this process may use, at most 8."""
        self._n_threads = n_threads or min(len(os.sched_getaffinity(0)), MAX_THREADS)
        self._keys = count(1)
        self._waiting: dict[str, list[Future[list[Answer]]]] = {}
        self._lock = Lock()

    def model_of(self, feature: Feature) -> str:
        """See Annotator. Raises ValueError for a feature that is not looked for."""
        return {
            Feature.LABEL_DETECTION: label_model.MODEL_ID,
            Feature.IMAGE_PROPERTIES: colours.MODEL_ID,
        }[self._known(feature)]

    def parameters_of(self, feature: Feature, options: AnnotateOptions) -> str:
        """See Annotator. Raises ValueError for a feature that is not looked for."""
        return {
            Feature.LABEL_DETECTION: load_label_tree().parameters,
            Feature.IMAGE_PROPERTIES: colours.PARAMETERS,
        }[self._known(feature)]

    def submit(self, batch: Sequence[PictureToAnnotate], options: AnnotateOptions) -> Ticket:
        """See Annotator."""
        if len(batch) > self.max_batch_size:
            raise ValueError(f"Expected at most {self.max_batch_size} pictures, but got {len(batch)}. Split the batch.")
        size = max(1, min(CHUNK_SIZE, -(-len(batch) // self._n_threads)))
        chunks = [batch[start : start + size] for start in range(0, len(batch), size)]
        with self._lock:
            key = str(next(self._keys))
            self._waiting[key] = [self._threads.submit(self._annotate, chunk) for chunk in chunks]
        return Ticket(self.name, key)

    def collect(self, ticket: Ticket) -> list[Answer]:
        """See Annotator."""
        futures = self._waiting.pop(ticket.key, None) if ticket.annotator == self.name else None
        if futures is None:
            raise UnknownTicketError(
                f"Expected a ticket of this process that was not collected yet, but got {ticket}. Submit the batch again."
            )
        return [answer for future in futures for answer in future.result()]

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._n_threads, thread_name_prefix="local-annotator")

    @cached_property
    def _label_model(self) -> LabelModel:
        return LabelModel()

    def _known(self, feature: Feature) -> Feature:
        if feature not in features_of(self):
            raise ValueError(f"Expected a feature among {', '.join(sorted(features_of(self)))}, but got {feature}.")
        return feature

    def _annotate(self, chunk: Sequence[PictureToAnnotate]) -> list[Answer]:
        answers = [Answer(picture.sha256) for picture in chunk]
        inputs = []
        labelled = []
        for picture, answer in zip(chunk, answers, strict=True):
            decoded = self._decode(picture, answer)
            if decoded is None:
                continue
            if Feature.IMAGE_PROPERTIES in picture.features:
                answer.documents[Feature.IMAGE_PROPERTIES] = colours.annotate_colours(to_colour_sample(decoded))
            if Feature.LABEL_DETECTION in picture.features:
                inputs.append(to_model_input(decoded))
                labelled.append(answer)
        if inputs:
            documents = load_label_tree().annotate(self._run(np.stack(inputs)))
            for answer, document in zip(labelled, documents, strict=True):
                answer.documents[Feature.LABEL_DETECTION] = document
        return answers

    def _run(self, inputs: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        with self._lock:
            model = self._label_model  # made once: cached_property has no lock of its own
        return model.run(inputs).logits

    def _decode(self, picture: PictureToAnnotate, answer: Answer) -> Image.Image | None:
        """Read and decode; note in the answer what cannot be done. None if nothing is left to do."""
        for feature in picture.features:
            if feature not in features_of(self):
                message = f"The annotator {self.name!r} does not look for {feature}. Use another for it."
                answer.errors[feature] = AnswerError(Failure.REFUSED, message)
        wanted = [feature for feature in picture.features if feature in features_of(self)]
        if not wanted:
            return None
        try:
            return decode_picture(picture.small.read())
        except UnreadablePictureError as error:
            message = str(error)
        except Exception as error:  # noqa: BLE001  # read() is the caller's: storages raise what they like
            message = f"Expected the small rendition, but it could not be read ({error!r}). Import the picture again."
        answer.errors.update(dict.fromkeys(wanted, AnswerError(Failure.REFUSED, message)))
        return None
