"""Where a bank transfer goes, as mails and documents tell it: in groups, as people copy it."""

from dataclasses import dataclass

from stdnum import iban, iso11649

from gateways.wording import Wording
from texts import one_line


@dataclass(frozen=True, slots=True)
class TransferDetails:
    """`reference`: a structured creditor reference (ISO 11649)."""

    holder: str
    iban: str
    bic: str
    reference: str


def transfer_facts(of: TransferDetails, say: Wording) -> tuple[tuple[str, str], ...]:
    return (
        (say("Account holder"), one_line(of.holder)),
        (say("IBAN"), iban.format(of.iban)),
        (say("BIC"), of.bic),
        (say("Reference"), iso11649.format(of.reference)),
    )
