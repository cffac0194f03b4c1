"""What leaves the house with a publication: every public field of images, clusters and credits, named one by one."""

import hashlib
import json
from collections import Counter
from collections.abc import Container, Sequence
from typing import Any

from django.db.models import Count, Max, Prefetch

from catalog.annotators.facts import FEATURES_OF, kinds_of, read_facts, was_looked_for
from catalog.models import Annotation, Build, Cluster, EffectiveLabel, Galaxy, Image, Occurrence
from catalog.services.documents import assemble_documents, read_colours, read_failed
from explorer.artifact import ClusterInfo, Credit, GalaxyInfo
from explorer.shown import Shown

__all__ = [
    "credits_due",
    "credits_of",
    "fingerprint_of",
    "galaxy_info",
    "public_cluster",
    "public_details",
    "told_by",
]

MAX_CREDITS = 20
CHUNK = 2000
SWITCHES = ("publish_documents", "publish_exif", "publish_external_ids", "allow_downloads")


def galaxy_info(galaxy: Galaxy) -> GalaxyInfo:
    """The galaxy as its visitors know it."""
    return GalaxyInfo(uuid=str(galaxy.uuid), slug=galaxy.slug, title=galaxy.title, description=galaxy.description)


def public_cluster(cluster: Cluster, shown: Container[int]) -> ClusterInfo:
    """A cluster as its visitors know it; a cover that is not among the images shown, given by id, is left out."""
    cover = cluster.cover.uuid if cluster.cover is not None and cluster.cover.pk in shown else None
    return ClusterInfo(
        uuid=cluster.uuid,
        name=cluster.name,
        colour=cluster.colour,
        description=cluster.description,
        cover=cover,
        tour_order=cluster.tour_order,
    )


