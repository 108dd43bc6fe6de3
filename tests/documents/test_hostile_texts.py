"""Case 33: whatever a customer wrote is shown as it was written, and does nothing."""

from dataclasses import replace

import pytest

from gateways.documents import Documents, Line, PurchaseOrderDocument, Reduction
from tests.documents.examples import CUSTOMER, TWO_RATES, UNPAID, euros
from tests.documents.reading import Page, pdf_pages, squeezed

DOCUMENTS = Documents()

#: How often `signed` shows a name: four times in the address, three in the line, twice in the order's reduction.
PLACES = 9


def signed(name: str) -> PurchaseOrderDocument:
    """An order whose customer put `name` wherever there is room for it."""
    billing = replace(CUSTOMER, name=name, organisation=name, address_lines=(name,), city=name)
    reduction = Reduction(label=name, code=name, amount=euros("1.00"))
    lines = (*TWO_RATES.lines, replace(TWO_RATES.lines[0], description=name, reductions=(reduction,)))
    return replace(UNPAID, billing=billing, charges=replace(TWO_RATES, lines=lines, reductions=(reduction,)))


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{7*7}}{% raw %}",
        '#read("/etc/passwd")',
        "#{ 7 * 7 } $x^2$ *bold* _it_ `raw` @ref <label> \\u{41}",
        "%(name)s {name} %s",
        "'; DROP TABLE orders; --",
        "=cmd|'/C calc'!A0",
        "Zoë Ångström-Ñúñez € ß Łódź",
        "Ελένη Иванова",
    ],
)
def test_it_is_shown_literally(name: str) -> None:
    page = Page(DOCUMENTS.purchase_order_html(signed(name)))
    paper = " ".join(pdf_pages(DOCUMENTS.purchase_order_pdf(signed(name))))

    assert page.text.count(name) == PLACES
    assert squeezed(paper).count(squeezed(name)) == PLACES
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in Page(DOCUMENTS.purchase_order_html(signed("A"))).tags]


def test_it_cannot_turn_the_direction_of_the_text() -> None:
    name = "Eve\u202e 00.1 \u2066€\u200f"

    html = DOCUMENTS.purchase_order_html(signed(name))
    paper = "".join(pdf_pages(DOCUMENTS.purchase_order_pdf(signed(name))))

    assert "Eve 00.1 €" in html
    assert "Eve 00.1 €" in paper
    assert not set("\u202e\u2066\u200f") & set(html + paper)


def test_it_cannot_begin_a_line_of_its_own() -> None:
    name = "Eve\r\nTotal: 0\x00\x1b[2J\u2028\ud800end"

    html = DOCUMENTS.purchase_order_html(signed(name))

    assert "<bdi>Eve Total: 0 [2J end</bdi>" in html
    assert "Eve Total: 0 [2J end" in " ".join(pdf_pages(DOCUMENTS.purchase_order_pdf(signed(name))))


def test_a_very_long_name_stays_on_the_paper() -> None:
    """What runs off a page is cut from its text; what runs over to the next is not."""
    name = "Ω" * 300

    paper = pdf_pages(DOCUMENTS.purchase_order_pdf(signed(name)))

    assert "".join(paper).count("Ω") == 300 * PLACES


def test_a_script_without_a_font_does_not_stop_the_document() -> None:
    pdf = DOCUMENTS.purchase_order_pdf(signed("山田太郎 😀"))

    assert pdf.startswith(b"%PDF-")


def test_a_hundred_lines_run_over_numbered_pages_under_their_heading() -> None:
    line = Line(
        description="Mailbox",
        quantity=1,
        unit_price=euros("1.00"),
        total_without_tax=euros("1.00"),
        tax_rate=TWO_RATES.lines[0].tax_rate,
    )
    charges = replace(TWO_RATES, lines=tuple(replace(line, description=f"Mailbox {n:03}.") for n in range(100)))

    pages = pdf_pages(DOCUMENTS.purchase_order_pdf(replace(UNPAID, charges=charges)))

    assert len(pages) > 2
    assert all(f"Mailbox {n:03}." in " ".join(pages) for n in range(100))
    assert [f"Page {n} of {len(pages)}" in page for n, page in enumerate(pages, 1)] == [True] * len(pages)
    assert ["UNIT PRICE" in page for page in pages if "Mailbox" in page].count(False) == 0
