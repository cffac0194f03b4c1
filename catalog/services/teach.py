"""Labels taught by example: people decide on a few images, and a logistic regression on what they look like finds the others.

A training is a version. Nothing is labelled until somebody accepts one; see `apply_taught` for what happens then.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from numpy.typing import NDArray

from catalog.annotators.visual import VISUAL_VERSION
from catalog.layout import best_rows, fit_label, label_scores, products, wilson_interval
from catalog.models import (
    Collection,
    Decision,
    EffectiveLabel,
    Image,
    Job,
    JudgedSample,
    Label,
    TaughtLabel,
    TaughtVersion,
)
from catalog.search.selection import final_label
from catalog.services.decide import decide_labels
from catalog.services.embeddings import visual_vectors
from catalog.services.errors import ServiceError
from catalog.services.jobs import start_job
from catalog.services.progress import Progress, ignore_progress
from catalog.services.vector_table import load_vectors

__all__ = [
    "APPLY_TAUGHT",
    "LEAST_ACCEPTS",
    "SAMPLE_SIZE",
    "Examples",
    "ScoredImages",
    "accept_version",
    "choose_cut_off",
    "draw_sample",
    "find_candidates",
    "find_examples",
    "judge",
    "retire",
    "score_images",
    "train_label",
    "waiting_sample",
    "weights_of",
]

APPLY_TAUGHT = "apply_taught_labels"
LEAST_ACCEPTS = 10
SAMPLE_SIZE = 50
# Pictures of which nobody has said anything, taken at random: rejects alone are what looks nearly like it, and the rest of the library
# would be anybody's guess.
OTHERS_PER_ACCEPT = 10
LEAST_OTHERS, MOST_OTHERS = 200, 2000


@dataclass(frozen=True)
class Examples:
    """What people have decided about a label, by the decisions that hold: image ids, the latest decision first."""

    accepts: list[int]
    rejects: list[int]


@dataclass(frozen=True)
class ScoredImages:
    """A collection's images by how sure a taught label is of them, the surest first."""

    image_ids: NDArray[np.int64]
    scores: NDArray[np.float32]

    def count_above(self, cut_off: float) -> int:
        """How many score at or above the cut-off."""
        return int(np.searchsorted(-self.scores, -np.float32(cut_off), side="right"))


def find_examples(label: Label) -> Examples:
    """What holds of a label by people's decisions; of several on one image the latest whose change is not undone."""
    labels = [label.pk, *Label.objects.filter(alias_of=label).values_list("pk", flat=True)]
    decisions = Decision.objects.filter(label__in=labels, change__undone_at__isnull=True, image__hidden=False)
    latest: dict[int, str] = {}
    for image_id, verdict in decisions.order_by("-pk").values_list("image_id", "verdict"):
        latest.setdefault(image_id, verdict)
    rejects = [image_id for image_id, verdict in latest.items() if verdict == Decision.Verdict.REJECT]
    return Examples([image_id for image_id in latest if latest[image_id] != Decision.Verdict.REJECT], rejects)


def find_candidates(collection: Collection, label: Label | None, n: int) -> list[int]:
    """Images to ask a person about who begins to teach a label: those that look like what was accepted, or that a machine calls so.

    None on which somebody has decided; none where nothing is known yet that anything could be like.
    """
    if label is None:
        return []
    examples = find_examples(label)
    known = np.array([*examples.accepts, *examples.rejects], dtype=np.int64)
    table = load_vectors(collection)
    accepted = np.flatnonzero(np.isin(table.image_ids, np.array(examples.accepts, dtype=np.int64)))
    if len(accepted):
        scores = products(table.vectors, table.vectors[accepted].mean(axis=0, dtype=np.float32))
        scores[np.isin(table.image_ids, known)] = -1
        ids = table.image_ids[best_rows(scores, n + len(known))]
    else:
        rows = EffectiveLabel.objects.filter(label=label).order_by("-score", "image")
        ids = np.fromiter(rows.values_list("image_id", flat=True)[: n + len(known)], np.int64)
    shown = Image.objects.filter(pk__in=ids.tolist(), hidden=False, current_revision__isnull=False)
    there = set(shown.values_list("pk", flat=True)) - set(known.tolist())
    return [image_id for image_id in ids.tolist() if image_id in there][:n]


