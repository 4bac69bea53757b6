import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.signer import XMLSigner
from signxml.verifier import XMLVerifier

from onevoice import cap
from onevoice.errors import Unusable

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.xml"))
UNCHANGED_BY_CHECK = {"every_element", "plain", "acknowledgement"}


def _essence(data: bytes) -> Any:
    """An element as (name, attributes, text, children), without layout: computed apart from the code under test."""
    root = etree.fromstring(data, etree.XMLParser(remove_comments=True, remove_pis=True))
    return _element(root)


def _element(element: Any) -> Any:
    text = element.text or ""
    if len(element):
        text = text.strip() + "".join((child.tail or "").strip() for child in element)
    return element.tag, sorted(element.attrib.items()), text, [_element(child) for child in element]


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_reading_and_writing_again_loses_nothing(file: Path) -> None:
    """Every element, text, attribute and extension of the corpus stands in the same place afterwards."""
    data = file.read_bytes()
    converted = cap.convert(data)
    assert _essence(converted.xml) == _essence(data)
    assert converted.lost == ()
    assert cap.read(converted.xml) == cap.read(data)
    assert cap.convert(converted.xml).xml == converted.xml


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_the_corpus_is_what_it_is_said_to_be(file: Path) -> None:
    """Three files are right; what is awkward or extended is found wanting for nothing but that."""
    found = cap.check(file.read_bytes())
    if file.stem == "extensions":
        assert all("CAP does not define" in problem.reason for problem in found.errors)
        assert len(found.errors) == 9
    else:
        assert found.errors == ()


def test_what_is_written_is_declared_as_utf_8_and_laid_out_for_people(plain: str) -> None:
    """One element a line, two spaces a level: the house's own layout comes back as it was."""
    assert cap.write(cap.read(plain.encode())).decode() == plain


LOST = {
    "a comment": ("<info>", "<!-- secret --><info>", "alert holds comments or processing instructions (1)."),
    "an attribute of a text": ("<event>", '<event class="x">', "info[1]/event has an attribute “class”"),
    "text between elements": ("<scope>", "stray<scope>", "alert has text between its elements."),
    "a wrong order": (
        "<scope>Public</scope>",
        "<scope>Public</scope><source>gauge</source>",
        "source stands after scope; CAP wants it before.",
    ),
}


@pytest.mark.parametrize("label", LOST)
def test_what_cannot_be_kept_is_said(plain: str, label: str) -> None:
    """A conversion that changes something beyond layout names it."""
    old, new, sentence = LOST[label]
    converted = cap.convert(plain.replace(old, new, 1).encode())
    assert [lost[: len(sentence)] for lost in converted.lost] == [sentence]


def test_times_with_z_are_written_with_their_offset(plain: str) -> None:
    """CAP does not allow Z: the same moment is written as -00:00."""
    data = plain.replace("2026-11-21T18:05:00-05:00", "2026-11-21T23:05:00.250Z").encode()
    assert b"<sent>2026-11-21T23:05:00-00:00</sent>" in cap.write(cap.read(data))


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 21, 23, 5, 0, 999, UTC), "2026-11-21T23:05:00-00:00"),
        (datetime.fromisoformat("2026-07-01T10:00:00+05:45"), "2026-07-01T10:00:00+05:45"),
        (datetime.fromisoformat("2026-07-01T10:00:00+00:00"), "2026-07-01T10:00:00-00:00"),
        (datetime.fromisoformat("1890-07-01T10:00:00+00:19:32"), "1890-07-01T09:40:28-00:00"),
    ],
)
def test_moments_are_written_as_cap_wants_them(at: datetime, text: str) -> None:
    """To the second, with the offset in hours and minutes, UTC as -00:00."""
    assert cap.cap_time(at) == text


def test_a_moment_without_a_zone_is_not_written() -> None:
    """Nobody knows which moment a time without a zone is."""
    with pytest.raises(ValueError, match="needs a zone"):
        cap.cap_time(datetime(2026, 11, 21, 18, 5))  # noqa: DTZ001  (the missing zone is what is tested)


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1b", "\ud800", "\ufffe"])
def test_a_text_that_xml_cannot_carry_is_not_written(plain: str, character: str) -> None:
    """Refused with the place and the character's number, never dropped."""
    alert = cap.read(plain.encode())
    info = alert.infos[0].model_copy(update={"headline": f"Flood{character}"})
    bad = alert.model_copy(update={"infos": (info,)})
    with pytest.raises(Unusable, match=rf"info\[1\]/headline: .*U\+{ord(character):04X}"):
        cap.write(bad)
    assert [problem.element for problem in cap.check(bad).errors] == ["info[1]/headline"]


@pytest.mark.parametrize(
    ("attribute", "words"),
    [
        (("k", "\x00"), r"alert: .*U\+0000"),
        (("k<", "v"), "not well-formed"),
        (("{urn:o}k v='", "v"), "not well-formed"),
    ],
)
def test_an_attribute_that_xml_cannot_carry_is_not_written(plain: str, attribute: tuple[str, str], words: str) -> None:
    """A hand-made attribute cannot break the document either."""
    with pytest.raises(Unusable, match=words):
        cap.write(cap.read(plain.encode()).model_copy(update={"attributes": (attribute,)}))


