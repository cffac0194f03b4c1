"""System checks: what is wrong with this installation's configuration, said at start-up, all at once, with a way to mend it.

========  ============================================================
E001      an environment variable could not be used
E002      a collection names an annotator that does not exist (needs the database)
E003      a folder for media, galaxies, data or caches cannot be written
E004      a queue that jobs are put into is missing from TASKS
E005      the file of word vectors is not there, or is something else
E006      a collection asks Cloud Vision, and there are no credentials for it (needs the database)
W001      a collection asks for features that its annotator does not look for (needs the database)
========  ============================================================
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning
from django.core.checks import register as register_check
from django.core.files.storage import FileSystemStorage, storages
from django.db import DatabaseError

from catalog.annotator_settings import has_google_credentials
from catalog.annotators import UnknownAnnotatorError, features_of, get_annotator
from catalog.layout import GloveError, check_glove
from catalog.models import Collection
from catalog.services.jobs import job_kinds


def register() -> None:
    """Hand the checks to Django; called once, when it starts."""
    register_check(check_environment)
    register_check(check_folders, Tags.files)
    register_check(check_queues)
    register_check(check_word_vectors, Tags.files)
    register_check(check_annotators, Tags.database)


def check_environment(**kwargs: Any) -> list[CheckMessage]:
    """Every variable that settings could not use."""
    return [
        Error(f"{problem.name}: {problem.message}.", hint=problem.hint, id="catalog.E001")
        for problem in settings.GALAXY_ENVIRONMENT_PROBLEMS
    ]


def check_annotators(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Collections whose annotator this installation does not have.

    Runs where the database may be asked: `migrate`, and `check --database default`.
    """
    if not databases or "default" not in databases:
        return []
    try:
        rows = list(Collection.objects.values_list("slug", "annotator", "features"))
    except DatabaseError:
        return []  # before the first migration there is no table, and nothing to check
    problems: list[CheckMessage] = []
    for slug, name, features in rows:
        try:
            annotator = get_annotator(name)
        except UnknownAnnotatorError as error:
            hint = "Choose another in the admin, on the collection's page."
            problems.append(Error(f"The collection {slug}: {error}", hint=hint, id="catalog.E002"))
            continue
        if name == "google" and not has_google_credentials():
            problems.append(
                Error(
                    f"The collection {slug} asks Cloud Vision, but no credentials were found.",
                    hint="Set GOOGLE_APPLICATION_CREDENTIALS to a service account's key file, run gcloud auth application-default "
                    "login, or set GALAXY_VISION_API_KEY. docs/annotation.md tells more.",
                    id="catalog.E006",
                )
            )
        if missing := sorted(set(features) - features_of(annotator)):
            problems.append(
                Warning(
                    f"The collection {slug} asks for {', '.join(missing)}, which {name} does not look for.",
                    hint="Untick them on the collection's page, or choose another annotator.",
                    id="catalog.W001",
                )
            )
    return problems


def check_folders(**kwargs: Any) -> list[CheckMessage]:
    """Folders that we will have to write into, and cannot. Buckets are asked when they are used."""
    folders = {"GALAXY_DATA": Path(settings.GALAXY_DATA), "GALAXY_CACHE": Path(settings.GALAXY_CACHE)}
    for alias, variable in (("media", "MEDIA_ROOT"), ("galaxies", "GALAXIES_ROOT")):
        storage = storages[alias]
        if isinstance(storage, FileSystemStorage):
            folders[variable] = Path(storage.base_location)
    return [
        Error(
            f"{variable}: expected a folder that can be written, but {problem}.",
            hint=f"Give the user that runs Galaxy the right to write there, or set {variable} to another folder.",
            id="catalog.E003",
            obj=variable,
        )
        for variable, folder in folders.items()
        if (problem := _what_forbids_writing(folder))
    ]


def check_queues(**kwargs: Any) -> list[CheckMessage]:
    """Queues that a kind of job uses and TASKS does not name."""
    known = settings.TASKS["default"].get("QUEUES", ["default"])
    missing = sorted({kind.queue for kind in job_kinds().values()} - set(known)) if known else []
    return [
        Error(
            f'TASKS["default"]["QUEUES"]: expected it to name the queue {queue!r}, got {known}.',
            hint="Add it, and run a worker for it (manage.py supervise runs both).",
            id="catalog.E004",
        )
        for queue in missing
    ]


def check_word_vectors(**kwargs: Any) -> list[CheckMessage]:
    """The beginning of the file of word vectors, if one is set."""
    if not settings.GALAXY_WORD_VECTORS:
        return []
    try:
        check_glove(Path(settings.GALAXY_WORD_VECTORS).expanduser())
    except (GloveError, OSError) as error:
        return [
            Error(
                f"GALAXY_WORD_VECTORS: expected a text file of words and their vectors, but {error}",
                hint="Name one such as glove.6B.300d.txt, or leave it empty for the built-in vectors.",
                id="catalog.E005",
            )
        ]
    return []


def _what_forbids_writing(folder: Path) -> str:
    """Why nothing can be written below a folder that may not exist yet, or an empty text."""
    at = folder
    while not at.exists() and at != at.parent:
        at = at.parent
    if not at.is_dir():
        return f"{at} is a file"
    return "" if os.access(at, os.W_OK | os.X_OK) else f"{at} cannot be written by this user"
