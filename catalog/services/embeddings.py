"""Vectors of words and of images: those that the installation is set to, and those made once and kept."""

import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from catalog.annotators.pictures import UnreadablePictureError, decode_picture, to_model_input
from catalog.annotators.visual import N_VISUAL_FEATURES, VISUAL_VERSION, VisualModel, visual_model
from catalog.layout import GloveError, GloveWords, WordVectors, built_in_words
from catalog.models import Collection, Embedding, EmbeddingRow, Image, Rendition
from catalog.services.embedding_blocks import (
    Records,
    append_rows,
    delete_embedding,
    forget_local_blocks,
    read_rows,
    record_type,
)
from catalog.services.errors import ServiceError
from catalog.services.media import read_file
from catalog.services.progress import Progress, ignore_progress

__all__ = ["look_at", "visual_vectors", "word_vectors"]

CHUNK = 2000  # images looked up together
SAVED_TOGETHER = 512  # pictures whose vectors a kill may lose; four seconds' work of two cores
RUN_TOGETHER = 8  # pictures to one run of the network; larger ones fall out of the processor's cache
MAX_THREADS = 8
STAGE = "Looking at pictures"

logger = logging.getLogger(__name__)


def word_vectors() -> WordVectors:
    """The word vectors that this installation is set to: a file's, or the built-in ones.

    Raises ServiceError when GALAXY_WORD_VECTORS names no file of word vectors.
    """
    if not settings.GALAXY_WORD_VECTORS:
        return built_in_words()
    try:
        return GloveWords(Path(settings.GALAXY_WORD_VECTORS).expanduser(), Path(settings.GALAXY_CACHE) / "words")
    except (GloveError, OSError) as error:
        raise ServiceError(
            f"GALAXY_WORD_VECTORS: expected a text file of words and their vectors, but {error}"
        ) from error


def visual_vectors(
    collection: Collection, image_ids: Sequence[int], *, progress: Progress = ignore_progress
) -> NDArray[np.float32]:
    """What images look like, from their small renditions; those not looked at before, or changed since, are looked at now.

    May be stopped between any two batches, or killed, and run again: what was saved is not looked at again. A picture
    that cannot be read is logged, gets the zero vector, and is tried again the next time; the rest goes on.

    Parameters
    ----------
    image_ids
        Images of the collection; others, and those without a revision, get the zero vector.

    Returns
    -------
    ndarray, float32, shape (n_images, 256)
        Rows of length one, or zero, in the order of `image_ids`; rounded to float16, as they are kept.
    """
    embedding, _created = Embedding.objects.get_or_create(
        collection=collection,
        space=Embedding.Space.VISUAL,
        version=VISUAL_VERSION,
        defaults={"n_features": N_VISUAL_FEATURES},
    )
    forget_local_blocks(collection)
    vectors = np.zeros((len(image_ids), N_VISUAL_FEATURES), dtype=np.float32)
    unreadable: list[str] = []
    with ThreadPoolExecutor(min(MAX_THREADS, len(os.sched_getaffinity(0))), "look") as threads:
        for start in range(0, len(image_ids), CHUNK):
            ids = image_ids[start : start + CHUNK]
            sha256s = _sha256s_of(collection, ids)
            known = _known_rows(embedding, sha256s)
            missing = [pk for pk in sha256s if pk not in known]
            for first in range(0, len(missing), SAVED_TOGETHER):
                progress(STAGE, start + len(known), len(image_ids))
                batch = missing[first : first + SAVED_TOGETHER]
                known |= _look_and_save(embedding, batch, threads, unreadable)
            progress(STAGE, start + len(ids), len(image_ids))
            for place, pk in enumerate(ids, start=start):
                if pk in known:
                    vectors[place] = known[pk]
    if unreadable:
        logger.warning(
            "%d of %d pictures of %s could not be read for their look; the first: %s",
            len(unreadable),
            len(image_ids),
            collection,
            unreadable[0],
        )
    for old in Embedding.objects.filter(collection=collection, space=Embedding.Space.VISUAL).exclude(pk=embedding.pk):
        delete_embedding(old)
    return vectors


