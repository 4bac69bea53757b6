import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

FLOW = """
from prefect import flow

@flow
def trivial(word: str) -> str:
    return word

trivial.with_options(flow_run_name="seen-by-the-server")("hello")
"""


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_until_healthy(server: subprocess.Popen[bytes], api: str, log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{api}/health", timeout=5).json() is True:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    pytest.fail(f"the Prefect server did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="module")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a Prefect server with its own home on a free port; yield the address of its API."""
    home, port = tmp_path_factory.mktemp("prefect"), _free_port()
    log, api = home / "server.log", f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=home, env=_quiet(home), stdout=out, stderr=subprocess.STDOUT)
        try:
            _wait_until_healthy(server, api, log)
            yield api
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _quiet(home: Path) -> dict[str, str]:
    return os.environ | {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


@pytest.mark.slow
def test_the_server_of_the_locked_packages_starts_with_analytics_off(prefect_api: str) -> None:
    """An install that pip calls compatible may still not start (Prefect 3.8 with FastAPI 0.155); this one does."""
    settings = httpx.get(f"{prefect_api}/admin/settings", timeout=30).json()
    assert settings["server"]["analytics_enabled"] is False


@pytest.mark.slow
def test_a_flow_run_is_recorded_by_the_server(prefect_api: str, tmp_path: Path) -> None:
    """A flow that runs in another process is found, completed, in the server's record."""
    environment = _quiet(tmp_path) | {"PREFECT_API_URL": prefect_api}
    subprocess.run([sys.executable, "-c", FLOW], cwd=tmp_path, env=environment, timeout=180, check=True)
    runs = httpx.post(f"{prefect_api}/flow_runs/filter", json={}, timeout=30).json()
    assert [(run["name"], run["state_type"], run["parameters"]) for run in runs] == [
        ("seen-by-the-server", "COMPLETED", {"word": "hello"})
    ]
