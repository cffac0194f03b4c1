"""A worker killed with -9 at fifty random moments: every image ends answered or listed as unknown, and nothing is billed twice."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.pictures import write_pictures

ROOT = Path(__file__).parents[3]
N_IMAGES, N_KILLS, BATCH_SIZE, LEASE_S = 500, 50, 5, 3


@contextmanager
def vision_server(folder: Path) -> Iterator[str]:
    """The loopback Cloud Vision as a process of its own, so that it outlives the workers; its bill is `bill.txt`."""
    command = [
        sys.executable,
        "-m",
        "tests.vision_server",
        "--port-file",
        "port.txt",
        "--log",
        "bill.txt",
        "--delay-s",
        "0.08",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, env=environment) as server:
        deadline = time.monotonic() + 60
        while not (address := _read(folder / "port.txt")):
            assert time.monotonic() < deadline, "the loopback server did not start"
            time.sleep(0.05)
        yield address
        assert server.stdin is not None
        server.stdin.close()


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


class Workers:
    """Workers to kill, one after the other."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, kill_after_s: float | None = None) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write("library\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            with suppress(ProcessLookupError):  # on a fast machine the last ones find nothing left to do
                os.kill(pid, signal.SIGKILL)
        assert self._process.stdout.readline() == "ended\n"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[tuple[Path, Workers]]:
    """A database with 500 images to be asked about by Cloud Vision, and workers for it."""
    with ExitStack() as stack:
        address = stack.enter_context(vision_server(tmp_path))
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "galaxy_site.settings",
            "GALAXY_DATA": str(tmp_path / "data"),
            "GALAXY_LEASE_S": str(LEASE_S),
            "GALAXY_VISION_ENDPOINT": f"http://{address}",
            "GALAXY_VISION_IMAGES_PER_MINUTE": "100000",
            "TEST_BATCH_SIZE": str(BATCH_SIZE),
        }
        for name in ("DATABASE_URL", "MEDIA_ROOT", "GALAXIES_ROOT"):
            environment.pop(name, None)
        (tmp_path / "data").mkdir()
        write_pictures(tmp_path / "pictures", N_IMAGES)
        for command in (["migrate", "-v", "0"], ["import_images", "pictures", "--collection", "library", "--json"]):
            ran = subprocess.run(
                [sys.executable, str(ROOT / "manage.py"), *command],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
            )
            assert ran.returncode == 0, ran.stderr
        with closing(sqlite3.connect(tmp_path / "data" / "galaxy.sqlite3")) as database, database:
            database.execute("UPDATE catalog_collection SET annotator = 'google', features = '[\"LABEL_DETECTION\"]'")
        process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "tests.annotate_worker"],
                cwd=tmp_path,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        yield tmp_path, Workers(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.slow
def test_fifty_kills_lose_no_image_and_no_cent(library: tuple[Path, Workers]):
    folder, workers = library
    rng = random.Random(20161101)  # noqa: S311  no secret
    for _ in range(N_KILLS):
        workers.run(kill_after_s=rng.uniform(0, 0.3))
    workers.run()  # waits for what the last victim holds, until its lease is over

    bill = Counter(_read(folder / "bill.txt").splitlines())
    assert set(bill.values()) == {1}, "nothing is billed twice"
    with closing(sqlite3.connect(folder / "data" / "galaxy.sqlite3")) as database:
        images = dict(database.execute("SELECT annotation_status, count(*) FROM catalog_image GROUP BY 1"))
        questions = dict(database.execute("SELECT status, count(*) FROM catalog_annotation GROUP BY 1"))
        usage = list(database.execute("SELECT n_reserved, n_answered, n_unknown, n_given_back FROM catalog_unitusage"))
        [(month,)] = database.execute("SELECT n_units FROM catalog_monthlyunits")
    assert sum(images.values()) == sum(questions.values()) == N_IMAGES
    assert images == {"annotated": questions["answered"], "unknown": questions["unknown"]}
    assert 0 < questions["unknown"] < N_IMAGES / 2, "kills hit batches in flight, and most work was kept"
    assert max(unknown for _, _, unknown, _ in usage) <= BATCH_SIZE, "at most one batch in flight a kill"
    assert all(reserved == answered + unknown + back for reserved, answered, unknown, back in usage)
    assert sum(bill.values()) <= month == questions["answered"] + questions["unknown"] == N_IMAGES
