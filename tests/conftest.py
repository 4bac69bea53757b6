"""What every test stands on: no setting of the machine reaches it, and it writes into its own folder."""

import os
import socket
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

ROOT = Path(__file__).resolve().parent.parent
OURS = ("ONEVOICE_", "PREFECT_", "TWILIO_")
QUIET = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "NO_COLOR": "1"}

settings.register_profile(
    "house",
    deadline=None,  # two cores, shared: time says nothing about a single example
    database=DirectoryBasedExampleDatabase(ROOT / ".hypothesis" / "examples"),
)
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Clean the environment before any test module imports Prefect, which reads it at import."""
    home = tempfile.TemporaryDirectory(prefix="onevoice-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(home.cleanup)
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    os.environ.update(QUIET, PREFECT_HOME=home.name)


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test its own home, and a working folder without a developer's `.env`."""
    for name in [name for name in os.environ if name.startswith("ONEVOICE_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("NLTK_DATA", raising=False)
    monkeypatch.setenv("ONEVOICE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _no_name_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest-socket stops a connection, but not the question to a name server before it."""
    look_up = socket.getaddrinfo

    def only_this_machine(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is None or name == "localhost" or name.replace(".", "").isdigit() or ":" in name:
            return look_up(host, *arguments, **options)
        raise socket.gaierror(socket.EAI_NONAME, f"the name {name} is not looked up in a test")

    monkeypatch.setattr(socket, "getaddrinfo", only_this_machine)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the checkout's folder."""
    return ROOT
