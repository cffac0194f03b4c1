"""What a wrong configuration is told at start-up, and that a right one is told nothing."""

import os

import pytest

from catalog import checks
from galaxy_site.env import Problem
from tests.factories import CollectionFactory


def test_a_right_installation_has_nothing_to_be_told():
    assert checks.check_environment() + checks.check_folders() + checks.check_queues() == []


def test_every_wrong_variable_is_told_with_its_hint(settings):
    settings.GALAXY_ENVIRONMENT_PROBLEMS = [
        Problem("DEBUG", "expected a yes or no, got 'maybe'", "Use 1 or 0."),
        Problem("GALAXY_LEASE_S", "expected a whole number from 3 to 600, got '0'", "The default is 30."),
    ]
    first, second = checks.check_environment()
    assert (first.id, first.msg, first.hint) == (
        "catalog.E001",
        "DEBUG: expected a yes or no, got 'maybe'.",
        "Use 1 or 0.",
    )
    assert second.msg.startswith("GALAXY_LEASE_S: ")


@pytest.mark.django_db
def test_a_collection_whose_annotator_is_not_there_is_named():
    CollectionFactory(slug="fine")
    CollectionFactory(slug="lost", annotator="crystal-ball")
    assert checks.check_annotators() == [], "the database may not be asked"
    (problem,) = checks.check_annotators(databases=["default"])
    assert problem.id == "catalog.E002"
    assert problem.msg.startswith("The collection lost: ") and "crystal-ball" in problem.msg


@pytest.mark.django_db
def test_cloud_vision_without_credentials_is_said_before_the_first_run(settings, monkeypatch, tmp_path):
    CollectionFactory(slug="museum", annotator="google", features=["LABEL_DETECTION"])
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    (problem,) = checks.check_annotators(databases=["default"])
    assert problem.id == "catalog.E006"
    assert "no credentials were found" in problem.msg and "GALAXY_VISION_API_KEY" in str(problem.hint)

    settings.GALAXY_VISION_API_KEY = "a key"
    assert checks.check_annotators(databases=["default"]) == []

    settings.GALAXY_VISION_OUTPUT = "gs://answers/vision"
    (problem,) = checks.check_annotators(databases=["default"])
    assert problem.id == "catalog.E006", "a key opens no bucket"


@pytest.mark.django_db
def test_features_that_an_annotator_does_not_look_for_are_named():
    CollectionFactory(slug="museum", features=["LABEL_DETECTION", "LANDMARK_DETECTION"])
    (problem,) = checks.check_annotators(databases=["default"])
    assert problem.id == "catalog.W001"
    assert problem.msg == "The collection museum asks for LANDMARK_DETECTION, which local does not look for."


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(settings, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    settings.GALAXY_DATA = locked / "not" / "there" / "yet"
    (problem,) = checks.check_folders()
    assert problem.id == "catalog.E003"
    assert str(locked) in problem.msg and "cannot be written by this user" in problem.msg


def test_a_file_where_a_folder_is_needed_is_named(settings, tmp_path):
    (tmp_path / "media").write_text("a file")
    store = {
        "BACKEND": "catalog.storage.AtomicFileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "media" / "inner")},
    }
    settings.STORAGES = {**settings.STORAGES, "media": store}
    (problem,) = checks.check_folders()
    assert problem.msg == f"MEDIA_ROOT: expected a folder that can be written, but {tmp_path / 'media'} is a file."
    assert "set MEDIA_ROOT to another folder" in (problem.hint or "")


def test_a_queue_that_no_worker_could_serve_is_named(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["long"]}}
    (problem,) = checks.check_queues()
    assert problem.id == "catalog.E004" and "'short'" in problem.msg


def test_a_file_of_word_vectors_that_is_none_is_named(settings, tmp_path):
    path = tmp_path / "glove.txt"
    settings.GALAXY_WORD_VECTORS = str(path)
    (missing,) = checks.check_word_vectors()
    assert missing.id == "catalog.E005" and str(path) in missing.msg

    path.write_text("cat 1 2 3\ndog 1 2\n")
    (broken,) = checks.check_word_vectors()
    assert broken.msg.startswith("GALAXY_WORD_VECTORS: ") and "line 2: expected a word and 3 numbers" in broken.msg
    assert "leave it empty" in (broken.hint or "")

    path.write_text("cat 1 2 3\ndog 1 2 3\n")
    assert checks.check_word_vectors() == []
