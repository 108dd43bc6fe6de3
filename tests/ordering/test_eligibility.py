"""Which kinds of payment are offered to whom; why a method cannot pay an order."""

from datetime import date

import pytest

from models.account import AccountType
from models.payment import PaymentMethodKind, PaymentMethodStatus
from ordering.eligibility import (
    AUTHORISED_ACCOUNT_TYPES,
    AUTHORISED_COUNTRIES,
    OFFERS,
    REASONS,
    SUPPORTED_CURRENCIES,
    NotUsable,
    available_kinds,
    why_not_usable,
)

CARD, SEPA, PAYPAL = PaymentMethodKind.CARD, PaymentMethodKind.SEPA_DIRECT_DEBIT, PaymentMethodKind.PAYPAL
TRANSFER, PREPAID = PaymentMethodKind.BANK_TRANSFER, PaymentMethodKind.PREPAID_ACCOUNT
DEFERRED = PaymentMethodKind.DEFERRED_PAYMENT
INDIVIDUAL, COMPANY = AccountType.INDIVIDUAL, AccountType.COMPANY
ASSOCIATION, ADMINISTRATION = AccountType.ASSOCIATION, AccountType.ADMINISTRATION
VALID = PaymentMethodStatus.VALID
TODAY = date(2026, 4, 1)


@pytest.mark.parametrize(
    ("country", "account_type", "currency", "kinds"),
    [
        ("FR", INDIVIDUAL, "EUR", [CARD, SEPA, PAYPAL, PREPAID, TRANSFER]),
        ("NL", COMPANY, "EUR", [CARD, SEPA, PAYPAL, PREPAID, TRANSFER]),
        ("IE", ASSOCIATION, "EUR", [CARD, SEPA, PAYPAL, PREPAID, TRANSFER]),
        ("DE", ADMINISTRATION, "EUR", [CARD, SEPA, PREPAID, DEFERRED, TRANSFER]),
        ("DE", COMPANY, "USD", [CARD, PAYPAL, PREPAID, TRANSFER]),
        ("PT", INDIVIDUAL, "EUR", [CARD, PAYPAL, PREPAID, TRANSFER]),
        ("GB", INDIVIDUAL, "GBP", [CARD, PAYPAL, PREPAID, TRANSFER]),
        ("RO", COMPANY, "RON", [CARD, PREPAID, TRANSFER]),
        ("SN", INDIVIDUAL, "XOF", [CARD, PREPAID, TRANSFER]),
        ("TN", ADMINISTRATION, "TND", [CARD, PREPAID, DEFERRED, TRANSFER]),
    ],
)
def test_offers(country: str, account_type: AccountType, currency: str, kinds: list[PaymentMethodKind]) -> None:
    offers = available_kinds(country=country, account_type=account_type, currency=currency)

    assert [offer.kind for offer in offers] == kinds


def test_says_of_each_kind_whether_it_can_be_saved_or_used_once() -> None:
    assert {offer.kind: (offer.one_shot, offer.registerable) for offer in OFFERS} == {
        CARD: (True, True),
        SEPA: (True, True),
        PAYPAL: (True, True),
        PREPAID: (True, False),
        DEFERRED: (True, False),
        TRANSFER: (True, False),
    }


def reason(
    kind: PaymentMethodKind,
    *,
    status: PaymentMethodStatus = VALID,
    expires_on: date | None = None,
    country: str = "FR",
    account_type: AccountType = INDIVIDUAL,
    currency: str = "EUR",
    prepaid_balance: int = 0,
    first_order: bool = False,
    can_be_charged: bool = True,
) -> str | None:
    return why_not_usable(
        kind=kind,
        status=status,
        expires_on=expires_on,
        country=country,
        account_type=account_type,
        currency=currency,
        total=1000,
        prepaid_balance=prepaid_balance,
        first_order=first_order,
        can_be_charged=can_be_charged,
        today=TODAY,
    )


@pytest.mark.parametrize("kind", [CARD, SEPA, PAYPAL, TRANSFER])
def test_finds_a_valid_method_usable(kind: PaymentMethodKind) -> None:
    assert reason(kind) is None


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (PaymentMethodStatus.VALIDATING, "METHOD_NOT_VALIDATED"),
        (PaymentMethodStatus.EXPIRED, "METHOD_EXPIRED"),
        (PaymentMethodStatus.REJECTED, "METHOD_REJECTED"),
        (PaymentMethodStatus.REMOVED, "METHOD_REMOVED"),
        (PaymentMethodStatus.VALID, None),
    ],
)
def test_goes_by_the_status_of_the_method(status: PaymentMethodStatus, code: str | None) -> None:
    assert reason(CARD, status=status) == code


