"""The contact file: any order, encoding and spelling in; damaged rows out, each with line, field and reason."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.contacts import ELSEWHERE, Reading, Refused, read
from audiences.gazetteer import Gazetteer
from audiences.lines import LONGEST
from onevoice.errors import Unusable
from onevoice.ledger.contacts import Address, ContactRow


def taken(folder: Path, content: str | bytes, **more: Any) -> tuple[list[ContactRow], Reading]:
    """All rows of a file, and the reading."""
    path = folder / "people.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    reading = read(path, **more)
    return list(reading.rows), reading


def one(folder: Path, header: str, row: str, **more: Any) -> ContactRow:
    """The only row of a file, which must be taken."""
    rows, reading = taken(folder, f"{header}\n{row}\n", **more)
    assert reading.refused == []
    return rows[0]


def refusal(folder: Path, header: str, row: str, **more: Any) -> Refused:
    """The only row of a file, which must be refused."""
    rows, reading = taken(folder, f"{header}\n{row}\n", **more)
    assert (rows, len(reading.refused), reading.refused_in_all) == ([], 1, 1)
    return reading.refused[0]


WHOLE = """\
few_ties,older,champion,name,ref,mobile,landline,email,language,tier,zone,lat,lon,household,means,lives_alone,\
mobility,hearing,sight,newcomer,role,consent,exercise_ok,phone_language,Shoe size
yes,1,c1,Ana Arroyo,a1,(202) 555-0142,202.555.0143,Ana@Mail.Example,Español,2,Old Mill,40.01,-72.51,h1,"text, mail",\
TRUE,no,X,,0,Resident,emergency;information,y,es-US,41
"""


def test_a_whole_row_becomes_a_contact(tmp_path: Path) -> None:
    """Every column, in any order; one that OneVoice does not know is kept as an attribute."""
    rows, _ = taken(tmp_path, WHOLE)
    assert rows == [
        ContactRow(
            ref="a1",
            name="Ana Arroyo",
            language="es",
            tier="T2",
            zone="old-mill",
            lat=40.01,
            lon=-72.51,
            household="h1",
            means=("sms", "email"),
            role="resident",
            lives_alone=True,
            older=True,
            hearing=True,
            few_ties=True,
            exercise_ok=True,
            consent=("emergency", "information"),
            champion="c1",
            addresses=(
                Address("sms", "+12025550142"),
                Address("voice", "+12025550143"),
                Address("email", "Ana@mail.example"),
            ),
            point_language="es",
            attributes={"shoe_size": "41"},
        )
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_encoding_and_delimiter_gives_the_same(
    tmp_path: Path, encoding: str, delimiter: str, newline: str
) -> None:
    """UTF-8 with or without mark, UTF-16 either way, comma, semicolon, tab, both line ends."""
    lines = [["ref", "name", "mobile"], ["a1", "Đào Thạch أمل", "202 555 0142"], ["a2", "林静", "202 555 0143"]]
    text = newline.join(delimiter.join(line) for line in lines)
    rows, reading = taken(tmp_path, text.encode(encoding))
    assert [row.name for row in rows] == ["Đào Thạch أمل", "林静"]
    assert reading.refused == []


def test_quoted_fields_may_hold_delimiters_quotes_and_line_breaks(tmp_path: Path) -> None:
    """As spreadsheets write them."""
    rows, _ = taken(tmp_path, 'ref,name,note\na1,"Arroyo, ""Ana""","two\nlines"\na2,Ben,\n')
    assert [(r.ref, r.name, dict(r.attributes)) for r in rows] == [
        ("a1", 'Arroyo, "Ana"', {"note": "two\nlines"}),
        ("a2", "Ben", {}),
    ]


@pytest.mark.parametrize("word", ["yes", "Y", "true", "TRUE", "t", "1", "1.0", "x", "on", "sí", "oui", "wi"])
def test_yes_in_usual_spellings(tmp_path: Path, word: str) -> None:
    """What people and spreadsheets write for yes."""
    assert one(tmp_path, "ref,older", f"a1,{word}").older is True


@pytest.mark.parametrize("word", ["no", "N", "false", "FALSE", "f", "0", "0.0", "-", "off", "non", "", " "])
def test_no_in_usual_spellings(tmp_path: Path, word: str) -> None:
    """And for no."""
    assert one(tmp_path, "ref,older", f"a1,{word}").older is False


