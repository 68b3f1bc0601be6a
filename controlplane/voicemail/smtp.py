"""Handing mails over to the SMTP server, and what its refusals mean."""

from __future__ import annotations

from contextlib import suppress
from email.message import EmailMessage

import aiosmtplib

from controlplane.model.deployment import MailSecurity, MailServer


class NotNow(Exception):
    """The server is away, or says to try later."""


class NeverTaken(Exception):
    """The server refuses this mail, or cannot take it: trying again changes nothing."""


async def hand_over(server: MailServer, mail: EmailMessage) -> None:
    """The server has it when this returns. Raises NotNow, NeverTaken."""
    security = server.security
    client = aiosmtplib.SMTP(
        hostname=server.host.strip("[]"),
        port=server.port,
        use_tls=security is MailSecurity.TLS,
        start_tls=security is MailSecurity.STARTTLS,
        username=server.user,
        password=server.password,
        timeout=server.timeout_seconds,
    )
    try:
        await client.connect()
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        # The configuration or the server may be mended; no mail is to blame.
        raise NotNow(_said(error)) from None
    try:
        await client.send_message(mail)
    except aiosmtplib.SMTPRecipientsRefused as error:
        text = "; ".join(one.message for one in error.recipients)
        raise _refused(min(one.code for one in error.recipients), text) from None
    except aiosmtplib.SMTPResponseException as error:
        raise _refused(error.code, error.message) from None
    except (aiosmtplib.SMTPNotSupported, ValueError) as error:
        raise NeverTaken(_said(error)) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise NotNow(_said(error)) from None
    finally:
        # It has the mail by now, or has not: what it says on leaving changes nothing.
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit()
        client.close()


def _said(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _refused(code: int, message: str) -> Exception:
    """4xx is for now, 5xx for ever (RFC 5321, 4.2.1)."""
    text = f"{code} {message}"
    return NeverTaken(text) if code >= 500 else NotNow(text)
