"""Who orders in the demo: people and organisations that nobody is or runs, at addresses that reach nobody."""

from typing import Final, NamedTuple

from models.account import AccountType
from models.payment import PaymentMethodKind

_I, _C = AccountType.INDIVIDUAL, AccountType.COMPANY
_A, _G = AccountType.ASSOCIATION, AccountType.ADMINISTRATION

#: Of the three accounts that one signs in with; the others have none.
PASSWORD: Final = "demo"  # noqa: S105  # published on purpose: the demo's accounts work nowhere else
CUSTOMER: Final = "customer@example.com"
COMPANY: Final = "company@example.com"
STAFF: Final = "staff@example.com"


class Profile(NamedTuple):
    """`prepaid` in minor units of `currency`. VAT numbers have the right checksum and digits in a row."""

    email: str
    name: str
    account_type: AccountType
    country: str
    currency: str
    language: str
    address: str
    postal_code: str
    city: str
    organisation: str | None = None
    vat_number: str | None = None
    prepaid: int | None = None


PROFILES: Final = (
    Profile(CUSTOMER, "Camille Exemplaire", _I, "FR", "EUR", "fr", "1 rue de l’Exemple", "75001", "Paris",
            prepaid=15_000),
    Profile(COMPANY, "Kim Mustermeier", _C, "DE", "EUR", "de", "Musterweg 2", "10115", "Berlin",
            "Muster Werke GmbH", "DE123456788", 250_000),
    Profile("mirelle.vantrou@example.org", "Mirelle Vantrou", _I, "FR", "EUR", "fr", "12 quai Fictif", "69002", "Lyon"),
    Profile("tavi.okselund@example.net", "Tavi Okselund", _I, "SE", "SEK", "en", "Påhittade gatan 4", "111 22",
            "Stockholm"),
    Profile("orla.brenkin@example.org", "Orla Brenkin", _I, "IE", "EUR", "en", "7 Sample Quay", "D01 X1X1", "Dublin"),
    Profile("jorun.feldwisch@example.com", "Jorun Feldwisch", _I, "DE", "EUR", "de", "Beispielweg 9", "50667", "Köln"),
    Profile("pippa.quorndale@example.org", "Pippa Quorndale", _I, "GB", "GBP", "en", "3 Example Mews", "EC1A 1AA",
            "London", prepaid=8_000),
    Profile("lirio.casteval@example.net", "Lirio Casteval", _I, "ES", "EUR", "es", "C/ Ejemplo 5", "28001", "Madrid"),
    Profile("benno.albrizi@example.org", "Benno Albrizi", _I, "IT", "EUR", "it", "Via dell’Esempio 8", "00118", "Roma"),
    Profile("wanda.przykladek@example.com", "Wanda Przykładek", _I, "PL", "PLN", "pl", "ul. Przykładowa 6", "00-001",
            "Warszawa"),
    Profile("aki.reimura@example.net", "Aki Reimura", _I, "JP", "JPY", "ja", "1-2-3 Tatoe", "100-0001", "Tokyo"),
    Profile("dell.harroway@example.com", "Dell Harroway", _I, "US", "USD", "en", "400 Placeholder Ave", "97201",
            "Portland"),
    Profile("reto.zumbeispiel@example.org", "Reto Zumbeispiel", _I, "CH", "CHF", "de", "Probeweg 11", "8001", "Zürich"),
    Profile("noor.voorbeeld@example.net", "Noor Voorbeeld", _I, "NL", "EUR", "nl", "Voorbeeldgracht 1", "1011 AA",
            "Amsterdam"),
    Profile("sami.belmathal@example.org", "Sami Belmathal", _I, "MA", "MAD", "fr", "5 avenue Mathal", "20000",
            "Casablanca"),
    Profile("ateliers@example.net", "Lou Fabrelle", _C, "FR", "EUR", "fr", "20 impasse du Modèle", "31000", "Toulouse",
            "Ateliers Modèle SARL", "FR11123456782", 90_000),
    Profile("voorbeeldbrouwerij@example.org", "Sanne Proefman", _C, "BE", "EUR", "nl", "Proefstraat 14", "1000",
            "Brussel", "Voorbeeldbrouwerij NV", "BE0123456749"),
    Profile("tulp@example.com", "Daan Zonderzaak", _C, "NL", "EUR", "nl", "Testkade 3", "3011 AB", "Rotterdam",
            "Tulp & Test BV", "NL123456782B01"),
    Profile("officina@example.net", "Gaia Provolin", _C, "IT", "EUR", "it", "Corso Modello 30", "20121", "Milano",
            "Officina Esempio Srl", "IT12345670017"),
    Profile("probna@example.com", "Iga Testowska", _C, "PL", "PLN", "pl", "Aleja Próbna 2", "30-001", "Kraków",
            "Próbna Sp. z o.o.", "PL1234567802"),
    Profile("priklad@example.org", "Vít Zkušebný", _C, "CZ", "CZK", "cs", "Příkladná 10", "110 00", "Praha",
            "Příklad s.r.o.", "CZ12345679"),
    Profile("fjordprove@example.net", "Liv Prøvestad", _C, "NO", "NOK", "en", "Prøveveien 21", "0150", "Oslo",
            "Fjordprøve AS"),
    Profile("northsample@example.com", "Quill Ashmere", _C, "CA", "CAD", "en", "88 Specimen St", "M5H 2N2", "Toronto",
            "North Sample Inc."),
    Profile("lionproof@example.org", "Mei Tanrow", _C, "SG", "SGD", "en", "9 Proof Road", "018956", "Singapore",
            "Lion Proof Pte Ltd"),
    Profile("gewerbe-ohne@example.net", "Uli Nummerlos", _C, "AT", "EUR", "de", "Probeplatz 5", "1010", "Wien",
            "Nummerlos & Söhne"),
    Profile("verein@example.org", "Resi Musterfrau-Test", _A, "AT", "EUR", "de", "Vereinsgasse 1", "6020", "Innsbruck",
            "Verein zum Beispiel"),
    Profile("associacao@example.net", "Duarte Amostral", _A, "PT", "EUR", "pt", "Rua do Modelo 12", "1100-001",
            "Lisboa", "Associação Amostra"),
    Profile("charity@example.com", "Fenna Trywell", _A, "GB", "GBP", "en", "1 Trial Lane", "EH1 1AA", "Edinburgh",
            "The Trial Society"),
    Profile("mairie@example.org", "Sacha Municipal", _G, "FR", "EUR", "fr", "1 place du Modèle", "35000", "Rennes",
            "Ville d’Exempleville"),
    Profile("kunta@example.net", "Aino Mallinen-Koe", _G, "FI", "EUR", "en", "Mallikatu 1", "00100", "Helsinki",
            "Mallikunta", "FI12345671"),
    Profile("kanton@example.com", "Ursin Vorlagen", _G, "CH", "CHF", "de", "Amtsweg 4", "3011", "Bern",
            "Amt für Beispiele"),
)  # fmt: skip