@pytest.mark.parametrize(
    ("text", "language"),
    [
        *(("es", "es"), ("ES", "es"), ("es-MX", "es"), ("es_419", "es"), ("Spanish", "es"), ("español", "es")),
        *(
            ("zh", "zh-Hans"),
            ("zh-CN", "zh-Hans"),
            ("zh-Hans", "zh-Hans"),
            ("zh_Hans_CN", "zh-Hans"),
            ("zh-Hans-US", "zh-Hans"),
            ("中文", "zh-Hans"),
        ),
        *(
            ("zh-Hant", "zh-Hant"),
            ("zh_TW", "zh-Hant"),
            ("ZH-HK", "zh-Hant"),
            ("zh-Hant-US", "zh-Hant"),
            ("Chinese (Traditional)", "zh-Hant"),
            ("Traditional Chinese", "zh-Hant"),
            ("Cantonese", "zh-Hant"),
            ("繁體中文", "zh-Hant"),
        ),
        *(("tl", "tl"), ("tl-PH", "tl"), ("fil", "tl"), ("fil_PH", "tl"), ("Filipino", "tl"), ("Tagalog", "tl")),
        *(("ukr", "uk"), ("UA", "uk"), ("uk-UA", "uk"), ("Ukrainian", "uk"), ("українська", "uk"), ("русский", "ru")),
        *(("hi", "hi"), ("hi-IN", "hi"), ("hin", "hi"), ("Hindi", "hi"), ("हिंदी", "hi"), ("हिन्दी", "hi")),
        *(("so", "so"), ("so-SO", "so"), ("som", "so"), ("Somali", "so"), ("Af-Soomaali", "so"), ("af soomaali", "so")),
        *(("de", "de"), ("de-AT", "de"), ("deu", "de"), ("German", "de"), ("Deutsch", "de")),
        *(("Haitian Creole", "ht"), ("kreyòl", "ht"), ("ar-EG", "ar"), ("vie", "vi"), ("fr-CA", "fr"), ("", None)),
    ],
)
def test_languages_by_tag_and_by_name(tmp_path: Path, text: str, language: str | None) -> None:
    """With region, in capitals, by English name or own name."""
    assert one(tmp_path, "ref,language", f"a1,{text}").language == language


@pytest.mark.parametrize("text", ["zh-TW", "zh-Hant", "zh_Hant_US", "zh-MO"])
def test_nobody_is_given_the_other_script(tmp_path: Path, text: str) -> None:
    """Where only Simplified Chinese is spoken, who reads Traditional Chinese is refused, by name, and not mistaken."""
    path = tmp_path / "people.csv"
    path.write_text(f"ref,language\na1,{text}\n", encoding="utf-8")
    reading = read(path, languages={"en": "en", "zh": "zh-Hans", "zh-hans": "zh-Hans"})
    assert list(reading.rows) == []
    assert "write one of en, zh-Hans" in reading.refused[0].reason


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("tier", "t1", "T1"),
        ("tier", "3", "T3"),
        ("tier", "2.0", "T2"),
        ("role", "CARE", "care"),
        ("role", "", "resident"),
        ("means", "Email > text", ("email", "sms")),
        ("means", "phone/sms", ("voice", "sms")),
        ("means", "sms sms", ("sms",)),
        ("consent", "YES", ("all",)),
        ("consent", "warnings", ("emergency",)),
        ("consent", "none", ("none",)),
        ("consent", "", ()),
        ("zone", "Old Mill", "old-mill"),
        ("zone", "RIVERSIDE", "riverside"),
    ],
)
def test_words_in_usual_spellings(tmp_path: Path, column: str, text: str, value: object) -> None:
    """Capitals, digits, signs between."""
    assert getattr(one(tmp_path, f"ref,{column}", f"a1,{text}"), column) == value


