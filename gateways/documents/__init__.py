"""DOCUMENTS: purchase orders, invoices and credit notes, as pages of HTML and as PDF files."""

from gateways.documents.contents import (
    Charges,
    InvoiceDocument,
    Line,
    Party,
    PaymentMethodLine,
    PurchaseOrderDocument,
    Reduction,
    Seller,
    Tax,
    TaxMention,
)
from gateways.documents.labels import METHOD_LABELS, STATUS_LABELS
from gateways.documents.rendering import DOCUMENT_CSP, Documents

__all__ = [
    "DOCUMENT_CSP",
    "METHOD_LABELS",
    "STATUS_LABELS",
    "Charges",
    "Documents",
    "InvoiceDocument",
    "Line",
    "Party",
    "PaymentMethodLine",
    "PurchaseOrderDocument",
    "Reduction",
    "Seller",
    "Tax",
    "TaxMention",
]
