"""Whole libraries at once: rows of any number of images with labels, without files, in a fraction of the factories' time."""

import hashlib
import uuid
from typing import Any

import numpy as np
from django.db import connection, transaction

from catalog.annotators.label_tree import load_label_tree
from catalog.models import AnnotationStatus, Collection, EffectiveLabel, Image, Label, Occurrence, Revision

CHUNK = 5_000  # images a transaction: some 40,000 labels, a quarter of a second
TERMS_PER_TOPIC = 24
LABELS_PER_IMAGE = 8


def make_library(
    collection: Collection, n_images: int, *, n_topics: int = 400, seed: int = 0, external_ids: bool = False
) -> np.ndarray:
    """Give a collection n more images, each of one of the topics, with eight of the topic's 24 labels at random scores.

    Topics share terms, so that some are near each other; with the same seed and number they are the same at every call. Returns
    the topic of each image, int64 (n_images,), in order of image id. `external_ids` gives the i-th image of the collection the
    external id "item-i". A million images take three to nine minutes and 1.3 GB of SQLite.
    """
    labels = _make_terms(collection)
    rng = np.random.default_rng(seed)
    terms_of = np.array([rng.choice(len(labels), TERMS_PER_TOPIC, replace=False) for _ in range(n_topics)])
    before = collection.images.count()
    rng = np.random.default_rng([seed, before])
    topics = rng.integers(n_topics, size=n_images)
    for start in range(0, n_images, CHUNK):
        terms = terms_of[topics[start : start + CHUNK]]
        _make_images(collection, labels, terms, rng, before + start, external_ids)
    return topics


def _make_terms(collection: Collection) -> list[Label]:
    terms = sorted({concept.word.casefold() for concept in load_label_tree().concepts})
    rows = [Label(collection=collection, term=term, key=term) for term in terms]
    Label.objects.bulk_create(rows, ignore_conflicts=True)
    return list(Label.objects.filter(collection=collection, key__in=terms).order_by("key"))


@transaction.atomic
def _make_images(
    collection: Collection, labels: list[Label], terms: np.ndarray, rng: Any, number: int, external_ids: bool
) -> None:
    images = Image.objects.bulk_create(
        Image(collection=collection, title=f"Picture {number + i}", annotation_status=AnnotationStatus.ANNOTATED)
        for i in range(len(terms))
    )
    revisions = Revision.objects.bulk_create(
        Revision(
            image=image,
            number=1,
            sha256=hashlib.sha256(uuid.uuid4().bytes).hexdigest(),
            size_bytes=12_345,
            format="JPEG",
            width=640,
            height=480,
            mean_colour=0x808080,
        )
        for image in images
    )
    rows = [(revision.pk, image.pk) for revision, image in zip(revisions, images, strict=True)]
    keys = np.array([label.pk for label in labels])
    chosen = np.take_along_axis(terms, rng.random(terms.shape).argsort(axis=1)[:, :LABELS_PER_IMAGE], axis=1)
    scores = rng.uniform(0.3, 1.0, chosen.shape).round(4)
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        image_table, label_table = quote(Image._meta.db_table), quote(EffectiveLabel._meta.db_table)
        cursor.executemany(f"UPDATE {image_table} SET current_revision_id = %s WHERE id = %s", rows)  # noqa: S608 our own table
        cursor.executemany(
            f"INSERT INTO {label_table} (image_id, label_id, score, source) VALUES (%s, %s, %s, 'local')",  # noqa: S608
            [
                (image.pk, label, score)
                for image, its, their in zip(images, keys[chosen].tolist(), scores.tolist(), strict=True)
                for label, score in zip(its, their, strict=True)
            ],
        )
    if external_ids:
        Occurrence.objects.bulk_create(
            Occurrence(
                collection=collection,
                image=image,
                source="made",
                location=f"{number + i}.jpg",
                external_id=f"item-{number + i}",
            )
            for i, image in enumerate(images)
        )
