"""Templates: the order of finished sentences in a message. Content only; the special file overrides the general one.

A template passes the allow-list before it is compiled, and is rendered in this process: the files are in git, reviewed
like code, and what the list lets through can neither compute nor loop for long. Text that arrives over the web (an
editor in the console, say) would need a process of its own besides.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from onevoice.errors import Unusable
from onevoice.facts import content_hash
from onevoice.people import WIRELESS, Means
from onevoice.template import allowed, marks

PARTS: Mapping[Means, tuple[str, ...]] = {
    Means.SMS: ("text",),
    Means.EMAIL: ("subject", "text", "html"),
    Means.SOCIAL: ("text",),
    Means.PAGE: ("headline", "description", "instruction", "text", "until", "where", "who"),
    Means.WIRELESS_90: ("text",),
    Means.WIRELESS_360: ("text",),
    Means.VOICE: ("text",),
    Means.PRINT: ("text", "html"),
    Means.PACK: ("text", "questions", "limits"),
}
SHORT = frozenset([Means.SMS, Means.SOCIAL, *WIRELESS, Means.VOICE])
"""Means of one part with a limit to its length: no empty lines, and what does not fit is left out."""
ONE_LINE = frozenset(["subject", "headline"])
LARGEST_TEXT = 64 * 1024
_LARGEST_FILE = 32 * 1024
_MARK = marks.MARK.pattern
_ADDRESS = rf"https?://[^\s<>{_MARK[1:-1]}\u2066-\u2069]+|\{{manage_url\}}"
_LINK = re.compile(rf"({_MARK}?)({_ADDRESS})({_MARK}?)")


class _Files(BaseLoader):
    """Templates from memory, each checked against the allow-list before Jinja compiles it."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Any]:
        text = self.files.get(template)
        if text is None:
            raise TemplateNotFound(template)
        if len(text) > _LARGEST_FILE:
            raise TemplateSyntaxError("the file is too large", 1, template, template)
        try:
            allowed.check(environment.parse(text, template, template))
        except allowed.NotAllowed as fault:
            raise TemplateSyntaxError(str(fault), fault.line, template, template) from None
        return text, template, lambda: True


class Templates:
    """All templates under a content root, read once."""

    def __init__(self, root: Path) -> None:
        self.files = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in _paths(root)}
        self._text = _environment(self.files, escaping=False)
        self._html = _environment(self.files, escaping=True)
        self._hashes: dict[tuple[str, ...], str] = {}

    def find(self, hazard: str, kind: str, means: Means, part: str, language: str) -> str:
        """The file for a part: the hazard's own, the language's, the kind's, the language's general, the general.

        Raises:
            Unusable: there is none.
        """
        name = f"{means}.j2" if means in SHORT else f"{means}.{part}.j2"
        line = (
            f"templates/hazards/{hazard}/{kind}.{name}",
            f"locales/{language}/frames/{kind}.{name}",
            f"templates/kinds/{kind}/{name}",
            f"locales/{language}/frames/any.{name}",
            f"templates/kinds/any/{name}",
        )
        found = next((path for path in line if path in self.files), None)
        if found is None:
            raise Unusable(f"There is no template for {name}.", where=line[-1])
        return found

    def render(self, hazard: str, kind: str, means: Means, part: str, language: str, message: Mapping[str, Any]) -> str:
        """Place a message's sentences. Lines are stripped, runs of spaces folded, empty lines dropped (SMS) or folded.

        Raises:
            Unusable: the template does what it may not, or says too much; names file and line.
        """
        name = self.find(hazard, kind, means, part, language)
        text = self._render(name, message, escaping=part == "html")
        if len(text) > LARGEST_TEXT:
            raise Unusable(f"The text is longer than {LARGEST_TEXT // 1024} kB.", where=name)
        one_line = part in ONE_LINE or means in WIRELESS
        return text.strip() if part == "html" else _tidy(text, one_line=one_line, gaps=means not in SHORT)

    def _render(self, name: str, message: Mapping[str, Any], *, escaping: bool) -> str:
        try:
            return (self._html if escaping else self._text).get_template(name).render(message)
        except TemplateSyntaxError as problem:
            raise Unusable(f"{problem.message}.", where=f"{name}:{problem.lineno}") from None
        except Exception as problem:  # whatever a template can still provoke is a fault of that file
            raise Unusable(f"This cannot be rendered: {problem}.", where=_place(problem, name)) from problem

    def check(self) -> Iterator[Unusable]:
        """Every template that is refused, with the reason."""
        for name in sorted(self.files):
            try:
                self._text.get_template(name)
            except TemplateSyntaxError as problem:
                yield Unusable(f"{problem.message}.", where=f"{name}:{problem.lineno}")

    def hash(self, hazard: str, kind: str, means: Means, language: str) -> str:
        """Hash over the files that make a message."""
        names = tuple(self.find(hazard, kind, means, part, language) for part in PARTS[means])
        if names not in self._hashes:
            self._hashes[names] = content_hash([[name, self.files[name]] for name in names])
        return self._hashes[names]


def _paths(root: Path) -> list[Path]:
    return sorted([*(root / "templates").rglob("*.j2"), *(root / "locales").glob("*/frames/*.j2")])


def _environment(files: Mapping[str, str], *, escaping: bool) -> Environment:
    environment = ImmutableSandboxedEnvironment(
        loader=_Files(files), undefined=StrictUndefined, autoescape=escaping, auto_reload=False
    )
    kept = {name: filter_ for name, filter_ in environment.filters.items() if name in allowed.FILTERS}
    environment.filters = kept | {"length": _length, "urlize": _linked}
    environment.globals.clear()
    return environment


def _length(value: Any) -> int:
    """As many characters as people will see: marks do not count."""
    return len(marks.bare(value)) if isinstance(value, str) else len(list(value))


def _linked(text: str) -> Markup:
    """HTML with each address as a link; its marks stay around the words that people see."""
    return Markup(_LINK.sub(r'<a href="\2">\1\2\3</a>', str(escape(text))))  # noqa: S704 - escaped just here


def _tidy(text: str, *, one_line: bool, gaps: bool) -> str:
    lines = [" ".join(line.split()) for line in text.splitlines()]
    if one_line:
        return " ".join(line for line in lines if line)
    if not gaps:
        return "\n".join(line for line in lines if line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _place(problem: Exception, name: str) -> str:
    """File and line of the template in which an error came up."""
    lines = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == name]
    return f"{name}:{lines[-1]}" if lines else name
