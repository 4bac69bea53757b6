"""Length: what a text message costs and holds in its first two segments; posts, wireless alerts, and what is said."""

from __future__ import annotations

from collections.abc import Iterator

from onevoice import sms, speaking, wireless
from onevoice.checks import sentences
from onevoice.checks.case import Case
from onevoice.checks.plain import plain
from onevoice.checks.rules import finding
from onevoice.facts import LocalNote
from onevoice.graphemes import LONGEST_POST, graphemes
from onevoice.people import SPOKEN, WIRELESS, Means, Tier
from onevoice.variant import Finding

_FEW = 5
_LOCAL = ("frame.shelter", "frame.road_closed", "frame.bus_from", "frame.water_point", "frame.signpost.", "need.")


def check(case: Case) -> Iterator[Finding]:
    """What is sent to phones, posted or said has a length; a mail and a page have none."""
    if case.variant.means is Means.SMS:
        yield from _segments(case)
    if case.variant.means is Means.SOCIAL:
        yield from _post(case)
    if case.variant.means in WIRELESS:
        yield from _wireless(case)
    if case.variant.means in SPOKEN:
        yield from _spoken(case)
    if case.variant.left_out:
        yield finding("N03", f"Left out: {', '.join(case.variant.left_out)}. The page has all of it.", part="text")


def _post(case: Case) -> Iterator[Finding]:
    """A service refuses a post that is too long, so it is held back here, where a person sees it."""
    length = graphemes(case.variant.parts["text"])
    if length > LONGEST_POST:
        message = f"{length} characters; a post takes {LONGEST_POST}."
        yield finding("N04", message, remedy="Shorten a sentence, or use the area's name.", part="text")


def _wireless(case: Case) -> Iterator[Finding]:
    """A gateway refuses or cuts a text that is too long, so it is held back here; the CAP document goes without it."""
    length, most = wireless.length(case.variant.parts["text"]), wireless.LIMITS[case.variant.means]
    if length > most:
        message = f"{length} characters; cell towers take {most}."
        yield finding("N05", message, remedy="Give the authority a short name, or the area a name.", part="text")


def _spoken(case: Case) -> Iterator[Finding]:
    seconds = speaking.seconds(case.variant.parts["text"], case.languages[0])
    if seconds > speaking.LONGEST:
        message = f"It takes {seconds:.0f} seconds to say; people listen for {speaking.LONGEST}."
        yield finding("N06", message, remedy="Name the area, or tell fewer steps.", part="text")


def _segments(case: Case) -> Iterator[Finding]:
    text = case.variant.parts["text"]
    encoding = sms.count(text).encoding
    core = core_text(case)
    segments = sms.count(core, encoding).segments
    most = sms.budget(case.kind, case.tier, encoding, more=_has_more(case)) * (
        len(case.languages) + case.variant.stand_in
    )
    if segments > most:
        forcing = sms.forced_by(text)
        forced = f" because of {' '.join(forcing)}" if 0 < len(forcing) <= _FEW else ""
        message = f"{segments} segments ({encoding}{forced}); {most} are allowed."
        yield finding("N01", message, remedy="Shorten a sentence, or use the area's name.", part="text")
    yield from _head(case, core, encoding)


def core_text(case: Case) -> str:
    """The text without its marks and its co-sign, which do not count."""
    lines = case.variant.parts["text"].split("\n")
    marks = {case.said(tag, f"frame.mark.{name}").text for tag in case.languages for name in ("exercise", "test")}
    cosigns = [case.said(tag, key).text for tag in case.languages if (key := case.key("frame.cosign"))]
    kept = [line for line in lines if not set(line.split(" / ")) <= marks and not _is_any(line, cosigns)]
    return "\n".join(kept)


def _is_any(line: str, templates: list[str]) -> bool:
    return any(sentences.pattern(template).fullmatch(plain(line)) for template in templates)


def _has_more(case: Case) -> bool:
    """What a text is given one more segment for: a line for a need, what is not known yet, a local fact or note."""
    hazard = f"hazard.{case.alert.hazard}."
    if any(key.startswith((f"{hazard}access.", f"{hazard}unknown.", "frame.transport")) for key in case.variant.said):
        return True
    note = case.fact("note")
    texts = note.texts.values() if isinstance(note, LocalNote) else ()
    said = plain(case.variant.parts["text"])
    if any(plain(text) in said for text in texts if text.strip()):
        return True
    return any(key.startswith(_LOCAL) for key in case.variant.said)


def _head(case: Case, core: str, encoding: sms.Encoding) -> Iterator[Finding]:
    """Source, hazard, place and first action of a short warning end within the first two segments."""
    if case.kind != "warning" or case.tier not in (Tier.T1, Tier.T2) or len(case.languages) + case.variant.stand_in > 1:
        return
    end = _end_of_head(case, core)
    if end and sms.segment_of(core, end - 1, encoding) > sms.HEAD_SEGMENTS:
        yield finding("N02", "The first action ends after the second segment.", part="text")


def _end_of_head(case: Case, core: str) -> int:
    """Where the first action ends, by its sentence."""
    keys = [key for action in case.actions[:1] if (key := case.key(f"action.{action}"))]
    texts = [case.said(case.languages[0], key).text for key in keys]
    found = [core.find(text) + len(text) for text in texts if text in core]
    return max(found, default=0)
