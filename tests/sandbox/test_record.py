import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.record import Entry, Record, RecordDamaged, RecordInUse, digest, lines_after, raw_fields, read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a record that is not there yet."""
    return tmp_path / "record.jsonl"


def test_an_entry_comes_back_as_it_was_written(path: Path) -> None:
    """Every field survives the file, other scripts and line breaks included."""
    record = Record(path)
    text = "Move now.\n اتجه إلى أعلى \u2028 😀"
    written = record.write(
        "sms", "accepted", sid="SM1", to="+14135550100", sender="+14135550101", body=text, detail={"a": [1]}
    )
    record.close()

    assert [written] == read(path)
    assert text == written.body
    assert digest(text) == written.sha256
    assert written.at.endswith("+00:00")


def test_the_file_says_from_and_leaves_out_what_is_empty(path: Path) -> None:
    """A line is plain JSON for anybody's tools."""
    record = Record(path)
    record.write("sms", "accepted", to="+14135550100", sender="+14135550101")
    record.close()

    assert {"seq", "at", "service", "event", "from", "to"} == set(json.loads(path.read_text()))


@pytest.mark.parametrize("mail", [b"Subject: caf\xc3\xa9\r\n\r\nhi\r\n", b"Subject: caf\xe9\r\n\r\n\x00\xff"])
def test_a_mail_comes_back_byte_for_byte(path: Path, mail: bytes) -> None:
    """Mail that is UTF-8 stands as text, other mail as base64."""
    record = Record(path)
    record.write("smtp", "accepted", **raw_fields(mail))
    record.close()

    assert mail == read(path)[0].mail


def test_numbers_go_on_after_a_restart(path: Path) -> None:
    """A second writer continues where the first ended."""
    for _ in range(2):
        record = Record(path)
        record.write("sms", "accepted")
        record.write("sms", "status")
        record.close()

    assert [entry.seq for entry in read(path)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "torn", [b'{"seq": 2, "at', b'{"seq": 2, "at": "x", "service": "s", "event": "whole but for its end"}']
)
def test_a_torn_last_line_is_no_entry_now_or_later(path: Path, torn: bytes) -> None:
    """What a kill cut short is left out, and stays out when others follow it."""
    record = Record(path)
    record.write("sms", "accepted")
    record.close()
    path.write_bytes(path.read_bytes() + torn)
    before = read(path)
    record = Record(path)
    record.write("sms", "status")
    record.close()

    assert [entry.seq for entry in before] == [1]
    assert [(entry.seq, entry.event) for entry in read(path)] == [(1, "accepted"), (2, "status")]


@pytest.mark.parametrize(
    "line", ["{}", "[]", "rubbish", '{"seq": 1, "at": "x", "service": "s", "event": "e", "more": 1}']
)
def test_a_line_that_is_no_entry_is_named(path: Path, line: str) -> None:
    """A damaged record is refused, with file and line."""
    path.write_text(line + "\n")

    with pytest.raises(RecordDamaged, match=r"record\.jsonl, line 1"):
        read(path)


def test_there_is_only_one_writer(path: Path) -> None:
    """A second writer is refused while the first lives, and taken when it has gone."""
    first = Record(path)
    with pytest.raises(RecordInUse, match="--record"):
        Record(path)
    first.close()
    Record(path).close()


def test_a_full_disk_raises_and_leaves_the_record_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a line on a full disk is never an entry, and the next line is its own."""
    record = Record(path)
    write = os.write
    answers: Iterator[int | OSError] = iter([7, OSError(errno.ENOSPC, "full")])

    def short(file: int, line: bytes) -> int:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return write(file, line[:answer])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", short)
        with pytest.raises(OSError, match="full"):
            record.write("sms", "accepted")
    record.write("sms", "status")
    record.close()

    assert [(entry.seq, entry.event) for entry in read(path)] == [(1, "status")]


def test_lines_after_one_are_given_as_they_stand(path: Path) -> None:
    """Who polls the record gets only what is new."""
    record = Record(path)
    for event in ("accepted", "status", "status"):
        record.write("sms", event)
    record.close()

    assert path.read_bytes().split(b"\n", 1)[1] == lines_after(path, 1)


def test_an_entry_names_its_empty_fields() -> None:
    """A reader need not ask whether a field is there."""
    assert Entry(seq=1, at="x", service="sms", event="e").outcome == ""
