"""Pictures are hidden while something else is going on, and are neither shown for a moment nor forgotten in any file."""

from collections.abc import Callable
from typing import Any

import pytest

from catalog.models import Galaxy, Image, Job, Publication
from catalog.services.curate import delete_images, hide_images
from catalog.services.jobs import run_job
from catalog.services.progress import Progress
from explorer.artifact import ArtifactReader
from explorer.services import current, list_withdrawn, publish_galaxy, rewrite_publications, roll_back
from explorer.services.sinks import GalaxySource
from tests.explorer.published_files import find_in, list_files, read_published
from tests.explorer.services.published import publish_titled

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "Zqokapi at dawn"


def hide(image: Image) -> None:
    hide_images(Image.objects.filter(pk=image.pk), hidden=True)


def delete(image: Image) -> None:
    delete_images(Image.objects.filter(pk=image.pk))


def once_at(wanted: str, deed: Callable[[], Any]) -> Progress:
    """Does something else when a stage begins, as another process would."""
    waiting = [deed]

    def progress(stage: str, done: int, total: int) -> None:
        if stage == wanted and waiting:
            waiting.pop()()

    return progress


def first_of(galaxy: Galaxy, title: str = SECRET) -> Image:
    image = galaxy.collection.images.order_by("pk")[0]
    Image.objects.filter(pk=image.pk).update(title=title)
    return image


def pointer_of(galaxy: Galaxy) -> Any:
    return ArtifactReader(GalaxySource(galaxy)).pointer


def is_told(galaxy: Galaxy, image: Image) -> bool:
    files = [(name, read_published(galaxy, name)) for name in list_files(galaxy)]
    return bool(list(find_in(files, [SECRET, str(image.uuid), image.uuid.bytes])))


def run_jobs() -> None:
    for job in Job.objects.filter(kind="withdraw_images", status="queued"):
        run_job(job.uuid, worker="test")
        job.refresh_from_db()
        assert job.status == "succeeded", job.error


@pytest.mark.parametrize("take_away", [hide, delete])
def test_what_goes_while_a_galaxy_is_published_for_the_first_time_is_listed_and_leaves_its_files(
    galaxy: Galaxy, take_away: Callable[[Image], None]
) -> None:
    image = first_of(galaxy)
    publish_galaxy(galaxy, despite_safe_search=True, progress=once_at("Finishing", lambda: take_away(image)))
    assert is_told(galaxy, image)
    assert pointer_of(galaxy).withdrawn == (image.uuid,)
    run_jobs()
    assert not is_told(galaxy, image)
    assert pointer_of(galaxy).withdrawn == ()


def test_what_is_hidden_while_another_one_is_taken_out_stays_listed_until_its_turn_comes(galaxy: Galaxy) -> None:
    publish_titled(galaxy, "A picture")
    one, other = galaxy.collection.images.order_by("pk")[:2]
    hide(one)
    Job.objects.all().delete()
    rewrite_publications(galaxy, progress=once_at("Withdrawing", lambda: hide(other)))
    assert pointer_of(galaxy).withdrawn == (other.uuid,)
    run_jobs()
    assert pointer_of(galaxy).withdrawn == ()
    assert ArtifactReader(GalaxySource(galaxy)).find(other.uuid) is None


def test_what_is_hidden_while_somebody_goes_back_is_listed(galaxy: Galaxy) -> None:
    oldest = publish_titled(galaxy, "A picture")
    publish_titled(galaxy, "Another title")
    image = first_of(galaxy, "Whatever")
    roll_back(galaxy, oldest, progress=once_at("Finishing", lambda: hide(image)))
    assert pointer_of(galaxy).withdrawn == (image.uuid,)
    run_jobs()
    assert ArtifactReader(GalaxySource(galaxy)).find(image.uuid) is None


def test_a_job_that_is_faster_than_the_pointer_does_not_leave_it_leading_nowhere(
    galaxy: Galaxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_titled(galaxy, "A picture")
    image = first_of(galaxy)
    Image.objects.filter(pk=image.pk).update(hidden=True)
    write = current.write_pointer
    jobs = [lambda: rewrite_publications(galaxy)]

    def write_late(*pointer: Any) -> None:
        if jobs:
            jobs.pop()()
        write(*pointer)

    monkeypatch.setattr("explorer.services.withdraw.write_pointer", write_late)
    list_withdrawn(galaxy, [image.uuid])
    pointer = pointer_of(galaxy)
    assert pointer.manifest == Publication.objects.get().manifest_name
    assert pointer.manifest in list_files(galaxy)


def test_an_image_shown_again_is_not_listed_for_ever(galaxy: Galaxy) -> None:
    publish_titled(galaxy, "A picture")
    image = first_of(galaxy)
    hide(image)
    assert pointer_of(galaxy).withdrawn == (image.uuid,)
    hide_images(Image.objects.filter(pk=image.pk), hidden=False)
    publish_titled(galaxy, "Another title")
    assert pointer_of(galaxy).withdrawn == ()


@pytest.mark.parametrize("n_before", [0, 1])
@pytest.mark.parametrize(
    "mend", [lambda galaxy: publish_galaxy(galaxy, despite_safe_search=True), rewrite_publications]
)
def test_killed_between_database_and_pointer_either_deed_mends_it(
    galaxy: Galaxy, monkeypatch: pytest.MonkeyPatch, n_before: int, mend: Callable[[Galaxy], Any]
) -> None:
    def die(*_pointer: Any) -> None:
        raise KeyboardInterrupt

    for _ in range(n_before):
        publish_titled(galaxy, "A picture")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("explorer.services.current.write_pointer", die)
        publish_titled(galaxy, "Another title")
    mend(galaxy)
    newest = galaxy.publications.order_by("-pk")[0]
    assert pointer_of(galaxy).manifest == newest.manifest_name
    assert galaxy.publications.count() == n_before + 1
