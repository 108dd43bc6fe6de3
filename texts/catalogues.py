"""The catalogues of translations, read from their .po files when the program starts."""

from collections.abc import Mapping
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from texts.languages import SUPPORTED, known_language


def _read(language: str) -> NullTranslations:
    """The source's own language needs no file. Others are compiled in memory, so that no compiled file can be stale."""
    if language == SUPPORTED[0]:
        return NullTranslations()
    with (Path(__file__).parent / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


_TRANSLATIONS: Final[Mapping[str, NullTranslations]] = {language: _read(language) for language in SUPPORTED}


def mark(text: str) -> str:
    """Says, where a text is declared, that it will be translated where it is shown; changes nothing."""
    return text


def translate(text: str, language: str, **values: object) -> str:
    """`text` in the language that a BCP 47 tag names, its `{placeholders}` filled from `values`.

    Stays English where there is no translation or no such language: a missing word is never a failure.
    """
    # To gettext, the empty text asks for the catalogue's header.
    translated = translations(language).gettext(text) if text else text
    return translated.format_map(values) if values else translated


def translations(language: str) -> NullTranslations:
    """The catalogue for Jinja2: `environment.install_gettext_translations(translations("fr"))`."""
    return _TRANSLATIONS[known_language(language)]
