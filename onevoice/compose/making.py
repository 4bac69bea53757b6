"""From an alert to a Variant: say the message in each language, place it, shorten it, and note what stands where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from onevoice import wireless
from onevoice.compose import fitting
from onevoice.compose.asked import Asked, DoesNotFit, kind_of
from onevoice.compose.message import Message, actions
from onevoice.compose.pieces import labelled, spans
from onevoice.facts import Places
from onevoice.lexicon.entries import ENGLISH_ONLY
from onevoice.people import WIRELESS, Means
from onevoice.template import ONE_LINE, PARTS, SHORT
from onevoice.template.marks import IN, MARK, Piece, bare
from onevoice.variant import Passage, Provenance, Variant

if TYPE_CHECKING:
    from onevoice.compose.composer import Composer

BETWEEN_LANGUAGES = "\n\n"
BETWEEN_MARKS = " / "
AFTER_MARK = " –"
"""Where a mark and a title share a line, so that nobody reads them as one: “تدريب فقط – تحذير من فيضان النهر”."""
HTML = "html"
"""The part of a mail that says itself in which language each passage is."""
_BODY = re.compile(r"(<body[^>]*>)(.*)(</body>)", re.DOTALL)
_AFTER_STOP = re.compile(rf"([。！？；：，】]{MARK.pattern}+) +")
"""The blanks of a general template, for a language that writes none between its sentences."""
_ORDERS = {
    Means.SOCIAL: fitting.POST_ORDER,
    Means.WIRELESS_360: fitting.POST_ORDER,
    Means.WIRELESS_90: fitting.SHORTEST_ORDER,
}
"""In which order things are left out, where it is not the usual one."""
_TRUST = {provenance: rank for rank, provenance in enumerate(Provenance)}


class _Passage:
    """One language's part of a text."""

    def __init__(self, making: Making, language: str) -> None:
        self.making = making
        self.language = language
        self._messages: dict[bool, Message] = {}

    def message(self, *, area_name: bool) -> Message:
        if area_name not in self._messages:
            told = self.making.composer.told(self.making.asked, self.language, area_name=area_name)
            self._messages[area_name] = told
        return self._messages[area_name]

    def part(self, part: str, cuts: tuple[str, ...], **replaced: str) -> str:
        """A part of the text, still marked; `replaced` puts other words for some of the message's."""
        making = self.making
        told = {**fitting.without(self.message(area_name=fitting.AREA in cuts), cuts), **replaced}
        if part in ONE_LINE:
            told["mark"] = _apart(told["mark"])
        text = making.composer.placed(making.asked, making.kind, part, self.language, cuts, told)
        closed = text if making.library.voice(self.language).gap else _AFTER_STOP.sub(r"\1", text)
        return self.marked(closed) if len(making.passages) > 1 and part != HTML else closed

    def marked(self, text: str) -> str:
        """Words of this language, marked as such."""
        return self.making.marks.around(f"{IN}{self.language}", text)

    def possible_cuts(self) -> tuple[str, ...]:
        places = self.making.alert.factset.get("places")
        named = isinstance(places, Places) and bool(places.area_name)
        full = self.message(area_name=False)
        return tuple(cut for cut in self.making.order if fitting.applies(cut, full, area_name=named))


def _apart(mark: str) -> str:
    """A mark that ends in a bracket or a full stop is apart already."""
    return f"{mark}{AFTER_MARK}" if bare(mark)[-1:].isalpha() else mark


