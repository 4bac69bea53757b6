"""What may stand in a post on Bluesky.

Lexicons app.bsky.feed.post, app.bsky.richtext.facet and com.atproto.repo.strongRef, packages/syntax/src/recordkey.ts
and tid.ts of github.com/bluesky-social/atproto (read 2026-11-22). In two points this is stricter than a PDS, which
takes the post and leaves it to readers' programs to show it wrong: a facet must mark whole characters of the text, and
a reply must name a post that stands, and that post's own root.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import regex

from sandbox.bluesky_refusals import invalid

POST = "app.bsky.feed.post"
LONGEST, MOST_BYTES, MOST_LANGS = 300, 3000, 3
KEY = re.compile(r"[a-zA-Z0-9_~.:-]{1,512}")
TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*|i(-[A-Za-z0-9]{1,8})+")
CLUSTER = regex.compile(r"\X")
FEATURES = {"app.bsky.richtext.facet#link": "uri", "app.bsky.richtext.facet#mention": "did"}
TAG = "app.bsky.richtext.facet#tag"

Find = Callable[[str, str], dict[str, Any] | None]
"""find(uri, cid): the record of this very post, where it stands."""


def check_key(rkey: str) -> None:
    """Raises PostRefusal for a key under which no post can stand."""
    if not KEY.fullmatch(rkey) or rkey in {".", ".."}:
        raise invalid(f"Invalid record key: {rkey}")
    if not TID.fullmatch(rkey):
        raise invalid(f"Invalid record key for {POST}: Invalid TID (got {rkey!r})")


def check_post(record: Any, find: Find) -> None:
    """Raises PostRefusal for what is no post."""
    _must(isinstance(record, dict), "Record must be an object")
    if record.get("$type", POST) != POST:
        raise invalid(f"Invalid $type: expected {POST}, got {record['$type']}")
    for name in ("text", "createdAt"):
        _must(name in record, f'Record must have the property "{name}"')
        _must(isinstance(record[name], str), f"Record/{name} must be a string")
    _must(_is_instant(record["createdAt"]), "Record/createdAt must be a valid atproto datetime")
    _check_text(record["text"])
    _check_languages(record.get("langs", []))
    _check_facets(record.get("facets", []), record["text"].encode())
    if "reply" in record:
        _check_reply(record["reply"], find)


def _must(kept: object, sentence: str) -> None:
    if not kept:
        raise invalid(f"Invalid {POST} record: {sentence}")


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None and "T" in text
    except ValueError:
        return False


def _check_text(text: str) -> None:
    _must(len(text.encode()) <= MOST_BYTES, f"Record/text must not be longer than {MOST_BYTES} characters")
    _must(len(CLUSTER.findall(text)) <= LONGEST, f"Record/text must not be longer than {LONGEST} graphemes")


def _check_languages(langs: Any) -> None:
    _must(isinstance(langs, list), "Record/langs must be an array")
    _must(len(langs) <= MOST_LANGS, f"Record/langs must not have more than {MOST_LANGS} elements")
    for at, each in enumerate(langs):
        well_formed = isinstance(each, str) and LANGUAGE.fullmatch(each)
        _must(well_formed, f"Record/langs/{at} must be a well-formed BCP 47 language tag")


def _check_facets(facets: Any, text: bytes) -> None:
    _must(isinstance(facets, list), "Record/facets must be an array")
    for at, facet in enumerate(facets):
        place = f"Record/facets/{at}"
        _must(isinstance(facet, dict) and {"index", "features"} <= facet.keys(), f"{place} must be a facet")
        _check_slice(facet["index"], text, place)
        features = facet["features"]
        _must(isinstance(features, list) and all(map(_is_feature, features)), f"{place}/features must be features")


def _check_slice(index: Any, text: bytes, place: str) -> None:
    numbers: list[Any] = [index.get(name) for name in ("byteStart", "byteEnd")] if isinstance(index, dict) else []
    whole = bool(numbers) and all(isinstance(each, int) for each in numbers)
    _must(whole, f"{place}/index must have the properties byteStart and byteEnd")
    start, end = numbers
    _must(0 <= start < end <= len(text), f"{place}/index must lie within the text")
    try:
        text[start:end].decode()
    except UnicodeDecodeError as problem:
        raise invalid(f"Invalid {POST} record: {place}/index must not cut a character") from problem


def _is_feature(feature: Any) -> bool:
    if not isinstance(feature, dict):
        return False
    kind = feature.get("$type", "")
    return kind == TAG or (kind in FEATURES and ":" in str(feature.get(FEATURES[kind], "")))


def _check_reply(reply: Any, find: Find) -> None:
    _must(isinstance(reply, dict) and {"root", "parent"} <= reply.keys(), "Record/reply must have root and parent")
    for name in ("root", "parent"):
        named = reply[name]
        _must(isinstance(named, dict) and {"uri", "cid"} <= named.keys(), f"Record/reply/{name} must have uri and cid")
    parent = find(str(reply["parent"]["uri"]), str(reply["parent"]["cid"]))
    _must(parent is not None, "Record/reply/parent must be a post that stands")
    root = (parent or {}).get("reply", {}).get("root", reply["parent"])
    _must(root == reply["root"], "Record/reply/root must be the root of the parent")
