"""The registry of rules: what each one finds, how bad that is, and what it stops. One line for officers each."""

from __future__ import annotations

from typing import NamedTuple

from onevoice.checks.advice import advice
from onevoice.variant import Finding, Scope, Severity


class Rule(NamedTuple):
    """`explanation` is what an officer reads in the list of rules."""

    id: str
    severity: Severity
    scope: Scope
    explanation: str


_BLOCK, _WARN, _NOTE = Severity.BLOCK, Severity.WARN, Severity.NOTE
_RELEASE, _LANGUAGE, _VARIANT = Scope.RELEASE, Scope.LANGUAGE, Scope.VARIANT

RULES = {
    rule.id: rule
    for rule in (
        # Consistency: contradicted facts, wrong area, wrong status. Nobody can override these.
        Rule("C01", _BLOCK, _RELEASE, "All texts of a release are made from the same facts."),
        Rule("C02", _BLOCK, _RELEASE, "Every required fact and sentence stands in every text."),
        Rule("C03", _BLOCK, _RELEASE, "Every phone number in a text is the one in the facts."),
        Rule("C04", _BLOCK, _RELEASE, "Every time in a text is the one in the facts, with its zone."),
        Rule("C05", _BLOCK, _RELEASE, "Every date in a text is the day in the facts."),
        Rule("C06", _BLOCK, _RELEASE, "No text holds a number that no fact and no approved sentence states."),
        Rule("C07", _BLOCK, _RELEASE, "Every link in a text is one of the alert's own."),
        Rule(
            "C08",
            _BLOCK,
            _RELEASE,
            "Every text tells the same actions in the same order, and none the wrong way round.",
        ),
        Rule("C09", _BLOCK, _RELEASE, "Every text calls the hazard and its level by the language's one term."),
        Rule("C10", _BLOCK, _RELEASE, "Every text names the same places, and no other."),
        Rule("C11", _BLOCK, _RELEASE, "A plainer level never tells a fact that the next one does not."),
        Rule("C12", _BLOCK, _RELEASE, "What a text message or a post tells stands in the email and on the page too."),
        Rule("C13", _BLOCK, _RELEASE, "Subject, headline and post agree with the text: hazard, place, level."),
        Rule("C14", _BLOCK, _RELEASE, "The CAP document says the same in every language, each block in its own."),
        Rule("C15", _BLOCK, _RELEASE, "A new version follows the newest one and names all older ones."),
        Rule("C16", _BLOCK, _RELEASE, "An update says what has changed, all of it and nothing else."),
        Rule("C17", _BLOCK, _RELEASE, "An alert ends in the future, after the time to act by, and not too late."),
        Rule("C18", _BLOCK, _RELEASE, "An all-clear ends what was warned of: no other ground, no step left open."),
        Rule("C19", _BLOCK, _RELEASE, "Live alerts on the same ground never tell people opposite things."),
        Rule("C20", _WARN, _RELEASE, "A partner's copy adds nothing to the facts, and is of the newest version."),
        Rule("C21", _WARN, _RELEASE, "One thing has one name in all texts about an incident."),
        Rule("C22", _BLOCK, _RELEASE, "Every reader who is meant has a text, or a recorded fallback."),
        Rule("C23", _BLOCK, _RELEASE, "The area on the map is the area in the words."),
        Rule("C24", _BLOCK, _RELEASE, "An exercise or test says so first and last; a real alert never does."),
        Rule("C25", _BLOCK, _RELEASE, "Every text names the authority that speaks."),
        Rule("C26", _BLOCK, _LANGUAGE, "A text is in the language that it is meant to be in."),
        Rule("C27", _BLOCK, _LANGUAGE, "What a second person understood of a translation is what the English says."),
        # Length
        # Warns only: one segment more costs money, another language or silence costs more (docs/decisions/0006).
        Rule("N01", _WARN, _VARIANT, "A text message keeps to its number of segments."),
        Rule("N02", _WARN, _VARIANT, "Source, hazard, place and first action stand in the first two segments."),
        Rule("N03", _NOTE, _VARIANT, "Something did not fit into the text message or the post and was left out."),
        Rule("N04", _BLOCK, _VARIANT, "A post is no longer than every service takes: it is never cut or split."),
        Rule("N05", _BLOCK, _VARIANT, "A wireless alert is no longer than cell towers take: it is never cut."),
        Rule("N06", _WARN, _VARIANT, "What is read aloud takes a minute at most."),
        # Translation
        Rule("P01", _WARN, _VARIANT, "A machine draft never goes out in a real alert."),
        Rule("P02", _BLOCK, _LANGUAGE, "Every sentence is translated."),
        Rule("P03", _BLOCK, _LANGUAGE, "Every translation belongs to the English sentence of today."),
        Rule("P04", _BLOCK, _LANGUAGE, "A translation has exactly the slots of its English sentence."),
        Rule("P05", _WARN, _VARIANT, "A second person has reviewed the translation."),
        Rule("P06", _WARN, _VARIANT, "Somebody has checked the local note."),
        Rule("P07", _WARN, _LANGUAGE, "A translation is written in its own script, without blanks at its ends."),
        Rule("P08", _WARN, _LANGUAGE, "A translation uses the language's one form of address."),
        Rule("P09", _BLOCK, _LANGUAGE, "The head of a catalogue is right, and each id stands once."),
        Rule("P10", _WARN, _LANGUAGE, "Blanks, line breaks and brackets stand as they should."),
        Rule("P11", _NOTE, _LANGUAGE, "A translation ends like its English and says nothing twice; none is left over."),
        Rule("P12", _BLOCK, _LANGUAGE, "Numbers, links and placeholders are those of the English."),
        Rule("P13", _WARN, _LANGUAGE, "No invisible character, no word in two alphabets."),
        Rule("P14", _WARN, _LANGUAGE, "Sentences keep to the glossary."),
        Rule("P15", _WARN, _LANGUAGE, "Whoever stands behind words stands behind these words."),
        # Readability: never blocks on the night; in `templates check` R01, R02, R03 and R05 block.
        Rule("R01", _WARN, _VARIANT, "Sentences are as short as the reading level asks."),
        Rule("R02", _BLOCK, _LANGUAGE, "A plainer level has no longer sentences than the next one."),
        Rule("R03", _BLOCK, _LANGUAGE, "The words of a template meet their reading level."),
        Rule("R04", _WARN, _LANGUAGE, "The words of a level are common ones."),
        Rule("R05", _WARN, _LANGUAGE, "Plain levels have no word that only colleagues use."),
        Rule("R06", _WARN, _LANGUAGE, "A very plain text explains its hard terms."),
        # Belonging, in `templates check`
        Rule("S01", _WARN, _RELEASE, "A message outside imminent danger has a line that connects people."),
        Rule("S02", _WARN, _RELEASE, "A message afterwards has three of five things that help, and connects people."),
        Rule("S03", _BLOCK, _RELEASE, "Who cannot do a step is told another way."),
        Rule("S04", _WARN, _RELEASE, "What only a group hears, one of them has read; and a segment hears it."),
        Rule("S05", _BLOCK, _RELEASE, "A service that a message leads to was confirmed lately."),
        Rule("S06", _BLOCK, _RELEASE, "A message of a calm day, or afterwards, leads to a service."),
        Rule("S07", _BLOCK, _RELEASE, "Nobody is led to a service that they cannot use."),
        Rule("S08", _WARN, _VARIANT, "A finished text of a calm day, or afterwards, has a line that connects people."),
        # Prose of the library
        Rule("L01", _WARN, _VARIANT, "A watch or a warning says what can happen, or that it is not known yet."),
        Rule("L02", _WARN, _RELEASE, "No “your area” without a named place."),
        Rule("L03", _WARN, _RELEASE, "No “soon” or “tonight”: a time is a clock time."),
        Rule("L04", _WARN, _LANGUAGE, "The first sentence names the danger, not only what to do."),
        Rule("L05", _WARN, _RELEASE, "Capitals only for the hazard and the main action."),
        Rule("L06", _WARN, _RELEASE, "No abbreviation that people may not know."),
        Rule("L07", _WARN, _VARIANT, "Source, hazard, place, action, time, more: in this order."),
        Rule("L08", _WARN, _RELEASE, "No more steps than people can keep in mind."),
        Rule("L09", _WARN, _RELEASE, "An action is said plainly, not “you may want to”."),
        Rule("L10", _WARN, _RELEASE, "No “do not panic”."),
        Rule("L11", _WARN, _RELEASE, "Nobody is blamed."),
        Rule("L12", _BLOCK, _RELEASE, "No “this is not a drill”: the status alone says so."),
        Rule("L13", _BLOCK, _RELEASE, "No short link: people see where a link leads."),
        Rule("L14", _WARN, _VARIANT, "Every message says until when it holds, or when the next one comes."),
        Rule("L15", _WARN, _RELEASE, "No per cent, ratio or fraction for readers of T1 and T2."),
        Rule("L16", _WARN, _RELEASE, "The email of a warning says how to do the steps, and why."),
        Rule("L17", _NOTE, _RELEASE, "Hazard and first three steps are said in 27 words."),
        Rule("L18", _WARN, _RELEASE, "An all-clear says that the danger is over, and what people may do now."),
        Rule("L19", _WARN, _RELEASE, "Nothing that can hurt people in distress."),
        Rule(
            "L20", _BLOCK, _RELEASE, "No time, phone number or link is written into a sentence; facts alone bring them."
        ),
        Rule("L21", _WARN, _RELEASE, "No number in digits is written into a sentence."),
        Rule("L22", _BLOCK, _RELEASE, "Every template can be rendered."),
        Rule("L23", _BLOCK, _RELEASE, "No language writes direction overrides or private characters."),
    )
}


PASSABLE = frozenset(["C19"])
"""Rules that stop the release until a named person passes them with a reason. Two dangers at once are real: nobody may
be kept from warning of a tornado because a flood warning is out (docs/decisions/0016)."""


def finding(
    rule: str,
    message: str,
    *,
    remedy: str = "",
    part: str | None = None,
    span: tuple[int, int] | None = None,
    severity: Severity | None = None,
) -> Finding:
    """A finding with its rule's severity and scope. `severity` only where the rule itself depends on the status."""
    of = RULES[rule]
    return Finding(
        rule=rule,
        severity=severity or of.severity,
        scope=of.scope,
        message=message,
        remedy=remedy or advice()[rule].mend,
        part=part,
        span=span,
    )
