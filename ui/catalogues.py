"""``python -m ui.catalogues``: bring the catalogues up to date with the sentences of the program.

New sentences come in empty (English is filled with itself), translations are kept, sentences that
nobody says any more are dropped.
"""

import io
import re
import sys
from pathlib import Path
from typing import Any, Final

from babel.messages import extract, pofile
from babel.messages.catalog import Catalog

from core.desk.known_files import words as format_words
from core.policy.extract import extract as rule_words
from ui.text import DOMAIN, LANGUAGES, ROOT, catalogue_path

FOLDERS: Final = ("core", "ui", "pages")
KEYWORDS: Final = {"_": None, "N_": None, "n_": (1, 2)}
PLACE: Final = re.compile(r"\{(\w*)[^{}]*\}")
_VOLATILE: Final = re.compile(
    r'^"(?:POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Report-Msgid-Bugs-To|Generated-By):.*\n',
    re.MULTILINE,
)


def extracted(root: Path = ROOT) -> Catalog:
    """Every marked sentence of the program, with the files that say it."""
    found = Catalog(project="Desk48", domain=DOMAIN, charset="utf-8")
    for method, path in _sources(root):
        where = path.relative_to(root).as_posix()
        with path.open("rb") as source:
            for _, sentence, comments, _ in extract.extract(method, source, KEYWORDS, ("Translators:",)):
                # An empty text stands where a sentence is chosen at run time.
                if any(forms(sentence)):
                    found.add(sentence, locations=[(where, 0)], auto_comments=comments)
    return found


def _sources(root: Path) -> list[tuple[Any, Path]]:
    """The files that hold sentences, each with the way to read them: code, and the words of rules and formats."""
    code = [path for folder in FOLDERS for path in (root / folder).rglob("*.py")]
    data = {"policy": rule_words, "formats": format_words}
    words = [(read, path) for name, read in data.items() for path in sorted((root / "data" / name).glob("*.toml"))]
    return [("python", path) for path in sorted(code)] + words


def stored(lang: str) -> Catalog:
    """The catalogue of a language as it is; empty where there is none."""
    path = catalogue_path(lang)
    if not path.exists():
        return Catalog(locale=lang, domain=DOMAIN, charset="utf-8")
    with path.open("rb") as source:
        return pofile.read_po(source, locale=lang, domain=DOMAIN)


def updated(lang: str, template: Catalog) -> Catalog:
    """The language's catalogue with exactly the sentences of ``template``."""
    catalogue = stored(lang)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.project, catalogue.version = "Desk48", "1"
    if lang == "en":
        for message in catalogue:
            message.string = message.id
    return catalogue


def written(lang: str, catalogue: Catalog) -> str:
    """The catalogue as text, sorted and without dates, so that a change shows only what changed."""
    buffer = io.BytesIO()
    catalogue.header_comment = f"# Sentences of Desk48 in {LANGUAGES[lang]}."
    catalogue.fuzzy = False
    pofile.write_po(buffer, catalogue, width=0, sort_output=True, ignore_obsolete=True, include_lineno=False)
    return _VOLATILE.sub("", buffer.getvalue().decode())


def forms(message: object) -> tuple[str, ...]:
    """The one or several texts of a msgid or a translation."""
    return tuple(message) if isinstance(message, (tuple, list)) else (str(message or ""),)


def places(message: object) -> set[str]:
    """The ``{named}`` places of a msgid or a translation."""
    return {name for form in forms(message) for name in PLACE.findall(form)}


def empty(catalogue: Catalog) -> list[str]:
    """The msgids that still have no translation."""
    return [forms(message.id)[0] for message in catalogue if message.id and not all(forms(message.string))]


def main() -> int:
    """Write the three catalogues; 1 where sentences still lack a translation, else 0."""
    missing = 0
    for lang in LANGUAGES:
        # Extracted anew each time: an update takes over the template's own messages.
        catalogue = updated(lang, extracted())
        path = catalogue_path(lang)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(lang, catalogue), "utf-8")
        for sentence in empty(catalogue):
            missing += 1
            print(f"{lang}: {sentence}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