class Making:
    """One variant in the making."""

    def __init__(self, composer: Composer, asked: Asked) -> None:
        self.composer, self.asked = composer, asked
        self.alert, self.library, self.marks = composer.alert, composer.library, composer.marks
        self.kind = kind_of(self.alert, asked)
        self.passages = [_Passage(self, language) for language in asked.profile.languages]
        self._made: dict[tuple[str, tuple[str, ...]], str] = {}

    def variant(self) -> Variant:
        """The finished text.

        Raises:
            DoesNotFit: two languages do not fit into one text message, or one does not fit into a wireless alert.
            Unusable: a template is wrong.
        """
        cuts = self._cuts() if self.asked.means in SHORT else ()
        found = {part: self.marks.extract(self._joined(part, cuts)) for part in PARTS[self.asked.means]}
        pieces = {part: pieces for part, (_, pieces) in found.items()}
        said = labelled(pieces, "say")
        return Variant(
            hazard=self.alert.hazard,
            kind=str(self.alert.kind),
            profile=self.asked.profile,
            means=self.asked.means,
            messenger=self.asked.messenger.id if self.asked.messenger else None,
            group=self.asked.group,
            parts={part: text for part, (text, _) in found.items()},
            direction=self.library.voice(self.asked.profile.languages[0]).direction,
            spans=spans(pieces),
            said=said,
            actions=self._told_actions(said),
            left_out=cuts,
            services=labelled(pieces, "service"),
            stand_in=self.asked.stand_in,
            lead=self.asked.lead,
            passages=tuple(self._passages(pieces)),
            provenance=self._provenance(said),
            factset=self.alert.factset.hash,
            template=self.composer.template_hash(self.kind, self.asked.means, self.asked.profile.languages),
            catalogue=self.composer.catalogue_hash(self.asked.profile.languages),
        )

    def _passages(self, pieces: Mapping[str, tuple[Piece, ...]]) -> Iterator[Passage]:
        """What stands in which language, where there is more than one."""
        for part, inside in pieces.items():
            for piece in inside if part != HTML else ():
                if piece.label.startswith(IN):
                    language = piece.label.removeprefix(IN)
                    way = self.library.voice(language).direction
                    yield Passage(part=part, start=piece.start, end=piece.end, language=language, direction=way)

    # --- leaving out

    @property
    def order(self) -> tuple[str, ...]:
        """In which order things are left out."""
        return _ORDERS.get(self.asked.means, fitting.ORDER)

    def _cuts(self) -> tuple[str, ...]:
        wanted = {cut for passage in self.passages for cut in passage.possible_cuts()}
        possible = [cut for cut in self.order if cut in wanted]
        cuts = fitting.fit(self._draft, possible, self._fits)
        if (len(self.passages) > 1 or self.asked.means in WIRELESS) and not self._fits(self._draft(cuts)):
            raise self._does_not_fit()
        return cuts

    def _does_not_fit(self) -> DoesNotFit:
        languages = " and ".join(self.asked.profile.languages)
        if self.asked.means in WIRELESS:
            what = f"The {languages} text does not fit into {wireless.LIMITS[self.asked.means]} characters."
            return DoesNotFit(what, remedy="Give the authority a short name, or the area a name.")
        return DoesNotFit(f"{languages} do not fit into one text message.", remedy="Send one language.")

    def _fits(self, draft: fitting.Draft) -> bool:
        if self.asked.means is Means.SOCIAL:
            return fitting.fits_post(draft)
        if self.asked.means in WIRELESS:
            return fitting.fits_wireless(draft, self.asked.means)
        if self.asked.means is Means.VOICE:
            return fitting.fits_breath(draft, self.asked.profile.languages[0])
        languages = len(self.passages) + self.asked.stand_in
        return fitting.fits(draft, self.kind, self.asked.profile.tier, languages=languages)

    def _draft(self, cuts: tuple[str, ...]) -> fitting.Draft:
        core = BETWEEN_LANGUAGES.join(p.part("text", cuts, mark="", cosign="") for p in self.passages)
        more = any(_has_more(p.message(area_name=False), cuts) for p in self.passages)
        return fitting.Draft(bare(self._joined("text", cuts)), bare(core), more)

    # --- two languages in one text

    def _joined(self, part: str, cuts: tuple[str, ...]) -> str:
        if (part, cuts) not in self._made:
            self._made[part, cuts] = self._join(part, cuts)
        return self._made[part, cuts]

    def _join(self, part: str, cuts: tuple[str, ...]) -> str:
        if len(self.passages) == 1:
            return self.passages[0].part(part, cuts)
        if self.asked.means is Means.SMS:
            return self._joined_sms(cuts)
        texts = [passage.part(part, cuts) for passage in self.passages]
        if part == HTML:
            return self._joined_html(texts)
        return (BETWEEN_MARKS if part in ONE_LINE else BETWEEN_LANGUAGES).join(texts)

    def _joined_sms(self, cuts: tuple[str, ...]) -> str:
        """Each language's mark stands once before and once after everything, so that both readers see it first."""
        marks = BETWEEN_MARKS.join(filter(None, (p.marked(p.message(area_name=False)["mark"]) for p in self.passages)))
        texts = BETWEEN_LANGUAGES.join(p.part("text", cuts, mark="") for p in self.passages)
        return "\n".join(filter(None, (marks, texts, marks)))

    def _joined_html(self, texts: list[str]) -> str:
        bodies = [_BODY.search(text) for text in texts]
        passages = "<hr>".join(
            f'<div lang="{p.language}" dir="{self.library.voice(p.language).direction}">'
            f"{body[2] if body else text}</div>"
            for p, body, text in zip(self.passages, bodies, texts, strict=True)
        )
        first = bodies[0]
        return f"{texts[0][: first.start(2)]}{passages}{texts[0][first.end(2) :]}" if first else passages

    # --- what stands in it

    def _told_actions(self, said: tuple[str, ...]) -> tuple[str, ...]:
        told = actions(self.alert, self.library.lexicon, self.asked.profile, self.kind)
        tier, key = self.asked.profile.tier, self.library.lexicon.key
        return tuple(action for action in told if key(f"action.{action}", tier) in said)

    def _provenance(self, said: tuple[str, ...]) -> Provenance:
        """The least trusted of all sentences."""
        sentences = [self.library.sentence(tag, key) for tag in self.asked.profile.languages for key in said]
        sentences += [self.library.sentence(self.asked.lead, ENGLISH_ONLY)] if self.asked.lead else []
        return min((s.provenance for s in sentences), key=_TRUST.__getitem__, default=Provenance.SOURCE)


def _has_more(told: Message, cuts: tuple[str, ...]) -> bool:
    """What a text is given one more segment for: it is never left out, or it was not."""
    if told["access"] or told["not_known"]:
        return True
    if told["signposts"] and fitting.SIGNPOST not in cuts:
        return True
    local = told["local"] != told["signposts"]
    return bool(told["note"] and fitting.NOTE not in cuts) or (local and fitting.LOCAL not in cuts)
