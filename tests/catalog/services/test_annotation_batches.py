"""A worker killed with -9 while Google works on its asynchronous batch: the next one collects it, and nothing is paid again."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cloud_storage import cloud_storage
from tests.pictures import write_pictures
from tests.vision_server import VisionBackend, serve_grpc

ROOT = Path(__file__).parents[3]
N_IMAGES, LEASE_S, TIMEOUT_S = 30, 3, 60
ANNOTATE = ["annotate_images", "--collection", "library", "--yes", "--json"]


def wait_until(happened: Callable[[], Any]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


@pytest.mark.slow
def test_a_killed_worker_s_batch_is_collected_by_the_next_one(tmp_path: Path):
    backend = VisionBackend()
    backend.looks_until_done = 10**9
    (tmp_path / "data").mkdir()
    write_pictures(tmp_path / "pictures", N_IMAGES)
    with cloud_storage("answers") as bucket, serve_grpc(backend) as address:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "galaxy_site.settings",
            "GALAXY_DATA": str(tmp_path / "data"),
            "GALAXY_LEASE_S": str(LEASE_S),
            "GALAXY_VISION_ENDPOINT": f"http://{address}",
            "GALAXY_VISION_OUTPUT": "gs://answers/vision",
        }
        for name in ("DATABASE_URL", "MEDIA_ROOT", "GALAXIES_ROOT"):
            environment.pop(name, None)

        def start(*command: str) -> "subprocess.Popen[str]":
            program = [sys.executable, str(ROOT / "manage.py"), *command]
            return subprocess.Popen(program, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)

        def run(*command: str) -> None:
            with start(*command) as process:
                _, errors = process.communicate(timeout=TIMEOUT_S)
                assert process.returncode == 0, errors

        def rows(query: str) -> list[Any]:
            with closing(sqlite3.connect(tmp_path / "data" / "galaxy.sqlite3")) as database:
                return list(database.execute(query))

        run("migrate", "-v", "0")
        run("import_images", "pictures", "--collection", "library", "--json")
        with closing(sqlite3.connect(tmp_path / "data" / "galaxy.sqlite3")) as database, database:
            database.execute("UPDATE catalog_collection SET annotator = 'google', features = '[\"LABEL_DETECTION\"]'")

        with start(*ANNOTATE) as worker:
            wait_until(lambda: rows("SELECT 1 FROM catalog_annotation WHERE status = 'sent' AND ticket != ''"))
            worker.kill()
        backend.looks_until_done = 0
        time.sleep(LEASE_S + 0.5)
        run(*ANNOTATE)

        assert rows("SELECT status, count(*) FROM catalog_annotation GROUP BY 1") == [("answered", N_IMAGES)]
        assert rows("SELECT annotation_status, count(*) FROM catalog_image GROUP BY 1") == [("annotated", N_IMAGES)]
        assert rows("SELECT sum(n_reserved), sum(n_answered) FROM catalog_unitusage") == [(N_IMAGES, N_IMAGES)]
        assert len(backend.calls) == 1 and len(backend.billed) == N_IMAGES and set(backend.billed.values()) == {1}
        assert not [blob.name for blob in bucket.list_blobs("answers") if "/pictures/" in blob.name], "copies are gone"
