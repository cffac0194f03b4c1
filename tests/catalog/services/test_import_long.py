"""A long import: killed at any moment it goes on, and its memory does not grow with the number of pictures."""

import gc
import os
import signal
import sqlite3
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.importers import Candidate, Refused, read_folder, read_zip
from catalog.models import Image
from catalog.services.ingest import import_images
from tests.factories import CollectionFactory
from tests.pictures import picture_bytes, write_pictures

ROOT = Path(__file__).parents[3]
N_PICTURES = 300


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A Galaxy in a folder of its own, for processes of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GALAXY_", "DATABASE_"))}
    return {**kept, "GALAXY_DATA": str(tmp_path / "data"), "DJANGO_SETTINGS_MODULE": "galaxy_site.settings"}


def manage(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def count(database: Path, table: str) -> int:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        number: int = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608
    connection.close()
    return number


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_an_import_that_is_killed_again_and_again_takes_every_picture_once(
    tmp_path: Path, environment: dict[str, str], kind: str
):
    source = write_pictures(tmp_path / "pictures", N_PICTURES)
    if kind == "archive":
        with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as archive:
            for path in sorted(source.iterdir()):
                archive.write(path, path.name)
        source = tmp_path / "pictures.zip"
    Path(environment["GALAXY_DATA"]).mkdir()
    migrated = manage(environment, "migrate", "--verbosity", "0")
    assert migrated.communicate()[1] == ""
    database = Path(environment["GALAXY_DATA"]) / "galaxy.sqlite3"

    arguments = ("import_images", str(source), "--collection", "mine", "--json")
    for n_before_the_kill in (1, 64, 128):
        running = manage(environment, *arguments)
        deadline = time.monotonic() + 120
        while count(database, "catalog_image") < n_before_the_kill and running.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        running.send_signal(signal.SIGKILL)
        running.communicate()
    n_kept = count(database, "catalog_image")
    assert n_kept >= 128

    last = manage(environment, *arguments)
    output, errors = last.communicate()
    assert last.returncode == 0, errors
    assert f'"n_added": {N_PICTURES - n_kept}' in output
    for table in ("catalog_image", "catalog_revision", "catalog_occurrence"):
        assert count(database, table) == N_PICTURES
    assert count(database, "catalog_rendition") == 2 * N_PICTURES


def peak_while(deed: Callable[[], object]) -> int:
    """Most bytes that Python held at once during a deed, beyond what it held before."""
    # As in a process of its own: beside the many objects of other tests, garbage in cycles would be left lying for longer.
    gc.collect()
    gc.freeze()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        deed()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
        gc.unfreeze()


def test_a_folder_is_walked_with_the_names_of_one_folder_in_memory(tmp_path: Path):
    for inner in range(20):
        (tmp_path / f"{inner:02}").mkdir()
        for number in range(200):
            (tmp_path / f"{inner:02}" / f"{number:03}.jpg").touch()

    def exhaust(root: Path) -> None:
        for _item in read_folder(root):
            pass

    exhaust(tmp_path)
    one, twenty = peak_while(lambda: exhaust(tmp_path / "00")), peak_while(lambda: exhaust(tmp_path))
    assert twenty < one + 20 * 2_000, "twenty folders' names, which lie in one folder, and nothing of 4,000 pictures"


def test_an_archive_is_read_with_its_list_in_memory_and_none_of_its_pictures(tmp_path: Path):
    def archive(n: int) -> Path:
        path = tmp_path / f"{n}.zip"
        with zipfile.ZipFile(path, "w") as writer:
            for number in range(n):
                writer.writestr(f"{number}.jpg", bytes([number % 256]) * 100_000)
        return path

    def exhaust(path: Path) -> None:
        with path.open("rb") as stream:
            for item in read_zip(stream, path.name):
                assert isinstance(item, Candidate)
                assert len(item.read()) == 100_000

    few, many = archive(20), archive(400)
    exhaust(few)
    assert peak_while(lambda: exhaust(many)) < peak_while(lambda: exhaust(few)) + 380 * 2_000  # 38 MB of pictures


@pytest.mark.django_db
def test_the_import_holds_one_batch_however_many_pictures_come():
    """What a batch leaves behind would add up: ten batches more may hold no picture more."""
    collection = CollectionFactory.create()
    padding = b"\0" * 200_000  # after the end of a JPEG: bytes that weigh, and cost no decoding

    def candidates(first: int, n: int) -> Iterator[Candidate | Refused]:
        for number in range(first, first + n):
            yield Candidate(f"{number}.jpg", "1", lambda number=number: picture_bytes(number) + padding)  # type: ignore[misc]

    def take(first: int, n: int) -> Callable[[], object]:
        return lambda: import_images(collection, candidates(first, n), source="made", keep_originals=True)

    take(0, 64)()  # what is loaded once
    two_batches, twelve_batches = peak_while(take(64, 64)), peak_while(take(128, 384))
    assert Image.objects.count() == 512
    assert twelve_batches < two_batches * 1.5  # all of them would weigh six times as much