@pytest.mark.parametrize(
    ("expires_on", "code"),
    [(date(2026, 3, 31), "METHOD_EXPIRED"), (date(2026, 4, 1), None), (date(2026, 4, 2), None)],
)
def test_lets_a_method_work_on_its_last_day(expires_on: date, code: str | None) -> None:
    assert reason(CARD, expires_on=expires_on) == code


@pytest.mark.parametrize(("balance", "code"), [(999, "INSUFFICIENT_BALANCE"), (1000, None), (1001, None)])
def test_needs_a_balance_of_at_least_the_total(balance: int, code: str | None) -> None:
    assert reason(PREPAID, prepaid_balance=balance) == code


@pytest.mark.parametrize("kind", PaymentMethodKind)
def test_refuses_only_direct_debit_on_a_first_order(kind: PaymentMethodKind) -> None:
    first = reason(kind, account_type=COMPANY, prepaid_balance=1000, first_order=True)
    later = reason(kind, account_type=COMPANY, prepaid_balance=1000, first_order=False)

    assert first == ("FIRST_ORDER" if kind is SEPA else later)


@pytest.mark.parametrize("account_type", AccountType)
def test_defers_payment_for_administrations_only(account_type: AccountType) -> None:
    expected = None if account_type is ADMINISTRATION else "ACCOUNT_TYPE_NOT_AUTHORISED"

    assert reason(DEFERRED, account_type=account_type) == expected


@pytest.mark.parametrize(
    ("kind", "country", "account_type", "currency", "code"),
    [
        (SEPA, "PT", INDIVIDUAL, "EUR", "COUNTRY_NOT_AUTHORISED"),
        (SEPA, "GB", INDIVIDUAL, "GBP", "COUNTRY_NOT_AUTHORISED"),
        (SEPA, "FR", INDIVIDUAL, "USD", "CURRENCY_NOT_SUPPORTED"),
        (PAYPAL, "TN", INDIVIDUAL, "TND", "COUNTRY_NOT_AUTHORISED"),
        (PAYPAL, "FR", ADMINISTRATION, "EUR", "ACCOUNT_TYPE_NOT_AUTHORISED"),
        (PAYPAL, "BG", INDIVIDUAL, "BGN", "CURRENCY_NOT_SUPPORTED"),
    ],
)
def test_says_what_is_not_authorised(
    kind: PaymentMethodKind, country: str, account_type: AccountType, currency: str, code: str
) -> None:
    assert reason(kind, country=country, account_type=account_type, currency=currency) == code


@pytest.mark.parametrize("kind", PaymentMethodKind)
@pytest.mark.parametrize("account_type", AccountType)
@pytest.mark.parametrize("country", ["FR", "PT", "GB", "SN"])
@pytest.mark.parametrize("currency", ["EUR", "GBP", "XOF"])
def test_offers_a_kind_exactly_where_a_valid_method_of_it_can_pay(
    kind: PaymentMethodKind, account_type: AccountType, country: str, currency: str
) -> None:
    offered = {o.kind for o in available_kinds(country=country, account_type=account_type, currency=currency)}

    usable = reason(kind, country=country, account_type=account_type, currency=currency, prepaid_balance=1000) is None

    assert (kind in offered) == usable


@pytest.mark.parametrize(("can_be_charged", "code"), [(True, None), (False, "AMOUNT_NOT_POSSIBLE")])
def test_needs_an_amount_that_can_be_charged(can_be_charged: bool, code: str | None) -> None:
    assert reason(CARD, can_be_charged=can_be_charged) == code


def test_has_a_text_for_every_code() -> None:
    assert set(REASONS) == set(NotUsable)
    assert len(set(REASONS.values())) == len(NotUsable)
    assert all(text.endswith(".") for text in REASONS.values())


def test_has_an_offer_for_every_kind_and_no_table_without_one() -> None:
    assert sorted(offer.kind for offer in OFFERS) == sorted(PaymentMethodKind)
    assert all(AUTHORISED_COUNTRIES.values())
    assert all(AUTHORISED_ACCOUNT_TYPES.values())
    assert all(SUPPORTED_CURRENCIES.values())
