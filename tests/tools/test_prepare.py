"""Setting up fails in one line that says what to do, and a failed set-up is mended by the next."""

import shutil
import subprocess
import sys

import pytest

from tools import prepare


@pytest.fixture(autouse=True)
def own_venv(monkeypatch, tmp_path):
    """A .venv of this test: only its folder and the Python that runs the test."""
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    (venv / "pyvenv.cfg").write_text("version = 3.11\n")
    for name, value in {
        "VENV": venv,
        "PYTHON": venv / "bin" / "python",
        "STAMPS": venv / "stamps.json",
        "LOG": venv / "install.log",
    }.items():
        monkeypatch.setattr(prepare, name, value)
    return venv


def script(code):
    return [sys.executable, "-c", code]


def test_what_a_command_says_goes_into_the_log_and_its_end_is_told(own_venv, capsys):
    prepare.run_with_count(script("print('Collecting a')"), "Installing", mark="Collecting", advice="")
    assert capsys.readouterr().out == "Installing: done (0 s)\n"
    assert (own_venv / "install.log").read_text() == "Collecting a\n"


def test_a_failed_install_is_one_line_with_the_reason_and_the_log(own_venv):
    code = "print('Collecting a'); print('ERROR: No matching distribution'); print('a hint'); raise SystemExit(1)"
    with pytest.raises(prepare.PrepareError) as caught:
        prepare.run_with_count(script(code), "Installing", mark="Collecting", advice="Is it reachable?")
    log = own_venv / "install.log"
    assert str(caught.value) == (
        f"Installing failed: ERROR: No matching distribution Is it reachable? The log is {log}."
    )


def test_packages_are_installed_once_and_again_after_a_failure(monkeypatch):
    calls = []

    def fail(command, title, **options):
        calls.append(command)
        raise prepare.PrepareError("no network")

    monkeypatch.setattr(prepare, "run_with_count", fail)
    with pytest.raises(prepare.PrepareError):
        prepare.install_packages("run")
    monkeypatch.setattr(prepare, "run_with_count", lambda command, title, **options: calls.append(command))
    prepare.install_packages("run")
    prepare.install_packages("run")
    assert len(calls) == 2
    prepare.install_packages("test")
    assert len(calls) == 3 and "requirements-dev.txt" in calls[-1]


def test_a_half_made_venv_is_made_again(own_venv, monkeypatch):
    (own_venv / "bin" / "python").unlink()
    made = []

    def run(command, **options):
        made.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    prepare.make_venv()
    assert made == [[sys.executable, "-m", "venv", "--clear", str(own_venv)]]


def test_a_python_that_cannot_make_venvs_names_the_missing_package(own_venv, monkeypatch):
    (own_venv / "bin" / "python").unlink()
    answer = subprocess.CompletedProcess([], 1, "ensurepip is not available", "")
    monkeypatch.setattr(subprocess, "run", lambda command, **options: answer)
    with pytest.raises(prepare.PrepareError, match=r"install the package python3\.\d+-venv"):
        prepare.make_venv()


def test_a_missing_chromium_that_may_not_be_installed_is_a_failure(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(prepare.PrepareError, match="apt-get install chromium"):
        prepare.find_chromium()
