"""Reading a bank statement, whichever of the two formats it has."""

from pathlib import Path

from gateways.statements.camt import read_camt
from gateways.statements.contents import Statement
from gateways.statements.csv_files import read_csv
from gateways.statements.kinds import CAMT


def read_statement(path: Path, media_type: str, *, iban: str) -> Statement:
    """What a file of that type says of the account `iban`. Raises BadStatement. Blocks: it takes a thread."""
    with path.open("rb") as file:
        return read_camt(file, iban=iban) if media_type == CAMT else read_csv(file)
