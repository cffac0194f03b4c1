"""Publishing in tests, and what then lies in the storage."""

from django.core.files.storage import storages

from catalog.models import Galaxy, Image, Publication
from explorer.artifact import ArtifactReader
from explorer.services import publish_galaxy
from explorer.services.sinks import GalaxySource


def publish_titled(galaxy: Galaxy, title: str) -> Publication:
    """Call all images so, and publish; nobody minds that safe search has not looked."""
    Image.objects.update(title=title)
    return publish_galaxy(galaxy, despite_safe_search=True).publication


def titles_shown(galaxy: Galaxy) -> set[str]:
    """What visitors see."""
    reader = ArtifactReader(GalaxySource(galaxy))
    return {details["title"] for tile in range(reader.tables.n_tiles) if (details := reader.details(tile))}


def objects_there(galaxy: Galaxy) -> set[str]:
    """Names of the objects in the storage."""
    return {f"objects/{name}" for name in storages["galaxies"].listdir(f"{galaxy.uuid}/objects")[1]}


def names_of(galaxy: Galaxy, publication: Publication) -> set[str]:
    """Names of the objects that a publication's files name."""
    return set(ArtifactReader(GalaxySource(galaxy), publication.manifest_name).object_names())
