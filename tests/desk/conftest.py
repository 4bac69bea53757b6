"""A deployment of its own for each test: Millford with 300 people, the sandbox, and the console as real processes."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from audiences import town_services
from audiences.town import generate
from onevoice.desk import audience, officers, services
from onevoice.desk.setup import SANDBOX_FROM, upgrade
from onevoice.desk.wiring import Desk
from onevoice.settings import Settings
from sandbox.testing import Sandbox

RESIDENTS = 300
MANAGER, DEPUTY, SECOND = "Maria Solis", "Sam Okafor", "Lena Park"
SECRET = "correct horse battery"


@pytest.fixture(scope="session")
def millford(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """Make a home with database, keys, people who act, and the town; copied for each test."""
    home = tmp_path_factory.mktemp("millford")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEVOICE_HOME", str(home))
        list(upgrade())
    desk = Desk(Settings(home=home, content=root))
    for name, role in ((MANAGER, "manager"), (DEPUTY, "approver"), (SECOND, "approver")):
        officers.add(desk, name, role, SECRET, mobile="+14135550150", email="duty@millford.example")
    town = home / "town.csv"
    generate(town, RESIDENTS, 7)
    audience.take_in(desk, town)
    town_services.generate(home / "services.json", desk.today)
    services.take_in(desk, home / "services.json")
    desk.ledger.close()
    return home


@pytest.fixture
def home(millford: Path, tmp_path: Path) -> Path:
    """Copy the home of Millford."""
    return Path(shutil.copytree(millford, tmp_path / "home"))


@pytest.fixture
def desk(home: Path, root: Path) -> Iterator[Desk]:
    """Open a desk without providers: enough for everything but sending."""
    made = Desk(Settings(home=home, content=root))
    yield made
    made.ledger.close()


@dataclass
class Deployment:
    """A desk whose providers are the sandbox, with the console running."""

    desk: Desk
    sandbox: Sandbox
    environment: dict[str, str]

    def onevoice(self, *words: str, secret: str = SECRET) -> subprocess.CompletedProcess[str]:
        """Run the command line."""
        return subprocess.run(
            [sys.executable, "-m", "onevoice", *words],
            capture_output=True,
            text=True,
            env=self.environment | {"ONEVOICE_SECRET": secret},
            timeout=300,
            check=False,
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """Start the sandbox with quick receipts."""
    with Sandbox(tmp_path / "record.jsonl", "--delay-scale", "0.05", "--no-magic") as running:
        yield running


@pytest.fixture
def settings(home: Path, root: Path, sandbox: Sandbox) -> Settings:
    """Point a deployment at the sandbox."""
    return settings_of(home, root, sandbox)


def settings_of(home: Path, root: Path, sandbox: Sandbox) -> Settings:
    """Give the settings of a deployment whose providers are the sandbox."""
    return Settings(
        home=home,
        content=root,
        public_url=f"http://127.0.0.1:{_free_port()}",
        twilio_api_base=sandbox.sms,
        twilio_account_sid=sandbox.account_sid,
        twilio_auth_token=sandbox.auth_token,  # type: ignore[arg-type]  # Pydantic makes a secret of it
        twilio_from=SANDBOX_FROM,
        smtp_host=sandbox.smtp[0],
        smtp_port=sandbox.smtp[1],
        smtp_tls=False,
        smtp_from="alerts@millford.example",
        sms_rate=2000,
        email_rate=2000,
        mastodon_api_base=sandbox.mastodon,
        mastodon_account=sandbox.mastodon_account,
        mastodon_token=sandbox.mastodon_token,  # type: ignore[arg-type]  # as above
        mastodon_rate=50,
        bluesky_api_base=sandbox.bluesky,
        bluesky_handle=sandbox.bluesky_handle,
        bluesky_password=sandbox.bluesky_password,  # type: ignore[arg-type]  # as above
        bluesky_rate=50,
    )


def environment_of(settings: Settings) -> dict[str, str]:
    """Give the settings as environment variables, for a process of its own."""
    plain = settings.model_dump(mode="json", exclude_defaults=True)
    for name in ("twilio_auth_token", "mastodon_token", "bluesky_password"):
        plain[name] = getattr(settings, name).get_secret_value()
    ours = {f"ONEVOICE_{name.upper()}": str(value) for name, value in plain.items()}
    return {**os.environ, **ours, "ONEVOICE_SMTP_TLS": "false"}


@pytest.fixture
def deployment(settings: Settings, sandbox: Sandbox) -> Iterator[Deployment]:
    """Start the console beside the sandbox."""
    with running(settings, sandbox) as deployed:
        yield deployed


@pytest.fixture(scope="session")
def deploy(root: Path) -> Callable[[Path, Sandbox], AbstractContextManager[Deployment]]:
    """For modules that deploy once and look often: a deployment on a home, to be used in a `with`."""
    return lambda home, sandbox: running(settings_of(home, root, sandbox), sandbox)


@contextmanager
def running(settings: Settings, sandbox: Sandbox) -> Iterator[Deployment]:
    """Run the console as long as the `with` lasts."""
    environment = environment_of(settings)
    command = [sys.executable, "-m", "onevoice", "serve"]
    console = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    desk = Desk(settings)
    try:
        _answers(f"{settings.public_url}/healthz")
        yield Deployment(desk, sandbox, environment)
    finally:
        console.terminate()
        console.wait(15)
        desk.ledger.close()


def _answers(url: str) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            if httpx.get(url, timeout=1).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    pytest.fail(f"{url} does not answer")
