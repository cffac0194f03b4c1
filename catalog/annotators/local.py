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
from PIL import Image

from catalog.annotators.base import (
    AnnotateOptions,
    Answer,
    AnswerError,
    Failure,
    PictureFile,
    PictureToAnnotate,
    Ticket,
    UnknownTicketError,
    features_of,
)
from catalog.annotators.features import Feature
from catalog.annotators.label_model import LabelModel
from catalog.annotators.label_tree import load_label_tree
from catalog.annotators.local_models import (
    FROM_SMALL,
    FROM_VIEW,
    MODEL_IDS,
    STAGES,
    LocalModels,
    SmallLook,
    ViewLook,
    parameters_of,
)
from catalog.annotators.pictures import UnreadablePictureError, decode_picture, to_model_input

MAX_BATCH_SIZE: Final = 64
CHUNK_SIZE: Final = 8  # pictures to one run of the network; larger ones fall out of the processor's cache
MAX_THREADS: Final = 8


class LocalAnnotator:
    """Labels and colours; then faces, adult content, crop hints and printed text. Models load when first asked for.

    Work begins at `submit`, on a few threads of its own, each of which decodes a few pictures and runs the network on
    them: decoding on one core goes on while the network runs on another. To keep all cores busy between batches, submit
    the next batch before collecting the last. Tickets live in memory and end with the process.
    """

    name = "local"
    stages = STAGES
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
        self._models = LocalModels()

    def model_of(self, feature: Feature) -> str:
        """See Annotator. Raises ValueError for a feature that is not looked for."""
        return MODEL_IDS[self._known(feature)]

    def parameters_of(self, feature: Feature, options: AnnotateOptions) -> str:
        """See Annotator. Raises ValueError for a feature that is not looked for."""
        return parameters_of(self._known(feature), options)

    def submit(self, batch: Sequence[PictureToAnnotate], options: AnnotateOptions) -> Ticket:
        """See Annotator."""
        if len(batch) > self.max_batch_size:
            raise ValueError(f"Expected at most {self.max_batch_size} pictures, but got {len(batch)}. Split the batch.")
        size = max(1, min(CHUNK_SIZE, -(-len(batch) // self._n_threads)))
        chunks = [batch[start : start + size] for start in range(0, len(batch), size)]
        with self._lock:
            key = str(next(self._keys))
            self._waiting[key] = [self._threads.submit(self._annotate, chunk, options) for chunk in chunks]
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

    def _known(self, feature: Feature) -> Feature:
        if feature not in features_of(self):
            raise ValueError(f"Expected a feature among {', '.join(sorted(features_of(self)))}, but got {feature}.")
        return feature

    def _annotate(self, chunk: Sequence[PictureToAnnotate], options: AnnotateOptions) -> list[Answer]:
        answers = [Answer(picture.sha256) for picture in chunk]
        inputs = []
        labelled = []
        for picture, answer in zip(chunk, answers, strict=True):
            self._refuse_unknown(picture, answer)
            small = self._decode(picture.small, "small", picture, answer, FROM_SMALL)
            if small is not None:
                if Feature.LABEL_DETECTION in picture.features:
                    inputs.append(to_model_input(small))
                    labelled.append(answer)
                wanted = FROM_SMALL - {Feature.LABEL_DETECTION}
                _look(SmallLook(self._models, small), picture, answer, wanted)
            view = self._decode(picture.view, "view", picture, answer, FROM_VIEW)
            if view is not None:
                _look(ViewLook(self._models, picture, view, options), picture, answer, FROM_VIEW)
        if inputs:
            logits = self._models.get(LabelModel).run(np.stack(inputs)).logits
            for answer, document in zip(labelled, load_label_tree().annotate(logits), strict=True):
                answer.documents[Feature.LABEL_DETECTION] = document
        return answers

    def _refuse_unknown(self, picture: PictureToAnnotate, answer: Answer) -> None:
        for feature in picture.features:
            if feature not in features_of(self):
                message = f"The annotator {self.name!r} does not look for {feature}. Use another for it."
                answer.errors[feature] = AnswerError(Failure.REFUSED, message)

    def _decode(
        self, file: PictureFile, kind: str, picture: PictureToAnnotate, answer: Answer, features: frozenset[Feature]
    ) -> Image.Image | None:
        """Read and decode a rendition if any of these features is wanted; note in the answer when it cannot be done."""
        wanted = [feature for feature in picture.features if feature in features]
        if not wanted:
            return None
        try:
            return decode_picture(file.read())
        except UnreadablePictureError as error:
            message = str(error)
        except Exception as error:  # noqa: BLE001  # read() is the caller's: storages raise what they like
            message = f"Expected the {kind} rendition, but it could not be read ({error!r}). Import the picture again."
        answer.errors.update(dict.fromkeys(wanted, AnswerError(Failure.REFUSED, message)))
        return None


def _look(
    looker: SmallLook | ViewLook, picture: PictureToAnnotate, answer: Answer, features: frozenset[Feature]
) -> None:
    """Answer those of the features that are wanted; one that goes wrong is an error of its own, the rest goes on."""
    for feature in picture.features:
        if feature not in features:
            continue
        try:
            answer.documents[feature] = looker.look(feature)
        except Exception as error:  # noqa: BLE001  # from native code of three libraries
            message = f"Looking for {feature} failed ({error!r}). The other answers hold; report it with the picture."
            answer.errors[feature] = AnswerError(Failure.REFUSED, message)
