"""Compose: one set of facts, said to one kind of reader by one means. FactSet + profile + means + messenger → Variant.

Nothing is decided here about people, and nothing is checked: `onevoice.checks` reads the finished text on its own.
"""

from __future__ import annotations

from onevoice.alert import Alert
from onevoice.compose.asked import Asked, DoesNotFit
from onevoice.compose.making import Making
from onevoice.library import ComposingLibrary, Library
from onevoice.people import Means, Messenger, Profile
from onevoice.variant import Variant

__all__ = ["Asked", "Content", "DoesNotFit", "compose"]


class Content(ComposingLibrary):
    """The library of words, and how to compose with it."""

    def compose(
        self,
        alert: Alert,
        authority: Messenger,
        profile: Profile,
        means: Means,
        messenger: Messenger | None = None,
        group: str = "all",
    ) -> Variant:
        """As the function `compose`."""
        return compose(alert, Asked(profile, means, messenger, group), self, authority)


def compose(alert: Alert, asked: Asked, content: Library, authority: Messenger) -> Variant:
    """The finished text for one profile, means, messenger and group; without findings yet.

    Raises:
        DoesNotFit: two languages do not fit into one text message, or one does not fit into a wireless alert.
        Unusable: a template or a language file is wrong; names it.
    """
    return Making(alert, asked, content, authority).variant()
