"""What the explorer adds to the admin of the catalog, which may not know the explorer."""

from catalog.admin import JobAction, register_job_action
from catalog.models import Galaxy

register_job_action(Galaxy, JobAction(kind="publish_galaxy", label="Publish"))
