"""Reading the files that people without programming write: YAML and GeoJSON, with errors that say what to mend."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from onevoice.errors import Unusable

Value = TypeVar("Value", bound=BaseModel)

LARGEST = 10 * 1024 * 1024
"""Bytes that such a file may have."""


def folder(path: Path) -> list[Path]:
    """The YAML files of a folder, by name.

    Raises:
        Unusable: there are none.
    """
    files = sorted(path.glob("*.yaml"))
    if not files:
        raise Unusable("There are no .yaml files.", where=str(path), remedy="See audiences/README.md.")
    return files


def mapping(path: Path) -> dict[str, Any]:
    """The keys and values of a YAML file.

    Raises:
        Unusable: it cannot be read, or is not a list of keys and values.
    """
    plain = _yaml(path)
    if not isinstance(plain, dict) or not all(isinstance(key, str) for key in plain):
        raise Unusable(
            "This is not a list of keys and values.", where=path.name, remedy="Write `key: value` on each line."
        )
    return plain


def items(path: Path) -> list[dict[str, Any]]:
    """The entries of a YAML file that begins each with a dash.

    Raises:
        Unusable: it cannot be read, or is not such a list.
    """
    plain = _yaml(path)
    if not isinstance(plain, list) or not all(isinstance(item, dict) for item in plain):
        raise Unusable("This is not a list of entries.", where=path.name, remedy="Begin each entry with a dash.")
    return plain


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(text(path))
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f"{path.name}, line {mark.line + 1}" if mark else path.name
        said = getattr(problem, "problem", None) or "it cannot be read"
        raise Unusable(f"This is not YAML: {said}.", where=where, remedy="Look at the line it names.") from None


def geojson(path: Path) -> Any:
    """The plain values of a GeoJSON file.

    Raises:
        Unusable: it cannot be read, or is not JSON.
    """
    try:
        return json.loads(text(path))
    except (ValueError, RecursionError):
        raise Unusable("This is not JSON.", where=path.name, remedy="Save the area as GeoJSON.") from None


def text(path: Path) -> str:
    """The text of a file of at most LARGEST bytes.

    Raises:
        Unusable: it is not there, is too large, or is not UTF-8.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise Unusable(f"The file is larger than {LARGEST // 1024 // 1024} MB.", where=path.name)
        return path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        what = f"The file cannot be read ({problem.strerror or type(problem).__name__})."
        raise Unusable(what, where=path.name, remedy="Check its name and its folder.") from None
    except UnicodeDecodeError:
        raise Unusable("The file is not UTF-8 text.", where=path.name, remedy="Save it as UTF-8.") from None


def known_keys(plain: Mapping[str, Any], allowed: Iterable[str], where: str) -> None:
    """Say nothing if every key is allowed.

    Raises:
        Unusable: names the key, the nearest that is allowed, and all of them.
    """
    names = sorted(allowed)
    for key in plain:
        if key not in names:
            near = get_close_matches(str(key), names, n=1)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise Unusable(f"There is no key {key}.", where=where, remedy=f"{hint}Allowed: {', '.join(names)}.")


def value(model: type[Value], plain: Mapping[str, Any], where: str) -> Value:
    """The value that the keys describe.

    Raises:
        Unusable: names file, key, what is wrong, and what is allowed.
    """
    known_keys(plain, model.model_fields, where)
    try:
        return model.model_validate(plain)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ").rstrip(".")
        missing = "The key is missing" if first["type"] == "missing" else said
        raise Unusable(f"{missing}.", where=f"{where}, {key}", remedy="See audiences/README.md.") from None
