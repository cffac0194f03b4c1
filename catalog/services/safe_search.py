"""What safe search says of a build's images, and that nothing is shown to everybody before it has looked."""

from collections.abc import Collection, Container, Iterable

from django.db.models import QuerySet

from catalog.annotators import Feature
from catalog.annotators.facts import read_facts
from catalog.models import Annotation, Build, Galaxy, Image
from catalog.services.documents import read_payload
from catalog.services.errors import ServiceError

__all__ = [
    "SafeSearchError",
    "find_not_looked_at",
    "find_unsafe",
    "find_unsafe_bytes",
    "require_safe_search",
    "require_safe_search_to_open",
]

CHUNK = 2000
UNSAFE = ("adult", "violence", "racy")
LIKELY = 4  # of the steps 1 (very unlikely) to 5 (very likely)


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
    images = Image.objects.filter(positions__build=build).order_by()
    answered = _answers(build).order_by().values("sha256")
    return set(images.exclude(current_revision__sha256__in=answered).values_list("pk", flat=True))


def find_unsafe(build: Build) -> set[int]:
    """Ids of the build's images that safe search calls adult, violent or racy, LIKELY or worse; the latest answer counts."""
    unsafe = _read_unsafe(_answers(build))
    if not unsafe:
        return set()
    images = Image.objects.filter(positions__build=build).order_by()
    rows = images.values_list("pk", "current_revision__sha256")
    return {pk for pk, sha256 in rows.iterator(CHUNK) if sha256 in unsafe}


def find_unsafe_bytes(sha256s: Collection[str]) -> set[str]:
    """Which of these pictures, a page's worth by their SHA-256, safe search calls so, whichever annotator asked."""
    return _read_unsafe(_answered().filter(sha256__in=sha256s))


def _read_unsafe(answers: QuerySet[Annotation]) -> set[str]:
    """SHA-256 of the pictures that answers call adult, violent or racy, LIKELY or worse; the latest counts."""
    unsafe: set[str] = set()
    for answer in answers.select_related("payload").order_by("updated_at", "pk").iterator(CHUNK):
        payload = getattr(answer, "payload", None)
        found = read_facts(read_payload(payload.document), 1, 1).get("safe_search", {}) if payload else {}
        if any(found.get(kind, 0) >= LIKELY for kind in UNSAFE):
            unsafe.add(answer.sha256)
        else:
            unsafe.discard(answer.sha256)
    return unsafe


def _refuse(galaxy: Galaxy, n_missing: int) -> None:
    if n_missing:
        raise SafeSearchError(
            f"Expected safe search to have looked at all pictures of {galaxy.slug} before everybody may see them, but it has not "
            f"looked at {n_missing:,}. Annotate the collection with SAFE_SEARCH_DETECTION among its features, or hide those "
            "pictures; or, if you know them, say so: publish with --despite-safe-search, or with the action for it in the admin."
        )


def _answers(build: Build) -> QuerySet[Annotation]:
    """What the collection's annotator answered about the bytes of the build's images."""
    images = Image.objects.filter(positions__build=build).order_by()
    return _answered().filter(
        annotator=build.galaxy.collection.annotator, sha256__in=images.values("current_revision__sha256")
    )


def _answered() -> QuerySet[Annotation]:
    return Annotation.objects.filter(feature=Feature.SAFE_SEARCH_DETECTION, status=Annotation.Status.ANSWERED)
