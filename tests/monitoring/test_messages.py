"""Messages to people, through real servers on loopback: Slack's and Teams' webhooks, and a mail server."""

import json
import threading
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from havenlake.config.monitoring import Email
from havenlake.errors import HavenlakeError
from havenlake.monitoring.sinks.email import EmailSink
from havenlake.monitoring.sinks.webhook import WebhookSink
from havenlake.records import RowCounts, Status
from tests.monitoring.runs import run, tell, told_by
from tests.reports.ledgers import BROKEN, HELD, minutes, result


class Chat(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Post)
        self.got, self.status, self.hold = [], 200, None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/services/T1/secret?sig=abc"


class _Post(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.hold:
            self.server.hold.wait()
        self.server.got.append((self.path, json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def chat():
    server = Chat()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    if server.hold:
        server.hold.set()
    server.shutdown()
    server.server_close()


def hook(chat, kind="slack"):
    return {"hook": lambda: WebhookSink(kind, chat.url, "127.0.0.1")}


BAD = [result(t, Status.FAILED, error=BROKEN) for t in ("message", "texter")]
OTHER = result("shift", Status.FAILED, error=HELD)


def test_a_run_makes_one_message_with_every_cause_once(chat):
    tell(run("r1", *BAD, OTHER, result("responder")), hook(chat))
    ((path, message),) = chat.got
    assert path == "/services/T1/secret?sig=abc"
    text = message["blocks"][1]["text"]["text"]
    for expected in (
        "failed: platformdb.message, platformdb.texter",
        "why: HL-SRC-002 file part-0.parquet cannot be read",
        "since: 2026-03-14 12:41 UTC",
        "owner: data-platform@ctl.example (severity critical)",
        "hint: remove the file or export the table again",
        "next: havenlake why message -w ctl-dev; havenlake run -w ctl-dev --resume r1",
        "failed: platformdb.shift",
        "HL-RUN-002",
    ):
        assert expected in text
    assert "platformdb.responder" not in text


def test_since_is_the_first_of_the_failures_in_a_row(chat):
    first = replace(BAD[0], finished_at=minutes(120), started_at=minutes(121))
    newer = replace(BAD[0], error=HELD)
    tell(run("r2", newer), hook(chat), history=told_by(run("r1", first, at=minutes(120))))
    assert "since: 2026-03-14 10:44 UTC" in chat.got[0][1]["blocks"][1]["text"]["text"]


def test_what_is_known_and_what_is_well_makes_no_message(chat):
    tell(run("r1", result("message")), hook(chat))
    tell(run("r2", *BAD), hook(chat), history=told_by(run("r1", *BAD, at=minutes(9))))
    assert chat.got == []


def test_rows_of_another_zone_are_told_once(chat):
    met = replace(result("message"), counts=RowCounts(read=10, quarantined=2, foreign=2))
    tell(run("r1", met), hook(chat))
    tell(run("r2", met), hook(chat), history=told_by(run("r1", met, at=minutes(9))))
    ((_, message),) = chat.got
    assert "2 rows of another zone kept out: platformdb.message" in message["blocks"][1]["text"]["text"]


def test_recovery_is_told(chat):
    tell(run("r2", result("message")), hook(chat), history=told_by(run("r1", BAD[0], at=minutes(9))))
    assert chat.got[0][1]["text"] == "ctl-dev: well again: platformdb.message"


def test_markup_in_a_message_is_escaped(chat):
    odd = replace(BROKEN, message="<!channel> & co")
    tell(run("r1", result("message", Status.FAILED, error=odd)), hook(chat))
    assert "&lt;!channel&gt; &amp; co" in chat.got[0][1]["blocks"][1]["text"]["text"]


def test_teams_gets_a_card(chat):
    tell(run("r1", *BAD), hook(chat, "teams"))
    (attachment,) = chat.got[0][1]["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    texts = [block["text"] for block in attachment["content"]["body"]]
    assert texts[0] == "ctl-dev: platformdb.message, platformdb.texter"
    assert "why: HL-SRC-002 file part-0.parquet cannot be read" in texts


def test_a_webhook_that_hangs_holds_nobody_beyond_the_deadline(chat, caplog):
    chat.hold = threading.Event()
    kept = tell(run("r1", *BAD), hook(chat), seconds=0.01)
    assert [d.delivered for d in kept.rows] == [False]
    assert "hook did not answer in time" in caplog.text


def test_a_message_that_was_not_taken_is_sent_by_the_next_run(chat, caplog):
    chat.status = 500
    kept = tell(run("r1", *BAD), hook(chat))
    assert "HL-MON-001 slack did not take a message (HTTP 500)" in caplog.text
    assert "secret" not in caplog.text
    chat.status, chat.got = 200, []
    tell(run("r2", *BAD), hook(chat), history=told_by(run("r1", *BAD, at=minutes(2))), deliveries=kept)
    ((_, message),) = chat.got
    assert "--resume r1" in message["blocks"][1]["text"]["text"]


def test_an_address_on_another_host_than_the_declared_one_is_refused():
    with pytest.raises(HavenlakeError) as caught:
        WebhookSink("slack", "https://collector.elsewhere.example/x", "hooks.slack.com")
    assert caught.value.code == "HL-RES-001"
    assert "elsewhere" not in str(caught.value)
    with pytest.raises(HavenlakeError, match="not https"):
        WebhookSink("slack", "http://hooks.slack.com/x", "hooks.slack.com")


class Mailbox:
    def __init__(self):
        self.got = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  aiosmtpd's name
        self.got.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"


@pytest.fixture
def mailbox():
    box = Mailbox()
    accepted = AuthResult(success=True)
    controller = Controller(box, "127.0.0.1", 0, auth_require_tls=False, authenticator=lambda *_: accepted)
    controller.port = _free_port()
    controller.start()
    box.port = controller.port
    yield box
    controller.stop()


def _free_port():
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def settings(port, security="none"):
    recipients = ("oncall@ctl.example", "data@ctl.example")
    return Email(host="127.0.0.1", port=port, security=security, sender="lake@ctl.example", recipients=recipients)


def test_a_mail_tells_what_a_person_needs(mailbox):
    tell(run("r1", *BAD), {"email": lambda: EmailSink(settings(mailbox.port))})
    ((recipients, mail),) = mailbox.got
    assert recipients == ["oncall@ctl.example", "data@ctl.example"]
    assert mail["Subject"] == "ctl-dev: platformdb.message, platformdb.texter"
    body = mail.get_content()
    assert "why: HL-SRC-002 file part-0.parquet cannot be read" in body
    assert "owner: data-platform@ctl.example (severity critical)" in body


def test_a_server_without_tls_gets_no_mail_that_should_be_encrypted(mailbox, caplog):
    tell(run("r1", *BAD), {"email": lambda: EmailSink(settings(mailbox.port, "starttls"))})
    assert mailbox.got == []
    assert "HL-MON-001 the mail server did not take a message (SMTPNotSupportedError)" in caplog.text


def test_a_password_never_travels_in_clear_text(mailbox):
    with pytest.raises(HavenlakeError, match="clear text"):
        EmailSink(settings(mailbox.port), ("user", "hunter2"))
