"""Pictures that look like one, above a score that is shown, as a selection to decide about."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from catalog.admin.policy import PolicyAdmin, may
from catalog.admin.tiles import image_tiles
from catalog.models import Image, NearDuplicate
from catalog.permissions import Verb, permitted_by_role
from catalog.services.duplicates import look_alikes
from catalog.services.errors import ServiceError
from catalog.services.similar import Similar, similar_images
from catalog.services.vector_table import count_unseen

__all__ = ["LookAlikesAdmin"]

MAX_SHOWN = 300
DEFAULT_SCORE = 0.8
SCORES = (0.95, 0.9, 0.8, 0.7, 0.6)


class LookAlikesAdmin(PolicyAdmin[Image]):
    """Adds `<id>/look-alikes/` to the images."""

    def get_urls(self) -> list[URLPattern]:
        """The page of what looks like an image."""
        view = self.admin_site.admin_view(self.look_alikes_view)
        return [path("<int:pk>/look-alikes/", view, name="catalog_image_look_alikes"), *super().get_urls()]

    def look_alikes_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What looks like it: near-duplicates by their hashes with `of=duplicates`, else above `score` by their vectors."""
        rows = Image.objects.select_related("collection", "current_revision")
        image = get_object_or_404(permitted_by_role(request.user, Verb.VIEW, rows), pk=pk)
        duplicates = look_alikes(image)
        of_duplicates = request.GET.get("of") == "duplicates"
        score = _read_score(request)
        words = _distances(image, duplicates) if of_duplicates else {}
        found = Similar([], True, 0)
        if not of_duplicates:
            try:
                found = _find(image, score)
            except ServiceError as error:
                messages.warning(request, str(error))
            words = {image_id: f"{cosine:.2f}" for image_id, cosine in found.hits[:MAX_SHOWN]}
        context = {
            **self.admin_site.each_context(request),
            "title": f"Looks like {image}",
            "opts": self.opts,
            "media": self.media,
            "image": image,
            "itself": image_tiles([image.pk], {image.pk: "itself"}),
            "tiles": image_tiles(list(words), words),
            "of_duplicates": of_duplicates,
            "n_duplicates": len(duplicates),
            "score": score,
            "scores": SCORES,
            "has_more": len(found.hits) > MAX_SHOWN,
            "max_shown": MAX_SHOWN,
            "found": found,
            "n_unseen": count_unseen(image.collection),
            "may_curate": may(request, Verb.CURATE, image),
            "checked": True,
            "here": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/catalog/image/look_alikes.html", context)


def _find(image: Image, score: float) -> Similar:
    """Those of the collection that are not hidden, one more than is shown."""
    images = Image.objects.filter(collection=image.collection, hidden=False)
    return similar_images(image.collection, image=image, images=images, limit=MAX_SHOWN + 1, min_score=score)


def _read_score(request: HttpRequest) -> float:
    """The least score, as typed; the usual one for what is no number from 0 to 1."""
    try:
        score = float(request.GET.get("score", "").replace(",", "."))
    except ValueError:
        return DEFAULT_SCORE
    return score if 0 <= score <= 1 else DEFAULT_SCORE


def _distances(image: Image, duplicates: list[Image]) -> dict[int, Any]:
    """In how many bits the hash of each near-duplicate differs from that of the head of the group."""
    rows = NearDuplicate.objects.filter(image__in=[image.pk, *(other.pk for other in duplicates)])
    bits = dict(rows.values_list("image", "distance"))
    return {other.pk: f"{bits[other.pk]} of 64 bits" if other.pk in bits else "the largest" for other in duplicates}
