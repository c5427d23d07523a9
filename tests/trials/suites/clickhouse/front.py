# ClickHouse's HTTP protocol in front of chdb, which is the engine in a Python module. For tests only: one
# query at a time, no users, no TLS. Usage: front.py PORT FOLDER
import gzip
import http.server
import os
import re
import struct
import sys
import tempfile
import threading
import urllib.parse

import lz4.block
from chdb import session

PORT, FOLDER = int(sys.argv[1]), sys.argv[2]
SESSION = session.Session(FOLDER)
LOCK = threading.Lock()
SETTINGS = {}
# Rows of the insert at work.
ROWS = os.path.join(tempfile.mkdtemp(prefix="quipu-chdb-"), "rows")
# Parameters of the protocol itself; all others are settings of the query.
PROTOCOL = {
    "database", "query", "default_format", "user", "password", "session_id", "query_id", "compress", "decompress",
    "enable_http_compression", "wait_end_of_query", "session_timeout", "role", "client_protocol_version",
}


def unblocked(body):
    """The content of ClickHouse's compressed blocks: checksum, method, both sizes, LZ4."""
    parts, at = [], 0
    while at < len(body):
        method, packed, plain = struct.unpack_from("<BII", body, at + 16)
        assert method == 0x82, f"method {method:#x}"
        parts.append(lz4.block.decompress(body[at + 25 : at + 16 + packed], uncompressed_size=plain))
        at += 16 + packed
    return b"".join(parts)


def statement(query, body):
    """The statement of a request. Rows come from a file: within a statement, two line ends would end them."""
    match = re.match(r"(\s*insert\b.*)\sFORMAT\s+(\w+)\s*$", query, re.I | re.S)
    if not match or not body:
        return query + ("\n" if query and body else "") + body.decode()
    with open(ROWS, "wb") as file:
        file.write(body)
    return f"{match.group(1)} FROM INFILE '{ROWS}' FORMAT {match.group(2)}"


def settle(wanted):
    """Gives the session exactly these settings; every query has its own."""
    for name in [name for name in SETTINGS if name not in wanted]:
        SESSION.query("SET %s = DEFAULT" % name)
        del SETTINGS[name]
    for name, value in wanted.items():
        if SETTINGS.get(name) != value:
            SESSION.query("SET %s = '%s'" % (name, value.replace("\\", "\\\\").replace("'", "\\'")))
            SETTINGS[name] = value


def answer(parameters, body):
    sql = statement(parameters.get("query", ""), body)
    settle({name: value for name, value in parameters.items() if name not in PROTOCOL})
    result = SESSION.query(sql, parameters.get("default_format", "TabSeparated"))
    return bytes(result.bytes()) if result is not None else b""


class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Small answers must not wait for the delayed acknowledgement of the other side.
    disable_nagle_algorithm = True
    wbufsize = -1

    def body(self):
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = []
        while True:
            line = self.rfile.readline()
            if not line:
                raise ConnectionError("the body ends early")
            size = int(line.split(b";")[0], 16)
            part = self.rfile.read(size)
            if len(part) < size:
                raise ConnectionError("the body ends early")
            parts.append(part)
            self.rfile.readline()
            if size == 0:
                return b"".join(parts)

    def send(self, status, body, headers=()):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.send(200, b"Ok.\n")

    def do_POST(self):
        try:
            body = self.body()
        except (ConnectionError, ValueError):
            self.close_connection = True
            return
        parameters = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(self.path).query, keep_blank_values=True))
        try:
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            if parameters.get("decompress") == "1":
                body = unblocked(body)
            with LOCK:
                result = answer(parameters, body)
        except Exception as error:
            text = str(error)
            code = re.search(r"Code: (\d+)", text)
            code = code.group(1) if code else "0"
            self.send(500, (text + "\n").encode(), [("X-ClickHouse-Exception-Code", code)])
            return
        self.send(200, result, [("X-ClickHouse-Format", parameters.get("default_format", "TabSeparated"))])

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("127.0.0.1", PORT), Front)
print("listening", flush=True)
server.serve_forever()
