from collections.abc import Callable

import pytest

from onevoice import checks
from onevoice.alert import Alert
from onevoice.compose import Asked, Content, compose
from onevoice.facts import Instant
from onevoice.people import Means, Messenger, Profile
from onevoice.variant import Scope, Severity, Variant

MakeAlert = Callable[..., Alert]


@pytest.fixture
def texts(content: Content, authority: Messenger) -> Callable[[Alert], list[Variant]]:
    """Three texts of an alert."""

    def make(alert: Alert) -> list[Variant]:
        asked = (Asked(Profile(languages=(tag,)), means) for tag in ("en", "es") for means in (Means.SMS, Means.PAGE))
        return [compose(alert, one, content, authority) for one in asked]

    return make


def _keys(variants: list[Variant]) -> list[tuple[str, str, str | None, str]]:
    return [(v.profile.key, str(v.means), v.messenger, v.group) for v in variants]


def test_a_whole_release_has_no_findings(
    texts: Callable[[Alert], list[Variant]], alert: MakeAlert, content: Content
) -> None:
    """One set of facts, every text that was asked for."""
    made = texts(alert())
    assert checks.check_release(made, alert(), content, _keys(made)) == ()


def test_texts_of_two_versions_block_the_release(
    texts: Callable[[Alert], list[Variant]], alert: MakeAlert, content: Content, moment: Callable[[float], Instant]
) -> None:
    """All texts come from one set of facts, and from those of the alert."""
    mixed = [*texts(alert()), *texts(alert(act_by=moment(3)))]
    found = checks.check_release(mixed, alert(), content)
    assert [(f.rule, f.severity, f.scope) for f in found] == [("C01", Severity.BLOCK, Scope.RELEASE)]
    assert [f.rule for f in checks.check_release(texts(alert(act_by=moment(3))), alert(), content)] == ["C01"]


def test_a_text_of_another_kind_blocks_the_release(
    texts: Callable[[Alert], list[Variant]], alert: MakeAlert, content: Content
) -> None:
    """Even with the same facts."""
    made = texts(alert())
    made[0] = made[0].model_copy(update={"kind": "all-clear"})
    assert [f.rule for f in checks.check_release(made, alert(), content)] == ["C01"]


def test_a_text_that_is_lacking_blocks_the_release(
    texts: Callable[[Alert], list[Variant]], alert: MakeAlert, content: Content
) -> None:
    """It is named."""
    made = texts(alert())
    found = checks.check_release(made[1:], alert(), content, _keys(made))
    assert [f.rule for f in found] == ["C22"]
    assert "en|T2|" in found[0].message


def test_every_rule_has_an_id_a_family_and_a_sentence() -> None:
    """Officers read the list."""
    for rule in checks.RULES.values():
        assert rule.explanation.endswith(".")
        assert rule.id[0] in "CNPRLS"


def test_what_contradicts_the_facts_always_blocks_the_release() -> None:
    """Facts, places, status and source: nobody can override these; length and translation never stop everybody."""
    for rule in checks.RULES.values():
        if rule.id in ("C20", "C21"):  # a partner's copy, and two words for one thing: to be looked at
            assert rule.severity is Severity.WARN
        elif rule.id in ("C26", "C27"):  # a fault of one language holds back that language alone
            assert (rule.severity, rule.scope) == (Severity.BLOCK, Scope.LANGUAGE)
        elif rule.id.startswith("C"):
            assert (rule.severity, rule.scope) == (Severity.BLOCK, Scope.RELEASE)
        if rule.id[0] in "NPR":
            assert rule.scope is not Scope.RELEASE
