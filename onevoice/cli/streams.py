"""Where commands print to: a reader who goes away, or a full disk, ends no deed.

A release whose words nobody reads any more (`onevoice … | head -1`) must still send. So what cannot be printed is
dropped, the command goes on, and who runs it is told in the end where that was not their own doing.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Steady:
    """A stream that takes everything; `lost` is why it could not be written, once it could not."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost: OSError | None = None

    def write(self, text: str) -> int:
        """Write, or drop it."""
        self._if_open(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        """Flush, or drop what is left."""
        self._if_open(self._stream.flush)

    @property
    def unread(self) -> bool:
        """True once the reader is gone."""
        return isinstance(self.lost, BrokenPipeError)

    def _if_open(self, deed: Callable[..., object], *given: str) -> None:
        if self.lost:
            return
        try:
            deed(*given)
        except OSError as problem:
            self.lost = problem
            self._divert()

    def _divert(self) -> None:
        """What the interpreter still holds for it goes nowhere, also when it ends."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the stream's own."""
        return getattr(self._stream, name)


@contextmanager
def steady() -> Iterator[Steady]:
    """Print steadily as long as the `with` lasts. Gives standard output."""
    before = sys.stdout, sys.stderr
    out, err = (Steady(stream or StringIO()) for stream in before)  # None where somebody closed it
    sys.stdout, sys.stderr = out, err
    try:
        yield out
    finally:
        out.flush()
        sys.stdout, sys.stderr = before


def unread() -> bool:
    """True where whoever read what we print is gone, so that showing more is of no use."""
    return any(isinstance(stream, Steady) and stream.unread for stream in (sys.stdout, sys.stderr))
