"""A hash is worked out once for a value, and never goes with a copy that says something else."""

from datetime import UTC, datetime

from onevoice.facts import FactSet, Instant, Phone
from onevoice.people import Means, Profile
from onevoice.variant import Finding, Provenance, Scope, Severity, Variant

AT = Instant(at=datetime(2026, 11, 22, 23, 30, tzinfo=UTC), zone="America/New_York")
PHONE = Phone(e164="+14135550140")


def test_a_copy_with_other_facts_has_its_own_hash() -> None:
    """Also where the hash of the first was asked for before the copy was made."""
    first = FactSet(facts={"act_by": AT})
    assert first.hash == FactSet(facts={"act_by": AT}).hash
    other = first.model_copy(update={"facts": {"act_by": AT, "help_phone": PHONE}})
    assert other.hash == FactSet(facts={"act_by": AT, "help_phone": PHONE}).hash != first.hash
    assert first.model_copy().hash == first.hash
    assert first == FactSet(facts={"act_by": AT})


def test_a_text_keeps_its_hash_with_its_findings_and_loses_it_with_its_words() -> None:
    """Findings do not count; a letter does."""
    text = Variant(
        hazard="river_flood",
        kind="warning",
        profile=Profile(languages=("en",)),
        means=Means.SMS,
        messenger=None,
        parts={"text": "Climb the hill now."},
        provenance=Provenance.SOURCE,
        factset="sha256:0",
        template="sha256:0",
        catalogue="sha256:0",
    )
    found = Finding(rule="N03", severity=Severity.NOTE, scope=Scope.VARIANT, message="Left out: a step.")
    assert text.hash == text.with_findings((found,)).hash
    assert text.hash != text.model_copy(update={"parts": {"text": "Climb the hill soon."}}).hash
