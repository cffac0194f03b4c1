"""docs/api.md: its ten things, with curl and with a client generated from our schema, run as they stand there."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.core.management import call_command

from catalog.media.xmp import read_xmp
from catalog.models import Change, Collection, Image, Job
from catalog.services import jobs
from catalog.services.api_keys import create_api_key
from tests.factories import CollectionFactory, MembershipFactory
from tests.pictures import picture_bytes

pytestmark = pytest.mark.slow

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "api.md"
TEN = re.compile(r"^### (\d+)\. ", re.MULTILINE)


def code_of(language: str) -> str:
    """All blocks of that language, one after another: one program."""
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where somebody sits down with three pictures."""
    for number, name in enumerate(("bridge", "river", "tower")):
        (tmp_path / f"{name}.jpg").write_bytes(picture_bytes(number))
    return tmp_path


@pytest.fixture
def museum(transactional_db, monkeypatch) -> Collection:
    """A collection whose jobs are done as soon as they are started, as far as whoever asks can tell."""
    monkeypatch.setattr(jobs, "_wake_ups", [lambda job: jobs.run_job(job.uuid, worker="test")])
    return CollectionFactory.create(slug="museum", features=["LABEL_DETECTION"])


@pytest.fixture
def environment(museum: Collection, live_server) -> dict[str, str]:
    """The address and the key that the document asks for."""
    curator = MembershipFactory.create(collection=museum, role="curator").user
    _key, text = create_api_key(curator, name="library", scopes=["read", "write", "annotate"])
    return {**os.environ, "GALAXY": live_server.url, "KEY": text}


def run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def require_what_was_done(museum: Collection, folder: Path) -> None:
    """What the ten things leave behind, whoever did them."""
    assert Image.objects.filter(collection=museum).count() == 3
    assert {job.status for job in Job.objects.all()} == {"succeeded"}
    bridge = Image.objects.get(occurrences__external_id="N-17")
    assert (bridge.title, bridge.taken_at, bridge.place) == ("The old bridge", "1923-05", "Prague")
    assert not Image.objects.filter(annotation_status="waiting").exists()
    change = Change.objects.get(reason="seen by Anna")
    assert change.n_images == 1 and change.undone_at is not None
    with zipfile.ZipFile(folder / "labels.xmp.zip") as archive:
        told = {name: read_xmp(archive.read(name)) for name in archive.namelist()}
    assert len(told) == 3
    assert ["The old bridge"] in [facts.get("title") for facts in told.values()]


def test_there_are_ten_of_them_each_with_both():
    parts = TEN.split(DOCUMENT.read_text())[1:]
    assert parts[::2] == [str(number) for number in range(1, 11)]
    assert all("```bash\n" in part and "```python\n" in part for part in parts[1::2])


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_ten_things_with_curl(museum, folder, environment):
    run(["bash", "-euo", "pipefail", "-c", code_of("bash")], folder, environment)
    require_what_was_done(museum, folder)


def test_the_ten_things_with_a_generated_client(museum, folder, environment):
    call_command("spectacular", file=str(folder / "schema.yaml"), verbosity=0)
    client = ["generate", "--path", "schema.yaml", "--meta", "none", "--output-path", "galaxy_client"]
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"  # it tidies with ruff
    run([sys.executable, "-m", "openapi_python_client", *client], folder, environment)
    (folder / "ten_things.py").write_text(code_of("python"))
    run([sys.executable, "ten_things.py"], folder, environment)
    require_what_was_done(museum, folder)
