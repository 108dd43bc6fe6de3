"""The bank of the tests: statements as it would send them, and what staff do with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import uuid4
from xml.sax.saxutils import escape

from ordering.references import reference_of
from tests.api import Api, Person

#: The seller's account in all tests: the settings' default.
IBAN: Final = "FR7600000000000000000000097"
NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
HEADER: Final = "id,booked_on,amount,currency,text,name,account"


@dataclass(frozen=True)
class Line:
    """Money that came in; `id` is the bank's name for it, empty where it gives none."""

    amount: str
    text: str = ""
    currency: str = "EUR"
    id: str = field(default_factory=lambda: uuid4().hex)
    booked_on: str = "2026-11-24"
    name: str = "Ada Example"
    account: str = ""
    direction: str = "CRDT"
    status: str = "BOOK"
    reversal: bool = False

    def again(self, **changes: Any) -> "Line":
        return replace(self, **changes)


def reference(order: dict[str, Any]) -> str:
    return reference_of(int(order["number"]))


def csv_of(lines: Sequence[Line]) -> bytes:
    rows = [f'{x.id},{x.booked_on},{x.amount},{x.currency},"{x.text}","{x.name}",{x.account}' for x in lines]
    return "\n".join([HEADER, *rows]).encode()


def camt_of(lines: Sequence[Line], *, iban: str = IBAN, namespace: str = NAMESPACE) -> bytes:
    entries = "".join(map(_entry, lines))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{namespace}"><BkToCstmrStmt><GrpHdr/>'
        f"<Stmt><Id>1</Id><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _entry(line: Line) -> str:
    named = f"<AcctSvcrRef>{line.id}</AcctSvcrRef>" if line.id else ""
    return (
        f'<Ntry><Amt Ccy="{line.currency}">{line.amount}</Amt><CdtDbtInd>{line.direction}</CdtDbtInd>'
        f"<RvslInd>{str(line.reversal).lower()}</RvslInd><Sts><Cd>{line.status}</Cd></Sts>"
        f"<BookgDt><Dt>{line.booked_on}</Dt></BookgDt>{named}<NtryDtls><TxDtls><Refs>"
        f"<EndToEndId>NOTPROVIDED</EndToEndId></Refs><RltdPties><Dbtr><Pty><Nm>{escape(line.name)}</Nm></Pty></Dbtr>"
        f"<DbtrAcct><Id><IBAN>{line.account}</IBAN></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>{escape(line.text)}</Ustrd>"
        f"</RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def imported(staff: Person, content: bytes) -> dict[str, Any]:
    """The whole payload."""
    return dict(staff.run("import_bank_statement", uploadId=staff.upload(content, "statement")))


def counts(settled: int = 0, held: int = 0, known: int = 0, ignored: int = 0) -> dict[str, Any]:
    return {"settled": settled, "held": held, "known": known, "ignored": ignored, "errors": []}


def announced(customer: Person, *codes: str) -> dict[str, Any]:
    """An order whose customer has said that they will transfer the money."""
    order = customer.place(*codes or ("server",))
    assert customer.pay(order, "", "BANK_TRANSFER")["payment"]["status"] == "PENDING"
    return order


def held(staff: Person, line: Line, **filters: Any) -> dict[str, Any] | None:
    """How a line is held, if it is."""
    return next((each for each in every_held(staff, **filters) if line.id in each["externalId"]), None)


def every_held(staff: Person, **filters: Any) -> Iterator[dict[str, Any]]:
    """All that is held, of whatever test, the oldest first."""
    after, more = None, True
    while more:
        page = staff.run("held_payments", first=100, after=after, filter={"resolved": None, **filters})
        yield from (dict(edge["node"]) for edge in page["edges"])
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]


def hold(api: Api, line: Line) -> str:
    """The id of a payment that is held now."""
    assert imported(api.staff(), csv_of([line]))["held"] == 1
    found = held(api.staff(), line)
    assert found is not None
    return str(found["id"])
