"""The demo: the main job on this machine alone, with stand-ins for every provider.

Each part is a process of its own, as in a deployment: the sandbox, the console and Prefect's server. Everything is
kept in one folder, so that it can be looked at afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import typer

from onevoice.errors import OutOfReach

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from onevoice.desk.wiring import Desk

EXAMPLE = "examples/river_flood_warning.yaml"
PATIENCE = 90.0
"""Seconds that a part may take to answer."""


def run(*, recipients: int, keep_open: bool, prefect: bool) -> None:
    """Make a town, send it an exercise, and say where everything is."""
    from onevoice import settings

    os.umask(0o077)  # as a deployment keeps its people: what this and its parts write, nobody else reads
    home = _empty(settings.load().home.resolve() / "demo")
    begun = time.monotonic()
    with ExitStack() as parts:
        environment = _environment(home, parts.enter_context(_sandbox(home)))
        os.environ.update(environment)
        needed = [parts.enter_context(_prefect(home))] if prefect else []  # first: it takes longest to start
        desk = _town(recipients)
        parts.enter_context(_part(home, "console", [sys.executable, "-m", "onevoice", "serve"]))
        alert_id = _approved(desk)
        for part in (*needed, f"{environment['ONEVOICE_PUBLIC_URL']}/healthz"):
            _answers(part)
        _send(desk, alert_id, prefect=prefect)
        _say_where(desk, home, alert_id, time.monotonic() - begun)
        if keep_open:
            _wait()


def _empty(home: Path) -> Path:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, mode=0o700)
    return home


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _part(home: Path, name: str, words: list[str], *, out: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """A part as a process of its own, stopped in the end; what it says goes to a log in `home`."""
    with (home / f"{name}.log").open("w", encoding="utf-8") as log:
        part = subprocess.Popen(words, stdout=out or log, stderr=log, text=True)  # noqa: S603 - our own programs
        try:
            yield part
        finally:
            part.terminate()
            try:
                part.wait(timeout=15)
            except subprocess.TimeoutExpired:
                part.kill()
                part.wait()


@contextmanager
def _sandbox(home: Path) -> Iterator[Mapping[str, str]]:
    from onevoice.desk.setup import SANDBOX_ACCOUNT, SANDBOX_TOKEN, posting_options

    words = [sys.executable, "-m", "sandbox", "--with-parent", "--delay-scale", "0.5"]
    words += ["--record", str(home / "sandbox-record.jsonl")]
    words += ["--account-sid", SANDBOX_ACCOUNT, "--auth-token", SANDBOX_TOKEN]
    words += [str(word) for pair in posting_options().items() for word in pair]
    with _part(home, "sandbox", words, out=subprocess.PIPE) as part:
        yield _first_line(part.stdout)


def _first_line(out: IO[str] | None) -> Mapping[str, str]:
    line = out.readline() if out else ""
    if not line:
        raise OutOfReach("The sandbox did not start.", remedy="Its log is beside its record.")
    told: Mapping[str, str] = json.loads(line)
    return told


def _environment(home: Path, sandbox: Mapping[str, str]) -> dict[str, str]:
    from onevoice.desk.setup import SANDBOX_ACCOUNT, SANDBOX_FROM, SANDBOX_POSTS, SANDBOX_TOKEN

    host, port = sandbox["smtp"].rsplit(":", 1)
    return {
        "ONEVOICE_HOME": str(home),
        "ONEVOICE_MODE": "exercise",
        "ONEVOICE_DATABASE_URL": "",
        "ONEVOICE_PUBLIC_URL": f"http://127.0.0.1:{_free_port()}",
        "ONEVOICE_TWILIO_API_BASE": sandbox["sms"],
        "ONEVOICE_TWILIO_ACCOUNT_SID": SANDBOX_ACCOUNT,
        "ONEVOICE_TWILIO_AUTH_TOKEN": SANDBOX_TOKEN,
        "ONEVOICE_TWILIO_FROM": SANDBOX_FROM,
        "ONEVOICE_SMTP_HOST": host,
        "ONEVOICE_SMTP_PORT": port,
        "ONEVOICE_SMTP_TLS": "false",
        "ONEVOICE_SMTP_FROM": "alerts@millford.example",
        "ONEVOICE_SMS_RATE": "400",
        "ONEVOICE_EMAIL_RATE": "200",
        "ONEVOICE_MASTODON_API_BASE": sandbox["mastodon"],
        "ONEVOICE_BLUESKY_API_BASE": sandbox["bluesky"],
        **{f"ONEVOICE_{setting.upper()}": value for setting, value in SANDBOX_POSTS.items()},
        "ONEVOICE_MASTODON_RATE": "20",
        "ONEVOICE_BLUESKY_RATE": "20",
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "DO_NOT_TRACK": "1",
    }


def _town(recipients: int) -> Desk:
    from audiences import town_services as services
    from audiences.town import generate
    from onevoice.desk import audience, setup
    from onevoice.desk import services as directory
    from onevoice.desk.wiring import open_desk

    for _ in setup.upgrade():
        pass
    desk = open_desk()
    contacts = desk.settings.home / "contacts.csv"
    generate(contacts, recipients, 1)
    typer.echo(f"Millford, a town that does not exist: {audience.take_in(desk, contacts).sentence()}")
    services.generate(desk.settings.home / "services.json", desk.today)
    directory.take_in(desk, desk.settings.home / "services.json")
    return desk


@contextmanager
def _prefect(home: Path) -> Iterator[str]:
    """Prefect's server, with its own home and database, on this machine only; gives the address that says it is up."""
    port = _free_port()
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
    words = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with _part(home, "prefect", words):
        yield f"http://127.0.0.1:{port}/api/health"


def _answers(url: str) -> None:
    import httpx

    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if httpx.get(url, timeout=2, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise OutOfReach(f"{url} did not answer in {PATIENCE:.0f} s.", remedy="Its log is in the demo's folder.")


def _approved(desk: Desk) -> str:
    from onevoice.desk import rehearse

    typer.echo("A river flood warning, as an exercise: drafted, checked, submitted, approved.")
    return rehearse.prepare_release(desk, desk.settings.content_root / EXAMPLE)


def _send(desk: Desk, alert_id: str, *, prefect: bool) -> None:
    from onevoice.cli import showing
    from onevoice.desk import rehearse, release

    if prefect:
        import asyncio

        from flows.release import release as flow

        asyncio.run(flow(alert_id))
    else:
        release.release(desk, alert_id, rehearse.AUTHOR)
        rehearse.wait_until_quiet(desk, alert_id, progress=showing.progress())


def _say_where(desk: Desk, home: Path, alert_id: str, seconds: float) -> None:
    from onevoice.cli import showing
    from onevoice.desk import publish, report, status

    standing = status.status(desk, alert_id)
    showing.status(standing)
    written = home / "report.html"
    written.write_text(report.report(desk, alert_id), encoding="utf-8")
    publish.export(desk, home / "feeds")
    with desk.ledger.read() as conn:
        from onevoice.ledger import alerts

        page = alerts.value(alerts.row(conn, alert_id)).page_url
    places = {
        "Report": written,
        "Public page": f"{page} (while the demo runs: --keep-open)",
        "Feeds": home / "feeds",
        "What the providers received": home / "sandbox-record.jsonl",
        "Database": home / "onevoice.db",
    }
    typer.echo(f"\nDone in {seconds:.0f} s.")
    for name, place in places.items():
        typer.echo(f"{name:28} {place}")


def _wait() -> None:
    typer.echo("\nEverything keeps running. Stop with Ctrl-C.")
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        typer.echo("Stopped.")
