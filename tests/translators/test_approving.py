"""Who stands behind words: never an engine, never one person twice, never for words that they were not shown."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polib
import pytest
from sqlalchemy import text

from onevoice import cli, localize
from onevoice.desk import translating
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import Desk
from onevoice.errors import Conflict, Refused, Unusable
from onevoice.localize import stamp
from onevoice.translators import approving
from onevoice.variant import Provenance

KEY = "action.take_lamp"
ON = date(2026, 11, 22)
Proves = Callable[[str], Actor]


def _words() -> polib.POEntry:
    return polib.POEntry(msgctxt=KEY, msgid="Take a lamp.", msgstr="Lleve una lámpara.", tcomment="a note")


# --- one entry


def test_two_people_make_an_approval() -> None:
    """The first who reads a machine draft makes it reviewed, the second approved."""
    entry = _words()
    assert approving.approve(entry, "Lena Park", ON) is Provenance.REVIEWED
    assert approving.approve(entry, "Omar Haddad", ON) is Provenance.APPROVED
    assert entry.tcomment.splitlines()[0] == "a note"
    assert [step.what for step in stamp.read(entry.tcomment).steps] == ["reviewed", "approved"]


def test_a_translation_is_approved_by_somebody_else() -> None:
    """One other person is enough: then two have read it."""
    entry = _words()
    approving.translate(entry, "Lleve luz.", "Ana Ruiz", ON)
    assert approving.approve(entry, "Lena Park", ON) is Provenance.APPROVED


@pytest.mark.parametrize("again", ["Ana Ruiz", "ana  RUIZ"])
def test_nobody_approves_their_own_translation(again: str) -> None:
    """However they spell their name."""
    entry = _words()
    approving.translate(entry, "Lleve luz.", "Ana Ruiz", ON)
    with pytest.raises(Refused, match="has translated these words"):
        approving.approve(entry, again, ON)


def test_who_reviewed_does_not_approve() -> None:
    """One person twice is one person."""
    entry = _words()
    approving.approve(entry, "Lena Park", ON)
    with pytest.raises(Refused, match="has reviewed these words"):
        approving.approve(entry, "Lena Park", ON)


def test_steps_on_other_words_do_not_count() -> None:
    """After an edit the next person is the first again, also the same one."""
    entry = _words()
    approving.approve(entry, "Lena Park", ON)
    entry.msgstr = "Lleve luz."
    assert approving.approve(entry, "Lena Park", ON) is Provenance.REVIEWED


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"msgstr": " "}, "not translated"),
        ({"flags": ["fuzzy"]}, "English has changed"),
        ({"msgstr": "Lleve {lamp}."}, "other slots"),
    ],
)
def test_words_that_cannot_go_out_are_not_approved(fields: dict[str, Any], why: str) -> None:
    """Nothing, something stale, something damaged."""
    entry = _words()
    for name, value in fields.items():
        setattr(entry, name, value)
    with pytest.raises(Refused, match=why):
        approving.approve(entry, "Lena Park", ON)


def test_an_engine_is_nobody() -> None:
    """Its draft is a draft, and the first person who reads it reviews it."""
    entry = _words()
    approving.draft(entry, "Lleve luz.", "LibreTranslate", ON)
    assert "drafted: LibreTranslate on 2026-11-22" in entry.tcomment
    assert stamp.read(entry.tcomment).level is Provenance.MACHINE_DRAFT
    assert approving.approve(entry, "LibreTranslate", ON) is Provenance.REVIEWED


def test_the_stamp_outlives_polib_and_gettext(desk: Desk, actor: Proves, spanish: Any) -> None:
    """What editors keep: comments. Written by polib, and by msgcat where it is installed, it still holds."""
    found = translating.show(desk, "storm", "es", "warning")
    spanish.drafts()
    one = translating.shown(desk, "es", [KEY])[0]
    translating.approve_string(desk, actor("Lena Park"), "es", one)
    polib.pofile(str(spanish.path)).save()
    if shutil.which("msgcat"):
        subprocess.run(["msgcat", "-o", str(spanish.path), str(spanish.path)], check=True)
        assert subprocess.run(["msgfmt", "-c", "-o", "/dev/null", str(spanish.path)], check=False).returncode == 0
    said = localize.catalogue(desk.settings.content_root, "es").say(KEY, found.sources[KEY])
    assert (said.provenance, said.people) == (Provenance.REVIEWED, frozenset({"lena park"}))


# --- what there is to approve


def test_show_counts_what_one_hazard_says(desk: Desk, spanish: Any) -> None:
    """Exactly its sentences of that kind, those that other hazards say too, and where each stands."""
    spanish.drafts()
    desk.__dict__.pop("content", None)
    found = translating.show(desk, "storm", "es", "all-clear")
    assert {"hazard.storm.all-clear.opening", "action.go_home", "frame.english_only"} <= set(found.strings)
    assert "hazard.storm.warning.opening.T1" not in found.strings
    assert "action.take_lamp" not in found.strings
    assert all(key.startswith("frame.") for key in found.shared)
    told = translating.summary(found)
    assert f"es: {len(found.strings)} strings, {len(found.shared)} shared" in told
    assert f"{len(found.strings)} machine-draft." in told


def test_the_sheets_messages_show_every_string(desk: Desk) -> None:
    """And no message that could be left out."""
    found = translating.show(desk, "storm", "es", "warning")
    assert {key for message in found.messages for key in message.keys} == set(found.strings)
    assert len(found.messages) < 12
    for left_out in found.messages:
        others = {key for message in found.messages if message is not left_out for key in message.keys}
        assert others != set(found.strings)


@pytest.mark.parametrize(
    ("kind", "says", "never"),
    [
        ("warning", "hazard.storm.unknown.onset", "frame.changed.phone"),
        ("warning", "frame.cosign", "frame.sorry.T1"),
        ("update", "frame.changed.phone", "hazard.storm.warning.detail"),
        ("correction", "frame.sorry.T1", "frame.changed.phone"),
        ("", "frame.changed.phone", "action.nope"),
    ],
)
def test_what_only_some_alerts_say_is_approved_too(desk: Desk, kind: str, says: str, never: str) -> None:
    """Else a real update would be held back for a sentence that no made-up alert says."""
    strings = translating.show(desk, "storm", "es", kind).strings
    assert (says in strings, never in strings) == (True, False)


def test_all_kinds_of_the_only_hazard_say_every_string(desk: Desk) -> None:
    """Nothing of the library is left without somebody to approve it."""
    assert set(translating.show(desk, "storm", "es").strings) == set(desk.content.lexicon.sources)


@pytest.mark.parametrize(
    ("hazard", "language", "kind", "where"),
    [("storms", "es", "", "--hazard"), ("storm", "sw", "", "--language"), ("storm", "en", "", "--language"),
     ("storm", "es", "party", "--kind")],
)  # fmt: skip
def test_what_there_is_not_is_named(desk: Desk, hazard: str, language: str, kind: str, where: str) -> None:
    """With the option, and what there is."""
    with pytest.raises(Unusable) as refused:
        translating.show(desk, hazard, language, kind)
    assert refused.value.where == where
    assert refused.value.remedy


# --- approving what was shown


def test_a_sheet_is_approved_by_its_code(desk: Desk, actor: Proves, spanish: Any) -> None:
    """Each of its strings but those named, and no other; one entry in the audit chain names person, sheet, words."""
    spanish.drafts()
    found = translating.show(desk, "storm", "es", "warning")
    levels, reasons = translating.approve_shown(desk, actor("Lena Park"), found, found.code, [KEY])
    assert set(levels) == set(found.strings) - {KEY}
    assert reasons == []
    after = localize.catalogue(desk.settings.content_root, "es").entries
    assert {k for k, e in after.items() if e.provenance is Provenance.REVIEWED} == set(levels)
    with desk.ledger.read() as conn:
        row = conn.execute(text("SELECT actor, act, subject, detail FROM audit ORDER BY id DESC LIMIT 1")).one()
    assert row[:3] == ("Lena Park", "words approved", "es")
    assert found.code in str(row.detail)
    assert "hazard.storm.warning.opening.T1" in str(row.detail)


def test_a_code_is_of_what_was_read(desk: Desk, actor: Proves, spanish: Any) -> None:
    """When a word has changed since, nothing is approved and the file is as it was."""
    spanish.drafts()
    code = translating.show(desk, "storm", "es", "warning").code
    spanish.set(KEY, msgstr="Lleve dos lámparas.")
    desk.__dict__.pop("content")
    before = spanish.path.read_bytes()
    with pytest.raises(Conflict, match="not of the words"):
        translating.approve_shown(desk, actor("Lena Park"), translating.show(desk, "storm", "es", "warning"), code)
    assert spanish.path.read_bytes() == before


def test_a_code_of_one_kind_is_not_that_of_another(desk: Desk) -> None:
    """Each language, hazard and kind has its own."""
    codes = {translating.show(desk, "storm", tag, kind).code for tag in ("es", "ar") for kind in ("", "warning")}
    assert len(codes) == 4


def test_an_approver_of_alerts_is_no_reviewer_of_words(desk: Desk, actor: Proves) -> None:
    """The role decides."""
    found = translating.show(desk, "storm", "es", "warning")
    with pytest.raises(Refused, match="reviewer or officer"):
        translating.approve_shown(desk, actor("Sam Okafor"), found, found.code)


def test_a_string_is_approved_as_it_was_shown(desk: Desk, actor: Proves, spanish: Any) -> None:
    """Not after somebody has edited it in between."""
    spanish.drafts()
    one = translating.shown(desk, "es", [KEY])[0]
    assert "Take a lamp." in one["message"]
    spanish.set(KEY, msgstr="Otra cosa.")
    with pytest.raises(Conflict, match="changed meanwhile"):
        translating.approve_string(desk, actor("Lena Park"), "es", one)


def test_the_sheet_shows_everything_and_its_code(desk: Desk) -> None:
    """Every message and every sentence, right to left where it is, with nothing from elsewhere."""
    found = translating.show(desk, "storm", "ar", "warning")
    page = translating.sheet(desk, found)
    assert page.count('class="text own" lang="ar" dir="rtl"') == len(found.messages)
    assert all(f">{key}" in page for key in found.strings)
    assert f'<p class="code">{found.code}</p>' in page
    assert not re.search(r"(?:src|href)=", page)


# --- the command line


@pytest.fixture
def onevoice(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command line on the desk's home and content."""
    monkeypatch.setenv("ONEVOICE_HOME", str(desk.settings.home))
    monkeypatch.setenv("ONEVOICE_CONTENT", str(desk.settings.content_root))
    monkeypatch.setenv("ONEVOICE_SECRET", "correct horse battery")

    def run(*said: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["onevoice", "locales", *said])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


