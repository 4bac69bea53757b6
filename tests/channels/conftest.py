"""One sandbox for all tests of providers, and makers of settings and messages for it."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from onevoice.dispatch.providers import Outgoing
from onevoice.settings import Settings
from sandbox.testing import Listener, Sandbox

SENDER = "+12025550150"
TEXT = {"text": "Millford: flood. Go to higher ground now."}


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Run the sandbox: quick callbacks, no disorder by chance, every usual message delivered."""
    record = tmp_path_factory.mktemp("channels") / "record.jsonl"
    calm = ("--delay-scale", "0.02", "--reversed-share", "0", "--repeated-share", "0", "--shares", "100,0,0,0")
    # No limits either: a whole session of tests counts as one account's five minutes.
    with Sandbox(record, *calm, "--mastodon-calls", "0", "--bluesky-sessions", "0") as running:
        yield running


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Listen for callbacks."""
    with Listener() as listening:
        yield listening


@pytest.fixture
def settings(sandbox: Sandbox) -> Callable[..., Settings]:
    """Make settings for the sandbox; what is given counts instead."""

    def make(**given: Any) -> Settings:
        usual: dict[str, Any] = {
            "twilio_account_sid": sandbox.account_sid,
            "twilio_auth_token": SecretStr(sandbox.auth_token),
            "twilio_from": SENDER,
            "twilio_api_base": sandbox.sms,
            "smtp_host": sandbox.smtp[0],
            "smtp_port": sandbox.smtp[1],
            "smtp_tls": False,
            "smtp_from": "Millford EM <alerts@millford.example>",
        }
        return Settings(**usual | given)

    return make


@pytest.fixture
def message() -> Callable[..., Outgoing]:
    """Make a message to an address; what is given counts instead."""
    attempts = count(1)

    def make(to: str, **given: Any) -> Outgoing:
        attempt = next(attempts)
        token = f"Tok_{attempt:016d}"
        usual: dict[str, Any] = {
            "attempt": attempt,
            "token": token,
            "message_id": f"Msg-{attempt:016d}",
            "to": to,
            "parts": TEXT,
            "language": "en",
            "direction": "ltr",
            "segments": 1,
            "valid_until": datetime.now(UTC) + timedelta(hours=1),
            "callback_url": f"http://127.0.0.1:9/callbacks/sms/{token}",
            "manage_url": "",
        }
        return Outgoing(**usual | given)

    return make


@pytest.fixture
def social(sandbox: Sandbox, settings: Callable[..., Settings]) -> Callable[..., Settings]:
    """Make settings with which posts go to the sandbox; what is given counts instead."""

    def make(**given: Any) -> Settings:
        usual: dict[str, Any] = {
            "mastodon_api_base": sandbox.mastodon,
            "mastodon_token": SecretStr(sandbox.mastodon_token),
            "mastodon_account": sandbox.mastodon_account,
            "bluesky_api_base": sandbox.bluesky,
            "bluesky_handle": sandbox.bluesky_handle,
            "bluesky_password": SecretStr(sandbox.bluesky_password),
        }
        return settings(**usual | given)

    return make


@pytest.fixture
def post(message: Callable[..., Outgoing]) -> Callable[..., Outgoing]:
    """Make a post in Spanish on a provider's account; its text and its id are nobody else's."""

    def make(provider: str, text: str = "", **given: Any) -> Outgoing:
        account = {"mastodon": Sandbox.mastodon_account, "bluesky": Sandbox.bluesky_handle}[provider]
        number = next(_posts)
        usual: dict[str, Any] = {
            "language": "es",
            "message_id": f"Post{number:016d}",
            "parts": {"text": text or f"Millford: inundación. Suba a un lugar alto. {number}"},
        }
        return message(**{"to": f"{provider}:{account}/es"} | usual | given)

    return make


_posts = count(1)


@pytest.fixture
def number() -> Callable[[], str]:
    """Give a number that nobody else in this session uses and that has no magic."""
    return lambda: next(_numbers)


_areas = ("201", "203", "205", "206", "207", "208", "209", "210")
_numbers = (f"+1{area}55501{last:02d}" for area in _areas for last in range(100))


Serve = Callable[[socket.socket], None]


@pytest.fixture
def served() -> Callable[[Serve], AbstractContextManager[int]]:
    """Give a server on loopback that treats each connection in its own way; the context gives its port."""
    return _served


@contextmanager
def _served(serve: Serve) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def go() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection, suppress(OSError):
                        serve(connection)

        thread = threading.Thread(target=go, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture(scope="session")
def certificate() -> Callable[[Path], tuple[str, str]]:
    """Make a certificate for localhost and its key in a folder; give their paths."""
    return _certificate


def _certificate(folder: Path) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return str(pem), str(private)
