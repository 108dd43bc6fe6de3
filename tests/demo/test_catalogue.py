"""What the demo sells, to whom, and at which prices."""

import asyncio

import pytest
from stdnum.eu import vat

from access.passwords import Passwords
from demo.customers import COMPANY, CUSTOMER, PASSWORD, STAFF
from models.account import AccountKind, AccountType
from models.order import OrderStatus
from models.payment import PaymentMethodStatus
from models.product import ProductCategory
from ordering.taking import SETTLED
from ordering.vat_rates import EU_STATES
from tests.demo.shop import END, Shop

pytestmark = pytest.mark.xdist_group("demo")


def test_the_catalogue_is_wide(shop: Shop) -> None:
    listed = [product for product in shop.products if product.listed]

    assert len(listed) >= 25
    assert {product.category for product in listed} == set(ProductCategory) - {ProductCategory.SETUP}
    assert {product.period_days for product in listed} == {30, 365, None}
    assert {product.withdrawable for product in listed} == {True, False}


def test_set_up_fees_come_along_and_are_not_offered_on_their_own(shop: Shop) -> None:
    fees = {product.id for product in shop.products if product.category is ProductCategory.SETUP}

    assert {product.setup_product_id for product in shop.products} - {None} == fees
    assert not any(product.listed for product in shop.products if product.id in fees)


def test_everything_has_a_price_for_every_customer(shop: Shop) -> None:
    currencies = {account.currency for account in shop.accounts.values()} - {None}
    priced = {(price.product_id, price.currency) for price in shop.prices}

    assert len(currencies) >= 8
    assert {(product.id, currency) for product in shop.products for currency in currencies} <= priced


def test_customers_are_of_every_type_and_from_everywhere(shop: Shop) -> None:
    customers = [account for account in shop.accounts.values() if account.kind is AccountKind.CUSTOMER]
    countries = {account.country for account in customers if account.country}

    assert {account.account_type for account in customers} == set(AccountType)
    assert len(countries & EU_STATES) >= 8
    assert len(countries - EU_STATES) >= 3


def test_nobody_real_is_named_or_written_to(shop: Shop) -> None:
    for account in shop.accounts.values():
        assert account.demo
        assert account.email.split("@")[1] in {"example.com", "example.org", "example.net"}
        assert account.vat_number is None or vat.is_valid(account.vat_number)
    assert {mail.recipient for mail in shop.mails} <= {account.email for account in shop.accounts.values()}


def test_three_accounts_have_the_password_and_no_others_have_one(shop: Shop) -> None:
    hashes = {account.email: account.password_hash for account in shop.accounts.values() if account.password_hash}

    assert set(hashes) == {CUSTOMER, COMPANY, STAFF}
    assert asyncio.run(Passwords().check(PASSWORD, hashes[STAFF])).right


def test_the_customer_has_methods_in_every_state(shop: Shop) -> None:
    methods = [method for method in shop.methods if shop.accounts[method.customer_id].email == CUSTOMER]

    assert {method.status for method in methods} == set(PaymentMethodStatus)
    assert [method.label for method in methods if method.is_default] == ["Visa ending in 4242"]
    assert any(method.expires_on and method.expires_on < END.date() for method in methods)


def test_some_vouchers_are_used_and_none_beyond_its_limit(shop: Shop) -> None:
    used = {voucher.code: voucher.used for voucher in shop.vouchers}

    settled = {each.order_id for payments in shop.payments.values() for each in payments if each.status in SETTLED}
    ended = {OrderStatus.EXPIRED, OrderStatus.CANCELLED}
    # What ended without having been paid has given its use back; a free order has no payment.
    using = [each for each in shop.orders.values() if each.status not in ended or each.id in settled or not each.total]
    assert used == {voucher.code: sum(each.voucher_id == voucher.id for each in using) for voucher in shop.vouchers}
    assert sum(count > 0 for count in used.values()) >= 3
    assert used["NEXTYEAR"] == 0