def look_at(data: bytes) -> NDArray[np.float32]:
    """What one picture looks like, float32 (256,), of length one; it is not kept.

    Parameters
    ----------
    data
        A small rendition: what else would be another cut of the picture, and compare worse.

    Raises UnreadablePictureError.
    """
    return np.asarray(visual_model().embed(to_model_input(decode_picture(data))[None])[0], dtype=np.float32)


def _sha256s_of(collection: Collection, image_ids: Sequence[int]) -> dict[int, str]:
    """Of those images that have bytes, by image id."""
    images = Image.objects.filter(collection=collection, pk__in=image_ids, current_revision__isnull=False)
    return dict(images.values_list("pk", "current_revision__sha256"))


def _known_rows(embedding: Embedding, sha256s: dict[int, str]) -> dict[int, NDArray[np.float32]]:
    """The kept vectors of those images whose bytes are still the ones that were looked at."""
    row_of = dict(EmbeddingRow.objects.filter(embedding=embedding, image__in=sha256s).values_list("image_id", "row"))
    records = read_rows(embedding, np.fromiter(row_of.values(), np.int64, len(row_of)))
    return {
        pk: record["vector"].astype(np.float32)
        for pk, record in zip(row_of, records, strict=True)
        if record["sha256"].tobytes() == bytes.fromhex(sha256s[pk])
    }


def _look_and_save(
    embedding: Embedding, image_ids: Sequence[int], threads: ThreadPoolExecutor, unreadable: list[str]
) -> dict[int, NDArray[np.float32]]:
    """Look at the current pictures of images and keep what they look like; notes what could not be read."""
    # The bytes' own SHA-256 beside the file's name: if the picture is replaced meanwhile, the row is known to be of the old one.
    small = Rendition.objects.filter(kind=Rendition.Kind.SMALL, revision__current_of__in=image_ids)
    found = {
        pk: (sha256, name)
        for pk, sha256, name in small.values_list("revision__current_of", "revision__sha256", "storage_name")
    }
    unreadable += [f"image {pk} has no small rendition" for pk in image_ids if pk not in found]
    names = [name for _sha256, name in found.values()]
    groups = [names[start : start + RUN_TOGETHER] for start in range(0, len(names), RUN_TOGETHER)]
    model = visual_model()
    seen = [look for looks in threads.map(lambda group: _look(model, group), groups) for look in looks]
    records: Records = np.zeros(len(found), dtype=record_type(embedding.n_features))
    readable: list[int] = []
    for (pk, (sha256, name)), look in zip(found.items(), seen, strict=True):
        if isinstance(look, str):
            unreadable.append(f"{name}: {look}")
            continue
        records[len(readable)] = (look, np.frombuffer(bytes.fromhex(sha256), dtype=np.uint8))
        readable.append(pk)
    records = records[: len(readable)]
    if readable:
        append_rows(embedding, readable, records)
    return {pk: record["vector"].astype(np.float32) for pk, record in zip(readable, records, strict=True)}


def _look(model: VisualModel, names: Sequence[str]) -> list[NDArray[np.float32] | str]:
    """The vector of each picture, or why there is none; runs in a thread and touches no database."""
    inputs, answers = [], list[NDArray[np.float32] | str | None]()
    for name in names:
        try:
            inputs.append(to_model_input(decode_picture(read_file("media", name))))
            answers.append(None)
        except UnreadablePictureError as error:
            answers.append(str(error))
        except Exception as error:  # noqa: BLE001  # storages raise what they like
            answers.append(f"could not be read ({error!r})")
    vectors = iter(model.embed(np.stack(inputs)) if inputs else ())
    return [next(vectors) if answer is None else answer for answer in answers]
