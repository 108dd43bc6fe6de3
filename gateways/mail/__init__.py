"""MAIL: composing what customers are told, and handing it to a mail server or to a mailbox on this machine."""

from gateways.mail.compose import compose
from gateways.mail.contents import MailContext
from gateways.mail.mailbox import Mailbox, MailboxMailer, OpenedMail, StoredMail
from gateways.mail.sending import MailDelayed, Mailer, MailRefused, SmtpMailer

__all__ = [
    "MailContext",
    "MailDelayed",
    "MailRefused",
    "Mailbox",
    "MailboxMailer",
    "Mailer",
    "OpenedMail",
    "SmtpMailer",
    "StoredMail",
    "compose",
]
