"""Going back: an earlier publication becomes the current one again, as far as today's decisions allow."""

from catalog.models import Galaxy, Publication
from catalog.permissions import User
from catalog.services.errors import ServiceError
from catalog.services.history import note_deed
from catalog.services.progress import Progress, ignore_progress
from explorer.artifact import FORMAT_VERSION
from explorer.services.changes_since import count_changes_since
from explorer.services.current import is_readable, make_current
from explorer.services.publish import PublishResult
from explorer.services.sinks import list_objects
from explorer.services.turns import publishing_turn
from explorer.services.withdraw import prepare_roll_back

__all__ = ["RollBackError", "find_publication", "roll_back"]


class RollBackError(ServiceError):
    """There is no such publication, or it cannot be shown any more."""


def find_publication(galaxy: Galaxy, number: int) -> Publication:
    """The kept publication of a galaxy with this number; RollBackError, naming those that there are, when there is none."""
    publication = galaxy.publications.filter(pk=number).first()
    if publication is None:
        kept = [_describe(galaxy, row) for row in galaxy.publications.select_related("build")]
        raise RollBackError(
            f"Expected the number of a publication of {galaxy.slug}, got {number}. There are:\n" + "\n".join(kept)
            if kept
            else f"{galaxy.slug} was never published, so there is nothing to go back to."
        )
    return publication


def roll_back(
    galaxy: Galaxy, publication: Publication, *, by: User | None = None, progress: Progress = ignore_progress
) -> PublishResult:
    """Show an earlier publication again. What was withdrawn or hidden since stays so.

    Publishing afterwards shows the newest build again. Who went back is kept in the galaxy's history in the admin.

    Raises
    ------
    RollBackError
        When it is another galaxy's, of an older format, or its files are not all there.
    ServiceError
        As `prepare_roll_back`.
    """
    with publishing_turn(galaxy, "going back", progress=progress) as turn:
        galaxy.refresh_from_db(fields=["current_publication"])
        publication = find_publication(galaxy, publication.pk)
        if not is_readable(publication):
            raise RollBackError(
                f"Expected a publication of format {FORMAT_VERSION}, got one of format {publication.format_version}, which this "
                f"program no longer writes nor reads. Publish the galaxy again instead."
            )
        _require_objects(galaxy, publication)
        publication = prepare_roll_back(publication, turn=turn)
        changed = galaxy.current_publication_id != publication.pk
        make_current(galaxy, publication, turn=turn)
        note_deed(by, galaxy, f"Went back to publication {publication.pk}.")
        not_shown = count_changes_since(publication).describe()
        return PublishResult(publication=publication, created=changed, not_shown=not_shown)


def _require_objects(galaxy: Galaxy, publication: Publication) -> None:
    prefix = f"{galaxy.uuid}/"
    named = publication.objects_published.values_list("storage_name", flat=True)
    missing = {name.removeprefix(prefix) for name in named} - list_objects(galaxy)
    if missing:
        raise RollBackError(
            f"{len(missing)} of the files of publication {publication.pk} of {galaxy.slug} are missing from the storage, such as "
            f"{min(missing)}. Choose another publication, or publish again."
        )


def _describe(galaxy: Galaxy, publication: Publication) -> str:
    current = ", current" if publication.pk == galaxy.current_publication_id else ""
    return (
        f"  {publication.pk}: build {publication.build.number}, {publication.n_images:,} images, "
        f"published {publication.published_at:%Y-%m-%d %H:%M}{current}"
    )
