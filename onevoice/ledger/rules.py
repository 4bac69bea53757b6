"""Segments in SQL: which contacts a rule means, and how each contact is treated. Nothing else turns rules into SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Table, and_, case, false, func, literal, not_, null, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import Integer

from onevoice.errors import Unusable
from onevoice.people import AllOf, AnyOf, FieldIs, Need, Not, Rule, Segment

FLAGS = frozenset({"lives_alone", "older", "mobility", "hearing", "sight", "newcomer", "few_ties"})
"""Yes-or-no columns; the other fields of a rule hold a word."""


class place_in(FunctionElement[int]):  # noqa: N801 - it is written like an SQL function, and is one
    """Where the second text begins in the first; 0 where it does not stand there."""

    type = Integer()
    inherit_cache = True


@compiles(place_in, "sqlite")
def _instr(element: Any, compiler: Any, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(place_in, "postgresql")
def _strpos(element: Any, compiler: Any, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


def condition(rule: Rule, contact: Table | FromClause) -> ColumnElement[bool]:
    """True for the contacts that the rule means. It is never null: what is not known about a person is not so.

    Raises:
        Unusable: a yes-or-no field is compared with a word, or a word with yes or no.
    """
    match rule:
        case FieldIs():
            return _field(rule, contact)
        case AllOf():
            return and_(true(), *(condition(part, contact) for part in rule.all))
        case AnyOf():
            return or_(false(), *(condition(part, contact) for part in rule.any))
        case Not():
            return not_(condition(rule.not_, contact))
        case _:
            return true()


def _field(rule: FieldIs, contact: Table | FromClause) -> ColumnElement[bool]:
    column = contact.c[rule.field]
    if isinstance(rule.equals, bool) != (rule.field in FLAGS):
        allowed = "true or false" if rule.field in FLAGS else "a word"
        raise Unusable(f"{rule.field} is compared with something it cannot be.", remedy=f"Give it {allowed}.")
    if isinstance(rule.equals, bool):
        return column.is_(true()) if rule.equals else column.is_(false())
    return func.coalesce(column, "") == rule.equals


def treated(segments: Sequence[Segment], contact: Table | FromClause) -> Treatment:
    """How each contact is treated by the first segment, highest precedence first, that they belong to."""
    return Treatment(sorted(segments, key=lambda s: -s.precedence), contact)


class Treatment:
    """SQL expressions over a contact: segment, precedence, language, tier, means in order, messenger, needs."""

    def __init__(self, segments: Sequence[Segment], contact: Table | FromClause) -> None:
        self._segments, self._contact = segments, contact
        self._conditions = [condition(s.rule, contact) for s in segments]
        c = contact.c
        self.segment = self._first(lambda s: s.id)
        self.precedence = self._first(lambda s: s.precedence)
        self.language = func.coalesce(func.nullif(c.language, ""), self._first(lambda s: s.language))
        self.tier = func.coalesce(func.nullif(c.tier, ""), self._first(lambda s: s.tier.value))
        self.messenger = self._first(lambda s: s.messenger or "")
        self.means = self._first(self._means)
        self.needs = needs(c.hearing.is_(true()), c.mobility.is_(true()), c.sight.is_(true()))

    def _first(self, value: Any) -> ColumnElement[Any]:
        """The value of the first segment, in precedence, whose condition holds; null where none does."""
        return case(*zip(self._conditions, map(_literal, map(value, self._segments)), strict=True), else_=null())

    def _means(self, segment: Segment) -> ColumnElement[str]:
        """The person's own order first, then what the segment has besides: a preference must not mean silence."""
        own = func.coalesce(self._contact.c.means, "")
        joined: ColumnElement[str] = own
        for means in segment.means:
            named = ("," + own + ",").like(f"%,{means},%")
            joined = joined + case((named, ""), else_=f",{means}")
        return func.ltrim(joined, ",")


def _literal(value: Any) -> Any:
    return value if isinstance(value, ColumnElement) else literal(value)


def needs(hearing: Any, mobility: Any, sight: Any) -> ColumnElement[str]:
    """The needs as a profile key spells them: alphabetical, joined by commas."""
    conditions = {Need.HEARING: hearing, Need.MOBILITY: mobility, Need.SIGHT: sight}
    joined: Any = literal("")
    for need, holds in sorted(conditions.items()):
        joined = joined + case((holds, f",{need}"), else_="")
    return func.ltrim(joined, ",")
