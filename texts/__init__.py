"""TEXTS: what people read, in their language. English is the language of the source; fr.po and de.po hold the rest."""

from texts.catalogues import mark, translate, translations
from texts.languages import SUPPORTED, best_language, known_language
from texts.plain import one_line, plain

__all__ = ["SUPPORTED", "best_language", "known_language", "mark", "one_line", "plain", "translate", "translations"]
