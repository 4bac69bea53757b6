from pathlib import Path
from typing import Any

import pytest

from onevoice.errors import Unusable
from onevoice.people import Means
from onevoice.template import Templates, allowed, marks

MESSAGE: dict[str, Any] = {
    **dict.fromkeys(allowed.TEXTS, ""),
    **{name: [] for name in allowed.LISTS},
    "headings": dict.fromkeys(allowed.HEADINGS, "Heading"),
    "opening": "STORM & wind <b>.",
    "actions": ["Go up.", "Take a lamp."],
    "more": "Page: https://x.example/a?b=1&c=2",
}


def _write(words: Path, name: str, text: str) -> Templates:
    path = words / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return Templates(words)


def _render(words: Path, text: str, part: str = "text", means: Means = Means.SMS) -> str:
    name = "sms.j2" if means is Means.SMS else f"email.{part}.j2"
    templates = _write(words, f"templates/kinds/any/{name}", text)
    return templates.render("storm", "warning", means, part, "en", MESSAGE)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{{ opening }}", "STORM & wind <b>."),
        ("{% for a in actions %}{{ loop.index }}. {{ a }}\n{% endfor %}", "1. Go up.\n2. Take a lamp."),
        ("{{ (changed or [opening]) | first }}", "STORM & wind <b>."),
        ("{{ actions[1:] | join(' / ') }}{{ actions[0] }}", "Take a lamp.Go up."),
        ("{{ headings.do if actions else headings.help }}", "Heading"),
        ("{{ act_by or until or opening }}", "STORM & wind <b>."),
        ("{% if actions | length > 1 and not note %}many{% elif note %}x{% else %}few{% endif %}", "many"),
        ("{% for a in (actions + [note]) | select %}{{ a }}{% endfor %}", "Go up.Take a lamp."),
        ("{% for a in actions if a != 'Go up.' %}{{ a }}{% endfor %}", "Take a lamp."),
        ("{{ impact if note }}", ""),
    ],
)
def test_what_a_template_needs_is_allowed(words: Path, text: str, made: str) -> None:
    """Placing sentences, loops over lists, conditions, positions and a few filters."""
    assert _render(words, text) == made


