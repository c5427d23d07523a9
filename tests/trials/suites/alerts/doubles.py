"""Receivers of notices that check every message: HTTP doubles and mail servers.

python doubles.py FOLDER NODE

HTTP paths are /KIND/MODE/…. The mode `ok` takes each message. `flaky` answers 503, then 429 with `Retry-After`, then nothing in time, and
then takes it. `refuse` answers 400. A body is held against its publisher's own library (Slack, Adaptive Cards, Opsgenie) or the
published limits (PagerDuty, Discord). GET / gives what came. Mail servers are of aiosmtpd.
"""

import asyncio
import email
import email.policy
import hashlib
import hmac
import json
import ssl
import subprocess
import sys
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from opsgenie_sdk import CloseAlertPayload, CreateAlertPayload
from slack_sdk.models.blocks import Block

FOLDER, NODE = Path(sys.argv[1]), sys.argv[2]
SECRET, KEY, PASSWORD = "S1GNATURE", "R0UTINGKEY-of-thirty-two-chars--", "PASSW0RD"
STATE = {"requests": {}, "mails": {}, "problems": [], "logins": []}
LOCK = threading.Lock()
# A check may take longer than a client waits for its answer.
CHECKS = []


def problem(kind, text):
    with LOCK:
        STATE["problems"].append(f"{kind}: {text}"[:400])


def need(kind, holds, text):
    if not holds:
        problem(kind, text)


def is_time(text):
    return bool(datetime.fromisoformat(text.replace("Z", "+00:00")[:26].rstrip("+") + "+00:00"))


def slack(body, headers, path):
    """https://docs.slack.dev/reference/block-kit"""
    need("slack", set(body) <= {"text", "blocks"} and body["text"], f"keys {sorted(body)}")
    need("slack", 1 <= len(body["blocks"]) <= 50, f"{len(body['blocks'])} blocks")
    for block in body["blocks"]:
        read = Block.parse(block)
        need("slack", read is not None, f"unknown block {block}")
        read.validate_json()
        need("slack", read.to_dict() == block, f"unknown keys in {block}")


def discord(body, headers, path):
    """https://discord.com/developers/docs/resources/webhook#execute-webhook"""
    need("discord", set(body) <= {"content", "embeds", "allowed_mentions", "username"}, f"keys {sorted(body)}")
    need("discord", 0 < len(body["content"]) <= 2000, "content")
    need("discord", body["allowed_mentions"] == {"parse": []}, "mentions are not off")
    need("discord", len(body["embeds"]) <= 10, f"{len(body['embeds'])} embeds")
    together = 0
    for embed in body["embeds"]:
        need("discord", set(embed) <= {"title", "description", "color", "url", "timestamp"}, f"keys {sorted(embed)}")
        need("discord", len(embed["title"]) <= 256 and len(embed["description"]) <= 4096, "long embed")
        need("discord", 0 <= embed["color"] <= 0xFFFFFF, "colour")
        together += len(embed["title"]) + len(embed["description"])
    need("discord", together <= 6000, f"{together} characters in all embeds")


def teams(body, headers, path):
    """https://adaptivecards.io/explorer, by the parser of the publisher; a Teams message has at most 28 KB"""
    need("teams", body["type"] == "message" and len(body["attachments"]) == 1, "no message with one card")
    card = body["attachments"][0]
    need("teams", card["contentType"] == "application/vnd.microsoft.card.adaptive", card["contentType"])
    need("teams", len(json.dumps(body)) <= 28 << 10, "larger than 28 KB")
    script = """
        const cards = require('adaptivecards'), context = new cards.SerializationContext(), card = new cards.AdaptiveCard();
        card.parse(JSON.parse(require('fs').readFileSync(0)), context);
        for (let i = 0; i < context.eventCount; i++) console.log(context.getEventAt(i).message);
        card.validateProperties().validationEvents.forEach(event => console.log(event.message));
        if (card.getItemCount() < 2) console.log('the card is empty');
    """
    said = subprocess.run(
        ["node", "-e", script], input=json.dumps(card["content"]), capture_output=True, text=True, cwd=NODE, check=False
    )
    need("teams", said.returncode == 0 and not said.stdout.strip(), said.stdout + said.stderr)


def pagerduty(body, headers, path):
    """https://developer.pagerduty.com/docs/send-alert-event"""
    known = {"routing_key", "event_action", "dedup_key", "payload", "client", "client_url", "links", "images"}
    need("pagerduty", set(body) <= known, f"keys {sorted(body)}")
    need("pagerduty", body["routing_key"] == KEY and len(KEY) == 32, "routing key")
    need("pagerduty", body["event_action"] in ("trigger", "acknowledge", "resolve"), body["event_action"])
    need("pagerduty", 0 < len(body["dedup_key"]) <= 255, "dedup_key")
    payload = body["payload"]
    fields = {"summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"}
    need("pagerduty", set(payload) <= fields, f"payload {sorted(payload)}")
    need("pagerduty", 0 < len(payload["summary"]) <= 1024 and payload["source"], "summary")
    need("pagerduty", payload["severity"] in ("critical", "error", "warning", "info"), payload["severity"])
    need("pagerduty", is_time(payload["timestamp"]), payload["timestamp"])
    need("pagerduty", len(json.dumps(body)) <= 512 << 10, "larger than 512 KB")
    for link in body.get("links", []):
        need("pagerduty", set(link) == {"href", "text"}, f"link {link}")


