"""Which language a text is written in: a small trained model (py3langid), no network."""

from functools import lru_cache
from typing import Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier

SURE: Final = 0.9
"""Below this probability nothing is said."""


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language_of(text: str) -> str | None:
    """ISO 639-1 code of the language of ``text``; None where the model is not sure."""
    language, sure = _identifier().classify(text)
    return str(language) if float(sure) >= SURE else None
