"""The libraries that `make run` shows: the samples, or somebody's own folder, each from its pictures to its galaxy."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages
from django.utils.text import slugify

from catalog.models import Galaxy, Visibility
from catalog.sample import MissingPackageError, write_openmoji, write_scientific_photos
from catalog.services.annotate import annotate_images
from catalog.services.build import build_galaxy
from catalog.services.collections import ensure_collection, ensure_galaxy
from catalog.services.errors import ServiceError
from catalog.services.progress import Progress
from catalog.services.sources import import_source, open_source
from explorer.management.installation import Stamps
from explorer.management.steps import Steps
from explorer.services import publish_galaxy

__all__ = ["Library", "own_library", "raise_library", "sample_libraries"]

WORST_SHOWN = 5  # refused files that are printed; the admin lists all of them


@dataclass(frozen=True)
class Library:
    """A folder of pictures, and the public collection and galaxy that it becomes."""

    slug: str
    title: str
    folder: Path
    description: str = ""
    features: list[str] | None = None
    """What the annotator is asked for; None for a collection's usual features."""
    write: Callable[[Path, Progress], object] | None = None
    """Fills the folder, for a sample; None for a folder that is there."""
    fingerprint: str = ""
    """Of all that it is made from; "" if only looking at the folder can tell whether it changed."""


def sample_libraries(fingerprint: str, *, limit: int | None = None) -> list[Library]:
    """OpenMoji, whose names are its labels, and photographs, at which the local model looks."""
    sample = Path(settings.GALAXY_DATA) / "sample"
    return [
        Library(
            slug="openmoji",
            title="OpenMoji",
            description="Emoji drawn by the students of HfG Schwäbisch Gmünd, placed by their names.",
            folder=sample / "openmoji",
            # Their labels come from their names: a model trained on photographs has nothing to say about drawings.
            features=["IMAGE_PROPERTIES"],
            write=lambda folder, progress: write_openmoji(folder, progress, limit),
            fingerprint=f"{fingerprint}-{limit}",
        ),
        Library(
            slug="photographs",
            title="Photographs",
            description="The photographs that scikit-image and scikit-learn show their examples with.",
            folder=sample / "photographs",
            write=lambda folder, progress: write_scientific_photos(folder, progress),
            fingerprint=fingerprint,
        ),
    ]


def own_library(folder: Path) -> Library:
    """Somebody's own folder. Two folders of the same name are two libraries. Raises ServiceError if it cannot be read."""
    open_source(str(folder)).close()
    root = folder.expanduser().resolve()
    name = slugify(root.name)[:60] or "pictures"
    place = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return Library(slug=f"{name}-{place}", title=root.name[:200] or "Pictures", folder=root)


def raise_library(library: Library, steps: Steps, stamps: Stamps) -> Galaxy:
    """Bring a library from its folder to a published galaxy; what is done already is not done again.

    Raises ServiceError when there is no picture to show.
    """
    galaxy = Galaxy.objects.filter(slug=library.slug).select_related("current_publication").first()
    if galaxy and library.fingerprint and stamps.holds(library.slug, library.fingerprint) and _is_open(galaxy):
        with steps.step(library.title) as step:
            step.say("up to date")
        return galaxy

    if library.write is not None:
        with steps.step(f"{library.title}, pictures") as step:
            try:
                library.write(library.folder, step)
            except MissingPackageError as error:
                raise ServiceError(str(error)) from error
    collection = ensure_collection(
        library.slug, title=library.title, visibility=Visibility.PUBLIC, features=library.features
    )
    with steps.step(f"{library.title}, import") as step:
        imported = import_source(collection, open_source(str(library.folder)), progress=step)
        step.say(
            f"{imported.n_added + imported.n_revised} new, {imported.n_unchanged} unchanged, "
            f"{imported.n_duplicates} twice, {imported.n_refused} refused"
            + "".join(f"\n  {item['location']}: {item['message']}" for item in imported.refused[:WORST_SHOWN])
        )
    if not collection.images.exists():
        raise ServiceError(
            f"There is no picture in {library.folder} that could be imported, so there is nothing to show."
        )
    with steps.step(f"{library.title}, annotation") as step:
        annotated = annotate_images(collection, progress=step)
        step.say(f"{annotated.n_images} images, {annotated.n_answered} new answers, {annotated.n_failed} failed")
    galaxy = ensure_galaxy(
        collection,
        slug=library.slug,
        title=library.title,
        visibility=Visibility.PUBLIC,
        description=library.description,
        publish_documents=True,  # all of it is labels and colours, of pictures that are shown anyway
    )
    with steps.step(f"{library.title}, galaxy") as step:
        build = build_galaxy(galaxy, progress=step).build
        step.say(f"{build.n_images} images in {build.groups.count()} groups")
    with steps.step(f"{library.title}, publication") as step:
        # The samples are known pictures, and a folder of one's own is shown on one's own machine, whose person asked for it.
        published = publish_galaxy(galaxy, despite_safe_search=True, progress=step)
        step.say("published" if published.created else "nothing new")
    if library.fingerprint:
        stamps.put(library.slug, library.fingerprint)
    return galaxy


def _is_open(galaxy: Galaxy) -> bool:
    """Whether visitors find its artifact."""
    return galaxy.current_publication is not None and storages["galaxies"].exists(f"{galaxy.uuid}/current.json")
