"""What was changed since a publication was made, and so does not show while visitors see that one."""

from dataclasses import dataclass

from django.db.models import Q

from catalog.models import Decision, Image, Publication
from explorer.artifact import ArtifactError, ArtifactReader
from explorer.services.current import is_readable
from explorer.services.sinks import GalaxySource

__all__ = ["ChangesSince", "count_changes_since"]


@dataclass(frozen=True)
class ChangesSince:
    """Counts of what people said since."""

    n_decisions: int
    """About labels of its images: made since and not undone, or made before and undone since."""
    n_images: int
    """Of its images that are not hidden, those whose title or other particulars were edited."""
    n_clusters: int
    """Of its clusters, those with another name, description or colour today."""
    n_titles: int
    """Of the galaxy's title and description, those that are others today."""

    def describe(self) -> str:
        """A sentence; empty where nothing was changed."""
        told = [
            _count(self.n_decisions, "decision about labels", "decisions about labels"),
            _count(self.n_images, "edited picture", "edited pictures"),
            _count(self.n_clusters, "changed cluster", "changed clusters"),
            _count(self.n_titles, "changed title or description", "changed title and description"),
        ]
        if not any(told):
            return ""
        return (
            f"Since then there were {', '.join(filter(None, told))}: none of it shows until somebody publishes again."
        )


def count_changes_since(publication: Publication) -> ChangesSince:
    """Count them, in two queries and by one look at the publication's manifest."""
    at, build = publication.published_at, publication.build_id
    made = Q(change__made_at__gt=at, change__undone_at=None)
    undone = Q(change__made_at__lte=at, change__undone_at__gt=at)
    decisions = Decision.objects.filter(made | undone, image__positions__build=build)
    images = Image.objects.filter(positions__build=build, hidden=False, updated_at__gt=at)
    n_clusters, n_titles = _count_renamed(publication)
    return ChangesSince(decisions.count(), images.count(), n_clusters, n_titles)


def _count_renamed(publication: Publication) -> tuple[int, int]:
    galaxy = publication.galaxy
    if not is_readable(publication):
        return 0, 0
    try:
        manifest = ArtifactReader(GalaxySource(galaxy), publication.manifest_name).manifest
    except (ArtifactError, FileNotFoundError):
        return 0, 0  # going back will say what is missing
    rows = galaxy.clusters.values_list("uuid", "name", "description", "colour")
    today = {str(uuid): tuple(said) for uuid, *said in rows}
    then = {str(entry.uuid): (entry.name, entry.description, entry.colour) for entry in manifest.clusters}
    titles = [(manifest.galaxy.title, galaxy.title), (manifest.galaxy.description, galaxy.description)]
    return sum(today.get(uuid, said) != said for uuid, said in then.items()), sum(old != new for old, new in titles)


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}" if n else ""
