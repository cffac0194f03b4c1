"""Making collections and galaxies."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from catalog.models import Collection, Galaxy, Visibility
from catalog.services.errors import ServiceError
from catalog.services.history import note_deed

__all__ = ["edit_looking", "ensure_collection", "ensure_galaxy", "find_collection", "find_galaxy"]


def ensure_collection(
    slug: str, *, title: str = "", visibility: str = Visibility.PRIVATE, features: list[str] | None = None
) -> Collection:
    """The collection of that slug, made with these settings if it does not exist; an existing one is left as it is."""
    values: dict[str, object] = {"title": title or slug.replace("-", " ").capitalize(), "visibility": visibility}
    if features is not None:
        values["features"] = features
    return Collection.objects.get_or_create(slug=slug, defaults=values)[0]


@transaction.atomic
def ensure_galaxy(
    collection: Collection,
    *,
    slug: str = "",
    title: str = "",
    description: str = "",
    visibility: str = Visibility.PRIVATE,
    publish_documents: bool = False,
) -> Galaxy:
    """The galaxy of that slug (the collection's own by default), made if it does not exist; an existing one is left as it is.

    Raises ServiceError when the slug belongs to a galaxy of another collection.
    """
    galaxy, _created = Galaxy.objects.get_or_create(
        slug=slug or collection.slug,
        defaults={
            "collection": collection,
            "title": title or collection.title,
            "description": description,
            "visibility": visibility,
            "publish_documents": publish_documents,
        },
    )
    if galaxy.collection_id != collection.pk:
        raise ServiceError(
            f"Expected a galaxy of the collection {collection.slug}, but {galaxy.slug} belongs to {galaxy.collection.slug}. "
            "Choose another slug."
        )
    return galaxy


@transaction.atomic
def edit_looking(collection: Collection, *, by: User | None, values: Mapping[str, Any]) -> None:
    """Say who looks at a collection's pictures, what for, and at what cost a month: `annotator`, `features`, `max_units_per_month`."""
    now = Collection.objects.select_for_update(no_key=True).get(pk=collection.pk)
    changed = [name for name, value in values.items() if getattr(now, name) != value]
    for name in changed:
        setattr(now, name, values[name])
    if changed:
        now.save(update_fields=changed)
        note_deed(by, now, f"Changed {', '.join(changed)}.")
        collection.refresh_from_db(fields=changed)


def find_collection(slug: str) -> Collection:
    """The collection of that slug, or a ServiceError that lists those there are."""
    try:
        return Collection.objects.get(slug=slug)
    except Collection.DoesNotExist as error:
        raise ServiceError(
            f"There is no collection {slug}. {_known(Collection.objects.values_list('slug', flat=True))}"
        ) from error


def find_galaxy(collection: Collection, slug: str = "") -> Galaxy:
    """The collection's galaxy of that slug; without a slug its only one, made if it has none."""
    galaxies = collection.galaxies.all()
    if slug:
        galaxy = galaxies.filter(slug=slug).first()
        if galaxy is None:
            raise ServiceError(
                f"The collection {collection.slug} has no galaxy {slug}. {_known(galaxies.values_list('slug', flat=True))}"
            )
        return galaxy
    if len(galaxies) > 1:
        raise ServiceError(
            f"The collection {collection.slug} has {len(galaxies)} galaxies; say which. "
            f"{_known(galaxies.values_list('slug', flat=True))}"
        )
    return galaxies[0] if galaxies else ensure_galaxy(collection)


def _known(slugs: Iterable[str]) -> str:
    names = ", ".join(sorted(slugs)[:20])
    return f"There are: {names}." if names else "There is none yet."
