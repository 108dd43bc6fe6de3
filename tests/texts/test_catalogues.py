"""Everything that is said can be said in every language."""

import re
from collections.abc import Sequence
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.texts.extraction import ROOT, texts_to_translate
from texts import SUPPORTED

TRANSLATED = [language for language in SUPPORTED if language != "en"]


def catalogue(language: str) -> Catalog:
    with Path(ROOT, "texts", f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def entries(language: str) -> dict[str, str]:
    """Singular and plural forms alike, each under the text that it translates."""
    return {
        original: translation
        for message in catalogue(language)
        for original, translation in zip(forms(message.id), forms(message.string), strict=True)
        if original
    }


def forms(text: str | Sequence[str] | None) -> Sequence[str]:
    return (text,) if isinstance(text, str) else text or ()


def placeholders(text: str) -> list[str]:
    braces = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    return sorted(braces + re.findall(r"%\(\w+\)\w", text))


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language: str) -> None:
    known = entries(language)
    missing = sorted(text for text in texts_to_translate() if not known.get(text))

    assert missing == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_has_the_placeholders_of_its_text(language: str) -> None:
    wrong = {
        text: translation
        for text, translation in entries(language).items()
        if placeholders(text) != placeholders(translation)
    }

    assert wrong == {}


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_left_of_a_text_that_is_no_longer_said(language: str) -> None:
    left_over = sorted(set(entries(language)) - texts_to_translate())

    assert left_over == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_marked_as_a_guess(language: str) -> None:
    assert [message.id for message in catalogue(language) if message.id and message.fuzzy] == []


def test_finds_the_texts_of_code_and_of_templates() -> None:
    found = texts_to_translate()

    assert {
        "Purchase order",
        "Hello {name},",
        "You receive this mail because an order was placed with this address at {seller}.",
    } <= found
