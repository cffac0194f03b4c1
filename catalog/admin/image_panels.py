"""What is known of one image, gathered for its page."""

import json
from typing import Any

from catalog.admin.addresses import rendition_address
from catalog.admin.image_facts import feature_rows, picture_boxes
from catalog.admin.pictures import admin_link, colour_chip, score_meter, thumbnail
from catalog.admin.shown_builds import latest_builds
from catalog.models import Image
from catalog.services.documents import assemble_document, read_colours
from catalog.services.duplicates import look_alikes

__all__ = ["image_panels"]

MAX_LOOK_ALIKES = 12


def image_panels(image: Image, *, insider: bool) -> dict[str, Any]:
    """Context of admin/catalog/image/panels.html.

    Without `insider` there are no places where it was found, no reasons of failures, no people's decisions and no raw document.
    """
    document = assemble_document(image)
    panels: dict[str, Any] = {
        "view_url": rendition_address(image.uuid, "view") if image.current_revision else "",
        "revision": image.current_revision,
        "labels": [_label(row) for row in image.effective_labels.all()],
        "colours": [
            {**colour, "chip": colour_chip(colour["colour"]), "share": score_meter(colour["pixel_fraction"])}
            for colour in read_colours(document)
        ],
        "places": image.positions.filter(build__in=latest_builds())
        .select_related("group__cluster", "build__galaxy")
        .order_by("build__galaxy__title"),
        "look_alikes": [
            (thumbnail(other.uuid, str(other)), admin_link(other))
            for other in look_alikes(image)[:MAX_LOOK_ALIKES]
            if insider or not other.hidden
        ],
        "insider": insider,
    }
    if insider:
        panels |= {
            "machine_labels": [
                _label(row) for row in image.machine_labels.select_related("label").order_by("source", "-score")
            ],
            "decisions": image.decisions.select_related("label", "change__made_by"),
            "occurrences": image.occurrences.order_by("source", "location"),
            "features": feature_rows(image, document),
            "drawing": picture_boxes(image, document),
            "document": json.dumps(document, indent=2, ensure_ascii=False) if document else "",
        }
    return panels


def _label(row: Any) -> dict[str, Any]:
    return {"term": row.label.term, "score": score_meter(row.score), "source": row.source}