def opsgenie(body, headers, path):
    """https://docs.opsgenie.com/docs/alert-api"""
    need("opsgenie", headers["authorization"] == f"GenieKey {KEY}", "authorization")
    if "/close" in path or "/acknowledge" in path:
        need("opsgenie", "identifierType=alias" in path, path)
        need("opsgenie", set(body) <= set(CloseAlertPayload.openapi_types), f"keys {sorted(body)}")
        return
    need("opsgenie", path.endswith("/v2/alerts"), path)
    need("opsgenie", set(body) <= set(CreateAlertPayload.openapi_types), f"keys {sorted(body)}")
    CreateAlertPayload(**body)
    need("opsgenie", 0 < len(body["message"]) <= 130 and len(body["alias"]) <= 512, "message or alias")
    need("opsgenie", len(body["description"]) <= 15000 and body["priority"] in ("P1", "P2", "P3", "P4", "P5"), "fields")
    need("opsgenie", len(body["tags"]) <= 20 and all(len(tag) <= 50 for tag in body["tags"]), "tags")


def alertmanager(body, headers, path):
    """https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, postableAlerts"""
    need("alertmanager", path.endswith("/api/v2/alerts") and body, path)
    for alert in body:
        known = {"labels", "annotations", "startsAt", "endsAt", "generatorURL"}
        need("alertmanager", set(alert) <= known and alert["labels"]["alertname"], f"keys {sorted(alert)}")
        texts = [*alert["labels"].values(), *alert["annotations"].values()]
        need("alertmanager", all(isinstance(text, str) for text in texts), "labels are texts")
        need("alertmanager", is_time(alert["startsAt"]) and is_time(alert["endsAt"]), "times")


def webhook(body, headers, path):
    for notice in body.get("notices", [body]):
        wanted = "status rule severity group value threshold window started_at ended_at episode traces url".split()
        need("webhook", set(wanted) <= set(notice), f"keys {sorted(notice)}")


KINDS = {
    "slack": slack,
    "discord": discord,
    "teams": teams,
    "pagerduty": pagerduty,
    "opsgenie": opsgenie,
    "alertmanager": alertmanager,
    "webhook": webhook,
}
# What each service answers when it takes a message.
TAKEN = {"slack": (200, b"ok"), "discord": (204, b""), "teams": (202, b""), "pagerduty": (202, b"{}"), "opsgenie": (202, b"{}")}


def verify(kind, raw, headers, path):
    try:
        need(kind, headers["content-type"].startswith("application/json"), headers["content-type"])
        if kind == "webhook":
            wanted = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
            need(kind, headers["x-quipu-signature"] == wanted, "signature")
        KINDS[kind](json.loads(raw), headers, path)
    except Exception as error:
        problem(kind, repr(error))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        with LOCK:
            checks, CHECKS[:] = list(CHECKS), []
        for check in checks:
            check.join()
        with LOCK:
            self.answer(200, json.dumps(STATE).encode())

    def do_POST(self):
        raw = self.rfile.read(int(self.headers["content-length"]))
        _, kind, mode, *_ = self.path.split("?")[0].split("/")
        with LOCK:
            seen = STATE["requests"].setdefault(f"{kind}/{mode}", [])
            turn = len(seen)
            seen.append({"at": time.time(), "body": json.loads(raw), "path": self.path})
        check = threading.Thread(target=verify, args=(kind, raw, self.headers, self.path))
        check.start()
        with LOCK:
            CHECKS.append(check)
        if mode == "refuse":
            return self.answer(400, b"no")
        if mode == "flaky" and turn == 0:
            return self.answer(503)
        if mode == "flaky" and turn == 1:
            return self.answer(429, b'{"retry_after": 3}', [("retry-after", "3")])
        if mode == "flaky" and turn == 2:
            return time.sleep(6)
        self.answer(*TAKEN.get(kind, (200, b"")))


class Mail:
    """A mail server's decisions; `mode` is its name."""

    def __init__(self, mode):
        self.mode, self.turns = mode, 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.turns += 1
        if self.mode == "refuse":
            return "550 5.1.1 no such user"
        if self.mode == "greylist" and self.turns == 1:
            return "451 4.7.1 greylisted, come back later"
        if self.mode == "hang" and self.turns == 1:
            await asyncio.sleep(4)
        if self.mode == "drop" and self.turns == 1:
            session.peer_transport.close() if hasattr(session, "peer_transport") else server.transport.close()
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
        for header in ("from", "to", "subject", "date", "message-id"):
            need("mail", mail[header] and not mail[header].defects, f"header {header}: {mail[header]!r}")
        need("mail", all(len(line) <= 998 for line in envelope.content.splitlines()), "long line")
        with LOCK:
            mails = STATE["mails"].setdefault(self.mode, [])
            mails.append({"id": mail["message-id"], "subject": mail["subject"], "body": mail.get_content(), "tls": session.ssl is not None})
        return "250 stored"


def login(server, session, envelope, mechanism, data):
    good = data.login == b"quipu" and data.password == PASSWORD.encode()
    with LOCK:
        STATE["logins"].append({"mechanism": mechanism, "good": good, "tls": session.ssl is not None})
    return AuthResult(success=good, handled=True) if good else AuthResult(success=False, handled=False)


def main():
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(str(FOLDER / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(tls)
    ports = {}
    for name, secure in (("http", False), ("https", True)):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if secure:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        ports[name] = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
    auth = {"authenticator": login, "auth_required": True}
    for mode, options in {
        "plain": {},
        "starttls": {"tls_context": tls, "require_starttls": True, **auth},
        "tls": {"ssl_context": tls, "auth_require_tls": False, **auth},
        "greylist": {},
        "hang": {},
        "drop": {},
        "refuse": {},
    }.items():
        controller = Controller(Mail(mode), hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        ports[mode] = controller.port
    (FOLDER / "ports.json.new").write_text(json.dumps(ports))
    (FOLDER / "ports.json.new").rename(FOLDER / "ports.json")
    threading.Event().wait()


def free_port():
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


main()
