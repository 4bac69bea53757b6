"""The sandbox's own record: JSON lines, one for each event, only ever appended to.

A line is handed to the operating system before the answer it tells of leaves, so a kill of the process loses nothing
that a client was ever told. It is not synced to the disk: the record is for tests, not for power cuts.
"""

import base64
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# A line cut short by a kill is closed with this mark at the next start, so that it can never be taken for an entry.
TORN = b"#torn"


class RecordDamaged(ValueError):
    """The record holds a line that is no entry; the message names file and line."""


class RecordLost(OSError):
    """The record cannot be written any more."""


class RecordInUse(OSError):
    """Another process writes this record; there may be only one writer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event. In the file `sender` is called "from", and what is empty is left out."""

    seq: int
    """Counts from 1 without a gap, over restarts too."""
    at: str
    """ISO 8601 with offset."""
    service: str
    """sms, smtp, mastodon, bluesky, callback, inbound; sandbox for its own start, stop and faults."""
    event: str
    sid: str = ""
    to: str = ""
    sender: str = ""
    body: str = ""
    """The text that a person reads: of a mail its text/plain part, with LF line ends."""
    sha256: str = ""
    """Hex digest of `body` in UTF-8."""
    num_segments: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    outcome: str = ""
    """What was answered, or what the other side answered."""
    raw: str = ""
    """A mail as it came, if it is UTF-8."""
    raw_base64: str = ""
    """A mail as it came, if it is not."""
    detail: dict[str, Any] = field(default_factory=dict)
    """What only this kind of event has; README.md lists it."""

    @property
    def mail(self) -> bytes:
        """The mail byte for byte; empty where there was none."""
        return base64.b64decode(self.raw_base64) if self.raw_base64 else self.raw.encode()


def digest(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def raw_fields(mail: bytes) -> dict[str, str]:
    """The field of an entry in which these bytes survive JSON."""
    try:
        return {"raw": mail.decode()}
    except UnicodeDecodeError:
        return {"raw_base64": base64.b64encode(mail).decode()}


def read(path: str | Path) -> list[Entry]:
    """All whole entries of a record, in order; a torn last line is left out.

    Raises RecordDamaged for a whole line that is no entry, FileNotFoundError where there is no file.
    """
    lines = Path(path).read_bytes().split(b"\n")[:-1]
    return [_entry(line, path, number) for number, line in enumerate(lines, 1) if not line.endswith(TORN)]


def lines_after(path: str | Path, seq: int) -> bytes:
    """The lines of the entries that came after one, as they stand in the file."""
    lines = Path(path).read_bytes().split(b"\n")[:-1]
    return b"".join(line + b"\n" for line in lines if not line.endswith(TORN) and json.loads(line)["seq"] > seq)


def _entry(line: bytes, path: str | Path, number: int) -> Entry:
    try:
        found = json.loads(line)
        found["sender"] = found.pop("from", "")
        return Entry(**found)
    except (ValueError, TypeError, AttributeError) as problem:
        raise RecordDamaged(f"{path}, line {number}: this is not an entry of a sandbox record") from problem


class Record:
    """The one writer of a record file; `learned` holds what the file held before."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._torn = False
        self.lost: RecordLost | None = None
        self.when_lost: Callable[[], object] = bool
        """What is to happen then: a witness that cannot write must not go on."""
        self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            self._claim()
            self.learned = read(self.path)
        except BaseException:
            os.close(self._file)
            raise
        self.seq = self.learned[-1].seq if self.learned else 0

    def _claim(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise RecordInUse(
                f"{self.path}: another sandbox writes this record; give --record another file"
            ) from problem
        held = self.path.read_bytes()
        if held and not held.endswith(b"\n"):
            self._torn = True
            self._append(b"")

    def write(self, service: str, event: str, *, sender: str = "", **fields: Any) -> Entry:
        """Appends one event and returns it once the operating system has it; raises RecordLost if it has not."""
        if body := fields.get("body"):
            fields["sha256"] = digest(body)
        told = {name: value for name, value in fields.items() if value}
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        entry = Entry(seq=self.seq + 1, at=now, service=service, event=event, sender=sender, **told)
        self._append(_line(entry, told))
        self.seq += 1
        return entry

    def _append(self, line: bytes) -> None:
        # One call writes a line whole, except on a full disk: what then stands there is closed before the next line.
        left = TORN + b"\n" + line if self._torn else line
        self._torn = True
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as problem:
            self.lost = RecordLost(f"{self.path} cannot be written any more: {problem.strerror}")
            self.when_lost()
            raise self.lost from problem
        self._torn = False

    def close(self) -> None:
        """Ends the writing and frees the file for another process."""
        os.close(self._file)


def _line(entry: Entry, told: Mapping[str, Any]) -> bytes:
    head: dict[str, Any] = {"seq": entry.seq, "at": entry.at, "service": entry.service, "event": entry.event}
    if entry.sender:
        head["from"] = entry.sender
    return json.dumps(head | dict(told), ensure_ascii=False).encode() + b"\n"
