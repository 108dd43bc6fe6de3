"""The mailbox: for staff of the demo, with mails that can do nothing."""

from email.message import EmailMessage
from email.utils import format_datetime

import pytest

from gateways.mail import MailboxMailer
from tests.pages.site import Site


@pytest.fixture
def mail_id(site: Site) -> str:
    message = EmailMessage()
    message["To"] = "ada@example.com"
    message["Subject"] = "Your order <b>1</b>"
    message["Date"] = format_datetime(site.house.run(site.house.now()))
    message.set_content("Hello & welcome")
    message.add_alternative("<p>Hello</p><script>alert(1)</script>", subtype="html")
    site.house.run(MailboxMailer(site.mail).send(message))
    with site.browser("sue@example.com") as staff:
        return staff.get("/mailbox").text.partition('href="/mailbox/')[2].partition('"')[0]


def test_staff_read_mails_in_a_frame_that_runs_nothing(site: Site, mail_id: str) -> None:
    with site.browser("sue@example.com") as staff:
        overview = staff.get("/mailbox")
        mail = staff.get(f"/mailbox/{mail_id}")
        body = staff.get(f"/mailbox/{mail_id}/body")

    assert "Your order &lt;b&gt;1&lt;/b&gt;" in overview.text
    assert "Hello &amp; welcome" in mail.text
    assert "<script>" not in mail.text
    assert f'src="/mailbox/{mail_id}/body"' in mail.text
    assert "frame-src 'self'" in mail.headers["content-security-policy"]
    assert "<p>Hello</p>" in body.text
    policy = body.headers["content-security-policy"]
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert body.headers["x-frame-options"] == "SAMEORIGIN"


def test_there_is_no_such_page_for_customers_and_strangers_sign_in(site: Site, mail_id: str) -> None:
    paths = ["/mailbox", f"/mailbox/{mail_id}", f"/mailbox/{mail_id}/body"]
    with site.browser("ada@example.com") as customer:
        assert [customer.get(path).status_code for path in paths] == [404] * 3
    with site.browser() as stranger:
        assert [stranger.get(path).status_code for path in paths] == [303] * 3


@pytest.mark.parametrize("mail_id", ["x", "..%2f..%2fpages.sqlite3", "%00"])
def test_no_other_file_is_opened(site: Site, mail_id: str) -> None:
    with site.browser("sue@example.com") as staff:
        assert staff.get("/mailbox").status_code == 200
        assert staff.get(f"/mailbox/{mail_id}").status_code == 404
        assert staff.get(f"/mailbox/{mail_id}/body").status_code == 404


def test_there_is_none_in_production(production: Site) -> None:
    with production.browser("sue@example.com") as staff:
        assert staff.get("/mailbox").status_code == 404
