"""What a person typed: the alert file, every word of it as it stands there."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from onevoice.alert import AlertFile, AreaFile, Origin
from onevoice.errors import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LARGEST = 64 * 1024
"""Bytes that an alert file may have; a long one has two hundred lines."""
DEEPEST = 8
"""How deep lists and fields may stand in one another."""
EXAMPLE = "See examples/river_flood_warning.yaml."
SHAPES = {
    "zones": "this is no list of zones, such as [old-mill, riverside]",
    "places": "this is no list of places, such as [Old Mill, Riverside]",
    "polygon": "this is no list of corners, each [latitude, longitude] in degrees",
    "circle": "this is no [latitude, longitude, kilometers]",
    "file": "this is no name of a GeoJSON file",
}
"""What each way to write an area is not, where it is something else."""
_NOTHING = frozenset({"", "~", "null"})
_KEPT = frozenset("\t\n\r")


class _Words(yaml.BaseLoader):
    """YAML in which 18:30 is a time and +14135550150 a number to ring, as people mean them, and never an integer.

    Refused: a field that is given twice, of which one would be lost; references; letters that no text can hold.
    """

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose what comes next, as long as it is not too deep."""
        if self.check_event(yaml.AliasEvent):
            raise _wrong("references (*) are not used here", self.get_mark())
        if self._depth >= DEEPEST:
            raise _wrong("the brackets stand too deep in one another", self.get_mark())
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_scalar(self, node: Any) -> Any:
        """Words as they stand there; nothing at all, unquoted, is None."""
        if any(unicodedata.category(c) in ("Cc", "Cs") and c not in _KEPT for c in node.value):
            raise _wrong("a letter in this line cannot be sent", node.start_mark)
        return None if node.style is None and node.value.casefold() in _NOTHING else node.value

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - as PyYAML calls it
        """Fields and values, each field once."""
        found = super().construct_mapping(node, deep=True)
        names = [self.construct_object(key, deep=deep) for key, _ in node.value]
        for i, (key, _) in enumerate(node.value):
            if names[i] in names[:i]:
                raise _wrong(f"the field {key.value!r} is given twice", key.start_mark)
        return found


def _wrong(what: str, mark: yaml.Mark) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=what, problem_mark=mark)


def read_file(path: Path) -> AlertFile:
    """Read an alert file (YAML or JSON).

    Raises:
        Unusable: names file and field, and what is allowed.
    """
    try:
        loader = _Words(_text(path))
        node = loader.get_single_node()
        plain = loader.construct_document(node) if node else None
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        what = f"This is no YAML or JSON: {getattr(problem, 'problem', None) or 'a letter in it cannot be sent'}."
        raise Unusable(what, where=f"{path}{line}", remedy=EXAMPLE) from None
    origin = Origin(str(path), dict(_lines(node)))
    return parse(plain, where=str(path), origin=origin).read_from(origin)


def _lines(node: yaml.Node | None, above: str = "") -> Iterator[tuple[str, int]]:
    """Each field with the line that it begins in, counted from 1."""
    inner: Iterable[tuple[str, yaml.Node, yaml.Node]] = ()
    if isinstance(node, yaml.MappingNode):
        inner = ((str(key.value), key, value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        inner = ((str(i), value, value) for i, value in enumerate(node.value))
    for name, begins, value in inner:
        yield above + name, begins.start_mark.line + 1
        yield from _lines(value, f"{above}{name}.")


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            octets = file.read(LARGEST + 1)
    except (OSError, ValueError) as problem:
        what = f"The file cannot be read ({getattr(problem, 'strerror', None) or 'no such file'})."
        raise Unusable(what, where=str(path), remedy="Check its name and its folder.") from None
    if len(octets) > LARGEST:
        what = f"The file is larger than {LARGEST // 1024} KB, so it is no alert file."
        raise Unusable(what, where=str(path), remedy=EXAMPLE)
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable("The file is not UTF-8 text.", where=str(path), remedy="Save it as UTF-8.") from None


def parse(plain: Any, *, where: str, origin: Origin | None = None) -> AlertFile:
    """An alert file from plain values. `origin` tells the lines of its fields. Errors as `read_file`."""
    if not isinstance(plain, dict):
        what = "An alert file is a list of fields, one a line."
        raise Unusable(what, where=where, remedy=EXAMPLE)
    try:
        return AlertFile.model_validate(plain)
    except ValidationError as problem:
        place = origin.of(_field(problem)).rpartition(", ")[0] if origin else where
        raise Unusable(first_error(problem), where=place, remedy=EXAMPLE) from None


def _field(problem: ValidationError) -> str:
    """The field of the first thing that is wrong."""
    return ".".join(str(part) for part in problem.errors(include_url=False, include_input=False)[0]["loc"])


def first_error(problem: ValidationError) -> str:
    """The first thing that is wrong, as a sentence that names the field."""
    first = problem.errors(include_url=False, include_input=False)[0]
    field = _field(problem) or "the file"
    if first["type"] == "extra_forbidden":
        fields = AreaFile.model_fields if first["loc"][0] == "area" else AlertFile.model_fields
        known = get_close_matches(str(first["loc"][-1]), fields, n=1)
        hint = f" Did you mean {known[0]!r}?" if known else ""
        return f"There is no field {field!r}.{hint}"
    if first["type"] == "missing":
        return f"{field} is missing."
    if first["loc"][:1] == ("area",) and len(first["loc"]) == 2:  # noqa: PLR2004 - the area and one of its fields
        return f"{field}: {SHAPES[str(first['loc'][1])]}."
    return f"{field}: {first['msg'].removeprefix('Value error, ')}."
