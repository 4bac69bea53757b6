"""Google Cloud Translation, basic (v2): POST /language/translate/v2 with the key in a header."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr

from onevoice.errors import OutOfReach
from onevoice.translators.drafting.calling import post, texts

_TAGS = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW"}


class Google:
    """Takes at most 128 sentences at once."""

    name = "Google Translation"
    most = 100

    def __init__(self, base: str, key: SecretStr, region: str = "") -> None:
        del region  # one address for all
        self._url, self._key = f"{base.rstrip('/')}/language/translate/v2", key

    def translate(self, sentences: Sequence[str], language: str) -> list[str]:
        """As `Translator`."""
        body = {"q": list(sentences), "source": "en", "target": _TAGS.get(language, language), "format": "html"}
        answer = post(self.name, self._url, json=body, headers={"X-Goog-Api-Key": self._key.get_secret_value()})
        try:
            found = [one["translatedText"] for one in answer["data"]["translations"]]
        except (KeyError, TypeError):
            raise OutOfReach(f"{self.name} answered in another shape.") from None
        return texts(self.name, found, len(sentences))