def test_an_extension_that_is_not_xml_is_not_written(plain: str) -> None:
    """A hand-made extension cannot break the document around it."""
    broken = cap.Extension(name="{urn:o}x", position=1, xml="<o:x>")
    with pytest.raises(Unusable, match="not well-formed"):
        cap.write(cap.read(plain.encode()).model_copy(update={"extensions": (broken,)}))


# --- Signed alerts


def _key() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alerts.millford.example")])
    now = datetime.now(UTC).replace(tzinfo=None)  # what the builder compares with
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1))
    made = made.not_valid_after(now + timedelta(days=1))
    return key, made.sign(key, hashes.SHA256())


@pytest.fixture(scope="module")
def signed(every_element: str) -> tuple[bytes, str]:
    """Return a signed alert, and the certificate that it is signed with."""
    key, certificate = _key()
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    root = XMLSigner(signature_algorithm="ecdsa-sha256").sign(
        etree.fromstring(every_element.encode()), key=key, cert=pem
    )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8"), pem


def _holds(data: bytes, certificate: str) -> bool:
    """Ask another library whether a signature holds: it raises where it does not."""
    return XMLVerifier().verify(data, x509_cert=certificate) is not None


def test_a_signed_alert_is_written_to_the_letter(signed: tuple[bytes, str]) -> None:
    """Its signature still holds after reading and writing, because nothing was laid out anew."""
    data, certificate = signed
    converted = cap.convert(data)
    assert converted.xml == data
    assert converted.lost == ()
    assert _holds(converted.xml, certificate)
    assert cap.check(data).valid


def test_a_signed_alert_in_another_encoding_keeps_a_signature_that_holds(signed: tuple[bytes, str]) -> None:
    """Only the declaration changes with the encoding, and no signature covers the declaration."""
    data, certificate = signed
    latin = data.decode().replace("UTF-8", "ISO-8859-1", 1).encode("iso-8859-1")
    converted = cap.convert(latin).xml
    assert converted.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert _holds(converted, certificate)


def test_a_signed_alert_that_was_changed_is_not_written(signed: tuple[bytes, str]) -> None:
    """A signature over other words would be a lie; without the signature the words may go out."""
    changed = cap.read(signed[0]).model_copy(update={"note": "Changed."})
    with pytest.raises(Unusable, match="changed after it was signed"):
        cap.write(changed)
    written = cap.write(changed.unsigned())
    assert b"<note>Changed.</note>" in written
    assert b"Signature" not in written


# --- Any alert at all

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n\r", exclude_characters="\ufffe\uffff")
)


def _extensions() -> st.SearchStrategy[tuple[cap.Extension, ...]]:
    one = st.just(cap.Extension(name="{urn:o}x", position=0, xml='<o:x xmlns:o="urn:o" k="&lt;&amp;"> kept </o:x>'))
    return st.lists(one, max_size=1).map(tuple)


def _built(kind: Any, **fields: Any) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(fields).map(lambda given: kind(**given))


def _block(kind: Any, **fields: Any) -> st.SearchStrategy[Any]:
    attributes = st.sampled_from(
        [(), (("{urn:o}k", 'a"<&\n'),), (("{http://www.w3.org/XML/1998/namespace}lang", "en"),)]
    )
    return _built(kind, **fields, extensions=_extensions(), attributes=attributes)


def _maybe() -> st.SearchStrategy[str | None]:
    return st.none() | TEXT


def _list(one: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[Any]:
    return st.lists(one, min_size=least, max_size=2).map(tuple)


NAMED = _built(cap.ValueName, value_name=TEXT, value=TEXT)
AREA = _block(
    cap.CapArea, area_desc=TEXT, polygons=_list(TEXT), circles=_list(TEXT), geocodes=_list(NAMED), altitude=_maybe()
)
RESOURCE = _block(cap.Resource, resource_desc=TEXT, mime_type=TEXT, size=_maybe(), deref_uri=_maybe(), digest=_maybe())
INFO = _block(
    cap.Info,
    language=_maybe(),
    categories=_list(TEXT, 1),
    event=TEXT,
    response_types=_list(TEXT),
    urgency=TEXT,
    severity=TEXT,
    certainty=TEXT,
    event_codes=_list(NAMED),
    headline=_maybe(),
    description=_maybe(),
    parameters=_list(_built(cap.Parameter, value_name=TEXT, value=TEXT)),
    resources=_list(RESOURCE),
    areas=_list(AREA),
)
ALERT = _block(
    cap.CapAlert,
    identifier=TEXT,
    sender=TEXT,
    sent=st.just("2026-11-21T18:05:00-05:00"),
    status=TEXT,
    msg_type=TEXT,
    scope=TEXT,
    restriction=_maybe(),
    codes=_list(TEXT),
    references=_maybe(),
    infos=_list(INFO),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(alert=ALERT)
def test_whatever_is_written_is_read_as_the_same(alert: cap.CapAlert) -> None:
    """Writing and reading are inverse for every alert, whatever its texts hold; the check finds in
    the octets at least what it finds in the values.
    """
    written = cap.write(alert)
    assert cap.read(written) == alert
    assert re.search(rb"\A<\?xml version=\"1.0\" encoding=\"UTF-8\"\?>\n<alert ", written)
    assert set(cap.check(alert).errors) <= set(cap.check(written).errors)
