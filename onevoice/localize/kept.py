"""What was read from a large file of words, kept beside it, as Python keeps what it compiled.

Reading a catalogue takes a fifth of a second, and a command may need all of them. What is kept stands for exactly these
bytes, read by exactly this code, and is whole: else it counts for nothing and the file is read. Where nothing can be
written beside the file it is read each time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from onevoice.whole import write

LARGE = 100_000
"""Bytes from which on keeping is worth while."""

_DIGITS = 64


def kept(file: Path, content: bytes, code: str, read: Callable[[], Any]) -> Any:
    """What `read` makes of a file with this content, as plain values; `code` stands for all code that takes part."""
    if len(content) < LARGE:
        return read()
    place, of = file.parent / "__pycache__" / f"{file.name}.json", hashlib.sha256(content + code.encode()).digest()
    with suppress(OSError, ValueError):
        seal, body = _halves(place.read_bytes())
        if seal == _seal(of, body):
            return json.loads(body)
    made = read()
    with suppress(OSError):
        if file.read_bytes() == content:  # else it was edited meanwhile, and what was read may be of other bytes
            body = json.dumps(made, ensure_ascii=False).encode()
            write(place, _seal(of, body).encode() + body, file.stat().st_mode & 0o666)  # for whoever may read the file
    return made


def _halves(whole: bytes) -> tuple[str, bytes]:
    return whole[:_DIGITS].decode("ascii"), whole[_DIGITS:]


def _seal(of: bytes, body: bytes) -> str:
    return hashlib.sha256(of + body).hexdigest()
