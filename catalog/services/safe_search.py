"""What safe search says of a build's images, and that nothing is shown to everybody before it has looked."""

from collections.abc import Container, Iterable

from catalog.models import Build, Galaxy, Image, find_verdict
from catalog.services.errors import ServiceError

__all__ = [
    "SafeSearchError",
    "find_not_looked_at",
    "find_unsafe",
    "require_safe_search",
    "require_safe_search_to_open",
]

CHUNK = 2000


class SafeSearchError(ServiceError):
    """Everybody would see images at which safe search has not looked, and nobody has said that they may."""


def require_safe_search(galaxy: Galaxy, build: Build, shown: Container[int]) -> None:
    """Raise SafeSearchError, saying what to do, unless safe search has looked at every image that everybody would see.

    `shown` are ids of images. A galaxy that is not public, or whose collection is not, may be published before.
    """
    if galaxy.is_public:
        _refuse(galaxy, sum(image in shown for image in find_not_looked_at(build)))


def require_safe_search_to_open(galaxies: Iterable[Galaxy]) -> None:
    """The same before galaxies become public that are published already; a publication of which a person said so may be opened."""
    for galaxy in galaxies:
        publication = galaxy.current_publication
        if publication is not None and not publication.despite_safe_search:
            hidden = set(galaxy.collection.images.filter(hidden=True).values_list("pk", flat=True))
            _refuse(galaxy, len(find_not_looked_at(publication.build) - hidden))


def find_not_looked_at(build: Build) -> set[int]:
    """Ids of the build's images at whose current bytes safe search has not looked, or could not."""
    return _find(build, verdict=None)


def find_unsafe(build: Build) -> set[int]:
    """Ids of the build's images that safe search calls adult, violent or racy, likely or very likely; the latest answer counts."""
    return _find(build, verdict=True)


def _find(build: Build, *, verdict: bool | None) -> set[int]:
    images = Image.objects.filter(positions__build=build).order_by().alias(verdict=find_verdict())
    return set(images.filter(verdict=verdict).values_list("pk", flat=True).iterator(CHUNK))


def _refuse(galaxy: Galaxy, n_missing: int) -> None:
    if n_missing:
        raise SafeSearchError(
            f"Expected safe search to have looked at all pictures of {galaxy.slug} before everybody may see them, but it has not "
            f"looked at {n_missing:,}. Annotate the collection with SAFE_SEARCH_DETECTION among its features, or hide those "
            "pictures; or, if you know them, say so: publish with --despite-safe-search, or with the action for it in the admin."
        )
