"""What a template may do: a short allow-list over its parsed tree, applied before anything is compiled.

Jinja's sandbox stops attribute tricks, but not `{{ 3**20000000 % 7 }}`, which computes for many seconds while the
template is being *compiled*. So nothing that is not on this list ever gets that far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from jinja2 import nodes

from onevoice.lexicon.entries import PACK

_SENTENCES = ("opening", "impact", "detail", "where", "act_by", "until", "next_update", "more", "call", "cosign", "why")
_REST = ("mark", "source", "sorry", "note", "issued", "manage", "number", "exercise_note", "hazard_name", "pass_on")
_STAND_IN = ("stand_in", "stand_in_language", "stand_in_direction")
_ALOUD = ("hello", "again", "hear_again", "end", "keep", "read_aloud", "stop")
TEXTS = frozenset([*_SENTENCES, *_REST, *_STAND_IN, *_ALOUD, "direction", "language", "colour"])
LISTS = frozenset(["actions", "access", "changed", "not_known", "local", "without", "limits", "feedback"])
HEADINGS = frozenset(["what", "where", "do", "help", "not_known", "more", "who"])
DECLARED = TEXTS | LISTS | {"headings", "pack"}
"""Everything that a template sees; `headings` and `pack` are maps."""
FILTERS = frozenset(["first", "last", "join", "length", "list", "select", "trim", "urlize"])

_LOOP = frozenset(["index", "index0", "first", "last", "length"])
_PLAIN = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.CondExpr, nodes.And, nodes.Or, nodes.Not,
    nodes.Compare, nodes.Operand, nodes.List, nodes.Slice,
)  # fmt: skip
_LONGEST_CONST, _LARGEST_CONST, _DEEPEST_LOOP = 200, 1000, 2


class NotAllowed(Exception):
    """Something in the template is not on the list. `line` counts from 1."""

    def __init__(self, what: str, line: int) -> None:
        self.line = line
        super().__init__(what)


def check(tree: nodes.Template) -> None:
    """Refuse a template that does more than place finished sentences.

    Raises:
        NotAllowed: says what, and in which line.
    """
    for fault in _faults(tree, DECLARED, 0):
        raise fault


def _faults(node: nodes.Node, names: frozenset[str], depth: int) -> Iterator[NotAllowed]:
    fault = _fault(node, names, depth)
    if fault:
        yield NotAllowed(fault, node.lineno)
    if isinstance(node, nodes.For):
        yield from _loop_faults(node, names, depth + 1)
        return
    for child in node.iter_child_nodes():
        yield from _faults(child, names, depth)


def _loop_faults(loop: nodes.For, names: frozenset[str], depth: int) -> Iterator[NotAllowed]:
    if not isinstance(loop.target, nodes.Name) or loop.target.name in DECLARED:
        yield NotAllowed("a loop needs one new name", loop.lineno)
        return
    yield from _faults(loop.iter, names, depth)
    inside = names | {loop.target.name, "loop"}
    for part in (*loop.body, *loop.else_, *([loop.test] if loop.test else [])):
        yield from _faults(part, inside, depth)


def _fault(node: nodes.Node, names: frozenset[str], depth: int) -> str | None:
    if isinstance(node, nodes.Name):
        return None if node.name in names else f"there is no {node.name!r}; a template sees {_listed(DECLARED)}"
    if isinstance(node, nodes.For):
        return "loops may stand two deep at most" if depth >= _DEEPEST_LOOP or node.recursive else None
    rule = _RULES.get(type(node))
    if rule:
        return rule(node)
    return None if isinstance(node, _PLAIN) else f"{type(node).__name__.lower()} is not allowed in a template"


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _const_fault(node: nodes.Const) -> str | None:
    value = node.value
    size = len(value) / _LONGEST_CONST if isinstance(value, str) else abs(value or 0) / _LARGEST_CONST
    return "this value is too large" if size > 1 else None


def _filter_fault(node: nodes.Filter) -> str | None:
    if node.name not in FILTERS or node.node is None:
        return f"there is no filter {node.name!r}; there are {_listed(FILTERS)}"
    if node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) > (node.name == "join"):
        return f"the filter {node.name} takes nothing here"
    return None if all(isinstance(arg, nodes.Const) for arg in node.args) else "a filter takes only a fixed text"


def _attribute_fault(node: nodes.Getattr) -> str | None:
    known = {"headings": HEADINGS, "pack": PACK, "loop": _LOOP}
    owner = node.node.name if isinstance(node.node, nodes.Name) else ""
    if node.attr in known.get(owner, ()):
        return None
    return f"there is no .{node.attr} here; " + ", ".join(f"{name} has {_listed(has)}" for name, has in known.items())


def _item_fault(node: nodes.Getitem) -> str | None:
    ends = [node.arg.start, node.arg.stop, node.arg.step] if isinstance(node.arg, nodes.Slice) else [node.arg]
    fixed = all(end is None or (isinstance(end, nodes.Const) and isinstance(end.value, int)) for end in ends)
    owner = node.node.name if isinstance(node.node, nodes.Name) else ""
    return None if fixed and owner in LISTS else "only a position or a range of a list can be taken"


def _add_fault(node: nodes.Add) -> str | None:
    return None if _is_list(node) else "only lists can be added"


def _is_list(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Add):
        return _is_list(node.left) and _is_list(node.right)
    return isinstance(node, nodes.List) or (isinstance(node, nodes.Name) and node.name in LISTS)


_RULES: dict[type[nodes.Node], Callable[[Any], str | None]] = {
    nodes.Const: _const_fault,
    nodes.Filter: _filter_fault,
    nodes.Getattr: _attribute_fault,
    nodes.Getitem: _item_fault,
    nodes.Add: _add_fault,
}
