"""What the explorer adds to the admin of the catalog, which may not know the explorer."""

from catalog.admin import JobAction, register_job_action
from catalog.models import Galaxy

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
