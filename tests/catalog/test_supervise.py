"""Real workers in real processes, killed for real: what they left is taken up, and nothing is done twice.

The test's own process only looks into the database file; everything runs in children, as it does in production.
"""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


class Installation:
    """A Galaxy of its own in a folder: database, counted things, and the processes that this test started."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "galaxy.sqlite3"
        self.counted = folder / "counted"
        self.counted.mkdir()
        self.processes: list[subprocess.Popen[str]] = []
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.catalog.worker_settings",
            "GALAXY_TEST_DATABASE": f"sqlite:///{self.database}",
            "GALAXY_TEST_DATA": str(folder),
        }

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        ran = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def supervise(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "manage.py", "supervise"]
        self.processes.append(subprocess.Popen(command, cwd=ROOT, env=self.environment, text=True))
        return self.processes[-1]

    def start_counting(self, n: int, each_s: float) -> None:
        code = f"from catalog.services.jobs import start_job; start_job('count_slowly', {{'n': {n}, 'each_s': {each_s}}}, by=None)"
        self.manage("shell", "--no-imports", "-c", code)

    def job(self) -> dict[str, object]:
        # Read-only, and never waiting for the workers' lock.
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            return dict(connection.execute("select * from catalog_job").fetchone())

    def log(self) -> list[tuple[int, int]]:
        """(number, process id) of everything that was done, in order."""
        path = self.counted / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(number), int(pid)) for number, pid in map(str.split, lines)]

    def children(self) -> list[int]:
        """Process ids of all workers of this installation, whoever their parent is."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environment = (folder / "environ").read_bytes()
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if str(self.counted.parent).encode() in environment and b"db_worker" in command:
                found.append(int(folder.name))
        return found


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory) -> Path:
    """Migrated once for all tests; each works on a copy."""
    made = Installation(tmp_path_factory.mktemp("migrated"))
    made.manage("migrate", "--verbosity", "0")
    return made.database


@pytest.fixture
def installation(empty_database, tmp_path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    shutil.copy(empty_database, made.database)
    yield made
    for process in made.processes:
        process.terminate()
    for process in made.processes:
        process.wait(timeout=30)
    assert wait_until(lambda: not made.children(), 30), "no worker outlives its supervisor"


def wait_until(condition: Callable[[], object], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_a_worker_killed_in_the_middle_is_replaced_and_nothing_is_done_twice(installation):
    installation.supervise()
    installation.start_counting(8, each_s=0.3)
    assert wait_until(lambda: len(installation.log()) >= 3, 60), "a worker takes the job up"
    victim = installation.log()[-1][1]
    killed_at = time.monotonic()
    os.kill(victim, signal.SIGKILL)

    assert wait_until(lambda: installation.log()[-1][1] != victim, 60), "another worker goes on with it"
    assert time.monotonic() - killed_at < 60
    assert wait_until(lambda: installation.job()["status"] == "succeeded", 60)
    numbers = [number for number, _pid in installation.log()]
    # Only the one thing that was under way when the kill came may have been noted and not yet kept.
    assert sorted(set(numbers)) == list(range(8)) and len(numbers) <= 9
    job = installation.job()
    assert job["attempt"] == 2 and json.loads(job["result"]) == {"n": 8}


def test_workers_of_a_killed_supervisor_stop_and_the_next_supervisor_resumes(installation):
    first = installation.supervise()
    installation.start_counting(200, each_s=0.3)
    assert wait_until(lambda: len(installation.log()) >= 2, 60)
    first.kill()
    first.wait()
    assert wait_until(lambda: not installation.children(), 60), "no worker is left behind for ever"
    done = len(installation.log())
    installation.supervise()
    assert wait_until(lambda: len(installation.log()) > done, 60), "the next supervisor's worker goes on"


def test_a_supervisor_that_is_asked_to_stop_hands_the_job_back(installation):
    supervisor = installation.supervise()
    installation.start_counting(200, each_s=0.3)
    assert wait_until(lambda: len(installation.log()) >= 2, 60)
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(timeout=30) == 0
    assert not installation.children()
    job = installation.job()
    assert (job["status"], job["attempt"], job["lease_token"]) == ("queued", 0, None)
