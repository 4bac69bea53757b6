"""Threads: the posts of one chain by one account in one language, each an answer to the one before."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import BindParameter, ScalarSelect, select

from onevoice.ledger.states import TAKEN
from onevoice.ledger.tables import delivery


def earlier_post(older: Collection[int] | BindParameter[Any]) -> ScalarSelect[Any]:
    """The ref of the newest post at the same contact point that is known to stand; null where there is none.

    `older`: the releases of older versions of the chain. One in doubt is not answered: it may not be there.
    """
    post = delivery.alias("post")
    standing = (
        select(post.c.ref)
        .where(post.c.release_id.in_(older), post.c.point_id == delivery.c.point_id)
        .where(post.c.state.in_(TAKEN), post.c.ref.is_not(None))
        .order_by(post.c.release_id.desc())
        .limit(1)
    )
    return standing.correlate(delivery).scalar_subquery()
