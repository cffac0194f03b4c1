"""`make run`: what it makes, that it does nothing twice, that it stops cleanly, and its one-line failures."""

import http.client
import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from PIL import Image as Pillow

from catalog.models import Collection, Galaxy, Image
from catalog.services.errors import ServiceError
from explorer.management.installation import Stamps, make_admin
from explorer.management.libraries import own_library, raise_library
from explorer.management.steps import Steps
from explorer.management.web import require_free_port
from tests.factories import UserFactory

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def busy_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def steps():
    return Steps(OutputWrapper(io.StringIO()))


class TestAPort:
    def test_a_busy_one_is_told_in_one_line_before_any_work(self, busy_port):
        line = f"Port {busy_port} is in use; choose another: make run PORT={busy_port + 1}"
        with pytest.raises(CommandError) as caught:
            call_command("start", "--port", str(busy_port), "--photos", "/nowhere")
        assert str(caught.value) == line

    def test_a_free_one_is_fine(self, busy_port):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        require_free_port(port)

    @pytest.mark.parametrize("text", ["0", "65536", "http", "-1"])
    def test_what_is_no_port_is_told(self, text):
        with pytest.raises(CommandError, match="expected a number from 1 to 65535"):
            call_command("start", f"--port={text}")


@pytest.mark.django_db
class TestTheAdmin:
    def test_one_is_made_once_with_a_password_that_is_kept_as_a_hash(self):
        made = make_admin()
        assert made is not None
        name, password = made
        user = get_user_model().objects.get(username=name)
        assert user.is_superuser and user.check_password(password) and password not in user.password
        assert make_admin() is None

    def test_somebody_else_called_admin_stays_who_they_are(self):
        UserFactory(username="admin")
        made = make_admin()
        assert made is not None and re.fullmatch("admin-[0-9a-f]{4}", made[0])
        assert not get_user_model().objects.get(username="admin").is_superuser


class TestStamps:
    def test_they_outlive_the_process_and_a_broken_file(self, tmp_path):
        path = tmp_path / "start.json"
        assert not Stamps(path).holds("openmoji", "a")
        Stamps(path).put("openmoji", "a")
        Stamps(path).put("static", "b")
        assert Stamps(path).holds("openmoji", "a") and not Stamps(path).holds("openmoji", "b")
        path.write_text("{")
        assert not Stamps(path).holds("openmoji", "a")


@pytest.mark.django_db
class TestOwnPictures:
    def test_a_folder_becomes_a_public_galaxy_of_its_own(self, tmp_path, steps):
        folder = tmp_path / "Été 2019 – Ωmega"
        folder.mkdir()
        for n, colour in enumerate(("red", "green", "blue")):
            Pillow.new("RGB", (64 + n, 64), colour).save(folder / f"{n}.png")
        library = own_library(folder)
        assert re.fullmatch("ete-2019-mega-[0-9a-f]{8}", library.slug)
        galaxy = raise_library(library, steps, Stamps(tmp_path / "start.json"))
        assert (galaxy.title, galaxy.visibility, galaxy.collection.visibility) == (folder.name, "public", "public")
        assert galaxy.current_publication is not None and galaxy.current_publication.n_images == 3
        again = raise_library(own_library(folder), steps, Stamps(tmp_path / "start.json"))
        assert again.current_publication == galaxy.current_publication and Image.objects.count() == 3

    def test_two_folders_of_one_name_are_two_libraries(self, tmp_path):
        folders = [tmp_path / "a" / "写真", tmp_path / "b" / "写真"]
        for folder in folders:
            folder.mkdir(parents=True)
        slugs = {own_library(folder).slug for folder in folders}
        assert len(slugs) == 2 and all(slug.startswith("pictures-") for slug in slugs)

    def test_what_somebody_made_private_stays_private(self, tmp_path, steps):
        Pillow.new("RGB", (64, 64), "red").save(tmp_path / "one.png")
        raise_library(own_library(tmp_path), steps, Stamps(tmp_path / "start.json"))
        Collection.objects.update(visibility="private")
        Galaxy.objects.update(visibility="private")
        raise_library(own_library(tmp_path), steps, Stamps(tmp_path / "start.json"))
        assert Collection.objects.get().visibility == Galaxy.objects.get().visibility == "private"

    def test_a_folder_without_pictures_is_told(self, tmp_path, steps):
        with pytest.raises(ServiceError, match=r"There is no picture in .* nothing to show"):
            raise_library(own_library(tmp_path), steps, Stamps(tmp_path / "start.json"))

    def test_a_folder_that_is_not_there_is_told_before_anything_is_made(self, tmp_path):
        with pytest.raises(ServiceError, match="does not exist"):
            own_library(tmp_path / "nowhere")


class Started:
    """`manage.py start` in a process of its own."""

    def __init__(self, data: Path, port: int) -> None:
        self.port = port
        kept = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}
        environment = {**kept, "DJANGO_SETTINGS_MODULE": "galaxy_site.settings", "GALAXY_DATA": str(data)}
        command = [sys.executable, "manage.py", "start", "--sample-limit", "12", "--port", str(port)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.output = ""

    def wait_for(self, text: str) -> str:
        """Everything said until a line holds this text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if text in line:
                return self.output
        raise AssertionError(f"it ended without saying {text!r}:\n{self.output}")

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=60)
        self.output += rest
        return self.process.returncode


def processes_of(data: Path) -> list[str]:
    """Command lines of what still runs with this data folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"GALAXY_DATA={data}\0".encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[[int], Started]]:
    """Starts in this test's folder; whatever fails, nothing is left running."""
    started: list[Started] = []

    def start_at(port: int) -> Started:
        started.append(Started(tmp_path, port))
        return started[-1]

    yield start_at
    for one in started:
        if one.process.poll() is None:
            one.stop(signal.SIGTERM)


@pytest.mark.slow
def test_from_nothing_to_a_page_and_again_without_work_and_nothing_left_behind(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    first = start(port)
    said = first.wait_for("Ctrl-C stops it")
    password = re.search(r"Log in as admin with the password (\S+)", said)
    assert password and f"http://127.0.0.1:{port}/galaxy/openmoji/" in said
    assert first.get("/")[0] == 200
    status, page = first.get("/galaxy/openmoji/")
    assert status == 200
    pointer = re.search(r"/artifacts/[^\"]+/current\.json", page.decode())
    assert pointer and first.get(pointer[0])[0] == 200
    assert first.stop(signal.SIGINT) == 0
    assert first.output.endswith("Stopped.\n") and "Traceback" not in first.output
    assert processes_of(tmp_path) == []

    second = start(port)
    said = second.wait_for("Ctrl-C stops it")
    assert [line for line in said.splitlines() if "up to date" in line] == [
        "Database: up to date",
        "Static files: up to date",
        "OpenMoji: up to date",
        "Photographs: up to date",
    ]
    assert "with the password" not in said, "it was shown once"
    second.stop(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while processes_of(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert processes_of(tmp_path) == [], "nothing outlives a kill -9"
