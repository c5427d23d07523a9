"""A receiver of webhooks: every request is verified by the reference library of Standard Webhooks, and its body held against the
published schema.

python hook.py PORT SCHEMA SECRET
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from jsonschema import Draft202012Validator
from standardwebhooks.webhooks import Webhook

SCHEMA = json.load(open(sys.argv[2]))
Draft202012Validator.check_schema(SCHEMA)
VALIDATOR = Draft202012Validator(SCHEMA)
SECRET = Webhook(sys.argv[3])
STATE = {"records": [], "ids": [], "problems": [], "answers": []}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        if status == 503:
            self.send_header("retry-after", "1")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, json.dumps(STATE).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/__answers":
            STATE["answers"] = json.loads(body)
            return self.answer(200)
        try:
            held = SECRET.verify(body, dict(self.headers))
        except Exception as why:
            STATE["problems"].append(f"signature: {why}")
            return self.answer(401)
        if STATE["answers"]:
            return self.answer(STATE["answers"].pop(0))
        for error in VALIDATOR.iter_errors(held):
            STATE["problems"].append(f"{error.json_path}: {error.message[:200]}")
        if self.headers["idempotency-key"] != self.headers["webhook-id"]:
            STATE["problems"].append("two ids")
        if self.headers["webhook-id"] not in STATE["ids"]:
            STATE["ids"].append(self.headers["webhook-id"])
            STATE["records"] += held["data"].get("records", [])
        self.answer(204)


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
