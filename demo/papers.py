"""Supporting documents of the demo's customers: tiny PDF files, in place of what a browser would upload."""

from io import BytesIO
from typing import Final

from demo.world import Customer
from models.account import AccountType
from models.document import DocumentKind
from ordering.documents import ProvidedDocument
from pages.upload_store import ReceivedFile, UploadStore

#: What staff ask each type of customer for.
WANTED: Final = {
    AccountType.INDIVIDUAL: (DocumentKind.IDENTITY, DocumentKind.PROOF_OF_ADDRESS),
    AccountType.COMPANY: (DocumentKind.IDENTITY, DocumentKind.COMPANY_REGISTRATION),
    AccountType.ASSOCIATION: (DocumentKind.IDENTITY, DocumentKind.OTHER),
    AccountType.ADMINISTRATION: (DocumentKind.COMPANY_REGISTRATION,),
}


async def send_papers(store: UploadStore, customer: Customer) -> list[ProvidedDocument]:
    """Uploads all that staff ask such a customer for."""
    kinds = WANTED[customer.account_type]
    files = [_file(kind) for kind in kinds]
    ids = await store.store(files, account_id=customer.account_id)
    return [ProvidedDocument(upload_id, kind) for upload_id, kind in zip(ids, kinds, strict=True)]


def _file(kind: DocumentKind) -> ReceivedFile:
    content = _pdf(f"Specimen: {kind.value.replace('_', ' ').lower()}")
    return ReceivedFile(f"{kind.value.lower()}.pdf", "application/pdf", len(content), BytesIO(content))


def _pdf(text: str) -> bytes:
    """One page with one line of plain letters on it (ISO 32000-1, annex H.3)."""
    drawing = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Font << /F1 5 0 R >> >>",
    )
    content, places = "%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(content))
        content += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    count = len(objects) + 1
    trailer = f"trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{len(content)}\n%%EOF\n"
    return f"{content}xref\n0 {count}\n0000000000 65535 f \n{table}{trailer}".encode("ascii")
