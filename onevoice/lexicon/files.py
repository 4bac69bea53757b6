"""Reads content files: strict YAML into models, with errors that name file, line or key, and what is allowed."""

from __future__ import annotations

from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from onevoice.errors import Unusable
from onevoice.lexicon.entries import HazardKind

Model = TypeVar("Model", bound=BaseModel)


class _Loader(yaml.CSafeLoader):
    """YAML that refuses a key that stands twice: the second would silence the first.

    The C parser, which PyYAML's wheels bring: the first page after a start reads every hazard, and a reader waits.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        keys = [key.value for key, _ in node.value]
        twice = next((key for key, _ in reversed(node.value) if keys.count(key.value) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice.value!r} stands twice", twice.start_mark)
        return super().construct_mapping(node, deep)


def parse_yaml(file: str, content: bytes) -> Any:
    """Plain values of a content file.

    Raises:
        Unusable: names file and line.
    """
    try:
        return yaml.load(content.decode("utf-8-sig"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError:
        raise Unusable("This is not UTF-8 text.", where=file, remedy="Save it as UTF-8.") from None
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise Unusable(f"This is no YAML: {problem.problem}.", where=f"{file}:{line}") from None


def plain_values(file: str, content: bytes) -> dict[str, Any]:
    """The named entries of a content file. Errors as `parse_yaml`."""
    plain = parse_yaml(file, content)
    if not isinstance(plain, dict):
        raise Unusable("This file must hold named entries.", where=file)
    return plain


def checked(model: type[Model], plain: Any, file: str, prefix: str = "") -> Model:
    """Plain values as a model.

    Raises:
        Unusable: names file and key, and what is allowed there.
    """
    try:
        return model.model_validate(plain)
    except ValidationError as problem:
        # A key with a typing error also makes the right one missing: say the first, it explains the second.
        first = min(problem.errors(include_url=False), key=lambda error: error["type"] != "extra_forbidden")
        path = ".".join(str(step) for step in (prefix, *first["loc"]) if step != "")
        raise Unusable(_reason(first, model), where=f"{file} {path}".rstrip()) from None


def _reason(error: Any, model: type[BaseModel]) -> str:
    if error["type"] == "extra_forbidden":
        inside = HazardKind if error["loc"][0] == "kinds" else model
        return f"There is no key {error['loc'][-1]!r} here. Allowed: {', '.join(inside.model_fields)}."
    return f"{error['msg'].removeprefix('Value error, ')}."