def test_degrees_with_a_comma_and_the_island_where_nobody_lives(tmp_path: Path) -> None:
    """40,01 is 40.01; 0, 0 is what a geocoder says that does not know."""
    row = one(tmp_path, "ref;lat;lon", "a1;40,01;-72,51")
    assert (row.lat, row.lon) == (40.01, -72.51)
    nowhere = one(tmp_path, "ref,lat,lon", "a1,0,0.0")
    assert (nowhere.lat, nowhere.lon) == (None, None)


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("mobile", "4.47E+11", "scientific notation"),
        ("mobile", "202555014", "zero"),
        ("mobile", "202 555 0142 x5", "extension"),
        ("mobile", "+1 555 234 5678", "not a number in use"),
        ("landline", "0", "not a"),
        ("email", "secret@", "domain"),
        ("language", "secret", "write one of en, ar, "),
        ("language", "sw-KE", "write one of"),
        ("tier", "T5", "write T1, T2, T3 or T4"),
        ("role", "secret", "resident, responder, care, partner, champion"),
        ("means", "sms, pigeon", "sms, email, voice"),
        ("consent", "secret", "emergency, information, all, none"),
        ("older", "secret", "write yes, no"),
        ("lat", "secret", "number of degrees"),
        ("lat", "91", "swapped"),
        ("lat", "nan", "between -90 and 90"),
        ("household", "x" * 81, "longer than 80"),
        ("zone", "x" * 61, "longer than 60"),
    ],
)
def test_a_damaged_field_costs_its_row_and_no_other(tmp_path: Path, column: str, text: str, reason: str) -> None:
    """Line, field and reason, which says what is allowed and never what stood there."""
    rows, reading = taken(tmp_path, f'ref,{column}\na1,\na2,"{text}"\na3,\n')
    assert [row.ref for row in rows] == ["a1", "a3"]
    (refused,) = reading.refused
    assert (refused.line, refused.field) == (3, column)
    assert reason in refused.reason
    assert text == "0" or text not in refused.reason


@pytest.mark.parametrize(
    ("header", "row", "field", "reason"),
    [
        ("ref,name", ",Ana", "ref", "is empty"),
        ("ref,name", "  ,Ana", "ref", "is empty"),
        ("ref,name", "ana@mail.example,Ana", "ref", "mail address"),
        ("ref,name", "a1,Ana,Arroyo", "row", "3 fields.*2 columns"),
        ("ref,name", "a1", "row", "1 fields.*2 columns"),
        ("ref,name", "a1,A\0na", "name", "UTF-8"),
        ("ref,shoe", "a1,A\0na", "row", "UTF-8"),
        ("ref,name", 'a1,"Ana', "row", "not closed"),
        ("ref,name", f"a1,{'x' * LONGEST}", "row", "longer than"),
        ("ref,lat,lon", "a1,40.0,", "lon", "other of the two"),
        ("ref,lat,lon", "a1,,40.0", "lat", "other of the two"),
    ],
)
def test_a_damaged_row_is_refused(tmp_path: Path, header: str, row: str, field: str, reason: str) -> None:
    """Ragged, unclosed, too long, with zero bytes, half a position, without ref."""
    import re

    refused = refusal(tmp_path, header, row)
    assert (refused.line, refused.field) == (2, field)
    assert re.search(reason, refused.reason)


def test_a_ref_that_stands_twice_is_refused_the_second_time(tmp_path: Path) -> None:
    """Two people with one ref would overwrite each other."""
    rows, reading = taken(tmp_path, "ref,name\na1,Ana\na1,Ben\n")
    assert [row.name for row in rows] == ["Ana"]
    assert [(r.line, r.field) for r in reading.refused] == [(3, "ref")]


def test_an_unclosed_quote_costs_one_row(tmp_path: Path) -> None:
    """It does not swallow the rows behind it, however many there are."""
    lines = ["ref,name", 'a0,"Ana', *(f"a{n},Ben" for n in range(1, 300))]
    rows, reading = taken(tmp_path, "\n".join(lines))
    assert len(rows) == 299
    assert [(r.line, r.field) for r in reading.refused] == [(2, "row")]


def test_text_that_is_not_utf8_costs_only_its_rows(tmp_path: Path) -> None:
    """A file from an old program: rows with an accent are refused with what to do, the others are kept."""
    rows, reading = taken(tmp_path, "ref,name\na1,José\na2,Ana\n".encode("cp1252"))
    assert [row.ref for row in rows] == ["a2"]
    assert reading.refused == [
        Refused(2, "name", "has bytes in it that are not UTF-8 text; save the file as CSV UTF-8.")
    ]