def train_label(
    collection: Collection, *, term: str, by: User | None = None, progress: Progress = ignore_progress
) -> TaughtVersion:
    """Learn a label from the decisions about it, as a new version that waits to be judged and accepted.

    The same decisions about the same library give the same version. Only the examples, and a few hundred others, are looked at; so it
    takes seconds, however large the library is.

    Parameters
    ----------
    term
        A label of the collection, however it is written; one that was merged into another stands for that.

    Raises
    ------
    ServiceError
        There is no such label, or there are fewer than ten accepted images of it that can be looked at.
    """
    label = final_label(collection.pk, term)
    examples = find_examples(label) if label is not None else Examples([], [])
    if label is None or len(examples.accepts) < LEAST_ACCEPTS:
        raise ServiceError(
            f"Expected at least {LEAST_ACCEPTS} images accepted as “{term}”, got {len(examples.accepts)}. "
            "Accept or add the label on more images, and reject it on some that only look like it."
        )
    others = _choose_others(collection, label, examples)
    ids = [*examples.accepts, *examples.rejects, *others]
    vectors = visual_vectors(collection, ids, progress=progress)
    is_seen = vectors.any(axis=1)
    ends = np.cumsum([len(examples.accepts), len(examples.rejects)])
    accepts, rejects, rest = (
        part[seen] for part, seen in zip(np.split(vectors, ends), np.split(is_seen, ends), strict=True)
    )
    if len(accepts) < LEAST_ACCEPTS:
        raise ServiceError(
            f"Expected at least {LEAST_ACCEPTS} accepted images that can be looked at, got {len(accepts)} of "
            f"{len(examples.accepts)}. Accept the label on more images."
        )
    try:
        model = fit_label(accepts, rejects, rest, random_state=label.pk)
    except ValueError as error:
        raise ServiceError(
            f"Expected some images that are not “{label}”, got {len(rejects) + len(rest)}. Reject it on a few."
        ) from error
    n_above = _score(collection, model.weights).count_above(model.cut_off)
    with transaction.atomic():
        taught, _created = TaughtLabel.objects.get_or_create(
            collection=collection, label=label, defaults={"created_by": by}
        )
        TaughtLabel.objects.select_for_update().get(pk=taught.pk)
        last = taught.versions.aggregate(number=Max("number", default=0))["number"]
        return TaughtVersion.objects.create(
            taught=taught,
            number=last + 1,
            made_by=by,
            visual_version=VISUAL_VERSION,
            weights=model.weights.astype("<f4").tobytes(),
            n_accepts=len(accepts),
            n_rejects=len(rejects),
            cut_off=model.cut_off,
            n_above=n_above,
        )


def weights_of(version: TaughtVersion) -> NDArray[np.float32]:
    """What it has learned, float32 (257,)."""
    return np.frombuffer(bytes(version.weights), dtype="<f4").astype(np.float32)


def score_images(version: TaughtVersion) -> ScoredImages:
    """The collection's images that have been looked at, by this version's score; milliseconds for tens of thousands.

    Raises ServiceError when the version was trained on features that are no longer made.
    """
    if version.visual_version != VISUAL_VERSION:
        raise ServiceError(
            f"Version {version.number} of “{version.taught}” was trained on features that are no longer made. Train it again."
        )
    return _score(version.taught.collection, weights_of(version))


def choose_cut_off(version: TaughtVersion, cut_off: float, *, by: User | None = None) -> Job | None:
    """Say from which score on an image gets the label; if the version is in use, a job applies it anew.

    What was judged above a higher cut-off still counts, because a sample's part above it is a sample of what lies above it; a lower one
    needs a new sample.

    Raises ServiceError unless it is from 0 to 1.
    """
    if not 0 <= cut_off <= 1:
        raise ServiceError(f"Expected a cut-off from 0 to 1, got {cut_off:g}.")
    n_above = score_images(version).count_above(cut_off)
    with transaction.atomic():
        if cut_off < version.cut_off:
            version.samples.all().delete()
        version.cut_off, version.n_above = cut_off, n_above
        _measure(version)
        version.save()
    return _apply(version.taught, by) if version.taught.current_version_id == version.pk else None


def draw_sample(version: TaughtVersion, n: int = SAMPLE_SIZE) -> list[JudgedSample]:
    """The images of the sample that wait to be judged; where all are, `n` more are drawn.

    Drawn at random from those above the cut-off on which nobody has decided: examples are known, and would flatter. A second sample makes
    the interval narrower; both together are one.

    Raises ServiceError when there is nothing left to judge.
    """
    if waiting := waiting_sample(version):
        return waiting
    scored = score_images(version)
    n_above = scored.count_above(version.cut_off)
    examples = find_examples(version.taught.label)
    drawn = list(version.samples.values_list("image_id", flat=True))
    known = np.array([*examples.accepts, *examples.rejects, *drawn], dtype=np.int64)
    rows = np.flatnonzero(~np.isin(scored.image_ids[:n_above], known))
    if not len(rows):
        raise ServiceError(
            f"There is no image above the cut-off of {version.cut_off:g} on which nobody has decided. Lower the cut-off, or train again."
        )
    rng = np.random.default_rng([version.pk, len(drawn)])
    chosen = rng.choice(rows, size=min(n, len(rows)), replace=False)
    JudgedSample.objects.bulk_create(
        [
            JudgedSample(version=version, image_id=int(scored.image_ids[i]), score=float(scored.scores[i]))
            for i in chosen
        ],
        ignore_conflicts=True,
    )
    return waiting_sample(version)


