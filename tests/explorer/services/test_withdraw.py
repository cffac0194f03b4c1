"""A withdrawn picture leaves every file of every publication that is kept, comes back with none, and nobody waits for it to be hidden."""

import io
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from catalog.models import ArtifactPart, Galaxy, Image, Job, Publication, PublicationObject
from catalog.services.curate import delete_images, hide_images
from catalog.services.errors import ServiceError
from catalog.services.jobs import run_job
from catalog.services.progress import CancelledError
from catalog.services.safe_search import SafeSearchError
from catalog.tasks import tidy_queue
from explorer.artifact import ArtifactReader
from explorer.services import export_galaxy, publish_galaxy, rewrite_publications, roll_back, withdraw_images
from explorer.services.sinks import GalaxySource
from tests.explorer.published_files import find_in, list_files, read_published
from tests.factories import BuildFactory, GalaxyFactory, ImageFactory, UserFactory, keep_answers

pytestmark = pytest.mark.django_db
TERMS = ("cat", "snow", "castle")
N = 24
WORDS = ("Zqokapi at dawn", "zqokapilabel", "Zqebedee", "zqpainted sign", "ZQ licence")
MAGENTA = (255, 0, 255)


@pytest.fixture
def galaxy() -> Galaxy:
    """A public galaxy of grey pictures and a magenta one, published twice, each time told otherwise."""
    galaxy: Galaxy = GalaxyFactory.create(
        public=True, n_clusters=3, published_features=["labels", "colours", "text"], publish_exif=True
    )
    for i in range(N):
        labels = {TERMS[i % 3]: 0.9, "picture": 0.5}
        ImageFactory.create(
            collection=galaxy.collection, title=f"Picture {i}", labels=labels, revision__mean_colour=0x404040 + i
        )
    lonely = ImageFactory.create(
        collection=galaxy.collection,
        title=WORDS[0],
        creator=WORDS[2],
        licence=WORDS[4],
        taken_at="1987-06-05",
        labels={"cat": 0.9, WORDS[1]: 0.8},
        revision__mean_colour=0xFF00FF,
    )
    keep_answers(lonely, {"textAnnotations": [{"description": WORDS[3]}]})
    for rendition in lonely.current_revision.renditions.all():
        storages["media"].save(rendition.storage_name, ContentFile(magenta_jpeg(rendition.width)))
    # Dealt to the groups in turn, as the labels are.
    build = BuildFactory.create(galaxy=galaxy, images=list(galaxy.collection.images.order_by("pk")), n_groups=3)
    for group, term in zip(build.groups.order_by("number"), TERMS, strict=True):
        galaxy.clusters.filter(groups=group).update(name=term, colour="#4f7f4f", cover=lonely)
    for n in range(2):
        galaxy.description = f"The {n}th time"
        galaxy.save()
        publish_galaxy(galaxy, despite_safe_search=True)
    Job.objects.all().delete()
    galaxy.refresh_from_db()
    return galaxy


def magenta_jpeg(side: int) -> bytes:
    """A pattern that no other picture has, in a colour that no other picture has."""
    pixels = np.zeros((side, side, 3), np.uint8)
    pixels[:] = MAGENTA
    pixels[::8] = (200, 0, 255)
    out = io.BytesIO()
    Pillow.fromarray(pixels).save(out, "JPEG", quality=95, subsampling=0)
    return out.getvalue()


def the_lonely_one() -> Image:
    return Image.objects.select_related("collection").get(title=WORDS[0])


def traces(galaxy: Galaxy, image: Image) -> set[str]:
    """What can be found of the picture in any published file: words, its uuid, magenta pixels, with the name of the file."""
    return traces_in(((name, read_published(galaxy, name)) for name in list_files(galaxy)), image)


def traces_in(files: Iterable[tuple[str, bytes]], image: Image) -> set[str]:
    """The same, of any files by name."""
    contents = dict(files)
    needles: list[str | bytes] = [*WORDS, "1987", str(image.uuid), image.uuid.hex, image.uuid.bytes]
    found = {f"{needle} in {name}" for needle, name in find_in(contents.items(), needles)}
    for name, data in contents.items():
        if name.endswith((".webp", ".jpg")):
            with Pillow.open(io.BytesIO(data)) as picture:
                red, green, blue = np.moveaxis(np.asarray(picture.convert("RGB"), int), 2, 0)
            if ((red > green + 60) & (blue > green + 60)).sum() > 2:
                found.add(f"magenta in {name}")
    return found


def withdraw_and_run(image: Image, capture: Callable[..., Any], *, reason: str = "") -> Job:
    """Withdraw the picture, and let the job do its work."""
    with capture(execute=True):
        withdraw_images(Image.objects.filter(pk=image.pk), by=UserFactory.create(is_superuser=True), reason=reason)
    job = Job.objects.get(kind="withdraw_images", status="queued")
    run_job(job.uuid, worker="test")
    job.refresh_from_db()
    assert job.status == "succeeded", job.error
    return job


