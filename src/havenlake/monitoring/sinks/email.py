"""E-mail: one message a notice."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Sequence
from email.message import EmailMessage

from havenlake.config.monitoring import Email
from havenlake.errors import HavenlakeError
from havenlake.monitoring.signals import Notice, Signal
from havenlake.monitoring.sinks.message import lines

TIMEOUT = 5.0


class EmailSink:
    """Sends through one mail server. The way is encrypted unless the configuration says otherwise."""

    def __init__(self, settings: Email, login: tuple[str, str] | None = None, timeout: float = TIMEOUT) -> None:
        if login and settings.security == "none":
            message = "a password for the mail server would travel in clear text"
            raise HavenlakeError("HL-MON-002", message, hint="set security to starttls or tls")
        self._settings = settings
        self._login = login
        self._timeout = timeout

    def deliver(self, signals: Sequence[Signal]) -> None:
        """Send notices; HL-MON-001 when the server did not take one."""
        notices = [s for s in signals if isinstance(s, Notice)]
        if not notices:
            return
        try:
            with self._server()() as server:
                for notice in notices:
                    server.send_message(self._message(notice))
        except (OSError, smtplib.SMTPException) as error:
            hint = "the load is not affected; the message is sent again by the next run"
            told = f"the mail server did not take a message ({type(error).__name__})"
            raise HavenlakeError("HL-MON-001", told, hint=hint) from None

    def close(self) -> None:
        """Nothing is held."""

    def _server(self) -> Callable[[], smtplib.SMTP]:
        def opened() -> smtplib.SMTP:
            settings = self._settings
            if settings.security == "tls":
                context = ssl.create_default_context()
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    settings.host, settings.port, timeout=self._timeout, context=context
                )
            else:
                server = smtplib.SMTP(settings.host, settings.port, timeout=self._timeout)
            if settings.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if self._login:
                server.login(*self._login)
            return server

        return opened

    def _message(self, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = notice.title.replace("\n", " ").replace("\r", " ")
        message["From"] = self._settings.sender
        message["To"] = ", ".join(self._settings.recipients)
        message.set_content("\n".join(lines(notice)) + "\n")
        return message
