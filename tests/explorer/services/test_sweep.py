"""What no kept publication names goes, after a while; nothing else does."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from catalog.models import ArtifactPart, Galaxy, Job
from catalog.services.jobs import run_job
from explorer.services import sweep_objects
from explorer.services.current import KEPT_PUBLICATIONS
from tests.explorer.services.published import names_of, objects_there, publish_titled, titles_shown

pytestmark = pytest.mark.django_db

AT_ONCE = timedelta(0)


def test_kept_are_the_newest_few_and_each_of_their_files(galaxy: Galaxy):
    for number in range(KEPT_PUBLICATIONS + 2):
        publish_titled(galaxy, f"Title {number}")
    before = objects_there(galaxy)

    swept = sweep_objects(galaxy, grace=AT_ONCE)

    kept = list(galaxy.publications.all())
    assert len(kept) == KEPT_PUBLICATIONS
    assert objects_there(galaxy) == set.union(*(names_of(galaxy, publication) for publication in kept))
    assert swept.n_deleted == len(before) - len(objects_there(galaxy)) > 0
    assert titles_shown(galaxy) == {f"Title {KEPT_PUBLICATIONS + 1}"}


def test_the_rows_of_a_publication_name_what_its_files_name(galaxy: Galaxy):
    publication = publish_titled(galaxy, "One")
    rows = set(publication.objects_published.values_list("storage_name", flat=True))
    assert rows == {f"{galaxy.uuid}/{name}" for name in names_of(galaxy, publication)}


def test_what_a_killed_publication_left_may_wait_a_day_to_be_gone_on_with(galaxy: Galaxy):
    publish_titled(galaxy, "One")
    left = f"objects/{'0' * 32}.bin"
    storages["galaxies"].save(f"{galaxy.uuid}/{left}", ContentFile(b"half of a galaxy"))
    ArtifactPart.objects.create(galaxy=galaxy, key="k", storage_name=f"{galaxy.uuid}/{left}", size_bytes=16)

    assert sweep_objects(galaxy).n_deleted == 0
    assert left in objects_there(galaxy)

    assert sweep_objects(galaxy, grace=AT_ONCE).n_deleted == 1
    assert left not in objects_there(galaxy)
    assert not ArtifactPart.objects.filter(key="k").exists()  # nobody believes that it is still there


def test_a_publication_sends_for_the_sweeper(galaxy: Galaxy):
    publish_titled(galaxy, "One")
    job = Job.objects.get(kind="sweep_galaxy")
    run_job(job.uuid, worker="test")
    job.refresh_from_db()
    assert (job.status, job.result["n_deleted"]) == ("succeeded", 0)


def test_a_galaxy_that_was_never_published_has_nothing_to_sweep(galaxy: Galaxy):
    assert sweep_objects(galaxy).n_objects == 0
