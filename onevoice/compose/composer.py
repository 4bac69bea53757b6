"""The composer: one alert, told to everybody. What two of its texts have in common is said once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from onevoice.alert import Alert
from onevoice.compose.asked import Asked
from onevoice.compose.making import Making
from onevoice.compose.message import Message, cosign, message
from onevoice.compose.slots import Telling
from onevoice.compose.speech import Sayings, Speech
from onevoice.compose.standing import standing_in
from onevoice.facts import Disease, content_hash
from onevoice.library import Library
from onevoice.localize.voice import clean
from onevoice.people import Means, Messenger, Profile
from onevoice.template import SHORT
from onevoice.template.marks import Marks
from onevoice.variant import Variant


class Composer:
    """Makes the texts of one alert, one after the other: for one thread, and as long as the alert is being prepared.

    A text and the same with somebody who co-signs it are one message; many messages have most of their sentences in
    common. All texts have their marks from one book, so that a sentence once marked can stand in each of them.
    """

    def __init__(self, alert: Alert, library: Library, authority: Messenger) -> None:
        self.alert, self.library, self.authority = alert, library, authority
        self.marks = Marks()
        self._diseases: dict[str, Mapping[str, str]] = {}
        self._sayings: dict[tuple[object, ...], Sayings] = {}
        self._told: dict[tuple[object, ...], Message] = {}
        self._placed: dict[tuple[object, ...], str] = {}
        self._hashes: dict[tuple[object, ...], str] = {}

    def compose(self, asked: Asked) -> Variant:
        """The finished text for one profile, means, messenger and group; without findings yet.

        Raises:
            DoesNotFit: two languages do not fit into one text message, or one does not fit into a wireless alert.
            Unusable: a template or a language file is wrong; names it.
        """
        own = asked.messenger and asked.messenger.id == self.authority.id
        return Making(self, replace(asked, messenger=None) if own else asked).variant()

    def to(self, profile: Profile, means: Means, group: str = "all") -> Variant:
        """As `compose`, for readers to whom the authority speaks alone."""
        return self.compose(Asked(profile, means, group=group))

    def told(self, asked: Asked, language: str, *, area_name: bool) -> Message:
        """The message in a language. `area_name`: with the area's approved name in place of the list of places."""
        key = (asked.unsigned.key, language, area_name)
        if key not in self._told:
            told = message(self._speech(asked.unsigned, language, area_name=area_name))
            self._told[key] = standing_in(told, self.library, asked, self.marks) if asked.stand_in else told
        if not asked.messenger:
            return self._told[key]
        return {**self._told[key], "cosign": cosign(self._speech(asked, language, area_name=area_name))}

    def _speech(self, asked: Asked, language: str, *, area_name: bool) -> Speech:
        named = self._named(language)
        voice = self.library.voice(language)
        telling = Telling(self.alert, asked, self.authority, voice, self.marks, area_name, named)
        if telling.manner not in self._sayings:
            self._sayings[telling.manner] = Sayings(telling.slots())
        return Speech(self.library, telling, self._sayings[telling.manner])

    def _named(self, language: str) -> Mapping[str, str]:
        """Id → name in a language, of the disease that this version names, and of the one before it named."""
        if language not in self._diseases:
            versions = (self.alert.factset, self.alert.previous)
            ids = [fact.id for v in versions if v and isinstance(fact := v.get("disease"), Disease)]
            names = {i: clean(self.library.sentence(language, f"disease.{i}").text) for i in ids}
            self._diseases[language] = names
        return self._diseases[language]

    def placed(self, asked: Asked, kind: str, part: str, language: str, cuts: tuple[str, ...], told: Message) -> str:
        """A part of a text, still marked: the message less `cuts`, as its template places it.

        Short texts are tried without their co-sign first, whoever signs: so that one is kept.
        """
        key = (asked.unsigned.key, kind, part, language, cuts, told["mark"])
        if key in self._placed and not told["cosign"]:
            return self._placed[key]
        text = self.library.templates.render(self.alert.hazard, kind, asked.means, part, language, told)
        if asked.means in SHORT and not told["cosign"]:
            self._placed[key] = text
        return text

    def template_hash(self, kind: str, means: Means, languages: tuple[str, ...]) -> str:
        """Hash over all files whose order of sentences makes such a text."""
        key = (kind, means, languages)
        if key not in self._hashes:
            files = [self.library.templates.hash(self.alert.hazard, kind, means, tag) for tag in languages]
            self._hashes[key] = content_hash([self.library.lexicon.hash, *files])
        return self._hashes[key]

    def catalogue_hash(self, languages: tuple[str, ...]) -> str:
        """Hash over the words of some languages."""
        if languages not in self._hashes:
            self._hashes[languages] = content_hash([self.library.catalogue(tag).hash for tag in languages])
        return self._hashes[languages]
