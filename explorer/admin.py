"""What the explorer adds to the admin of the catalog, which may not know the explorer."""

from catalog.admin import JobAction, register_job_action
from catalog.models import Galaxy, Publication
from explorer.services.changes_since import count_changes_since

register_job_action(Galaxy, JobAction(kind="publish_galaxy", label="Publish"))
register_job_action(
    Galaxy,
    JobAction(
        kind="publish_galaxy",
        name="publish_despite_safe_search",
        label="Publish although safe search has not looked at every picture",
        params={"despite_safe_search": True},
        on_page=False,
    ),
)


def describe_roll_back(publication: Publication) -> tuple[str, dict[str, int]]:
    """What going back to a publication does, and the parameters of the job that does it."""
    since = count_changes_since(publication).describe()
    return (
        f"Visitors of {publication.galaxy} will see build {publication.build.number} as it was published at "
        f"{publication.published_at:%Y-%m-%d %H:%M}, with {publication.n_images:,} images. What was withdrawn or hidden since stays so. "
        f"{since or 'No label, picture, cluster or title was changed since.'} Publishing shows the newest build again.",
        {"publication": publication.pk},
    )


register_job_action(
    Publication, JobAction(kind="roll_back", label="Go back to this publication", confirm=describe_roll_back)
)
