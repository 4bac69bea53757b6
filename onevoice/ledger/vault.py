"""The keys: what makes addresses unreadable in the database, and our own tokens impossible to guess.

The key file is JSON, readable by its owner alone: {"version", "seal": {"current", "keys": {id: secret}}, "index",
"sign", "check"}. Secrets are 32 random bytes in base64. `seal` keys may be added to and changed; `index` and `sign`
stay for as long as the rows that were keyed with them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import stat
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from onevoice.errors import Conflict, OutOfReach, Unusable

PERSON = "person"
"""What is sealed where nothing else is said: names, addresses, texts of people."""

_NONCE = 12
_SECRET = 32
_NUMBER, _MAC = 6, 9  # 15 bytes are 20 characters of base64 without a rest: one spelling for each token
_LENGTH = 24  # the same 15 bytes in base32, again without a rest
_VERSION = 1


class Vault:
    """The keys in memory. Made by `load`; it never shows a secret."""

    def __init__(self, keys: dict[str, Any]) -> None:
        self._seals = {name: AESGCM(_secret(text)) for name, text in keys["seal"]["keys"].items()}
        self._current = str(keys["seal"]["current"])
        self._index = _secret(keys["index"])
        self._sign = _secret(keys["sign"])
        if self._current not in self._seals or any(not 0 < len(n.encode()) < 256 for n in self._seals):  # noqa: PLR2004 - one byte holds the length
            raise ValueError

    def __repr__(self) -> str:
        return f"Vault(current={self._current!r})"

    @classmethod
    def create(cls, path: Path) -> Vault:
        """Make a key file with new secrets, mode 0600.

        Raises:
            Conflict: there is a key file already. OutOfReach: it cannot be written.
        """
        first = f"k{secrets.token_hex(2)}"
        keys = {
            "version": _VERSION,
            "seal": {"current": first, "keys": {first: _new_secret()}},
            "index": _new_secret(),
            "sign": _new_secret(),
        }
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_new(path, json.dumps(keys | {"check": _check(keys)}, indent=2) + "\n")
        except FileExistsError:
            raise Conflict("There is a key file already.", where=str(path), remedy="It is kept as it is.") from None
        except OSError as problem:
            what = f"The key file cannot be written ({problem.strerror})."
            raise OutOfReach(what, where=str(path), remedy="Mend the rights of its folder.") from None
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> Vault:
        """Read the key file.

        Raises:
            OutOfReach: there is none, or it cannot be read.
            Unusable: others than its owner may read it, or it is damaged.
        """
        text = _read_private(path)
        try:
            keys = json.loads(text)
            if keys["version"] != _VERSION or not hmac.compare_digest(keys.pop("check"), _check(keys)):
                raise ValueError  # noqa: TRY301 - one sentence for every sort of damage
            return cls(keys)
        except (ValueError, KeyError, TypeError, AttributeError):
            what = "The key file is damaged."
            raise Unusable(
                what, where=str(path), remedy="Restore it from its backup; a new one opens nothing."
            ) from None

    def seal(self, text: str, purpose: str = PERSON) -> bytes:
        """Ciphertext of `text`, bound to `purpose`."""
        return self.seal_octets(text.encode(), purpose)

    def seal_octets(self, octets: bytes, purpose: str) -> bytes:
        """As `seal`, of what is UTF-8 already: key id length, key id, nonce, AES-GCM."""
        nonce, name = secrets.token_bytes(_NONCE), self._current.encode()
        sealed = self._seals[self._current].encrypt(nonce, octets, purpose.encode())
        return bytes((len(name),)) + name + nonce + sealed

    def unseal(self, sealed: bytes, purpose: str = PERSON) -> str:
        """The text that was sealed for `purpose`. Raises as `unseal_octets`."""
        return self.unseal_octets(sealed, purpose).decode()

    def unseal_octets(self, sealed: bytes, purpose: str) -> bytes:
        """As `unseal`, still as UTF-8: for what is large and read by a program.

        Raises:
            Unusable: sealed with a key that is not here or for another purpose, or damaged.
        """
        end = 1 + (sealed[0] if sealed else 0)
        try:
            key = self._seals[sealed[1:end].decode()]
            return key.decrypt(sealed[end : end + _NONCE], sealed[end + _NONCE :], purpose.encode())
        except (InvalidTag, KeyError, ValueError):
            what = "A sealed field cannot be opened with this key file."
            raise Unusable(what, where=purpose, remedy="Use the key file that it was sealed with.") from None

    def contact_key(self, means: str, address: str) -> str:
        """The keyed hash under which an address is known: 64 hex digits. `address` is already in normal form."""
        return _mac(self._index, f"contact\0{means}\0{address}").hex()

    def sign(self, text: str) -> str:
        """A signature over `text`: 64 hex digits."""
        return _mac(self._sign, f"text\0{text}").hex()

    def token(self, attempt_id: int) -> str:
        """The attempt's id for a callback address: 24 characters a-z and 2-7, not to be guessed.

        Mail servers may write it in other letters, large or small: it also stands in the address for bounces.
        """
        return base64.b32encode(self._signed("attempt", attempt_id)).decode().lower()

    def attempt(self, token: str) -> int | None:
        """The attempt's id, or None where we did not make this token. One of 20 characters is of an older version."""
        if len(token) != _LENGTH:
            return self.passed("attempt", token)
        try:
            return self._number("attempt", base64.b32decode(token.encode("ascii"), casefold=True))
        except (ValueError, binascii.Error):
            return None

    def pass_for(self, purpose: str, number: int) -> str:
        """A signed number for one purpose: always 20 characters."""
        return base64.urlsafe_b64encode(self._signed(purpose, number)).decode()

    def passed(self, purpose: str, token: str) -> int | None:
        """The number in a token of `pass_for`, or None where it is not ours or was made for another purpose."""
        try:
            raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        return self._number(purpose, raw)

    def _signed(self, purpose: str, number: int) -> bytes:
        body = number.to_bytes(_NUMBER, "big")
        return body + self._stamp(purpose, body)

    def _number(self, purpose: str, raw: bytes) -> int | None:
        body, stamp = raw[:_NUMBER], raw[_NUMBER:]
        return int.from_bytes(body, "big") if hmac.compare_digest(stamp, self._stamp(purpose, body)) else None

    def _stamp(self, purpose: str, body: bytes) -> bytes:
        return _mac(self._sign, f"number\0{purpose}\0{body.hex()}")[:_MAC]


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), hashlib.sha256)


def _new_secret() -> str:
    return base64.b64encode(secrets.token_bytes(_SECRET)).decode()


def _secret(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if len(raw) != _SECRET:
        raise ValueError
    return raw


def _check(keys: dict[str, Any]) -> str:
    """A checksum, so that a damaged secret is noticed before anything is sealed with it."""
    return hashlib.sha256(json.dumps(keys, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _write_new(path: Path, text: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


def _read_private(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            what = "Others than its owner may read the key file."
            raise Unusable(
                what, where=str(path), remedy=f"Run: chmod 600 {path}. If anybody may have read it, change keys."
            )
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise OutOfReach("There is no key file.", where=str(path), remedy="Run `onevoice db upgrade`.") from None
    except (OSError, UnicodeDecodeError) as problem:
        what = f"The key file cannot be read ({type(problem).__name__})."
        raise Unusable(what, where=str(path), remedy="Mend its rights, or restore it from its backup.") from None
