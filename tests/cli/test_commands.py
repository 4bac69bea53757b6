import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

EXAMPLE = "examples/river_flood_warning.yaml"
ROOT = Path(__file__).resolve().parents[2]
COMMANDS = re.findall(
    r"^## `onevoice (.+)`$", (ROOT / "docs" / "commands.md").read_text(encoding="utf-8"), re.MULTILINE
)
HEAVY = {"prefect", "sqlalchemy", "babel", "textstat", "nltk", "phonenumbers", "fastapi", "shapely", "twilio", "lxml"}
CANARIES = ("2015550142", "201-555-0142", "5550142", "canary.person", "Canary Person")
"""What stands in a contact file of these tests, and nowhere else."""

Run = Callable[..., Any]


# --- help and wrong use ---------------------------------------------------------------------------------------


def test_the_page_of_commands_names_them() -> None:
    """The other tests here take their commands from docs/commands.md."""
    assert {"alert preview", "alert edit", "halt", "text sms", "audience import"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(command: str, onevoice: Run) -> None:
    """`--help` answers with words on standard output, and status 0."""
    ended = onevoice(*command.split(), "--help")

    assert (ended.status, ended.err) == (0, "")
    assert f"onevoice {command}" in ended.out or "Usage" in ended.out
    assert len(ended.out.splitlines()) > 4


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("alert", "nonsense"),
        ("alert", "preview"),
        ("alert", "draft", EXAMPLE),
        ("halt", "--loud"),
        ("demo", "--recipients", "many"),
        ("people", "add", "Eve", "--role", "boss"),
        ("alert", "preview", "nope.yaml"),
        ("alert", "status", "nope"),
        ("alert", "draft", "nope.yaml", "--as", "Maria Solis"),
        ("audience", "import", "nope.csv"),
        ("audience", "optout", "somebody"),
        ("cap", "check", "nope.xml"),
        ("partner", "revoke", "nobody"),
        ("alert", "new", "river_floods"),
        ("alert", "new", "river_flood", "--kind", "party"),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("home")
def test_wrong_use_ends_with_status_2(words: tuple[str, ...], onevoice: Run) -> None:
    """What cannot be used is said on standard error; standard output stays empty."""
    ended = onevoice(*words)

    assert (ended.status, ended.out) == (2, "")
    assert ended.err
    assert "Traceback" not in ended.err
    assert "errors.log" not in ended.err


@pytest.mark.parametrize("words", [(), ("alert",), ("replies",), ("db",)], ids=" ".join)
def test_a_group_alone_shows_what_there_is(words: tuple[str, ...], onevoice: Run) -> None:
    """Nobody needs to know `--help`."""
    ended = onevoice(*words)

    assert ended.status in (0, 2)
    assert "Commands" in ended.out + ended.err


def test_help_needs_no_heavy_library() -> None:
    """`onevoice --help` answers at once, because nothing big is imported for it."""
    code = (
        "import sys; sys.argv = ['onevoice', '--help']\n"
        "from onevoice import cli\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "print('|'.join(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = {name.partition(".")[0] for name in done.stderr.split("|")}

    assert "typer" in loaded
    assert "Usage" in done.stdout
    assert not loaded & HEAVY


# --- out of reach ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("people", "list"),
        ("audience", "show"),
        ("alert", "list"),
        ("alert", "preview", str(ROOT / EXAMPLE)),
        ("alert", "status", "x"),
        ("control", "--json"),
        ("partner", "list"),
        ("replies", "list"),
        ("resume", "--as", "Maria Solis"),
        ("alert", "draft", str(ROOT / EXAMPLE), "--as", "Maria Solis"),
        ("serve",),
        ("feed", "export", "feeds"),
    ],
    ids=" ".join,
)
def test_without_a_database_it_says_how_to_make_one(
    words: tuple[str, ...], onevoice: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 3, and the command that makes a database."""
    monkeypatch.setenv("ONEVOICE_SECRET", "correct horse battery")
    ended = onevoice(*words)

    assert (ended.status, ended.out) == (3, "")
    assert "onevoice db upgrade" in ended.err


def test_a_halt_without_a_database_stops_this_machine_and_says_the_rest(onevoice: Run, tmp_path: Path) -> None:
    """The file is written, status 1, and a sentence says that others may still send."""
    ended = onevoice("halt", "--reason", "wrong text", "--json")

    assert (tmp_path / "home" / "HALT").exists()
    assert (ended.status, json.loads(ended.out)["database"]) == (1, False)
    assert "other machines may still send" in ended.err


def test_a_halt_while_the_database_is_locked_ends_soon_and_says_what_is_left(home: Path) -> None:
    """The file is written and said at once; two seconds later the command ends, and names who tells the database."""
    lock = sqlite3.connect(home / "onevoice.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    command = [sys.executable, "-m", "onevoice", "halt", "--reason", "wrong text", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as halting:
        assert halting.stderr is not None
        first, begun = halting.stderr.readline(), time.monotonic()
        stopped = (home / "HALT").exists()
        out, err = halting.communicate(timeout=40)
        took = time.monotonic() - begun
    lock.execute("ROLLBACK")
    lock.close()

    assert "stops now" in first
    assert (stopped, halting.returncode) == (True, 1)
    assert took < 3  # two seconds, and what it takes to load the database's library
    assert json.loads(out)["database"] is False
    assert "The file HALT is written; the sender on this machine tells the database later." in err


# --- answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Move to higher ground.\n", {"encoding": "GSM-7", "units": 22, "segments": 1, "forced_by": []}),
        ("€" * 80, {"encoding": "GSM-7", "units": 160, "segments": 1, "forced_by": []}),
        ("a" * 161, {"encoding": "GSM-7", "units": 161, "segments": 2, "forced_by": []}),
        ("Vaya más alto, señor ç", {"encoding": "UCS-2", "units": 22, "segments": 1, "forced_by": ["á", "ç"]}),
        ("", {"encoding": "GSM-7", "units": 0, "segments": 0, "forced_by": []}),
    ],
)
def test_a_text_is_counted_as_it_travels(text: str, expected: dict[str, Any], onevoice: Run) -> None:
    """Encoding, units, segments, and which letters force the dearer encoding."""
    ended = onevoice("text", "sms", "--json", stdin=text)

    found = json.loads(ended.out)
    assert (ended.status, ended.err) == (0, "")
    assert found | {"forced_by": sorted(found["forced_by"])} == expected


def test_a_preview_prints_json_alone(home: Path, onevoice: Run) -> None:
    """Nothing else stands on standard output, and the status says that nothing blocks."""
    ended = onevoice("alert", "preview", str(ROOT / EXAMPLE), "--json")

    assert (ended.status, json.loads(ended.out)["blocked"]) == (0, False)
    assert home.exists()


def test_a_preview_tells_a_person_how_many_are_meant(home: Path, onevoice: Run) -> None:
    """Who can be reached and who cannot add up to those who are meant."""
    ended = onevoice("alert", "preview", str(ROOT / EXAMPLE))
    meant, can, cannot = map(
        int, re.findall(r"(\d+) people are meant: (\d+) can be reached, (\d+) cannot", ended.out)[0]
    )

    assert meant == can + cannot > 0
    assert "Nothing is sent" in ended.out
    assert "(filled in)" in ended.out
    assert home.exists()


def test_a_preview_that_blocks_ends_with_status_1(onevoice: Run) -> None:
    """Where nobody can be reached the release is blocked, and a script sees it."""
    assert onevoice("db", "upgrade").status == 0

    ended = onevoice("alert", "preview", str(ROOT / EXAMPLE), "--json")

    assert (ended.status, json.loads(ended.out)["blocked"]) == (1, True)


def test_damaged_rows_are_named_and_the_others_kept(home: Path, onevoice: Run) -> None:
    """Status 1, each bad row with line and reason, and not a letter of what stood in it."""
    rows = home / "contacts.csv"
    rows.write_text(
        "ref,name,mobile,email,zone\n"
        "c1,Canary Person,201-555-0142,canary.person@inbox.example,market\n"
        "c2,Canary Person,4.47E+11,,market\n"
        "c3,Canary Person,2015550142x9,,market\n"
        "c4,Canary Person,,canary.person at inbox,market\n"
        "c5,Canary Person,201-555-0142,,market,one,too,many\n"
        "c6,Canary Person,(201) 555-0143,,market\n",
        encoding="utf-8",
    )
    ended = onevoice("audience", "import", str(rows), "--json")
    spoken = onevoice("audience", "import", str(rows))

    found = json.loads(ended.out)
    assert (ended.status, spoken.status) == (1, 1)
    assert found["added"] == 2
    assert [(row["line"], row["field"]) for row in found["refused"]] == [
        (3, "mobile"), (4, "mobile"), (5, "email"), (6, "row"),
    ]  # fmt: skip
    assert "contacts.csv, line 3, mobile: " in spoken.err
    _says_nobody(ended.out + ended.err + spoken.out + spoken.err)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("555", "ADDRESS: This is not a number in use: a digit, a leading zero or the country code may be lost."),
        ("somebody", "ADDRESS: This is neither a number nor a mail address."),
        ("ana@", "ADDRESS: This has a domain that cannot exist."),
    ],
)
@pytest.mark.usefixtures("home")
def test_an_opt_out_that_cannot_be_says_what_of(address: str, said: str, onevoice: Run) -> None:
    """Whole sentences, which name the argument and never repeat what was typed."""
    ended = onevoice("audience", "optout", address)

    assert ended.status == 2
    assert said in " ".join(ended.err.split())
    assert address not in ended.err


def _says_nobody(words: str) -> None:
    for canary in CANARIES:
        assert canary not in words


def test_no_command_prints_a_person(home: Path, onevoice: Run) -> None:
    """Counts, previews, drafts and submits speak of ids and numbers of people, never of one of them."""
    rows = home / "contacts.csv"
    rows.write_text(
        "ref,name,mobile,email,zone\nc1,Canary Person,201-555-0142,canary.person@inbox.example,old-mill\n",
        encoding="utf-8",
    )
    said = [onevoice("audience", "import", str(rows)), onevoice("audience", "optout", "201-555-0142")]
    drafted = onevoice("alert", "draft", str(ROOT / EXAMPLE), "--as", "Maria Solis", "--json")
    alert_id = json.loads(drafted.out)["id"]
    deeds = (
        ("audience", "show"),
        ("alert", "preview", alert_id),
        ("alert", "submit", alert_id, "--as", "Maria Solis"),
        ("alert", "approve", alert_id, "--as", "Sam Okafor"),
        ("alert", "status", alert_id, "--json"),
        ("alert", "replies", alert_id),
        ("people", "list", "--json"),
        ("people", "add", "Eve", "--role", "officer", "--mobile", "201-555-0142 ext 3"),
    )
    said += [onevoice(*words) for words in deeds]

    assert [ended.status for ended in said] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    for ended in said:
        _says_nobody(ended.out + ended.err)
    _says_nobody("".join(path.read_text(encoding="utf-8") for path in home.glob("*.log")))


def test_an_alert_is_made_by_answering_questions(home: Path, onevoice: Run) -> None:
    """Wrong answers are asked again; what is written previews without a change."""
    file = home / "flood.yaml"
    answers = ["perhaps", "exercise", "atlantis", "old-mill, riverside", "soon", "+90m", "+30m", "y"]

    ended = onevoice("alert", "new", "river_flood", str(file), stdin="\n".join(answers) + "\n")

    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert (ended.status, ended.out.strip()) == (0, "")
    assert "'soon' is no time" in ended.err
    assert written["facts"] == {"act_by": "+90m", "next_update": "+30m", "impact": "unknown"}
    assert (written["status"], written["initial"]) == ("Exercise", True)
    assert written["area"] == {"zones": ["old-mill", "riverside"]}
    assert onevoice("alert", "preview", str(file)).status == 0
    assert onevoice("alert", "new", "river_flood", str(file)).status == 2
    assert yaml.safe_load(file.read_text(encoding="utf-8")) == written


def test_answers_that_end_early_leave_no_file(home: Path, onevoice: Run) -> None:
    """Who stops in the middle has not written half an alert."""
    file = home / "flood.yaml"

    ended = onevoice("alert", "new", "river_flood", str(file), stdin="Exercise\n")

    assert ended.status != 0
    assert not file.exists()


@pytest.mark.parametrize("words", [("alert", "preview", str(ROOT / EXAMPLE), "--html"), ("audience", "town")])
def test_a_file_that_cannot_be_written_is_named(words: tuple[str, ...], home: Path, onevoice: Run) -> None:
    """A folder that is not there is the user's to mend: status 2 and the path."""
    ended = onevoice(*words, str(home / "not there" / "x.html"))

    assert ended.status == 2
    assert f"{home / 'not there' / 'x.html'}: No such file or directory" in ended.err


def test_a_wrong_setting_is_named(onevoice: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 2 and the name of the setting."""
    monkeypatch.setenv("ONEVOICE_TIMEZONE", "Mars/Olympus")
    ended = onevoice("control")

    assert (ended.status, ended.out) == (2, "")
    assert "ONEVOICE_TIMEZONE" in ended.err


def test_something_unexpected_is_one_sentence_with_a_place(home: Path, onevoice: Run) -> None:
    """A damaged database row is no traceback on the screen; where it happened is in the log, without values."""
    with sqlite3.connect(home / "onevoice.db") as conn:
        conn.execute("INSERT INTO partner VALUES ('p', 'Canary Person', 'x', '', '', '', NULL, 'Canary Person', NULL)")
    conn.close()

    ended = onevoice("partner", "list")

    assert (ended.status, ended.out) == (3, "")
    assert len(ended.err.splitlines()) == 1
    _says_nobody(ended.err + "".join(path.read_text(encoding="utf-8") for path in home.glob("*.log")))


@pytest.mark.usefixtures("home")
def test_without_a_terminal_a_secret_is_a_line_or_a_sentence(
    onevoice: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script may pipe the secret; where there is none, the setting is named, and no warning of a library shows."""
    monkeypatch.delenv("ONEVOICE_SECRET")
    monkeypatch.setattr("onevoice.cli.common.has_terminal", lambda: False)
    draft = ("alert", "draft", str(root / "examples" / "river_flood_warning.yaml"), "--as", "Maria Solis")

    assert onevoice(*draft, stdin="correct horse battery\n").status == 0
    nobody = onevoice(*draft)
    assert (nobody.status, nobody.out) == (2, "")
    assert nobody.err.startswith("onevoice: ONEVOICE_SECRET: There is no terminal")
    assert "Warning" not in nobody.err


@pytest.mark.usefixtures("home")
def test_a_step_out_of_turn_says_which_step_comes_first(onevoice: Run, root: Path) -> None:
    """A draft has nothing to approve, and what waits for approval is not submitted again."""
    file = str(root / "examples" / "river_flood_warning.yaml")
    alert = onevoice("alert", "draft", file, "--as", "Maria Solis").out.strip()

    early = onevoice("alert", "approve", alert, "--as", "Sam Okafor")
    assert (early.status, "is draft, so it is not waiting" in early.err, "Submit it first" in early.err) == (
        1,
        True,
        True,
    )
    assert onevoice("alert", "submit", alert, "--as", "Maria Solis").status == 0
    again = onevoice("alert", "submit", alert, "--as", "Maria Solis")
    assert (again.status, "It waits for an approver's answer" in again.err) == (1, True)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("demo", "--recipients", "-5"), "--recipients"),
        (("audience", "town", "t.csv", "--residents", "0"), "--residents"),
        (("cap", "check", "none.xml"), "none.xml: The file cannot be read (No such file or directory). Check its name"),
        (("alert", "new", "river_flood", "none/flood.yaml"), "none: There is no such folder"),
        (("alert", "replies", "none-1"), "There is no alert 'none-1'"),
        (("alert", "status", "x" * 5000), f"There is no alert '{'x' * 80}'."),
    ],
)
def test_rubbish_is_refused_in_one_sentence_before_anything_happens(
    onevoice: Run, words: tuple[str, ...], said: str
) -> None:
    """It names what is wrong and what to do, with the status of wrong use."""
    ended = onevoice(*words)

    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert len(ended.err) < 400
    assert "unexpected" not in ended.err


def test_what_partners_said_stands_in_the_status(home: Path, onevoice: Run, root: Path) -> None:
    """Each with its last word and the version that it was about."""
    file = str(root / "examples" / "river_flood_warning.yaml")
    alert = onevoice("alert", "draft", file, "--as", "Maria Solis").out.strip()
    assert onevoice("partner", "add", "radio", "--name", "Town Radio").status == 0
    with sqlite3.connect(home / "onevoice.db") as database:
        for at, word in enumerate(("received", "passing-on")):
            database.execute(
                "INSERT INTO partner_word (partner_id, alert_id, word, at) VALUES ('radio', ?, ?, ?)", (alert, word, at)
            )
    shown = onevoice("alert", "status", alert).out.splitlines()
    begin = shown.index("Partners")

    assert shown[begin + 1].split() == ["partner", "says", "version", "when"]
    assert shown[begin + 2].split()[:4] == ["radio", "passing", "on", "1"]
    assert json.loads(onevoice("alert", "status", alert, "--json").out)["partners"][0]["word"] == "passing-on"
