"""The door that bank statements come in by: files of the bank's, as camt.053 or as CSV, read into what was credited."""

from gateways.statements.contents import MOST_CREDITS, BadStatement, Credit, Statement
from gateways.statements.kinds import CAMT, CSV, statement_type
from gateways.statements.reading import read_statement

__all__ = ["CAMT", "CSV", "MOST_CREDITS", "BadStatement", "Credit", "Statement", "read_statement", "statement_type"]
