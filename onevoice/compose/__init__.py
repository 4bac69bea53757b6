"""Compose: one set of facts, said to one kind of reader by one means. FactSet + profile + means + messenger → Variant.

Nothing is decided here about people, and nothing is checked: `onevoice.checks` reads the finished text on its own.
"""

from __future__ import annotations

from onevoice.alert import Alert
from onevoice.compose.asked import Asked, DoesNotFit
from onevoice.compose.composer import Composer
from onevoice.library import ComposingLibrary, Library
from onevoice.people import Messenger
from onevoice.variant import Variant

__all__ = ["Asked", "Composer", "Content", "DoesNotFit", "compose"]


class Content(ComposingLibrary):
    """The library of words, and how to compose with it."""

    def telling(self, alert: Alert, authority: Messenger) -> Composer:
        """Who tells an alert in somebody's name."""
        return Composer(alert, self, authority)


def compose(alert: Alert, asked: Asked, content: Library, authority: Messenger) -> Variant:
    """One text of an alert of which no other is made. Errors as `Composer.compose`."""
    return Composer(alert, content, authority).compose(asked)
