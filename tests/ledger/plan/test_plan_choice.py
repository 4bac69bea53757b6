"""One text, two segments: what stands in for it is each segment's own choice, now and at the next means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, update

from onevoice.ledger import plan
from onevoice.ledger import tables as t

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
CARE, RESPONDERS = 50, 90


def _two(house: Any, mail: str | None = None) -> tuple[int, dict[Any, plan.Chosen]]:
    """A responder and a clinic, who need the same words; each gets another text instead."""
    house.add("rosa", "0100", mail and "rosa", language="es", role="responder")
    house.add("carlos", "0101", mail and "carlos", language="es", role="care", means="sms,email")
    release = house.release()
    means = ("sms", "email") if mail else ("sms",)
    for name in ("english", "spanish"):
        for way in means:
            with house.ledger.write() as conn:
                conn.execute(
                    insert(t.variant).values(
                        release_id=release, id=f"{name}-{way}", hash="h", language=name[:2], tier="T2", needs="",
                        means=way, text_group="all", held=False, units=1, body={},
                    )
                )  # fmt: skip
    return release, {
        ("es|T4|", way, None, "all", treated): plan.Chosen(f"{name}-{way}", why)
        for way in means
        for treated, name, why in ((RESPONDERS, "english", "english"), (CARE, "spanish", "other-tier"))
    }


def _sent(house: Any, release: int) -> set[tuple[str, str, str]]:
    d = t.delivery.c
    with house.ledger.read() as conn:
        rows = conn.execute(t.delivery.select().where(d.release_id == release)).all()
    return {(row.segment, row.variant_id, row.fallback) for row in rows}


def test_each_segment_gets_what_it_chose(house: Any) -> None:
    """The same profile, means and messenger; English for the responder, another tier for the clinic."""
    release, chosen = _two(house)
    house.put(release, chosen)
    assert _sent(house, release) == {("responders", "english-sms", "english"), ("care", "spanish-sms", "other-tier")}


def test_the_next_means_keeps_to_the_choice(house: Any) -> None:
    """The text message failed: the mail that follows has the words that the segment chose too."""
    release, chosen = _two(house, mail="yes")
    house.put(release, chosen)
    with house.ledger.write() as conn:
        conn.execute(update(t.delivery).values(state="undelivered"))
    assert house.next_means(release) == 2
    assert ("responders", "english-email", "english") in _sent(house, release)
    assert ("care", "spanish-email", "other-tier") in _sent(house, release)


def test_in_use_tells_the_segments_apart(house: Any) -> None:
    """One line for each choice, with the precedence of the segment that treats the point."""
    _two(house)
    assert {(use.profile_key, use.precedence) for use in house.in_use()} == {("es|T4|", RESPONDERS), ("es|T4|", CARE)}


def test_a_submit_counts_in_the_snapshot_what_a_preview_reads(house: Any) -> None:
    """People and texts come out the same by both ways, with shared points, needs and a held first means."""
    house.add("ana", "0100", "ana", older=True)
    house.add("ben", "0100", language="es")
    house.add("cem", "0100", language="ar", mobility=True)
    house.add("dee", None, "dee", role="care")
    house.add("eve")
    with house.ledger.apart() as apart, apart.look() as conn:
        layout = plan.lay_out(conn, plan.meant(conn, house.wanted()))
        assert layout.numbers() == house.numbers()
        assert layout.in_use() == house.in_use()


def test_a_release_frozen_before_segments_had_a_say_is_still_delivered(house: Any) -> None:
    """Its keys have no precedence; they stand for every segment."""
    release, _ = _two(house)
    house.put(release, {("es|T4|", "sms", None, "all"): plan.Chosen("english-sms", "english")})
    assert _sent(house, release) == {("responders", "english-sms", "english"), ("care", "english-sms", "english")}
