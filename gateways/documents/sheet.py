"""A sheet: a document down to its last text, laid out by one template for the screen and by another for paper.

Every text is in the reader's language, formatted, and harmless (`texts.one_line`): the two templates add none.
"""

from dataclasses import dataclass
from typing import Literal

#: How a notice or a status looks: its colours.
Tone = Literal["calm", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Labelled:
    """`note`: a smaller text beside the value."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    tone: Tone
    title: str
    text: str
    facts: tuple[Labelled, ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    title: str
    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    description: str
    note: str
    quantity: str
    unit_price: str
    tax_rate: str
    total: str
    reductions: tuple[Labelled, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    description: str
    quantity: str
    unit_price: str
    tax_rate: str
    total: str


@dataclass(frozen=True, slots=True)
class Method:
    """`usable` is None where the question does not arise."""

    label: str
    note: str
    usable: bool | None


@dataclass(frozen=True, slots=True)
class Methods:
    title: str
    entries: tuple[Method, ...]
    none: str


@dataclass(frozen=True, slots=True)
class Sheet:
    language: str
    title: str
    number: str
    status: str
    tone: Tone
    facts: tuple[Labelled, ...]
    notices: tuple[Notice, ...]
    seller: Address
    billing: Address
    columns: Columns
    rows: tuple[Row, ...]
    sums: tuple[Labelled, ...]
    total: Labelled
    mention: str
    methods: tuple[Methods, ...]
    pdf: Labelled
    #: Of the PDF's footer: the page's number, "{page}" and "{pages}" to be filled in.
    page: str
