"""A home that was made with the commands themselves, and the command line as a function and as a process."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from onevoice import cli

SECRET = "correct horse battery"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Ended]


def as_process(*words: str, home: Path, stdin: str = "", **more: str) -> Ended:
    """Run the command line as a process of its own."""
    environment = {**os.environ, "ONEVOICE_HOME": str(home), "ONEVOICE_SECRET": SECRET, **more}
    command = [sys.executable, "-m", "onevoice", *words]
    done = subprocess.run(
        command, capture_output=True, text=True, input=stdin, env=environment, cwd=home.parent, timeout=120, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Set up a deployment as docs/manager.md says: database, people who act, contacts."""
    home = tmp_path_factory.mktemp("cli") / "home"
    steps = (
        ("db", "upgrade"),
        ("people", "add", "Maria Solis", "--role", "manager"),
        ("people", "add", "Sam Okafor", "--role", "approver", "--mobile", "+1 413 555 0150"),
        ("audience", "town", str(home / "town.csv"), "--residents", "80"),
        ("audience", "import", str(home / "town.csv")),
    )
    for step in steps:
        ended = as_process(*step, home=home)
        assert ended.status == 0, (step, ended)
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy that home, and name it in the environment."""
    copied = Path(shutil.copytree(made, tmp_path / "home", dirs_exist_ok=True))
    monkeypatch.setenv("ONEVOICE_SECRET", SECRET)
    return copied


@pytest.fixture
def onevoice(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command line in this process: the same `main`, without the seconds that a start takes."""

    def run(*words: str, stdin: str = "") -> Ended:
        monkeypatch.setattr(sys, "argv", ["onevoice", *words])
        monkeypatch.setattr(sys, "stdin", StringIO(stdin))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return Ended(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture
def process(home: Path) -> Run:
    """Run the command line as a process of its own, on the copied home."""
    return lambda *words, **more: as_process(*words, home=home, **more)
