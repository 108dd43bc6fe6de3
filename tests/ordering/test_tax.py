"""Who is charged which VAT; which VAT numbers count. The numbers are made up, with fitting check digits."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.account import AccountType
from models.product import TaxCategory
from ordering.tax import InvalidVatNumber, TaxTreatment, TaxTreatmentKind, normalise_vat_number, tax_treatment
from ordering.vat_rates import EU_STATES, UnknownVatCountry

INDIVIDUAL, COMPANY = AccountType.INDIVIDUAL, AccountType.COMPANY
ASSOCIATION, ADMINISTRATION = AccountType.ASSOCIATION, AccountType.ADMINISTRATION
DOMESTIC, DESTINATION = TaxTreatmentKind.DOMESTIC, TaxTreatmentKind.DESTINATION
REVERSE_CHARGE, EXPORT = TaxTreatmentKind.REVERSE_CHARGE, TaxTreatmentKind.EXPORT
DAY = date(2026, 4, 1)


@pytest.mark.parametrize(
    ("country", "account_type", "vat_number", "kind", "taxed_in"),
    [
        ("FR", INDIVIDUAL, None, DOMESTIC, "FR"),
        ("FR", COMPANY, "FR10123456329", DOMESTIC, "FR"),
        ("MC", COMPANY, "FR10123456329", DOMESTIC, "FR"),
        ("DE", INDIVIDUAL, None, DESTINATION, "DE"),
        ("DE", INDIVIDUAL, "DE123456788", DESTINATION, "DE"),
        ("DE", COMPANY, None, DESTINATION, "DE"),
        ("DE", COMPANY, "", DESTINATION, "DE"),
        ("DE", COMPANY, "DE123456780", DESTINATION, "DE"),
        ("DE", COMPANY, "IT12345670017", DESTINATION, "DE"),
        ("DE", COMPANY, "DE123456788", REVERSE_CHARGE, None),
        ("DE", COMPANY, "de 123 456 788", REVERSE_CHARGE, None),
        ("DE", ASSOCIATION, None, DESTINATION, "DE"),
        ("DE", ASSOCIATION, "DE123456788", REVERSE_CHARGE, None),
        ("DE", ADMINISTRATION, None, DESTINATION, "DE"),
        ("DE", ADMINISTRATION, "DE123456788", REVERSE_CHARGE, None),
        ("GR", COMPANY, "EL123456783", REVERSE_CHARGE, None),
        ("CH", INDIVIDUAL, None, EXPORT, None),
        ("GB", COMPANY, None, EXPORT, None),
        ("IM", INDIVIDUAL, None, EXPORT, None),
        ("US", ADMINISTRATION, None, EXPORT, None),
    ],
)
def test_taxes_by_place_and_customer(
    country: str, account_type: AccountType, vat_number: str | None, kind: TaxTreatmentKind, taxed_in: str | None
) -> None:
    treatment = tax_treatment(
        seller_country="FR", country=country, account_type=account_type, vat_number=vat_number, on=DAY
    )

    assert treatment == TaxTreatment(kind, taxed_in, DAY)


@pytest.mark.parametrize(
    ("vat_number", "expected"),
    [(None, TaxTreatment(DESTINATION, "FR", DAY)), ("FR10123456329", TaxTreatment(REVERSE_CHARGE, None, DAY))],
)
def test_takes_monaco_for_france(vat_number: str | None, expected: TaxTreatment) -> None:
    treatment = tax_treatment(seller_country="DE", country="MC", account_type=COMPANY, vat_number=vat_number, on=DAY)

    assert treatment == expected


@pytest.mark.parametrize("seller", ["GB", "US", ""])
def test_is_only_for_sellers_in_the_eu(seller: str) -> None:
    with pytest.raises(UnknownVatCountry):
        tax_treatment(seller_country=seller, country="FR", account_type=INDIVIDUAL, vat_number=None, on=DAY)


def test_gives_the_rate_of_a_category_on_its_day() -> None:
    german = TaxTreatment(DESTINATION, "DE", date(2020, 7, 1))

    assert german.rate(TaxCategory.STANDARD) == 1600
    assert german.rate(TaxCategory.PUBLICATION) == 500


@pytest.mark.parametrize("kind", [REVERSE_CHARGE, EXPORT])
def test_has_rates_of_zero_where_nothing_is_charged(kind: TaxTreatmentKind) -> None:
    assert TaxTreatment(kind, None, DAY).rate(TaxCategory.STANDARD) == 0


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("ATU 1234 5675", "AT", "ATU12345675"),
        ("be 0123.456.749", "BE", "BE0123456749"),
        ("DE-123456788", "DE", "DE123456788"),
        ("ESB-12345674", "ES", "ESB12345674"),
        ("FR 10 123 456 329", "FR", "FR10123456329"),
        ("FR 10 123 456 329", "MC", "FR10123456329"),
        ("EL 123456783", "GR", "EL123456783"),
        ("GR 123456783", "GR", "EL123456783"),
        ("IE1234567T", "IE", "IE1234567T"),
        ("IT 12345670017", "IT", "IT12345670017"),
        ("NL 001234560 B01", "NL", "NL001234560B01"),
        ("PT 123 456 789", "PT", "PT123456789"),
        ("SE 123456-7889 01", "SE", "SE123456788901"),
    ],
)
def test_normalises_a_vat_number(text: str, country: str, expected: str) -> None:
    assert normalise_vat_number(text, country) == expected
    assert normalise_vat_number(expected, country) == expected


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("", "DE"),
        ("DE", "DE"),
        ("123456788", "DE"),
        ("DE123456780", "DE"),
        ("DE12345678", "DE"),
        ("DE123456788", "AT"),
        ("FR10123456329", "DE"),
        ("XI123456782", "GB"),
        ("EU372000041", "EU"),
        ("CHE123456788", "CH"),
        ("DE123456788\x00", "DE"),
    ],
)
def test_refuses_what_is_no_vat_number_of_the_country(text: str, country: str) -> None:
    with pytest.raises(InvalidVatNumber):
        normalise_vat_number(text, country)


@given(
    country=st.sampled_from(sorted(EU_STATES)),
    text=st.text(max_size=20) | st.from_regex(r"[A-Z]{2}[A-Z0-9]{2,12}", fullmatch=True),
)
def test_either_refuses_a_text_or_makes_it_plain(country: str, text: str) -> None:
    try:
        number = normalise_vat_number(text, country)
    except InvalidVatNumber:
        return

    assert number.isascii()
    assert len(number) <= 20
    assert normalise_vat_number(number, country) == number
