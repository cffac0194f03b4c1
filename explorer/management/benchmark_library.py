"""A library of rows for `benchmark api`: images with labels, words, facts, a published build and what they look like, without pictures."""

import hashlib
from dataclasses import dataclass

import numpy as np
from django.contrib.auth.models import User
from django.db import transaction

from catalog.annotators.visual import N_VISUAL_FEATURES, VISUAL_VERSION
from catalog.models import (
    AnnotationStatus,
    Build,
    Cluster,
    Collection,
    CollectionClock,
    EffectiveLabel,
    Embedding,
    Galaxy,
    Group,
    Image,
    Label,
    Membership,
    Position,
    Publication,
    Revision,
    Role,
)
from catalog.services.embedding_blocks import append_rows, record_type
from catalog.services.progress import Progress
from catalog.services.search_words import INDEX_VERSION, index_words

__all__ = ["BenchmarkLibrary", "make_library"]

CHUNK = 2_000
N_TERMS = 16_000
N_CLUSTERS = 25
LABELS_PER_IMAGE = 7.4  # on average: 600,000 for 80,984 images
PLACES = ("harbour", "market", "bridge", "station", "garden", "church", "river", "castle", "school", "theatre", "mill")
TIMES = ("morning", "evening", "winter", "summer", "after the storm", "before the war", "on a Sunday", "at night")
NAMES = ("Miller", "Smith", "Weber", "Rossi", "Novak", "Dubois", "Garcia", "Silva", "Jensen", "Kowalski")


@dataclass(frozen=True)
class BenchmarkLibrary:
    """What was made, and what may be asked about it."""

    collection: Collection
    curator: User
    build: Build
    cluster: Cluster
    image: Image


def make_library(n_images: int, *, seed: int = 0, progress: Progress) -> BenchmarkLibrary:
    """Make a collection of n images. Terms are as frequent as words are (Zipf), so that some are on a tenth of the images."""
    rng = np.random.default_rng(seed)
    curator = User.objects.create_user("benchmark")
    collection = Collection.objects.create(slug="benchmark", title="Benchmark", index_version=INDEX_VERSION)
    CollectionClock.objects.get_or_create(pk=collection.pk, defaults={"number": 1})
    Membership.objects.create(collection=collection, user=curator, role=Role.CURATOR)
    labels = Label.objects.bulk_create(
        (Label(collection=collection, term=term, key=term) for term in _terms(rng)), batch_size=CHUNK
    )
    galaxy = Galaxy.objects.create(collection=collection, slug="benchmark", title="Benchmark")
    build = Build.objects.create(galaxy=galaxy, number=1, n_images=n_images, input_fingerprint="0" * 64, complete=True)
    groups = [_make_group(build, number) for number in range(N_CLUSTERS)]
    embedding = Embedding.objects.create(
        collection=collection, space=Embedding.Space.VISUAL, version=VISUAL_VERSION, n_features=N_VISUAL_FEATURES
    )
    weights = 1 / np.arange(8, len(labels) + 8)
    keys = np.array([label.pk for label in labels])
    for start in range(0, n_images, CHUNK):
        progress("Making a library", start, n_images)
        n = min(CHUNK, n_images - start)
        with transaction.atomic():
            images = _make_images(collection, n, rng)
            _make_labels(images, keys, weights / weights.sum(), rng)
            Position.objects.bulk_create(
                Position(build=build, image=image, group=groups[group], x=0, y=0, z=0)
                for image, group in zip(images, rng.integers(N_CLUSTERS, size=n).tolist(), strict=True)
            )
            index_words([image.pk for image in images])
        _add_vectors(embedding, images, rng)
    progress("Making a library", n_images, n_images)
    galaxy.current_publication = Publication.objects.create(
        galaxy=galaxy,
        build=build,
        format_version=1,
        content_fingerprint="0" * 64,
        manifest_name="none",
        n_images=n_images,
        size_bytes=1,
    )
    galaxy.save(update_fields=["current_publication"])
    return BenchmarkLibrary(collection, curator, build, groups[0].cluster, images[len(images) // 2])


def _terms(rng: np.random.Generator) -> list[str]:
    """Terms of one or two made-up words, the frequent ones first."""
    syllables = [f"{c}{v}" for c in "bdfgklmnprst" for v in "aeiou"]
    terms: dict[str, None] = {}
    while len(terms) < N_TERMS:
        words = ["".join(rng.choice(syllables, rng.integers(2, 4))) for _ in range(rng.integers(1, 3))]
        terms[" ".join(words)] = None
    return list(terms)


def _make_group(build: Build, number: int) -> Group:
    cluster = Cluster.objects.create(galaxy=build.galaxy, name=f"Cluster {number}", colour=f"#{number * 9:02x}80c0")
    return Group.objects.create(build=build, number=number, cluster=cluster, n_images=1, x=0, y=0, z=0)


def _make_images(collection: Collection, n: int, rng: np.random.Generator) -> list[Image]:
    years, faces, letters = rng.integers(1890, 2025, n), rng.poisson(0.6, n), rng.poisson(3, n)
    images = Image.objects.bulk_create(
        Image(
            collection=collection,
            title=f"The {rng.choice(PLACES)} {rng.choice(TIMES)}",
            creator=f"{chr(65 + int(rng.integers(26)))}. {rng.choice(NAMES)}",
            taken_at=str(years[i]),
            n_faces=int(faces[i]),
            n_characters=int(letters[i]),
            annotation_status=AnnotationStatus.ANNOTATED,
            change_number=1,
            label_change_number=1,
        )
        for i in range(n)
    )
    revisions = Revision.objects.bulk_create(
        Revision(
            image=image,
            number=1,
            sha256=hashlib.sha256(image.uuid.bytes).hexdigest(),
            size_bytes=1,
            format="JPEG",
            width=640,
            height=480,
            mean_colour=0x808080,
        )
        for image in images
    )
    for image, revision in zip(images, revisions, strict=True):
        image.current_revision = revision
    Image.objects.bulk_update(images, ["current_revision"], batch_size=500)
    return images


def _make_labels(images: list[Image], keys: np.ndarray, weights: np.ndarray, rng: np.random.Generator) -> None:
    counts = np.minimum(rng.poisson(LABELS_PER_IMAGE, len(images)), 20)
    chosen = rng.choice(keys, int(counts.sum()), p=weights)
    scores = rng.uniform(0.3, 1.0, len(chosen)).round(4)
    of_images = np.repeat([image.pk for image in images], counts)
    # The same term may have been drawn twice for an image.
    rows = dict(zip(zip(of_images.tolist(), chosen.tolist(), strict=True), scores.tolist(), strict=True))
    EffectiveLabel.objects.bulk_create(
        (
            EffectiveLabel(image_id=image, label_id=label, score=score, source="local")
            for (image, label), score in rows.items()
        ),
        batch_size=CHUNK,
    )


def _add_vectors(embedding: Embedding, images: list[Image], rng: np.random.Generator) -> None:
    vectors = rng.normal(size=(len(images), embedding.n_features))
    records = np.zeros(len(images), dtype=record_type(embedding.n_features))
    records["vector"] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    hashes = [hashlib.sha256(image.uuid.bytes).digest() for image in images]
    records["sha256"] = np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(-1, 32)
    append_rows(embedding, [image.pk for image in images], records)