def test_empty_lines_and_empty_fields_at_the_end_are_nothing(tmp_path: Path) -> None:
    """As spreadsheets leave them."""
    rows, reading = taken(tmp_path, "\n\nref,name\n\na1,Ana,,,\n,\n   \n")
    assert ([row.ref for row in rows], reading.refused) == (["a1"], [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("name,mobile\nAna,202 555 0142\n", "must name the columns.*ref"),
        ("2025550142,Ana\n", "must name the columns"),
        ("ref,name,Name\na1,Ana,Ben\n", "column name stands there twice"),
        (f"ref,{'x' * LONGEST}\n", "must name the columns"),
        (b"\xff\xfe\x00", "empty|must name"),
    ],
)
def test_a_file_that_cannot_be_used_at_all_is_refused(tmp_path: Path, content: str | bytes, reason: str) -> None:
    """No columns, no ref, a column twice: nothing is guessed, and nothing of the content is repeated."""
    with pytest.raises(Unusable, match=reason) as refused:
        taken(tmp_path, content)
    assert "555" not in str(refused.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Says so, by name."""
    with pytest.raises(Unusable, match=r"nobody.csv.*No such file"):
        read(tmp_path / "nobody.csv")


def test_formulas_are_text(tmp_path: Path) -> None:
    """A cell that begins like a formula is kept as it stands; it is never worked out."""
    assert one(tmp_path, "ref,name", '=1+1,"=HYPERLINK(""x"")"').name == '=HYPERLINK("x")'


def test_zones_are_found_by_name_and_by_position(tmp_path: Path, root: Path) -> None:
    """With a gazetteer: a zone in any of its names, a position where there is no zone, a note where neither helps."""
    gazetteer = Gazetteer.load(root)
    content = (
        "ref,zone,lat,lon\nname,El Mercado,,\nposition,,40.0,-72.505\nsea,,41.0,-72.505\n"
        "typo,oldmill,,\nmended,oldmill,40.0,-72.505\nnone,,,\n"
    )
    rows, reading = taken(tmp_path, content, gazetteer=gazetteer)
    assert {row.ref: row.zone for row in rows} == {
        "name": "market",
        "position": "old-mill",
        "sea": ELSEWHERE,
        "typo": None,
        "mended": "old-mill",
        "none": None,
    }
    assert [(note.line, "old-mill" in note.reason) for note in reading.notes] == [(5, True), (6, True)]


def test_swapped_latitude_and_longitude_are_refused(tmp_path: Path, root: Path) -> None:
    """Taken as they stand, this person would live in the ice and get no warning."""
    rows, reading = taken(tmp_path, "ref,lat,lon\na1,-72.505,40.0\na2,40.0,-72.505\n", gazetteer=Gazetteer.load(root))
    assert [row.ref for row in rows] == ["a2"]
    (refused,) = reading.refused
    assert (refused.line, refused.field) == (2, "lat")
    assert "swapped" in refused.reason


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """A field of 10 MB, and 20,000 rows behind it: read in a few MB."""
    lines = (f"a{n},Ana,202 555 01{n % 100:02}" for n in range(20_000))
    content = "ref,name,mobile\nlong," + "x" * 10_000_000 + ",\n" + "\n".join(lines)
    (tmp_path / "people.csv").write_text(content)
    del content
    reading = read(tmp_path / "people.csv")
    tracemalloc.start()
    count = sum(1 for _ in reading.rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (count, len(reading.refused)) == (20_000, 1)
    assert peak < 8 * 1024 * 1024


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(
    body=st.binary(max_size=300)
    | st.text(alphabet='aref,;\t"\n\r\0é0+@=', max_size=200).map(str.encode)
    | st.lists(st.sampled_from([b"a1,", b'"', b"\n", b"202 555 0142", b"\xff", b"\0", b",,,", b"a2"])).map(b"".join),
    head=st.sampled_from([b"", b"ref,name,mobile\n", b"\xff\xfe", b"\xef\xbb\xbfref;mobile\n"]),
)
def test_whatever_the_bytes_are_the_file_is_read_or_refused(tmp_path: Path, head: bytes, body: bytes) -> None:
    """Never another error, and never more rows than lines."""
    try:
        rows, reading = taken(tmp_path, head + body, load_numbers=True)
    except Unusable:
        return
    assert len(rows) + len(reading.refused) <= (head + body).count(b"\n") + (head + body).count(b"\r") + 1
    assert len({row.ref for row in rows}) == len(rows)
