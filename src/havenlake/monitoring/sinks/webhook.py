"""Slack and Teams, by their incoming webhooks: one message a notice."""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

from havenlake.errors import HavenlakeError
from havenlake.monitoring.signals import Notice, Signal
from havenlake.monitoring.sinks.message import lines

TIMEOUT = 5.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class WebhookSink:
    """Posts to one address; only to the declared host, because that is the one whose zone was checked."""

    def __init__(self, kind: Literal["slack", "teams"], url: str, host: str, timeout: float = TIMEOUT) -> None:
        parts = urlsplit(url.strip())
        if parts.hostname != host:
            message = f"the address of the {kind} webhook does not lie on the declared host {host}"
            raise HavenlakeError("HL-RES-001", message, hint="correct the secret, or declare the host it names")
        if parts.scheme != "https" and host not in _LOOPBACK:
            raise HavenlakeError("HL-MON-002", f"the address of the {kind} webhook is not https", hint="correct it")
        self._kind = kind
        self._parts = parts
        self._timeout = timeout

    def deliver(self, signals: Sequence[Signal]) -> None:
        """Post notices; HL-MON-001 when one was not taken."""
        for notice in (s for s in signals if isinstance(s, Notice)):
            self._post(slack_message(notice) if self._kind == "slack" else teams_message(notice))

    def close(self) -> None:
        """Nothing is held."""

    def _post(self, message: dict[str, Any]) -> None:
        tls = self._parts.scheme == "https"
        kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
        connection = kind(str(self._parts.hostname), self._parts.port, timeout=self._timeout)
        path = self._parts.path + (f"?{self._parts.query}" if self._parts.query else "")
        try:
            connection.request("POST", path, json.dumps(message).encode(), {"Content-Type": "application/json"})
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise self._failed(type(error).__name__) from None  # its text may hold the address
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise self._failed(f"HTTP {status}")

    def _failed(self, why: str) -> HavenlakeError:
        hint = "the load is not affected; the message is sent again by the next run"
        return HavenlakeError("HL-MON-001", f"{self._kind} did not take a message ({why})", hint=hint)


def slack_message(notice: Notice) -> dict[str, Any]:
    """Slack's form: a fallback text, and a section of mrkdwn."""
    body = "\n".join(_escaped(line) for line in lines(notice))
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": notice.title[:150]}},
        {"type": "section", "text": {"type": "mrkdwn", "text": body[:2_900]}},
    ]
    return {"text": _escaped(notice.title), "blocks": blocks}


def teams_message(notice: Notice) -> dict[str, Any]:
    """Teams' form: an adaptive card."""
    title = {"type": "TextBlock", "size": "Medium", "weight": "Bolder", "text": notice.title, "wrap": True}
    texts = [{"type": "TextBlock", "text": line, "wrap": True, "spacing": "None"} for line in lines(notice) if line]
    card = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.4",
        "body": [title, *texts],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