def waiting_sample(version: TaughtVersion) -> list[JudgedSample]:
    """The images of the sample that nobody has judged yet."""
    return list(version.samples.filter(is_right=None, score__gte=version.cut_off).select_related("image"))


def judge(version: TaughtVersion, verdicts: Mapping[int, bool], *, by: User) -> TaughtVersion:
    """Take a person's word on images of the sample, as decisions too, and say how often the label is right.

    Parameters
    ----------
    verdicts
        Image id -> whether the label is right. What is left out, because it cannot be told, counts for nothing.

    Raises
    ------
    ServiceError
        An image is not of this version's sample. Nothing is recorded then.
    """
    samples = {sample.image_id: sample for sample in version.samples.filter(image__in=verdicts)}
    if strangers := len(set(verdicts) - set(samples)):
        raise ServiceError(
            f"Expected images of the sample of “{version.taught}”, version {version.number}, got {strangers} others. Open the sample again."
        )
    new = [sample for image_id, sample in samples.items() if sample.is_right is not verdicts[image_id]]
    collection, label = version.taught.collection, version.taught.label
    with transaction.atomic():
        if new:
            words = {True: Decision.Verdict.ACCEPT.value, False: Decision.Verdict.REJECT.value}
            decide_labels(
                collection,
                by=by,
                verdicts=[(sample.image_id, label.pk, words[verdicts[sample.image_id]]) for sample in new],
                reason=f"Sample of “{label}”, version {version.number}",
            )
        for sample in new:
            sample.is_right, sample.judged_by, sample.judged_at = verdicts[sample.image_id], by, timezone.now()
        JudgedSample.objects.bulk_update(new, ["is_right", "judged_by", "judged_at"])
        _measure(version)
        version.save(update_fields=["precision", "precision_low", "precision_high", "n_judged"])
    return version


def accept_version(version: TaughtVersion, *, by: User | None) -> Job:
    """Let a version label the collection, later imports too, in place of an earlier one; returns the job that does it."""
    with transaction.atomic():
        version.accepted_at, version.accepted_by = timezone.now(), by
        version.save(update_fields=["accepted_at", "accepted_by"])
        version.taught.current_version = version
        version.taught.save(update_fields=["current_version"])
        return _apply(version.taught, by)


def retire(taught: TaughtLabel, *, by: User | None) -> Job:
    """Let a taught label say nothing more; returns the job that takes back what it said. Decisions and versions stay."""
    with transaction.atomic():
        taught.current_version = None
        taught.save(update_fields=["current_version"])
        return _apply(taught, by)


def _apply(taught: TaughtLabel, by: User | None) -> Job:
    return start_job(APPLY_TAUGHT, {}, by=by, collection=taught.collection)


def _choose_others(collection: Collection, label: Label, examples: Examples) -> list[int]:
    """Images of which nobody has said anything, nor a machine this label; those already looked at, if there are enough."""
    pool = load_vectors(collection).image_ids
    if len(pool) < LEAST_OTHERS + len(examples.accepts) + len(examples.rejects):
        images = Image.objects.filter(collection=collection, current_revision__isnull=False)
        pool = np.fromiter(images.order_by("pk").values_list("pk", flat=True), np.int64)
    labelled = EffectiveLabel.objects.filter(label=label).values_list("image_id", flat=True)
    known = np.array([*examples.accepts, *examples.rejects, *labelled], dtype=np.int64)
    pool = pool[~np.isin(pool, known)]
    wanted = min(max(OTHERS_PER_ACCEPT * len(examples.accepts), LEAST_OTHERS), MOST_OTHERS, len(pool))
    chosen = np.random.default_rng(label.pk).choice(pool, size=wanted, replace=False)
    return [int(image_id) for image_id in np.sort(chosen)]


def _score(collection: Collection, weights: NDArray[np.float32]) -> ScoredImages:
    table = load_vectors(collection)
    images = Image.objects.filter(collection=collection, current_revision__isnull=False)
    there = np.isin(table.image_ids, np.fromiter(images.order_by("pk").values_list("pk", flat=True), np.int64))
    scores, image_ids = label_scores(table.vectors, weights)[there], table.image_ids[there]
    order = best_rows(scores, len(scores))
    return ScoredImages(image_ids[order], scores[order])


def _measure(version: TaughtVersion) -> None:
    """How often it is right, by what was judged at or above the cut-off."""
    judged = version.samples.filter(score__gte=version.cut_off, is_right__isnull=False)
    verdicts = [bool(is_right) for is_right in judged.values_list("is_right", flat=True)]
    version.n_judged = len(verdicts)
    version.precision = version.precision_low = version.precision_high = None
    if verdicts:
        version.precision = sum(verdicts) / len(verdicts)
        version.precision_low, version.precision_high = wilson_interval(sum(verdicts), len(verdicts))