REFUSED = [
    "{{ 3**20000000 % 7 }}",
    "{{ 'A' * 100000000 }}",
    "{{ opening * 9 }}",
    "{{ 1 + 1 }}",
    "{{ 'a' + 'b' }}",
    "{{ opening + opening }}",
    "{{ opening ~ opening }}",
    "{{ 7 // 2 }}",
    "{{ -1000001 }}",
    "{{ range(99999) }}",
    "{% for a in range(9) %}{% endfor %}",
    "{% for a in opening %}{{ a }}{% for b in opening %}{% for c in opening %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a, b in actions %}{% endfor %}",
    "{% for opening in actions %}{% endfor %}",
    "{% for a in actions recursive %}{{ loop(a) }}{% endfor %}",
    "{% set x = opening %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% call opening() %}{% endcall %}",
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{% block b %}{% endblock %}",
    "{% filter upper %}a{% endfilter %}",
    "{% with a = 1 %}{% endwith %}",
    "{% raw %}x{% endraw %}{{ lipsum() }}",
    "{{ cycler(1) }}",
    "{{ joiner() }}",
    "{{ namespace() }}",
    "{{ dict(a=1) }}",
    "{{ self }}",
    "{{ self.__init__ }}",
    "{{ ''.__class__ }}",
    "{{ opening.__class__.__mro__ }}",
    "{{ opening.upper() }}",
    "{{ opening.format(1) }}",
    "{{ opening['__class__'] }}",
    "{{ actions['__class__'] }}",
    "{{ actions[opening] }}",
    "{{ headings['do'] }}",
    "{{ headings.__class__ }}",
    "{{ headings.items() }}",
    "{{ loop }}",
    "{% for a in actions %}{{ loop.__class__ }}{% endfor %}",
    "{% for a in actions %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{{ opening | attr('__class__') }}",
    "{{ opening | map('upper') }}",
    "{{ actions | map(attribute='x') }}",
    "{{ opening | center(100000000) }}",
    "{{ opening | indent(99999999) }}",
    "{{ opening | format(1) }}",
    "{{ opening | replace('a', 'b') }}",
    "{{ opening | safe }}",
    "{{ opening | xmlattr }}",
    "{{ opening | tojson }}",
    "{{ opening | pprint }}",
    "{{ opening | default('x') }}",
    "{{ actions | join(opening) }}",
    "{{ actions | join(attribute='x') }}",
    "{{ actions | select('string') }}",
    "{{ actions | join('" + "x" * 201 + "') }}",
    "{{ actions | sum }}",
    "{{ actions | batch(2) }}",
    "{{ actions | sort }}",
    "{{ opening is defined }}",
    "{{ opening is string }}",
    "{{ [a for a in actions] }}",
    "{{ {'a': 1} }}",
    "{{ (1, 2) }}",
    "{{ url }}",
    "{{ alert }}",
    "{{ _ }}",
    "{{ __builtins__ }}",
    "{{ actions[0:10:9999] }}",
    "{% do opening %}",
    "{{ opening",
    "{% if %}",
    "{% for a in actions %}",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_a_template_does_not_need_is_refused_before_it_is_compiled(words: Path, text: str) -> None:
    """Refused with file and line; nothing is computed, so a costly expression costs nothing."""
    with pytest.raises(Unusable) as refused:
        _render(words, f"{{{{ opening }}}}\n{text}")
    assert refused.value.where == "templates/kinds/any/sms.j2:2"


def test_the_refused_payloads_never_reach_the_compiler(words: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling is where a power of twenty million is computed; it is not even begun."""
    from jinja2 import Environment

    def compiling(*_: object, **__: object) -> None:
        pytest.fail("a refused template was compiled")

    monkeypatch.setattr(Environment, "compile", compiling)
    with pytest.raises(Unusable, match="mod is not allowed"):
        _render(words, "{{ 3**20000000 % 7 }}")


def test_a_heading_that_is_not_there_is_named(words: Path) -> None:
    """The error lists the headings that there are."""
    with pytest.raises(Unusable, match=r"no \.todo here; headings has do, help"):
        _render(words, "{{ headings.todo }}")


def test_only_html_is_escaped(words: Path) -> None:
    """Plain text keeps its characters; HTML escapes them, also inside a link."""
    assert _render(words, "{{ opening }}", "text", Means.EMAIL) == "STORM & wind <b>."
    assert _render(words, "<p>{{ opening }}</p>", "html", Means.EMAIL) == "<p>STORM &amp; wind &lt;b&gt;.</p>"
    assert _render(words, "{{ more | urlize }}", "html", Means.EMAIL) == (
        'Page: <a href="https://x.example/a?b=1&amp;c=2">https://x.example/a?b=1&amp;c=2</a>'
    )


@pytest.mark.parametrize(
    ("means", "part", "made"),
    [(Means.SMS, "text", "a b\nc"), (Means.EMAIL, "text", "a b\n\nc"), (Means.EMAIL, "subject", "a b c")],
)
def test_blanks_are_folded_as_the_means_wants_it(words: Path, means: Means, part: str, made: str) -> None:
    """SMS drops empty lines, email keeps one, a subject is one line."""
    assert _render(words, "\n  a   b {{ note }} \n\n\n\n {{ impact }}\nc\n", part, means) == made


def test_the_special_file_wins(words: Path) -> None:
    """The hazard's own, the language's, the kind's, the language's general one, the general one: in this order."""
    line = [
        "templates/kinds/any/sms.j2",
        "locales/es/frames/any.sms.j2",
        "templates/kinds/warning/sms.j2",
        "locales/es/frames/warning.sms.j2",
        "templates/hazards/storm/warning.sms.j2",
    ]
    for name in line:
        assert _write(words, name, name).render("storm", "warning", Means.SMS, "text", "es", MESSAGE) == name
    assert Templates(words).render("fire", "update", Means.SMS, "text", "en", MESSAGE) == line[0]


def test_a_template_that_is_nowhere_is_named(words: Path) -> None:
    """The error names the general file that would do."""
    (words / "templates/kinds/any/sms.j2").unlink()
    with pytest.raises(Unusable, match=r"no template for sms\.j2"):
        Templates(words).find("storm", "warning", Means.SMS, "text", "en")


def test_a_text_without_end_is_refused(words: Path) -> None:
    """More than 64 kB is no message."""
    long = {**MESSAGE, "actions": ["x" * 40_000, "y" * 40_000]}
    with pytest.raises(Unusable, match="longer than 64 kB"):
        Templates(words).render("storm", "warning", Means.SMS, "text", "en", long)


def test_the_hash_follows_the_files_that_are_used(words: Path) -> None:
    """Another language's frame does not change it; the used file does."""
    before = Templates(words).hash("storm", "warning", Means.SMS, "en")
    assert _write(words, "locales/es/frames/any.sms.j2", "x").hash("storm", "warning", Means.SMS, "en") == before
    assert _write(words, "templates/kinds/any/sms.j2", "y").hash("storm", "warning", Means.SMS, "en") != before


def test_marks_show_what_stands_where_and_leave_nothing_behind() -> None:
    """Pieces may stand in one another, and several times."""
    made = marks.Marks()
    name = made.around("fact places", "Old Mill")
    text = f"{made.around('say where', f'Where: {name}.')} {name} {made.around('fact none', '')}"
    plain, pieces = made.extract(text)
    assert plain == "Where: Old Mill. Old Mill "
    assert [(p.label, plain[p.start : p.end]) for p in pieces] == [
        ("say where", "Where: Old Mill."),
        ("fact places", "Old Mill"),
        ("fact places", "Old Mill"),
    ]
