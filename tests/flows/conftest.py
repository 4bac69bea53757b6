"""A home of Millford, the sandbox, and Prefect's own test server: flows run as they do in a deployment."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.testing.utilities import prefect_test_harness

from audiences import town_services
from audiences.town import generate
from onevoice.desk import audience, officers, services
from onevoice.desk.setup import SANDBOX_FROM, upgrade
from onevoice.desk.wiring import Desk, open_desk
from onevoice.settings import Settings
from sandbox.testing import Sandbox

SECRET = "correct horse battery"


@pytest.fixture(scope="session")
def millford(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """Make a home with 120 people, a manager and an approver."""
    home = tmp_path_factory.mktemp("flows")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEVOICE_HOME", str(home))
        list(upgrade())
    desk = Desk(Settings(home=home, content=root))
    officers.add(desk, "Maria Solis", "manager", SECRET)
    officers.add(desk, "Sam Okafor", "approver", SECRET, mobile="+14135550150", email="sam@millford.example")
    generate(home / "town.csv", 120, 7)
    audience.take_in(desk, home / "town.csv")
    town_services.generate(home / "services.json", desk.today)
    services.take_in(desk, home / "services.json")
    desk.ledger.close()
    return home


@pytest.fixture(scope="session")
def prefect() -> Iterator[None]:
    """Start Prefect's server with a database of its own."""
    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Start the stand-in providers."""
    record = tmp_path_factory.mktemp("sandbox") / "record.jsonl"
    with Sandbox(record, "--delay-scale", "0.02", "--no-magic") as running:
        yield running


@pytest.fixture
def desk(millford: Path, tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Set up the environment that flows read, and open the same desk that they open."""
    home = Path(shutil.copytree(millford, tmp_path / "home", dirs_exist_ok=True))
    host, port = sandbox.smtp
    settings = {
        "HOME": str(home),
        "TWILIO_API_BASE": sandbox.sms,
        "TWILIO_ACCOUNT_SID": sandbox.account_sid,
        "TWILIO_AUTH_TOKEN": sandbox.auth_token,
        "TWILIO_FROM": SANDBOX_FROM,
        "SMTP_HOST": host,
        "SMTP_PORT": str(port),
        "SMTP_TLS": "false",
        "SMTP_FROM": "alerts@millford.example",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"ONEVOICE_{name}", value)
    opened = open_desk()
    yield opened
    opened.ledger.close()
