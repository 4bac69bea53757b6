"""Rules in SQL mean what they say in Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, insert, select

from onevoice.errors import Unusable
from onevoice.ledger.rules import FLAGS, condition
from onevoice.ledger.tables import contact, metadata
from onevoice.people import AllOf, AnyOf, Everyone, FieldIs, Not, Rule

WORDS = {"role": ("resident", "care"), "language": ("en", "es"), "tier": ("T1", "T2")}

fields = st.one_of(
    st.builds(FieldIs, field=st.sampled_from(sorted(FLAGS)), equals=st.booleans()),
    *(st.builds(FieldIs, field=st.just(name), equals=st.sampled_from(words)) for name, words in WORDS.items()),
)
rules: st.SearchStrategy[Rule] = st.recursive(
    fields | st.just(Everyone(everyone=True)),
    lambda inner: st.one_of(
        st.builds(AllOf, all=st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, any=st.lists(inner, max_size=3).map(tuple)),
        inner.map(lambda rule: Not.model_validate({"not": rule})),
    ),
    max_leaves=6,
)
people = st.fixed_dictionaries(
    {name: st.booleans() for name in sorted(FLAGS)}
    | {
        "role": st.sampled_from(WORDS["role"]),
        "language": st.sampled_from((*WORDS["language"], None)),
        "tier": st.sampled_from((*WORDS["tier"], None)),
    }
)


def holds(rule: Any, person: dict[str, Any]) -> bool:
    """The rule in Python."""
    match rule:
        case FieldIs():
            return bool(person[rule.field] == rule.equals)
        case AllOf():
            return all(holds(part, person) for part in rule.all)
        case AnyOf():
            return any(holds(part, person) for part in rule.any)
        case Not():
            return not holds(rule.not_, person)
        case _:
            return True


@pytest.fixture(scope="module")
def conn() -> Iterator[Connection]:
    """A connection to a database with nobody in it."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine, tables=[contact])
    with engine.connect() as conn:
        yield conn
    engine.dispose()


@given(rule=rules, person=people)
def test_a_rule_means_the_same_in_sql_and_in_python(conn: Connection, rule: Rule, person: dict[str, Any]) -> None:
    """Whatever the rule and the person, also where language or tier are not known."""
    conn.execute(contact.delete())
    conn.execute(insert(contact).values(ref="r", imported_at=0, consent="", **person))
    found = conn.scalars(select(contact.c.ref).where(condition(rule, contact))).all()
    assert (found == ["r"]) == holds(rule, person)


def test_not_of_an_unknown_language_is_true(conn: Connection) -> None:
    """Who did not say which language they speak is not a Spanish speaker: NOT must not become unknown."""
    conn.execute(contact.delete())
    conn.execute(insert(contact).values(ref="r", imported_at=0, consent="", language=None))
    rule = Not.model_validate({"not": {"field": "language", "equals": "es"}})
    assert conn.scalars(select(contact.c.ref).where(condition(rule, contact))).all() == ["r"]


@pytest.mark.parametrize(("field", "equals"), [("older", "yes"), ("language", True), ("role", False)])
def test_a_rule_that_compares_a_field_with_what_it_cannot_be_is_refused(field: str, equals: Any) -> None:
    """Nothing fails open: such a rule would mean nobody, or everybody."""
    with pytest.raises(Unusable, match=field):
        condition(FieldIs.model_validate({"field": field, "equals": equals}), contact)
