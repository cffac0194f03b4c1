"""Terms and what holds of them: from machines' words and people's decisions to effective labels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from catalog.models import Collection, Decision, EffectiveLabel, Image, Label, MachineLabel
from catalog.models.taught import TAUGHT
from catalog.services.clock import mark_images, next_change_number
from catalog.services.progress import Progress, ignore_progress
from catalog.terms import MAX_TERM_LENGTH, fold_term

__all__ = [
    "LabelScore",
    "alias_targets",
    "find_or_make_labels",
    "fold_term",
    "recompute_collection_labels",
    "recompute_effective_labels",
    "write_machine_labels",
]

SIDECAR = "sidecar"
DECISION = "decision"
CHUNK = 500


@dataclass(frozen=True)
class LabelScore:
    """One term said of one image: the term as given, its score in [0, 1], and its concept, if known."""

    term: str
    score: float
    vocabulary: str = ""
    concept_id: str = ""


def find_or_make_labels(collection: Collection, terms: Iterable[LabelScore]) -> dict[str, Label]:
    """The collection's labels for these terms, by key; new ones are made. A term that folds to nothing is left out.

    The first concept that is said of a term is the label's; a term without one gets it later. Another concept of the same term
    (a mouse that bites, one that clicks) changes nothing: one key is one label.
    """
    wanted: dict[str, LabelScore] = {}
    for item in terms:
        if (key := fold_term(item.term)) and not wanted.setdefault(key, item).concept_id and item.concept_id:
            wanted[key] = item
    labels = _labels_by_key(collection, wanted)
    named = [label for key, label in labels.items() if wanted[key].concept_id and not label.concept_id]
    for label in named:
        label.vocabulary, label.concept_id = wanted[label.key].vocabulary, wanted[label.key].concept_id
    Label.objects.bulk_update(named, ["vocabulary", "concept_id"], batch_size=CHUNK)
    missing = [
        Label(
            collection=collection,
            term=" ".join(item.term.split())[:MAX_TERM_LENGTH],
            key=key,
            vocabulary=item.vocabulary,
            concept_id=item.concept_id,
        )
        for key, item in wanted.items()
        if key not in labels
    ]
    if missing:
        # Another importer may make the same term at the same moment: whoever comes second reads what the first one made.
        Label.objects.bulk_create(missing, ignore_conflicts=True, batch_size=CHUNK)
        labels |= _labels_by_key(collection, [label.key for label in missing])
    return labels


def write_machine_labels(
    collection: Collection, *, source: str, labels_by_image: Mapping[int, Sequence[LabelScore]]
) -> None:
    """Replace what one source says of these images, and bring their effective labels up to date.

    Parameters
    ----------
    source
        The annotator's name, or "sidecar".
    labels_by_image
        For each image id all that the source says now; an empty list takes back what it said before.
    """
    ids = sorted(labels_by_image)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with transaction.atomic():
            number = next_change_number(collection.pk)
            labels = find_or_make_labels(collection, (item for i in chunk for item in labels_by_image[i]))
            MachineLabel.objects.filter(image__in=chunk, source=source).delete()
            MachineLabel.objects.bulk_create(
                [
                    MachineLabel(image_id=image_id, label_id=label_id, score=score, source=source)
                    for image_id in chunk
                    for label_id, score in _best_scores(labels_by_image[image_id], labels).items()
                ],
                batch_size=CHUNK,
            )
            _recompute(collection, chunk, number)


def recompute_effective_labels(collection: Collection, image_ids: Sequence[int]) -> None:
    """Derive the effective labels of these images of a collection anew: decisions over sidecars over machines.

    A rejected label is gone, an accepted or added one has score 1.0; the latest decision whose change is not undone
    holds. What a sidecar or a taught label says is taken as it is, what a machine says from the collection's `min_score` on. Aliases
    count as the label that they stand for. What holds already stays as it is, and only images of which something changed are marked so.
    """
    for start in range(0, len(image_ids), CHUNK):
        chunk = image_ids[start : start + CHUNK]
        with transaction.atomic():
            _recompute(collection, chunk, next_change_number(collection.pk))


def recompute_collection_labels(collection: Collection, *, progress: Progress = ignore_progress) -> int:
    """Derive all effective labels of a collection anew, after its `min_score` or its aliases changed; says for how many images."""
    ids = list(Image.objects.filter(collection=collection).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        progress("Labels", start, len(ids))
        recompute_effective_labels(collection, ids[start : start + CHUNK])
    progress("Labels", len(ids), len(ids))
    return len(ids)


def _recompute(collection: Collection, image_ids: Sequence[int], number: int) -> None:
    """Bring the effective labels of a chunk of images up to date, within a transaction that holds the clock."""
    effective = {(row.image_id, row.label_id): row for row in _effective_labels(collection, image_ids)}
    changed: set[int] = set()
    gone: list[int] = []
    held = EffectiveLabel.objects.filter(image__in=image_ids).order_by()
    for pk, image_id, label_id, score, source in held.values_list("pk", "image_id", "label_id", "score", "source"):
        now = effective.get((image_id, label_id))
        if now is not None and (now.score, now.source) == (score, source):
            del effective[image_id, label_id]
        else:
            changed.add(image_id)
            gone.append(pk)
    for start in range(0, len(gone), CHUNK):
        EffectiveLabel.objects.filter(pk__in=gone[start : start + CHUNK]).delete()
    EffectiveLabel.objects.bulk_create(effective.values(), batch_size=CHUNK)
    changed.update(image_id for image_id, _label in effective)
    mark_images(collection.pk, sorted(changed), number, labels=True)


def _labels_by_key(collection: Collection, keys: Iterable[str]) -> dict[str, Label]:
    keys = list(keys)
    found: dict[str, Label] = {}
    for start in range(0, len(keys), CHUNK):
        rows = Label.objects.filter(collection=collection, key__in=keys[start : start + CHUNK])
        found |= {label.key: label for label in rows}
    return found


def _best_scores(items: Sequence[LabelScore], labels: Mapping[str, Label]) -> dict[int, float]:
    """Label id -> highest score; several spellings of one term are one label."""
    best: dict[int, float] = {}
    for item in items:
        label = labels.get(fold_term(item.term))
        if label is not None:
            best[label.pk] = max(best.get(label.pk, 0.0), min(max(item.score, 0.0), 1.0))
    return best


def _effective_labels(collection: Collection, image_ids: Sequence[int]) -> list[EffectiveLabel]:
    targets = alias_targets(collection)
    # (image, label) -> (rank, score, source); the higher rank wins, then the higher score.
    best: dict[tuple[int, int], tuple[int, float, str]] = {}
    said = MachineLabel.objects.filter(image__in=image_ids).values_list("image_id", "label_id", "score", "source")
    for image_id, label_id, score, source in said:
        # What was taught has its own cut-off, which somebody chose by looking.
        if source != SIDECAR and not source.startswith(TAUGHT) and score < collection.min_score:
            continue
        key = (image_id, targets.get(label_id, label_id))
        best[key] = max(best.get(key, (0, 0.0, "")), (2 if source == SIDECAR else 1, score, source))
    for key, verdict in _decisions_in_force(image_ids, targets).items():
        if verdict == Decision.Verdict.REJECT:
            best.pop(key, None)
        else:
            best[key] = (3, 1.0, DECISION)
    return [
        EffectiveLabel(image_id=image_id, label_id=label_id, score=score, source=source)
        for (image_id, label_id), (_rank, score, source) in best.items()
    ]


def _decisions_in_force(image_ids: Sequence[int], targets: Mapping[int, int]) -> dict[tuple[int, int], str]:
    """(image, label) -> the latest verdict whose change is not undone."""
    decisions = (
        Decision.objects.filter(image__in=image_ids, change__undone_at__isnull=True)
        # A large change is made in pieces: what began later counts, whichever row came first.
        .order_by("change_id", "pk")
        .values_list("image_id", "label_id", "verdict")
    )
    return {(image_id, targets.get(label_id, label_id)): verdict for image_id, label_id, verdict in decisions}


def alias_targets(collection: Collection) -> dict[int, int]:
    """Alias id -> id of the label that it finally stands for; a circle of aliases stands for itself."""
    direct = dict(Label.objects.filter(collection=collection, alias_of__isnull=False).values_list("pk", "alias_of_id"))
    targets: dict[int, int] = {}
    for start in direct:
        seen: set[int] = set()
        at = start
        while at in direct and at not in seen:
            seen.add(at)
            at = direct[at]
        targets[start] = at
    return targets
