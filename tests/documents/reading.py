"""Reads what was rendered, as its reader would see it."""

from html.parser import HTMLParser
from io import BytesIO

from pypdf import PdfReader


class Page(HTMLParser):
    """The text of a page of HTML, its tags with their attributes, and what its style element holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.style = ""
        self._texts: list[str] = []
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "style" and not self.style:
            self.style = data
        else:
            self._texts.append(data)


def pdf_pages(pdf: bytes) -> list[str]:
    """The text of each page; lines and runs of spaces are as accidental as where a word was broken."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


def squeezed(text: str) -> str:
    """Without any white space: a long word may have been broken anywhere on paper."""
    return "".join(text.split()).replace("\u200b", "")
