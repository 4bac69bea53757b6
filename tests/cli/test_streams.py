"""What commands print, and where: readers who go away, full disks, terminals. No traceback, and the deed is done."""

import os
import pty
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "river_flood_warning.yaml"
SECRET = "correct horse battery"
PATIENCE = 120.0


def shell(home: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `onevoice` is the command line."""
    line = f'set -o pipefail; onevoice() {{ "{sys.executable}" -m onevoice "$@"; }}; {script}'
    environment = {**os.environ, "ONEVOICE_HOME": str(home), "ONEVOICE_SECRET": SECRET}
    command = ["bash", "-c", line]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=home.parent, timeout=PATIENCE, check=False
    )


@pytest.mark.parametrize("words", ["people list", "audience show --json", "--help"])
@pytest.mark.parametrize("reader", ["head -1", "true"])
def test_a_reader_who_goes_away_is_no_error(words: str, reader: str, home: Path) -> None:
    """`| head -1` gives its line; nothing is said on standard error, and the command's own status stands."""
    done = shell(home, f"onevoice {words} | {reader}")

    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == (reader != "true")


def test_a_deed_is_done_though_nobody_reads_what_it_says(home: Path) -> None:
    """The alert is stored all the same, once."""
    done = shell(home, f"onevoice alert draft {EXAMPLE} --as 'Maria Solis' 2>&1 | true; onevoice alert list")

    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2


def test_an_answer_that_finds_no_room_is_said_to_be_lost(home: Path) -> None:
    """Status 3 and one sentence: a script must not take half an answer for a whole one."""
    done = shell(home, "onevoice people list > /dev/full")

    assert done.returncode == 3
    assert done.stderr.startswith("onevoice: standard output: No space left on device.")
    assert len(done.stderr.splitlines()) == 1


def test_without_standard_output_and_error_a_command_still_ends_well(home: Path) -> None:
    """As a service manager may start it."""
    assert shell(home, "onevoice people list >&- 2>&-").returncode == 0


def test_a_file_on_a_full_disk_is_named_and_what_to_do(home: Path) -> None:
    """The town does not fit."""
    done = shell(home, "onevoice audience town /dev/full --residents 2000")

    assert done.returncode == 3
    assert "No space left on device. Free some space" in done.stderr
    assert "unexpected" not in done.stderr


@pytest.mark.parametrize("kib", [8, 40])
def test_a_database_that_cannot_grow_says_so_and_keeps_what_it_had(kib: int, home: Path) -> None:
    """Where files may have so many KiB, SQLite says "disk I/O error": the sentence names the disk."""
    done = shell(home, f"(ulimit -f {kib}; for i in 1 2 3; do onevoice people add P$i --role officer || exit; done)")
    kept = shell(home, "onevoice people list").stdout

    assert done.returncode == 3
    assert "The disk cannot be written to or read: it is full, or broken." in done.stderr
    assert "Maria Solis" in kept
    assert [f"P{i}" in kept for i in (1, 2, 3)] == [f"P{i} can act" in done.stderr for i in (1, 2, 3)]


# --- alert status --watch -------------------------------------------------------------------------------------


@pytest.fixture
def waiting(home: Path) -> str:
    """Submit the example: its deliveries are planned, and nothing more happens by itself."""
    drafted = shell(home, f"onevoice alert draft {EXAMPLE} --as 'Maria Solis'").stdout.strip()
    assert shell(home, f"onevoice alert submit {drafted} --as 'Maria Solis'").returncode == 0
    return drafted


def watching(home: Path, alert: str, **streams: Any) -> subprocess.Popen[str]:
    """Watch an alert in a process of its own."""
    command = [sys.executable, "-m", "onevoice", "alert", "status", alert, "--watch"]
    environment = {**os.environ, "ONEVOICE_HOME": str(home)}
    return subprocess.Popen(command, env=environment, text=True, **streams)


def shown_on(terminal: int, until: re.Pattern[str]) -> str:
    """Read a terminal until it shows that."""
    seen, end = "", time.monotonic() + PATIENCE
    while not until.search(seen) and time.monotonic() < end:
        seen += os.read(terminal, 4096).decode()
    return seen


def test_a_watcher_on_a_terminal_sees_one_line_that_changes_until_all_is_over(home: Path, waiting: str) -> None:
    """The line is written anew in its place; once the alert is over the status follows on lines of its own."""
    terminal, theirs = pty.openpty()
    with watching(home, waiting, stdout=subprocess.PIPE, stderr=theirs) as watcher:
        os.close(theirs)
        seen = shown_on(terminal, re.compile(r"(\r\x1b\[Kplanned \d+[^\r\n]*){2}"))
        with sqlite3.connect(home / "onevoice.db") as database:
            database.execute("UPDATE alert SET state = 'completed'")
        out, _ = watcher.communicate(timeout=PATIENCE)
    os.close(terminal)

    assert re.fullmatch(r"(\r\x1b\[Kplanned \d+(  [a-z_ ]+ \d+)*)+", seen), seen
    assert watcher.returncode == 0
    assert out.splitlines()[0] == f"{waiting}: completed"


def test_a_watch_that_nobody_reads_any_more_ends(home: Path, waiting: str) -> None:
    """`--watch 2>&1 | head -1`: after its first line nothing is watched on in the dark."""
    with watching(home, waiting, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as watcher:
        assert watcher.stderr is not None
        first = watcher.stderr.readline()
        watcher.stderr.close()
        assert watcher.wait(PATIENCE) == 0

    assert first.startswith("planned ")