def public_details(galaxy: Galaxy, image_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The public details of these images, in this order: credit, and of all else what the galaxy's switches say may be published.

    A published feature is there, empty if it was looked for and not found, or named in `failed` or in `not_looked_for`. Of
    the others nothing is said at all, unless the galaxy publishes raw documents. `taken_at`, `place` and `camera` are there if
    they are known and the galaxy publishes EXIF, `external_ids` if the galaxy publishes them.
    """
    labels = EffectiveLabel.objects.select_related("label").order_by("-score", "label__key")
    numbers = Occurrence.objects.exclude(external_id="").order_by("external_id")
    images = (
        Image.objects.select_related("current_revision", "collection")
        .prefetch_related(Prefetch("effective_labels", queryset=labels), Prefetch("occurrences", queryset=numbers))
        .in_bulk(list(image_ids))
    )
    documents = assemble_documents(list(images.values()))
    return [_details(galaxy, images[i], documents.get(i, {})) for i in image_ids]


def credits_of(build: Build, shown: Shown) -> list[Credit]:
    """Whom to thank: the distinct creators and licences of the images shown, the most frequent first, at most twenty."""
    ranked = sorted(_count_credits(build, shown).items(), key=lambda item: (-item[1], item[0]))
    return [Credit(text=text, licence=licence) for (text, licence), _n in ranked[:MAX_CREDITS]]


def credits_due(build: Build, shown: Shown) -> set[tuple[str, str]]:
    """Text and licence of everybody whom some image shown thanks."""
    return set(_count_credits(build, shown))


def _count_credits(build: Build, shown: Shown) -> Counter[tuple[str, str]]:
    images = Image.objects.filter(positions__build=build).exclude(creator="", credit="", licence="").order_by("pk")
    rows = images.values_list("pk", "creator", "credit", "licence")
    return Counter(
        (credit or creator, licence) for pk, creator, credit, licence in rows.iterator(CHUNK) if pk in shown.cluster_of
    )


def fingerprint_of(galaxy: Galaxy, build: Build, shown: Shown) -> str:
    """SHA-256 over all that a publication would show, so that publishing what is already published does nothing."""
    digest = hashlib.sha256()

    def add(value: object) -> None:
        digest.update(json.dumps(value, default=str, sort_keys=True).encode())

    add([build.pk, vars(galaxy_info(galaxy)), told_by(galaxy)])
    add([vars(public_cluster(cluster, shown.cluster_of)) for cluster in shown.clusters])
    add(sorted(shown.cluster_of.items()))
    images = Image.objects.filter(positions__build=build, hidden=False).order_by("pk")
    fields = ["pk", "title", "description", "creator", "credit", "licence", "source_url", "current_revision__sha256"]
    if galaxy.publish_exif:
        fields += ["taken_at", "place"]
    for row in images.values_list(*fields).iterator(CHUNK):
        add(row)
    if galaxy.publish_external_ids:
        numbers = Occurrence.objects.filter(image__in=images.order_by()).exclude(external_id="").order_by("pk")
        for row in numbers.values_list("image_id", "external_id").iterator(CHUNK):
            add(row)
    labels = EffectiveLabel.objects.filter(image__in=images.order_by()).order_by("image_id", "label_id")
    for row in labels.values_list("image_id", "label__term", "score", "source").iterator(CHUNK):
        add(row)
    # Colours and documents come from these; how many there are and when the last one changed stands for what they say.
    answers = Annotation.objects.filter(
        annotator=galaxy.collection.annotator,
        sha256__in=images.order_by().values("current_revision__sha256"),
        status__in=[Annotation.Status.ANSWERED, Annotation.Status.FAILED],
    )
    add(sorted(answers.aggregate(n=Count("pk"), latest=Max("updated_at")).items()))
    return digest.hexdigest()


def told_by(galaxy: Galaxy) -> list[str]:
    """What a publication tells beside titles, credits and pictures: the chosen features, and the switches that are on."""
    return sorted([*galaxy.published_features, *(name for name in SWITCHES if getattr(galaxy, name))])


def _details(galaxy: Galaxy, image: Image, document: dict[str, Any]) -> dict[str, Any]:
    revision = image.current_revision
    assert revision is not None, "only images with a revision are built, and a revision stays"  # noqa: S101  # for mypy
    details: dict[str, Any] = {
        "uuid": str(image.uuid),
        "title": image.title,
        "description": image.description,
        "width": revision.width,
        "height": revision.height,
        "creator": image.creator,
        "credit": image.credit,
        "licence": image.licence,
        "source_url": image.source_url,
    }
    details |= _found(galaxy, image, document, revision.width, revision.height)
    if galaxy.publish_exif:
        facts = {"taken_at": image.taken_at, "place": image.place, "camera": revision.metadata.get("camera", "")}
        details |= {name: value for name, value in facts.items() if value}
    if galaxy.publish_external_ids:
        details["external_ids"] = [occurrence.external_id for occurrence in image.occurrences.all()]
    if galaxy.publish_documents and document:
        details["document"] = document
    return details


def _found(galaxy: Galaxy, image: Image, document: dict[str, Any], width: int, height: int) -> dict[str, Any]:
    """What the galaxy publishes of what was found, and what of that is not there, and why."""
    labels = [
        {"term": row.label.term, "score": round(row.score, 4), "source": row.source}
        for row in image.effective_labels.all()
    ]
    facts = read_facts(document, width, height) | {"labels": labels, "colours": read_colours(document)}
    # Labels come from people and sidecars too: they are told whatever became of the annotator's.
    looked_for = {"labels", *(kind for kind in FEATURES_OF if was_looked_for(document, kind))}
    published = [kind for kind in FEATURES_OF if kind in galaxy.published_features]
    failed = [kind for kind in kinds_of(read_failed(document)) if kind in published and kind not in looked_for]
    return {
        **{kind: facts[kind] for kind in published if kind in looked_for},
        "failed": failed,
        "not_looked_for": [kind for kind in published if kind not in looked_for and kind not in failed],
    }
