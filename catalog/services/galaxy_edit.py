"""Galaxies made and changed by people: the same rules, whether a form or the API asks."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from catalog.models import Collection, Galaxy, Visibility
from catalog.permissions import User
from catalog.services.history import note_deed
from catalog.services.safe_search import SafeSearchError, require_safe_search_to_open

__all__ = ["GALAXY_SETTINGS", "OWNERS_SETTINGS", "edit_galaxy", "make_galaxy"]

GALAXY_SETTINGS = (
    "title",
    "slug",
    "description",
    "visibility",
    "n_clusters",
    "extra_cluster_labels",
    "visual_weight",
    "perplexity",
    "random_state",
    "published_features",
    "publish_documents",
    "publish_exif",
    "publish_external_ids",
    "allow_downloads",
    "hide_unsafe",
)
# Who may look, and the address by which the world knows it, are the owner's to change.
OWNERS_SETTINGS = frozenset({"slug", "visibility"})


@transaction.atomic
def make_galaxy(collection: Collection, *, by: User | None, values: Mapping[str, Any]) -> Galaxy:
    """A new galaxy of a collection, with these settings; nothing is built yet.

    Raises ValidationError, by field, where a setting cannot be.
    """
    galaxy = Galaxy(collection=collection, **_known(values))
    galaxy.full_clean()
    galaxy.save()
    note_deed(by, galaxy, "Made.")
    return galaxy


@transaction.atomic
def edit_galaxy(galaxy: Galaxy, *, by: User | None, values: Mapping[str, Any]) -> list[str]:
    """Change settings of a galaxy; says which were others before. Nobody else's change of another setting is undone.

    What makes the map shows with the next build, what is published with the next publication.

    Raises ValidationError, by field, where a setting cannot be, or where everybody would see published pictures at which safe search has
    not looked.
    """
    now = Galaxy.objects.select_for_update(of=("self",)).select_related("collection").get(pk=galaxy.pk)
    changed = [name for name, value in _known(values).items() if getattr(now, name) != value]
    for name in changed:
        setattr(now, name, values[name])
    if not changed:
        return []
    now.full_clean()
    if "visibility" in changed and now.visibility == now.collection.visibility == Visibility.PUBLIC:
        try:
            require_safe_search_to_open([now])
        except SafeSearchError as error:
            raise ValidationError({"visibility": str(error)}) from error
    now.save(update_fields=changed)
    galaxy.refresh_from_db(fields=changed)
    note_deed(by, galaxy, f"Changed {', '.join(changed)}.")
    return changed


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := sorted(values.keys() - set(GALAXY_SETTINGS)):
        raise ValidationError({name: f"Expected one of {', '.join(GALAXY_SETTINGS)}, got {name}." for name in unknown})
    return dict(values)
