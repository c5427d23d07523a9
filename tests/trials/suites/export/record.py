"""Takes export requests over HTTP and keeps each body in a folder, unpacked.

usage: record.py PORT FOLDER
"""
import gzip
import itertools
import pathlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOLDER = pathlib.Path(sys.argv[2])
NUMBERS = itertools.count(1)


class Recorder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.whole()
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        kind = "json" if "json" in self.headers.get("content-type", "") else "pb"
        name = f"{next(NUMBERS):06}.{self.path.rsplit('/', 1)[-1]}.{kind}"
        whole = FOLDER / (name + ".part")
        whole.write_bytes(body)
        whole.rename(FOLDER / name)
        answer = b"{}" if kind == "json" else b""
        self.send_response(200)
        self.send_header("content-type", self.headers.get("content-type", "application/x-protobuf"))
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def whole(self):
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, *words):
        pass


FOLDER.mkdir(parents=True, exist_ok=True)
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Recorder).serve_forever()
