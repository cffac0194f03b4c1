"""Small pieces of HTML for lists: thumbnails, colour chips, bars, links.

The content security policy forbids inline styles, so a colour is an SVG attribute and a length a <meter> or <progress>.
"""

import uuid
from collections.abc import Iterable

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.admin.addresses import rendition_address

__all__ = ["admin_link", "colour_chip", "progress_bar", "score_meter", "thumbnail", "thumbnails"]

NOTHING = SafeString("–")


def thumbnail(image_uuid: uuid.UUID | str, title: str) -> SafeString:
    """The small rendition, loaded when it scrolls into view; opens the view picture."""
    return format_html(
        '<a class="galaxy-thumb" href="{}" target="_blank" rel="noopener"><img src="{}" alt="{}" loading="lazy"></a>',
        rendition_address(image_uuid, "view"),
        rendition_address(image_uuid, "small"),
        title,
    )


def thumbnails(image_uuids: Iterable[uuid.UUID]) -> SafeString:
    """A row of small pictures without links; alternatives are empty because the words beside them say what they show."""
    pictures = format_html_join(
        "", '<img src="{}" alt="" loading="lazy">', ((rendition_address(i, "small"),) for i in image_uuids)
    )
    return format_html('<span class="galaxy-strip">{}</span>', pictures) if pictures else NOTHING


def colour_chip(colour: str, title: str = "") -> SafeString:
    """A dot of the colour "#rrggbb"."""
    return format_html(
        '<svg class="galaxy-chip" viewBox="0 0 16 16" role="img" aria-label="{}">'
        '<circle cx="8" cy="8" r="7.5" fill="{}"/></svg>',
        title or colour,
        colour,
    )


def score_meter(score: float) -> SafeString:
    """A score from 0 to 1 as a bar and a number."""
    return format_html('<meter min="0" max="1" value="{0}">{0}</meter> {0}', f"{score:.2f}")


def progress_bar(done: int, total: int) -> SafeString:
    """How far; a bar that only moves where the total is unknown."""
    if total <= 0:
        return SafeString("<progress></progress>")
    return format_html('<progress max="{}" value="{}"></progress>', total, min(done, total))


def admin_link(obj: Model | None, text: str = "") -> SafeString:
    """A link to the object's page in the admin."""
    if obj is None:
        return NOTHING
    name = f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change"
    return format_html('<a href="{}">{}</a>', reverse(name, args=[obj.pk]), text or str(obj))