WHICH = ("--language", "es", "--hazard", "storm", "--kind", "warning")


def test_from_the_sheet_to_reviewed_words(onevoice: Any, spanish: Any, tmp_path: Path) -> None:
    """As docs/translator.md tells it: show, read, approve; a second time by the same person nothing is left to do."""
    spanish.drafts()
    page = tmp_path / "sheet.html"
    status, out, err = onevoice("show", *WHICH, "--html", str(page))
    assert (status, "machine-draft" in out, "strings" in err) == (0, True, True)
    code = re.findall(r'class="code">([-0-9a-f]+)<', page.read_text(encoding="utf-8"))[0]
    assert onevoice("approve", *WHICH, "--seen", code, "--as", "Lena Park")[0] == 0
    status, _, err = onevoice("approve", *WHICH, "--seen", code, "--as", "Lena Park")
    assert (status, "Lena Park has reviewed these words" in err) == (1, True)


def test_words_are_not_approved_through_a_pipe(onevoice: Any, spanish: Any) -> None:
    """`yes | onevoice` is nobody who reads."""
    before = spanish.path.read_bytes()
    status, _, err = onevoice("approve", *WHICH, "--as", "Lena Park")
    assert (status, "Nobody is here to read" in err) == (1, True)
    assert spanish.path.read_bytes() == before


def test_a_language_is_not_approved_in_bulk(onevoice: Any) -> None:
    """Strings or a hazard must be named."""
    status, _, err = onevoice("approve", "--language", "es", "--as", "Lena Park")
    assert (status, "never approved in bulk" in err) == (2, True)


def test_at_a_terminal_each_string_is_asked_for(onevoice: Any, spanish: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shown with English and a finished message; what is answered with no stays what it was."""
    spanish.drafts()
    replies = iter(["yes", "no"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(replies))
    status, _, err = onevoice("approve", "--language", "es", "--as", "Lena Park", KEY, "action.go_home")
    assert status == 0
    assert "Take a lamp." in err
    assert "  | " in err
    assert "provenance: reviewed" in spanish.entry(KEY).tcomment
    assert "provenance: machine-draft" in spanish.entry("action.go_home").tcomment
