import os
import socket
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError


def test_a_host_outside_this_machine_cannot_be_connected_to() -> None:
    """A test that reaches for the internet fails at once."""
    with socket.socket() as plug, pytest.raises(SocketConnectBlockedError):
        plug.connect(("192.0.2.1", 80))


def test_a_name_outside_this_machine_is_not_looked_up() -> None:
    """No question leaves for a name server: the name is not known, at once."""
    with pytest.raises(socket.gaierror, match=r"mail\.riverside\.example"):
        socket.create_connection(("mail.riverside.example", 25), timeout=5)


def test_loopback_can_be_connected_to() -> None:
    """Servers that a test starts on this machine can be reached, by number and by name."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        for host in ("127.0.0.1", "localhost"):
            with socket.create_connection((host, server.getsockname()[1]), timeout=5) as plug:
                caller, address = server.accept()
                caller.close()
                assert address == plug.getsockname()


def test_no_setting_of_the_machine_reaches_a_test(tmp_path: Path) -> None:
    """The only setting is the home, and it is the test's own; `.env` files are looked for in its own folder too."""
    settings = {name: value for name, value in os.environ.items() if name.startswith("ONEVOICE_")}
    assert settings == {"ONEVOICE_HOME": str(tmp_path / "home")}
    assert Path.cwd() == tmp_path
