"""The two doors through which files leave: pictures of images, and the published files of galaxies.

Whoever may not know that something exists gets the same 404 as for what does not.
"""

import hashlib
import re
import uuid
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import storages
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from catalog.models import Galaxy, Image, Rendition, Visibility
from catalog.permissions import Verb, permitted
from explorer.portrait import PORTRAIT_NAME
from explorer.streams import redirect_to_signed, send_stored

ModelT = TypeVar("ModelT", bound=Model)

# So soon a hidden image or a closed collection is gone from browsers.
MAX_AGE_S = 300
IMMUTABLE_MAX_AGE_S = 365 * 24 * 3600

# Name -> content type, and how long browsers may keep it, in seconds; 0: they ask each time.
CHANGING = {"current.json": ("application/json", 0), PORTRAIT_NAME: ("image/jpeg", MAX_AGE_S)}
OBJECT_NAME = re.compile(r"objects/([0-9a-f]{32})\.([a-z0-9]{1,6}(?:\.[a-z0-9]{1,3})?)")
# What is compressed is so inside the file, and the reader tells by its magic bytes: no Content-Encoding.
CONTENT_TYPES = {"json": "application/json", "webp": "image/webp"}


@require_safe
def send_rendition(request: HttpRequest, image_uuid: uuid.UUID, kind: str) -> HttpResponseBase:
    """One rendition of an image's current revision."""
    image, is_open = _find(
        request, Image.objects.filter(uuid=image_uuid).select_related("collection", "current_revision")
    )
    rendition = Rendition.objects.filter(revision=image.current_revision_id, kind=kind).first()
    if rendition is None or image.current_revision is None:
        raise Http404("There is no such picture.")
    storage = storages["media"]
    is_public = is_open and image.collection.visibility == Visibility.PUBLIC
    if settings.GALAXY_SIGNED_REDIRECTS and (
        response := redirect_to_signed(storage, rendition.storage_name, max_age_s=60)
    ):
        return response
    return send_stored(
        request,
        storage,
        rendition.storage_name,
        content_type="image/jpeg",
        etag=f'"{image.current_revision.sha256[:32]}-{kind}"',
        cache_control=f"{'public' if is_public else 'private'}, max-age={MAX_AGE_S}",
    )


@require_safe
def send_artifact(request: HttpRequest, galaxy_uuid: uuid.UUID, name: str) -> HttpResponseBase:
    """The pointer of a galaxy, one of the immutable objects that it leads to, or the galaxy's portrait."""
    match = OBJECT_NAME.fullmatch(name)
    if match is None and name not in CHANGING:
        raise Http404("There is no such file.")
    published = Galaxy.objects.filter(uuid=galaxy_uuid, current_publication__isnull=False)
    galaxy, is_open = _find(request, published.select_related("collection"))
    storage_name = f"{galaxy.uuid}/{name}"
    is_public = is_open and galaxy.is_public
    if match is None:
        return _send_changing(request, storage_name, *CHANGING[name], is_public)
    storage = storages["galaxies"]
    if settings.GALAXY_SIGNED_REDIRECTS and (response := redirect_to_signed(storage, storage_name, max_age_s=60)):
        return response
    return send_stored(
        request,
        storage,
        storage_name,
        content_type=CONTENT_TYPES.get(match[2], "application/octet-stream"),
        etag=f'"{match[1]}"',
        cache_control=f"{'public' if is_public else 'private'}, max-age={IMMUTABLE_MAX_AGE_S}, immutable",
    )


def _send_changing(
    request: HttpRequest, storage_name: str, content_type: str, max_age_s: int, is_public: bool
) -> HttpResponseBase:
    """One of the files that change: small, so it is read whole, and told apart by its content."""
    try:
        with storages["galaxies"].open(storage_name, "rb") as file:
            data = file.read()
    except FileNotFoundError as error:
        raise Http404("Nothing is published.") from error
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(data, content_type=content_type)
    response.headers["ETag"] = etag
    whose = "public" if is_public else "private"
    response.headers["Cache-Control"] = f"{whose}, max-age={max_age_s}" if max_age_s else "no-cache"
    return response


def _find(request: HttpRequest, rows: QuerySet[ModelT]) -> tuple[Any, bool]:
    """The row that the person may see by its link, and whether everybody may.

    What is open is found without looking at who asks: no session is read, and the answer does not vary with the cookie.
    """
    for user, is_open in ((AnonymousUser(), True), (request.user, False)):
        row = permitted(user, Verb.VIEW, rows, by_link=True).first()
        if row is not None:
            return row, is_open
    raise Http404("There is nothing here.")
