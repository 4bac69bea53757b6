"""Every error OneVoice raises on purpose, as one tree.

OneVoiceError                 the root; its text is meant for a person
├── Unusable                  the input cannot be used at all: exit status 2
│   └── WrongSetting          a setting has a wrong value; names the setting
├── NotAllRight               the thing asked about is not all right: exit status 1
│   ├── Blocked               a finding blocks the release
│   ├── Refused               the person may not do this, or did not prove who they are
│   └── Conflict              somebody or something else was first; the state is another
└── OutOfReach                a needed part (database, provider, page) cannot be reached: exit status 3
"""

from __future__ import annotations

from typing import ClassVar


class OneVoiceError(Exception):
    """Something is wrong, and a person can mend it.

    The text says what is wrong, where (file, line or field) and what to do. It never holds a phone number, an
    address or a name of a recipient.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(what)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what} {self.remedy}".rstrip()


class Unusable(OneVoiceError):
    """The input cannot be used."""

    exit_status = 2


class WrongSetting(Unusable):
    """A setting has a value that OneVoice cannot work with."""


class NotAllRight(OneVoiceError):
    """The thing asked about is not all right."""


class Blocked(NotAllRight):
    """A finding blocks this release, and nobody can override it."""


class Refused(NotAllRight):
    """The person may not do this, or has not proved who they are."""


class Conflict(NotAllRight):
    """Somebody else was first, or the thing is no longer in the state it was in."""


class OutOfReach(OneVoiceError):
    """A part that is needed cannot be reached."""

    exit_status = 3
