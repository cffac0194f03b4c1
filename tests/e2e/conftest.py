"""A real Galaxy, started the way `make run` starts it, and a real Chromium to look at it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from explorer.management.benchmark_explorer import CHROMIUM_ARGUMENTS, find_chromium
from explorer.management.loopback import serve_folders
from tests.e2e.static_galaxy import StaticGalaxy, serve_static_galaxy

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 600
SAMPLE_LIMIT = 420  # pictures of OpenMoji: enough for a dozen clusters, placed in seconds
STATIC_IMAGES = 1500
COARSE = 0.5  # pixels a CSS px: all places stay what they are, and software draws a quarter of the pixels


@dataclass(frozen=True)
class Site:
    """A running Galaxy: where it answers, who may log in, and what it printed."""

    address: str
    password: str
    output: str
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """Run a command of manage.py on this Galaxy's library, beside the running server; returns what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`manage.py start` with a small sample, in a folder of its own, stopped with Ctrl-C in the end."""
    data = tmp_path_factory.mktemp("galaxy")
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GALAXY_")}
    environment |= {
        "GALAXY_DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "galaxy_site.settings",
        "PYTHONUNBUFFERED": "1",
    }
    environment.pop("SECRET_KEY", None)
    log = data / "start.log"
    start = ["manage", "start", "--port", str(port), "--sample-limit", str(SAMPLE_LIMIT)]
    # A run that is broken off, or killed, tears nothing down: the child notices that its parent has gone.
    command = [sys.executable, "-m", "catalog.management.child", str(os.getpid()), *start]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield wait_for_site(process, log, environment)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0, f"Ctrl-C did not end it cleanly:\n{log.read_text()}"
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0, "Ctrl-C left a web process behind"
    finally:
        process.kill()
        process.wait()


def wait_for_site(process: subprocess.Popen[bytes], log: Path, environment: dict[str, str]) -> Site:
    """Wait until it says that it is open."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        text = log.read_text()
        if process.poll() is not None:
            pytest.fail(f"It ended before it opened:\n{text}")
        if "Ctrl-C stops it" in text:
            address = re.search(r"Galaxy is open at (http://127\.0\.0\.1:\d+)/", text)
            password = re.search(r"with the password (\S+)", text)
            assert address and password, text
            return Site(address=address[1], password=password[1], output=text, environment=environment)
        time.sleep(0.2)
    pytest.fail(f"It did not open within {START_TIMEOUT_S} s:\n{log.read_text()}")


@pytest.fixture(scope="session")
def copy_address(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A copy of the sample's galaxy in a folder, behind a web server for files, under a prefix."""
    folder = tmp_path_factory.mktemp("web") / "museum" / "sky"
    arguments = ["--collection", "openmoji", "--despite-safe-search", "--json", "--to", str(folder)]
    told = json.loads(site.manage("publish_galaxy", *arguments).splitlines()[-1])
    assert told["n_written"] == told["n_files"] > told["n_images"]
    with serve_folders({"/museum/sky/": folder}) as served:
        yield f"{served.address}/museum/sky/"


@pytest.fixture(params=["from Django", "from a folder"])
def address(request: pytest.FixtureRequest) -> str:
    """Where the sample's galaxy is looked at: on Django's page, then in its copy."""
    if request.param == "from a folder":
        return str(request.getfixturevalue("copy_address"))
    return f"{request.getfixturevalue('site').address}/galaxy/openmoji/"


@pytest.fixture(scope="session")
def static_galaxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StaticGalaxy]:
    """A galaxy that needs nothing but a web server for files."""
    with serve_static_galaxy(tmp_path_factory.mktemp("static"), n=STATIC_IMAGES) as galaxy:
        yield galaxy


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Its absence is a failure, never a silent pass."""
    executable = find_chromium()
    if executable is None:
        pytest.fail("The browser tests need Chromium: apt-get install chromium, or set CHROMIUM to its path.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A desktop window; the test fails if the page logs an error or breaks the content security policy."""
    yield from open_page(browser, width=1440, height=900)


@pytest.fixture
def sharp_page(browser: Browser) -> Iterator[Page]:
    """A desktop window in which a pixel of the screenshot is a CSS px: for tests that look at what is drawn."""
    yield from open_page(browser, width=1440, height=900, pixel_ratio=1)


@pytest.fixture
def lively_page(browser: Browser) -> Iterator[Page]:
    """A desktop window of somebody who does not ask for less motion."""
    yield from open_page(browser, width=1440, height=900, motion="no-preference")


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A phone's window, touched with fingers."""
    yield from open_page(browser, width=390, height=844, touch=True, pixel_ratio=1)


def open_page(
    browser: Browser,
    *,
    width: int,
    height: int,
    touch: bool = False,
    motion: Literal["reduce", "no-preference"] = "reduce",
    pixel_ratio: float = COARSE,
) -> Iterator[Page]:
    """A page in a context of its own that collects errors. Dark: what is drawn is compared with pixels."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=pixel_ratio,
        has_touch=touch,
        is_mobile=touch,
        reduced_motion=motion,
        color_scheme="dark",
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.text} {message.location['url']}")

    page.on("console", note)
    page.set_default_timeout(30_000)
    yield page
    context.close()
    assert errors == []
