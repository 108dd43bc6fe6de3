"""Opening the demo: its data are made at the first start, unpaid orders are added at each, and it says what it is."""

from collections.abc import Callable
from typing import Final

from assembly import Assembly, prepare_database, sandbox_of
from demo.customers import COMPANY, CUSTOMER, PASSWORD, STAFF
from demo.filling import SPAN, fill, is_filled
from demo.topping_up import top_up
from pages.sign_in import DemoAccount
from settings import Settings

#: The demo's data depend on this and on the day they were made.
SEED: Final = 20_260_101

DEMO_ACCOUNTS: Final = (
    DemoAccount(CUSTOMER, PASSWORD, "a customer in France"),
    DemoAccount(COMPANY, PASSWORD, "a company in Germany"),
    DemoAccount(STAFF, PASSWORD, "staff, who see all orders"),
)


async def open_demo(parts: Assembly, *, say: Callable[[str], None]) -> None:
    """Fills the demo's database if it is empty; quick otherwise."""
    database = parts.database
    try:
        await prepare_database(database)
        if not await is_filled(database):
            say("Making demo data, once: 90 days of orders …")
            await fill(
                database,
                parts.terms,
                sandbox_of(parts.settings, database),
                uploads=parts.uploads.directory,
                seed=SEED,
                start=await database.moment() - SPAN,
                progress=say,
            )
        await top_up(database, parts.terms)
    finally:
        await database.close()


def banner(settings: Settings) -> str:
    """What is said at the start: where to go and, in demo mode, who one can be."""
    lines = [f"Orders API on {settings.url}"]
    if settings.serves_graphiql:
        lines.append(f"  explore      {settings.url}/graphiql")
    if settings.is_demo:
        payments = "go to Stripe's test mode" if settings.stripe_webhook_secrets else "are pretended"
        lines += [
            f"  mailbox      {settings.url}/mailbox",
            f"Demo mode: payments {payments}, mail stays here, and these accounts work nowhere else:",
            *(f"  {each.email:<22} password {each.password}   {each.description}" for each in DEMO_ACCOUNTS),
        ]
    return "\n".join(lines)
