import csv
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TOO_COMMON = 4
"""A name as short as this is found in any database by chance."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Run the demo as somebody does who has just installed it, with Prefect; give its folder and how it ended."""
    home = tmp_path_factory.mktemp("demo")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ONEVOICE_", "PREFECT_", "COV_"))}
    done = subprocess.run(
        [sys.executable, "-m", "onevoice", "demo", "--recipients", "60"],
        capture_output=True,
        text=True,
        cwd=home,
        env=environment | {"ONEVOICE_HOME": str(home / "home")},
        timeout=240,
        check=False,
    )
    return home / "home" / "demo", done


@pytest.mark.slow
def test_the_demo_does_the_main_job(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """It ends with status 0, leaves what it promises, says where it is, and people were reached."""
    home, done = demo
    assert done.returncode == 0, done.stderr[-2000:]
    for name in ("report.html", "feeds/feeds/exercise/atom.xml", "sandbox-record.jsonl", "onevoice.db"):
        assert (home / name).stat().st_size > 0
    for name in ("report.html", "feeds", "sandbox-record.jsonl", "onevoice.db"):
        assert str(home / name) in done.stdout
    assert int(re.findall(r"delivered (\d+)", done.stdout)[0]) > 0
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_second_demo_finds_nothing_running(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """What it started it has stopped: nobody has its database open any more."""
    home, _ = demo
    with sqlite3.connect(home / "onevoice.db", timeout=0) as conn:
        conn.execute("BEGIN EXCLUSIVE")
        conn.execute("ROLLBACK")
    conn.close()
    running = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if _readable(path)]
    assert not [words for words in running if str(home).encode() in words]


def _readable(path: Path) -> bool:
    try:
        return bool(path.read_bytes())
    except OSError:
        return False


def _people(home: Path) -> Iterator[bytes]:
    """All that would tell who somebody is: names, mail addresses, and numbers in every spelling."""
    with (home / "contacts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            digits = [re.sub(r"\D", "", row[key])[-10:] for key in ("mobile", "landline") if row[key]]
            written = [f"{d[:3]}{sep}{d[3:6]}{sep}{d[6:]}" for d in digits for sep in "-. "]
            for word in (row["name"], row["email"], row["email"].casefold(), row["mobile"], *digits, *written):
                if len(word) > TOO_COMMON:
                    yield word.encode()


@pytest.mark.slow
def test_nobody_stands_in_what_prefect_keeps_or_in_a_log(
    demo: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """No number, address or name of the town is in Prefect's folder, in a log, in the report, or on the screen."""
    home, done = demo
    people = set(_people(home))
    kept = [path for path in (home / "prefect").rglob("*") if path.is_file()]
    public = [*home.glob("*.log*"), home / "report.html", *(path for path in (home / "feeds").rglob("*.*"))]

    assert len(people) > 100
    assert any(path.suffix == ".db" and path.stat().st_size > 0 for path in kept)
    for path in [*kept, *public]:
        octets = path.read_bytes()
        assert not [word for word in people if word in octets], path.relative_to(home)
    assert not [word for word in people if word in (done.stdout + done.stderr).encode()]


@pytest.mark.slow
def test_the_record_holds_the_people_that_the_search_looks_for(
    demo: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """The same search finds them where they must be: at the provider."""
    home, _ = demo
    octets = (home / "sandbox-record.jsonl").read_bytes()
    assert [word for word in _people(home) if word in octets]
