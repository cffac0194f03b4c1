"""Django's admin of the catalog. Importing this registers every model that people look at."""

from catalog.admin import (
    annotation_run,
    api_key,
    build,
    change,
    cluster,
    collection,
    galaxy,
    image,
    job,
    label,
    publication,
    refusal,
)
from catalog.admin.job_actions import JobAction, register_job_action

__all__ = [
    "JobAction",
    "annotation_run",
    "api_key",
    "build",
    "change",
    "cluster",
    "collection",
    "galaxy",
    "image",
    "job",
    "label",
    "publication",
    "refusal",
    "register_job_action",
]
