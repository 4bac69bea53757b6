"""Texts that anybody wrote: which of an alert's facts they state, contradict or lack; and how easy they read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from onevoice import compose
from onevoice.checks import hearing, measure, wording
from onevoice.desk.preview import target_alert
from onevoice.desk.resolve import read_file
from onevoice.errors import Unusable
from onevoice.people import Means, Profile, Tier
from onevoice.wordlists import prepare_dictionary

if TYPE_CHECKING:
    from onevoice.alert import Alert
    from onevoice.desk.wiring import Desk
    from onevoice.variant import Readability, Variant

MOST = 100_000
"""Characters of a text that is read: longer ones are no message."""


def facts(
    desk: Desk, target: str, language: str, text: str, *, tier: Tier | None = None, means: Means | None = None
) -> hearing.Heard:
    """What a text says of an alert (a file or an id). With `means` the text claims to be one of ours, word for word.

    Raises:
        Unusable: no such alert or language; an empty or endless text.
    """
    _usable(desk, language, text)
    alert = target_alert(desk, target)
    ours = _ours(desk, alert, language, tier or Tier.T2, means) if means else None
    return hearing.hear(
        hearing.Question(
            text=text,
            alert=alert,
            library=desk.content,
            authority=desk.authority(alert.authority),
            language=language,
            zones=desk.gazetteer.names,
            needed=ours.actions if ours else alert.actions,
            strict=ours is not None,
            reference=ours.parts["text"] if ours else "",
            floating=_floating(target),
        )
    )


def _floating(target: str) -> frozenset[str]:
    """The moments that a file counts from now; an alert that is stored has none."""
    if not Path(target).is_file():
        return frozenset()
    given = read_file(Path(target))
    named = {"expires": given.expires or "+", **given.facts}
    return frozenset(name for name, value in named.items() if str(value).startswith("+")) | {"issued"}


def _ours(desk: Desk, alert: Alert, language: str, tier: Tier, means: Means) -> Variant:
    """What we would send: a text message tells the steps that fit into it."""
    asked = compose.Asked(profile=Profile(languages=(language,), tier=tier), means=means)
    return compose.compose(alert, asked, desk.content, desk.authority(alert.authority))


def readability(desk: Desk, language: str, tier: Tier, text: str) -> Readability:
    """How easy a text reads for a level: counts, and a score where a formula holds.

    Raises:
        Unusable: no such language, a text in another one, or an empty or endless text.
    """
    _usable(desk, language, text)
    if any(wording.in_their_languages({language: text}, desk.content)):
        what = f"This text does not read as {language}, so nobody can say how easy it is."
        raise Unusable(what, where="--language", remedy="Name the language of the text.")
    prepare_dictionary(desk.settings.home)
    return measure.of_any(text, language, tier, desk.content.root)


def _usable(desk: Desk, language: str, text: str) -> None:
    if language not in desk.content.languages:
        known = ", ".join(desk.content.languages)
        raise Unusable(f"There is no language {language!r}.", where="--language", remedy=f"There are: {known}.")
    if not text.strip() or len(text) > MOST:
        what = "There is no text." if not text.strip() else f"The text has more than {MOST} characters."
        raise Unusable(what, where="standard input", remedy="Give one message on standard input.")
