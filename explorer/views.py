"""Pages: the entrance with the galaxies one may see, and the page on which one flies through one of them."""

import uuid
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request
from django.views.decorators.http import require_safe

from catalog.models import Galaxy, Image
from catalog.permissions import Verb, can
from explorer.embedding import allow_framing, wants_embedding
from explorer.entrance import read_cards
from explorer.names import find_named
from explorer.portrait import HEIGHT as PORTRAIT_HEIGHT
from explorer.portrait import PORTRAIT_NAME
from explorer.portrait import WIDTH as PORTRAIT_WIDTH
from explorer.starmap import HEIGHT, WIDTH

# Stands for an image's uuid in an address until the front end fills one in.
NIL = uuid.UUID(int=0)


@require_safe
def show_entrance(request: HttpRequest) -> HttpResponse:
    """The galaxies that this person may see."""
    context = {"cards": read_cards(request.user), "map_width": WIDTH, "map_height": HEIGHT}
    return render(request, "explorer/entrance.html", context)


@require_safe
def show_galaxy(request: HttpRequest, slug: str = "", galaxy_uuid: uuid.UUID | None = None) -> HttpResponse:
    """The page of one galaxy, by its slug or, as a link gives it, by its uuid; `?embed=1` lets other sites frame a public one."""
    rows = Galaxy.objects.select_related("collection", "current_publication")
    galaxy = find_named(request.user, rows, str(galaxy_uuid or slug)).first()
    if galaxy is None:
        raise Http404("There is no such galaxy, or none that you may see.")
    is_public = can(AnonymousUser(), Verb.VIEW, galaxy)
    context = {"galaxy": galaxy, "is_public": is_public}
    if galaxy.current_publication is None:
        return render(request, "explorer/unpublished.html", context)
    context["preview"] = _preview(request, galaxy) if is_public else None
    is_embedded = is_public and wants_embedding(request)
    may_edit = not is_embedded and _may_edit(request, galaxy)
    config = _config(galaxy, may_edit=may_edit)
    if may_edit:
        get_token(request)  # sets the cookie that corrections are sent with; pages for visitors set none
    config["language"] = get_language_from_request(request)
    response = render(request, "explorer/galaxy.html", context | {"config": config})
    patch_vary_headers(response, ["Accept-Language"])
    if is_embedded:
        allow_framing(request, response)
    return response


@require_safe
def edit_image(request: HttpRequest, image_uuid: uuid.UUID) -> HttpResponse:
    """Lead from the public name of an image to its page in the admin, which is known by another."""
    image = Image.objects.filter(uuid=image_uuid).first()
    if image is None or not _may_edit(request, image):
        raise Http404("There is no such image, or none that you may edit.")
    return HttpResponseRedirect(reverse("admin:catalog_image_change", args=[image.pk]))


def _may_edit(request: HttpRequest, obj: Any) -> bool:
    return request.user.is_authenticated and request.user.is_staff and can(request.user, Verb.CURATE, obj)


def _config(galaxy: Galaxy, *, may_edit: bool) -> dict[str, Any]:
    """What the page tells the front end: names and addresses, with {uuid} and {rendition} to fill in."""
    rendition = reverse("explorer:rendition", kwargs={"image_uuid": NIL, "kind": "small"})
    edit = reverse("explorer:edit-image", kwargs={"image_uuid": NIL})
    return {
        "galaxy": {"uuid": str(galaxy.uuid), "slug": galaxy.slug, "title": galaxy.title},
        "pointer_url": reverse("explorer:artifact", kwargs={"galaxy_uuid": galaxy.uuid, "name": "current.json"}),
        "rendition_url": rendition.replace(str(NIL), "{uuid}").replace("small", "{rendition}"),
        "worker_url": static("explorer/explorer-worker.js"),
        "home_url": reverse("explorer:entrance"),
        "api_url": reverse("explorer:api"),
        "image_admin_url": edit.replace(str(NIL), "{uuid}") if may_edit else None,
        "collection": galaxy.collection.slug if may_edit else None,
    }


def _preview(request: HttpRequest, galaxy: Galaxy) -> dict[str, Any]:
    """What other sites show where somebody links to the galaxy; they keep a picture by its address, so each publication has its own."""
    portrait = reverse("explorer:artifact", kwargs={"galaxy_uuid": galaxy.uuid, "name": PORTRAIT_NAME})
    page = reverse("explorer:galaxy", kwargs={"slug": galaxy.slug})
    return {
        "url": request.build_absolute_uri(page),
        "image": request.build_absolute_uri(f"{portrait}?{galaxy.current_publication_id}"),
        "width": PORTRAIT_WIDTH,
        "height": PORTRAIT_HEIGHT,
    }


@require_safe
def show_favicon(request: HttpRequest) -> HttpResponse:
    """Lead browsers that ask at the root, as they do for pages without an icon of their own (the admin's), to ours."""
    return HttpResponseRedirect(static("entrance/favicon.svg"))
