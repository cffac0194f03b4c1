"""Images as tiles of a page: looked up together, in the order asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.admin.addresses import rendition_address
from catalog.models import Image

__all__ = ["image_tiles"]


def image_tiles(image_ids: Sequence[int], words: Mapping[int, str] | None = None) -> list[dict[str, Any]]:
    """What a template needs for each image that is still there; `words` is what to write beside it, by image id."""
    images = Image.objects.in_bulk(list(image_ids))
    return [
        {
            "image": images[pk],
            "small": rendition_address(images[pk].uuid, "small") if images[pk].current_revision_id else "",
            "view": rendition_address(images[pk].uuid, "view") if images[pk].current_revision_id else "",
            "word": (words or {}).get(pk, ""),
        }
        for pk in image_ids
        if pk in images
    ]