class Saved(NamedTuple):
    """A payment method of the demo's past. `days_before`: how long before its start the customer saved it."""

    email: str
    kind: PaymentMethodKind
    token: str
    description: str | None = None
    days_before: int = 60
    make_default: bool = False


_CARD, _SEPA, _PAYPAL = PaymentMethodKind.CARD, PaymentMethodKind.SEPA_DIRECT_DEBIT, PaymentMethodKind.PAYPAL

#: The first of customer@ and company@ ran out long ago: a card of the sandbox lasts until the end of its third year.
SAVED: Final = (
    Saved(CUSTOMER, _CARD, "sandbox_card_no_funds", "An old card", 1_600),
    Saved(CUSTOMER, _CARD, "sandbox_card", "My card", make_default=True),
    Saved(CUSTOMER, _SEPA, "sandbox_sepa", "Current account"),
    Saved(CUSTOMER, _PAYPAL, "sandbox_paypal"),
    Saved(CUSTOMER, _CARD, "sandbox_card_authentication", "Card that asks"),
    Saved(COMPANY, _CARD, "sandbox_card_declined", "Former company card", 1_600),
    Saved(COMPANY, _SEPA, "sandbox_sepa", "House bank", make_default=True),
    Saved(COMPANY, _CARD, "sandbox_card", "Company card"),
    Saved("mirelle.vantrou@example.org", _CARD, "sandbox_card_authentication"),
    Saved("jorun.feldwisch@example.com", _SEPA, "sandbox_sepa"),
    Saved("pippa.quorndale@example.org", _PAYPAL, "sandbox_paypal"),
    Saved("noor.voorbeeld@example.net", _SEPA, "sandbox_sepa"),
    Saved("ateliers@example.net", _CARD, "sandbox_card"),
    Saved("tulp@example.com", _SEPA, "sandbox_sepa"),
    Saved("dell.harroway@example.com", _CARD, "sandbox_card"),
)
