"""Signing in and out."""

from access.sessions import BadCredentials, SessionEnded, SignedIn
from access.throttle import TooManyAttempts
from models.account import Account, AccountKind
from ordering.refusals import Refusal
from resolvers.answering import errors_of
from schema.context import Info
from schema.customer import Staff
from schema.errors import RateLimited, Unauthenticated
from schema.fields import Input
from schema.inputs import SignInInput
from schema.order import Customer
from schema.payloads import SignInPayload, SignOutPayload
from texts import mark


class WrongCredentials(Refusal):
    """Which of the two is wrong is not said."""

    code = "BAD_CREDENTIALS"
    message = mark("The e-mail address or the password is wrong.")


async def sign_in(info: Info, input: Input[SignInInput]) -> SignInPayload:
    context = info.context
    try:
        signed_in = await context.services.sessions.sign_in(
            email=input.email, password=input.password, address=context.address
        )
    except BadCredentials:
        return SignInPayload(errors=errors_of(context, WrongCredentials()))
    except TooManyAttempts as limit:
        raise RateLimited(details={"retryAfter": limit.retry_after}) from None
    return _payload(signed_in)


async def renew_token(info: Info) -> SignInPayload:
    try:
        return _payload(await info.context.services.sessions.renew(info.context.viewer))
    except SessionEnded:
        raise Unauthenticated from None


async def sign_out(info: Info) -> SignOutPayload:
    if info.context.session_id is not None:
        await info.context.services.sessions.end(info.context.session_id)
    return SignOutPayload()


def viewer_of(account: Account) -> Customer | Staff:
    return Staff.of(account) if account.kind is AccountKind.STAFF else Customer.of(account)


def _payload(signed_in: SignedIn) -> SignInPayload:
    return SignInPayload(token=signed_in.token, expires_at=signed_in.expires_at, viewer=viewer_of(signed_in.account))
