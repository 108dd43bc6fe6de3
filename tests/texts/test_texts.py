"""Readers get the language that suits them, and strangers' texts are made harmless."""

from pathlib import Path

import pytest
from jinja2 import Environment

from texts import best_language, known_language, mark, one_line, plain, translate, translations


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("FR-ca", "fr"),
        ("de_AT", "de"),
        ("es-ES,es;q=0.9", "en"),
        ("es,de;q=0.7,fr;q=0.8", "fr"),
        ("de, fr", "de"),
        ("fr-CA;q=0.3, de;q=0.5, fr;q=0.9", "fr"),
        ("*", "en"),
        ("es, *;q=0.5", "en"),
        ("en;q=0, *", "fr"),
        ("en;q=0, fr;q=0, *;q=0.1", "de"),
        ("fr;q=0", "en"),
        ("fr;q=nan, de;q=0.1", "de"),
        ("fr;q=2, de;q=0.1", "de"),
        (";;,,q=1;*", "en"),
        ("zh" * 5000, "en"),
    ],
)
def test_the_language_that_a_header_asks_for(header: str, language: str) -> None:
    assert best_language(header) == language


@pytest.mark.parametrize(
    ("tag", "language"), [("fr-CA", "fr"), ("DE", "de"), ("en-GB", "en"), ("pt", "en"), ("", "en")]
)
def test_the_language_that_a_tag_names(tag: str, language: str) -> None:
    assert known_language(tag) == language


def test_values_are_filled_in_after_translating() -> None:
    assert translate("Your order {number} is complete", "de-CH", number="{7*7}") == (
        "Ihre Bestellung {7*7} ist abgeschlossen"
    )


@pytest.mark.parametrize("text", ["", "nobody translated {this}", "100 %"])
def test_what_has_no_translation_stays_as_it_is(text: str) -> None:
    assert translate(text, "fr") == text


def test_marking_changes_nothing() -> None:
    assert mark("Unpaid") == "Unpaid"


def test_templates_can_translate() -> None:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    environment.install_gettext_translations(translations("fr"), newstyle=True)  # type: ignore[attr-defined]

    template = environment.from_string("{% trans %}Unpaid{% endtrans %}, {{ _('Cancelled') }}")

    assert template.render() == "Impayée, Annulée"


def test_a_line_stays_one_line_that_reads_in_one_direction() -> None:
    assert one_line("  a\r\nb\tc\u2028d\x00e\u202ef\ud800  ") == "a b c d ef"


def test_lines_and_spaces_are_kept_where_they_matter() -> None:
    assert plain("\nuser:  root\r\npass:\u202e x\x1by\n\n") == "user:  root\npass: x y"


def test_nothing_is_compiled_beside_the_catalogues() -> None:
    assert not list(Path(__file__).parents[2].glob("texts/**/*.mo"))
