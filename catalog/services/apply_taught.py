"""What accepted taught labels say of a collection's images, written as any annotator's labels are."""

from dataclasses import dataclass, field

import numpy as np
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from catalog.annotators.visual import VISUAL_VERSION
from catalog.layout import label_scores
from catalog.models import Collection, Image, Job, MachineLabel, TaughtLabel, TaughtVersion
from catalog.services.chunks import in_chunks
from catalog.services.embeddings import visual_vectors
from catalog.services.errors import ServiceError
from catalog.services.jobs import start_job
from catalog.services.labels import LabelScore, write_machine_labels
from catalog.services.progress import Progress, ignore_progress
from catalog.services.teach import APPLY_TAUGHT, train_label, weights_of

__all__ = ["AppliedLabels", "apply_taught_labels", "start_if_taught"]

CHUNK = 500  # images written together
DIGITS = 4  # of a score: smaller differences are no news


@dataclass
class AppliedLabels:
    """What was done."""

    n_images: int = 0
    """Images that were looked at."""
    labelled: dict[str, int] = field(default_factory=dict)
    """Term -> how many images carry it by what was taught."""
    n_changed: int = 0
    """Images of which something else is said now."""
    left_out: list[str] = field(default_factory=list)
    """Terms that could not be applied, and why."""

    def as_json(self) -> dict[str, object]:
        """For a job's result."""
        return dict(vars(self))


def apply_taught_labels(collection: Collection, *, progress: Progress = ignore_progress) -> AppliedLabels:
    """Let every accepted taught label speak of all images of a collection, and those that were retired no more.

    Images that nobody has looked at are looked at now. What is said already is not written again, so it may be killed and run again, and a
    run after an import costs what is new. What people decided wins over it, as over every machine. A label that was trained on features
    that are no longer made is trained again from the decisions, and named if it cannot be.
    """
    result = AppliedLabels()
    taught = list(TaughtLabel.objects.filter(collection=collection).select_related("label", "current_version"))
    spoken = [label for label in taught if label.current_version is not None]
    _take_back(collection, taught, {label.annotator for label in spoken}, result, progress)
    if not spoken:
        return result
    images = Image.objects.filter(collection=collection, current_revision__isnull=False)
    ids = list(images.order_by("pk").values_list("pk", flat=True))
    vectors = visual_vectors(collection, ids, progress=progress)
    is_seen = vectors.any(axis=1)
    image_ids, vectors = np.array(ids, dtype=np.int64)[is_seen], vectors[is_seen]
    result.n_images = len(image_ids)
    for label in spoken:
        try:
            version = _usable_version(label, progress)
        except ServiceError as error:
            result.left_out.append(f"{label}: {error}")
            continue
        scores = label_scores(vectors, weights_of(version))
        above = scores >= np.float32(version.cut_off)
        TaughtVersion.objects.filter(pk=version.pk).update(n_above=int(above.sum()))
        result.labelled[str(label)] = int(above.sum())
        result.n_changed += _write(collection, label, image_ids[above], scores[above], progress)
    return result


def start_if_taught(collection: Collection, *, by: User | None = None) -> Job | None:
    """Queue a job that lets the collection's taught labels speak of images that came, or got another picture; None if there are none."""
    if not TaughtLabel.objects.filter(collection=collection, current_version__isnull=False).exists():
        return None
    return start_job(APPLY_TAUGHT, {}, by=by, collection=collection)


def _usable_version(taught: TaughtLabel, progress: Progress) -> TaughtVersion:
    """The accepted version, or one trained again in its place, accepted as it was, if features are made otherwise by now."""
    version = taught.current_version
    if version is None:
        raise ValueError("Expected a taught label with an accepted version.")
    if version.visual_version == VISUAL_VERSION:
        return version
    renewed = train_label(taught.collection, term=taught.label.term, progress=progress)
    with transaction.atomic():
        renewed.accepted_at, renewed.accepted_by = timezone.now(), version.accepted_by
        renewed.save(update_fields=["accepted_at", "accepted_by"])
        TaughtLabel.objects.filter(pk=taught.pk, current_version=version).update(current_version=renewed)
    return renewed


def _write(
    collection: Collection,
    taught: TaughtLabel,
    image_ids: NDArray[np.int64],
    scores: NDArray[np.float32],
    progress: Progress,
) -> int:
    """Write what differs from what the label said before; says of how many images."""
    rows = MachineLabel.objects.filter(label=taught.label, source=taught.annotator)
    before = dict(rows.values_list("image_id", "score"))
    said = {image_id: round(score, DIGITS) for image_id, score in zip(image_ids.tolist(), scores.tolist(), strict=True)}
    changed = sorted(image_id for image_id in before.keys() | said.keys() if before.get(image_id) != said.get(image_id))
    n_done = 0
    for chunk in in_chunks(changed, CHUNK):
        progress(f"Labelling {taught}", n_done, len(changed))
        write_machine_labels(
            collection,
            source=taught.annotator,
            labels_by_image={
                image_id: [LabelScore(taught.label.term, said[image_id])] if image_id in said else []
                for image_id in chunk
            },
        )
        n_done += len(chunk)
    return len(changed)


def _take_back(
    collection: Collection, taught: list[TaughtLabel], kept: set[str], result: AppliedLabels, progress: Progress
) -> None:
    """Take back what sources say that speak no more: labels that were retired, and names from before a renaming."""
    rows = MachineLabel.objects.filter(label__in=[label.label_id for label in taught], source__startswith="taught:")
    by_source: dict[str, list[int]] = {}
    for source, image_id in rows.exclude(source__in=kept).order_by("image_id").values_list("source", "image_id"):
        by_source.setdefault(source, []).append(image_id)
    for source, ids in by_source.items():
        for n_done, chunk in enumerate(in_chunks(ids, CHUNK)):
            progress("Taking back", n_done * CHUNK, len(ids))
            write_machine_labels(collection, source=source, labels_by_image={image_id: [] for image_id in chunk})
        result.n_changed += len(ids)