def reader_of(publication: Publication) -> ArtifactReader:
    return ArtifactReader(GalaxySource(publication.galaxy), publication.manifest_name)


def test_at_once_nobody_sees_it_and_pages_are_told(
    galaxy: Galaxy, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    image = the_lonely_one()
    door = f"/media/{image.uuid}/view"
    assert Client().get(door).getvalue()
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_images(
            Image.objects.filter(pk=image.pk), by=UserFactory.create(is_superuser=True), reason="She asked."
        )
    assert Client().get(door).status_code == 404
    pointer = Client().get(f"/artifacts/{galaxy.uuid}/current.json").json()
    assert pointer["withdrawn"] == [str(image.uuid)]
    job = Job.objects.get()
    assert (job.kind, job.status, job.params) == ("withdraw_images", "queued", {"reason": "She asked."})
    assert job.created_by is not None


def test_what_was_hidden_leaves_even_if_who_did_it_may_start_no_job(
    galaxy: Galaxy, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_images(Image.objects.filter(pk=the_lonely_one().pk), by=UserFactory.create())
    job = Job.objects.get()
    assert (job.kind, job.status, job.created_by) == ("withdraw_images", "queued", None)
    assert Client().get(f"/artifacts/{galaxy.uuid}/current.json").json()["withdrawn"]


def test_killed_right_after_hiding_it_still_leaves(galaxy: Galaxy) -> None:
    image = the_lonely_one()
    hide_images(Image.objects.filter(pk=image.pk), hidden=True)  # nothing that waits for the commit runs in this test
    assert ArtifactReader(GalaxySource(galaxy)).pointer.withdrawn == ()
    job = Job.objects.get(kind="withdraw_images", status="queued")
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    assert tidy_queue() == 1
    run_job(job.uuid, worker="test")
    assert traces(galaxy, image) == set()


def test_no_pixel_and_no_word_is_left_in_any_file_and_going_back_brings_none_back(
    galaxy: Galaxy, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    image = the_lonely_one()
    before = traces(galaxy, image)
    assert {trace.split(" in ")[0] for trace in before} >= {*WORDS, "magenta", str(image.uuid), image.uuid.bytes.hex()}
    oldest = galaxy.publications.order_by("pk").first()
    assert oldest is not None and galaxy.publications.count() == 2

    job = withdraw_and_run(image, django_capture_on_commit_callbacks)

    assert traces(galaxy, image) == set()
    assert job.result["n_images"] == 1 and job.result["n_publications"] == 2 and job.result["n_deleted"] > 5
    roll_back(galaxy, oldest)
    assert traces(galaxy, image) == set()
    galaxy.refresh_from_db()
    assert galaxy.current_publication == oldest
    pointer = ArtifactReader(GalaxySource(galaxy)).pointer
    assert pointer.withdrawn == () and pointer.manifest == Publication.objects.get(pk=oldest.pk).manifest_name


def test_every_publication_is_whole_and_tells_of_the_others_as_before(
    galaxy: Galaxy, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    others = dict(Image.objects.exclude(title=WORDS[0]).values_list("uuid", "title"))
    withdraw_and_run(the_lonely_one(), django_capture_on_commit_callbacks)
    for n, publication in enumerate(galaxy.publications.order_by("pk")):
        reader = reader_of(publication)
        assert reader.manifest.galaxy.description == f"The {n}th time"
        assert reader.manifest.n_images == publication.n_images == N
        assert {uuid: (reader.details(reader.find(uuid)) or {})["title"] for uuid in others} == others  # type: ignore[arg-type]
        assert [cluster.cover for cluster in reader.manifest.clusters] == [None] * 3
        named = set(publication.objects_published.values_list("storage_name", flat=True))
        assert named == {f"{galaxy.uuid}/{name}" for name in reader.object_names()}
    files = {f"{galaxy.uuid}/{name}" for name in list_files(galaxy, "objects/")}
    assert files == set(PublicationObject.objects.values_list("storage_name", flat=True))
    assert set(ArtifactPart.objects.values_list("storage_name", flat=True)) <= files


def test_killed_again_and_again_it_goes_on(
    galaxy: Galaxy, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    image = the_lonely_one()
    with django_capture_on_commit_callbacks(execute=True):
        hide_images(Image.objects.filter(pk=image.pk), hidden=True)

    def run(n_steps: int) -> bool:
        """Whether it came to its end within so many steps."""
        steps = iter(range(n_steps))

        def stop(stage: str, done: int, total: int) -> None:
            if next(steps, None) is None:
                raise CancelledError

        try:
            rewrite_publications(galaxy, progress=stop)
        except CancelledError:
            return False
        return True

    n_steps = 0
    while not run(n_steps):
        n_steps += 3
        pointer = ArtifactReader(GalaxySource(galaxy)).pointer
        reader = ArtifactReader(GalaxySource(galaxy), pointer.manifest)
        assert image.uuid in pointer.withdrawn or reader.find(image.uuid) is None
        for publication in galaxy.publications.all():
            assert set(reader_of(publication).object_names()) <= set(list_files(galaxy)), "nothing is missing meanwhile"
    assert n_steps > 6
    assert traces(galaxy, image) == set()
    assert ArtifactReader(GalaxySource(galaxy)).pointer.withdrawn == ()


def test_what_is_deleted_leaves_in_the_same_way(
    galaxy: Galaxy, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    image = the_lonely_one()
    with django_capture_on_commit_callbacks(execute=True):
        assert delete_images(Image.objects.filter(pk=image.pk)) == 1
    assert ArtifactReader(GalaxySource(galaxy)).pointer.withdrawn == (image.uuid,)
    run_job(Job.objects.get().uuid, worker="test")
    assert traces(galaxy, image) == set()


def test_a_copy_for_a_file_server_loses_it_when_it_is_made_again(
    galaxy: Galaxy, tmp_path: Path, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    def copy() -> list[tuple[str, bytes]]:
        export_galaxy(galaxy, str(tmp_path / "copy"))
        paths = [path for path in (tmp_path / "copy").rglob("*") if path.is_file()]
        return [(str(path.relative_to(tmp_path)), path.read_bytes()) for path in paths if path.suffix != ".js"]

    image = the_lonely_one()
    assert {trace.split(" in ")[0] for trace in traces_in(copy(), image)} >= {*WORDS, "magenta"}
    withdraw_and_run(image, django_capture_on_commit_callbacks)
    files = copy()
    assert traces_in(files, image) == set()
    assert not [name for name, _data in files if str(image.uuid) in name]


def test_a_picture_that_no_publication_holds_is_not_told_of(
    galaxy: Galaxy, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    image = ImageFactory.create(collection=galaxy.collection)
    with django_capture_on_commit_callbacks(execute=True):
        hide_images(Image.objects.filter(pk=image.pk), hidden=True)
    assert ArtifactReader(GalaxySource(galaxy)).pointer.withdrawn == ()


def test_shown_again_it_comes_with_the_next_publication(
    galaxy: Galaxy, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    image = the_lonely_one()
    withdraw_and_run(image, django_capture_on_commit_callbacks)
    hide_images(Image.objects.filter(pk=image.pk), hidden=False)
    assert publish_galaxy(galaxy, despite_safe_search=True).created
    assert "magenta" in {trace.split(" in ")[0] for trace in traces(galaxy, image)}


def test_a_galaxy_of_which_nothing_may_be_shown_is_not_published_any_more(
    galaxy: Galaxy, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        hide_images(galaxy.collection.images.all(), hidden=True)
    run_job(Job.objects.get().uuid, worker="test")
    galaxy.refresh_from_db()
    assert galaxy.current_publication is None and not galaxy.publications.exists()
    assert set(list_files(galaxy)) == set()
    assert Client().get(f"/artifacts/{galaxy.uuid}/current.json").status_code == 404


class TestGoingBack:
    def test_what_was_hidden_since_stays_hidden(self, galaxy: Galaxy) -> None:
        oldest = galaxy.publications.order_by("pk")[0]
        galaxy.clusters.filter(name="castle").update(hidden=True, description="zqconcealed")
        roll_back(galaxy, oldest)
        manifest = ArtifactReader(GalaxySource(galaxy)).manifest
        n_castles = sum(i % 3 == 2 for i in range(N))
        assert manifest.n_images == N + 1 - n_castles
        assert {cluster.name for cluster in manifest.clusters if cluster.n_images} == {"cat", "snow"}
        assert not [cluster for cluster in manifest.clusters if cluster.name == "castle"]

    def test_even_before_the_job_has_run(self, galaxy: Galaxy) -> None:
        oldest = galaxy.publications.order_by("pk")[0]
        image = the_lonely_one()
        Image.objects.filter(pk=image.pk).update(hidden=True)
        roll_back(galaxy, oldest)
        assert reader_of(Publication.objects.get(pk=oldest.pk)).find(image.uuid) is None
        run_job(Job.objects.get(kind="withdraw_images").uuid, worker="test")
        assert traces(galaxy, image) == set()

    def test_one_that_tells_more_than_the_galaxy_does_today_is_refused(self, galaxy: Galaxy) -> None:
        oldest = galaxy.publications.order_by("pk")[0]
        galaxy.published_features = ["labels", "colours"]
        galaxy.save()
        with pytest.raises(ServiceError, match="also tells text"):
            roll_back(galaxy, oldest)

    def test_one_at_which_safe_search_has_not_looked_is_not_shown_to_everybody(self, galaxy: Galaxy) -> None:
        oldest = galaxy.publications.order_by("pk")[0]
        Publication.objects.filter(pk=oldest.pk).update(despite_safe_search=False)
        with pytest.raises(SafeSearchError, match=f"has not looked at {N}"):
            roll_back(galaxy, oldest)
