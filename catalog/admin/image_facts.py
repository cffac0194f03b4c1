"""What annotators found in one image: boxes to draw over it, and for each feature what was answered or why there is nothing."""

from collections.abc import Iterator
from typing import Any

from catalog.annotators import Feature
from catalog.annotators.facts import KEYS_OF, LIKELIHOODS, kinds_of, read_facts
from catalog.models import Annotation, Image

__all__ = ["feature_rows", "picture_boxes"]

BOXED = ("objects", "faces", "text", "landmarks", "logos")
POINT_RADIUS = 0.004  # of the picture's long side
N_NAMED = 8
STATUS_TEXTS = {
    Annotation.Status.RESERVED: "Reserved: to be sent",
    Annotation.Status.SENT: "Sent: the answer is on its way",
    Annotation.Status.FAILED: "Failed",
    Annotation.Status.UNKNOWN: "Unknown: sent, but the answer was lost. It may have been billed",
}


def picture_boxes(image: Image, document: dict[str, Any]) -> dict[str, Any] | None:
    """Boxes and face points in pixels of the upright picture, for an SVG of its size; None where there is nothing to draw."""
    revision = image.current_revision
    if revision is None:
        return None
    width, height = revision.width, revision.height
    boxes: list[dict[str, Any]] = []
    points: list[dict[str, float]] = []
    for kind, fact in _boxed_facts(read_facts(document, width, height)):
        left, top, wide, high = fact["box"]
        place = {"x": left * width, "y": top * height, "width": wide * width, "height": high * height}
        boxes.append({"kind": kind, "title": _title(kind, fact), "place": place})
        if kind == "faces":
            points += [{"x": x * width, "y": y * height} for x, y in fact["landmarks"]]
    # Small boxes last, so that large ones do not lie over them and take their tooltips.
    boxes.sort(key=lambda box: -box["place"]["width"] * box["place"]["height"])
    drawing = {"width": width, "height": height, "boxes": boxes, "points": points}
    return {**drawing, "radius": max(width, height) * POINT_RADIUS} if boxes else None


def feature_rows(image: Image, document: dict[str, Any]) -> list[dict[str, str]]:
    """Every feature: what was answered, looked for and not found, failed and why, unknown, or not looked for at all."""
    rows: dict[str, Annotation] = {}
    revision = image.current_revision
    if revision is not None:
        asked = Annotation.objects.filter(sha256=revision.sha256, annotator=image.collection.annotator)
        for row in asked.order_by("updated_at", "pk"):
            before = rows.get(row.feature)
            # An answer outlives a later failure, as it does in the document.
            if before is None or row.status == "answered" or before.status != "answered":
                rows[row.feature] = row
    facts = read_facts(document, revision.width, revision.height) if revision else {}
    return [_feature_row(feature, rows.get(feature), document, facts) for feature in Feature]


def _feature_row(
    feature: Feature, row: Annotation | None, document: dict[str, Any], facts: dict[str, Any]
) -> dict[str, str]:
    if row is None:
        return {"name": feature, "status": "Not looked for"}
    if row.status == Annotation.Status.ANSWERED:
        found = _summary(feature, document, facts)
        status = f"Answered: {found}" if found else "Looked for, none found"
    else:
        status = STATUS_TEXTS[Annotation.Status(row.status)]
    return {"name": feature, "status": status, "model": row.model, "error": row.error}


def _summary(feature: Feature, document: dict[str, Any], facts: dict[str, Any]) -> str:
    """What was found, in a line; "" for nothing."""
    if feature == Feature.CROP_HINTS:
        return _count(document.get("cropHintsAnnotation", {}).get("cropHints", []), "crop hint")
    kind = kinds_of([feature])[0]
    if kind == "labels":
        return _names(document.get("labelAnnotations", []), "description")
    if kind == "colours":
        return _count(document.get(KEYS_OF[kind][0], {}).get("dominantColors", {}).get("colors", []), "colour")
    fact = facts.get(kind)
    if not fact:
        return ""
    if kind == "faces":
        return _count(fact, "face")
    if kind == "text":
        return _count(fact["lines"], "line") if fact["lines"] else fact["text"][:60]
    if kind == "safe_search":
        return ", ".join(f"{name} {LIKELIHOODS[step - 1].replace('_', ' ').lower()}" for name, step in fact.items())
    if kind == "web":
        return ", ".join(fact["best_guess_labels"]) or _names(fact["entities"], "name")
    return _names(fact, "name")


def _count(things: list[Any], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}" if things else ""


def _names(things: list[dict[str, Any]], key: str) -> str:
    names = [str(thing.get(key) or "?") for thing in things]
    return ", ".join(names[:N_NAMED]) + (f" and {len(names) - N_NAMED} more" if len(names) > N_NAMED else "")


def _boxed_facts(facts: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in BOXED:
        found = facts.get(kind, [])
        for fact in found["lines"] if kind == "text" and found else found:
            if "box" in fact:
                yield kind, fact


def _title(kind: str, fact: dict[str, Any]) -> str:
    if kind == "text":
        return str(fact["text"])
    name = fact.get("name") or "face"
    return f"{name}, {fact['score']:.0%}" if fact["score"] else name
