"""LibreTranslate: POST /translate; it also runs on a machine of one's own, without a key."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr

from onevoice.errors import OutOfReach
from onevoice.translators.drafting.calling import post, texts


class LibreTranslate:
    """Takes a list of sentences."""

    name = "LibreTranslate"
    most = 25

    def __init__(self, base: str, key: SecretStr, region: str = "") -> None:
        del region  # one address for all
        self._url, self._key = f"{base.rstrip('/')}/translate", key

    def translate(self, sentences: Sequence[str], language: str) -> list[str]:
        """As `Translator`."""
        body = {"q": list(sentences), "source": "en", "target": language, "format": "html"}
        secret = self._key.get_secret_value()
        answer = post(self.name, self._url, json=body | ({"api_key": secret} if secret else {}))
        try:
            found = list(answer["translatedText"])
        except (KeyError, TypeError):
            raise OutOfReach(f"{self.name} answered in another shape.") from None
        return texts(self.name, found, len(sentences))
