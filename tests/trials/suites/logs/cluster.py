"""A model of a cluster, strict by the documentation of `_bulk`, of data streams and of field types.

No real Elasticsearch or OpenSearch can be had from a registry. What this refuses, they refuse:
https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
https://www.elastic.co/docs/manage-data/data-store/data-streams
https://www.elastic.co/docs/reference/elasticsearch/mapping-reference/field-data-types

python cluster.py PORT
"""

import fnmatch
import gzip
import json
import re
import sys
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from elasticsearch.serializer import NdjsonSerializer

TERM = 32766
LOCK = threading.Lock()
DOCUMENTS = {}
PUTS = {}
PROBLEMS = []
AUTH = set()
FAULTS = {"whole": 0, "every": 0, "refuse": 0}
SEEN = {"bulks": 0, "again": 0, "refused": 0, "conflicts": 0}


def unique(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"Duplicate field in {sorted(keys)}")
    return dict(pairs)


def properties(of, prefix=""):
    for name, held in of.items():
        name = prefix + name
        if "properties" in held:
            yield from properties(held["properties"], name + ".")
        else:
            yield name, held


def template(index):
    """The index template for a name, with the fields of what it is composed of; highest priority first."""
    fits = [
        body
        for path, body in PUTS.items()
        if path.startswith("_index_template/") and any(fnmatch.fnmatchcase(index, one) for one in body["index_patterns"])
    ]
    if not fits:
        raise ValueError(f"no template matches {index}: it would become an index with guessed fields")
    found = max(fits, key=lambda body: body["priority"])
    fields = {}
    for name in found["composed_of"]:
        mappings = PUTS[f"_component_template/{name}"]["template"]["mappings"]
        assert mappings["dynamic"] is False
        fields.update(properties(mappings["properties"]))
    policy = found["template"].get("settings", {}).get("index.lifecycle.name")
    assert policy is None or f"_ilm/policy/{policy}" in PUTS, policy
    return found, fields


def scalar(value, longest):
    if isinstance(value, list):
        return all(scalar(one, longest) for one in value)
    if isinstance(value, dict):
        return False
    return not isinstance(value, str) or longest is None or len(value.encode()) <= longest


def flat(value, path, depth):
    if isinstance(value, list):
        return all(flat(one, path, depth) for one in value)
    if isinstance(value, dict):
        plain = lambda key: "\0" not in key and all(part.strip() for part in key.split("."))
        return depth > 0 and all(plain(key) and flat(one, f"{path}.{key}", depth - 1) for key, one in value.items())
    return len(path.encode()) + 1 + len(json.dumps(value, ensure_ascii=False).encode()) <= TERM


def time(value):
    whole = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{1,9})Z", value) if isinstance(value, str) else None
    return bool(whole) and 1970 <= datetime.fromisoformat(whole[1]).year <= 2262


def fits(value, field):
    kind = field["type"]
    if kind == "keyword":
        return scalar(value, None if "ignore_above" in field or field.get("index") is False else TERM)
    if kind == "text":
        return scalar(value, None)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "long":
        return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
    if kind == "double":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "date_nanos":
        return time(value)
    if kind == "object":
        return field["enabled"] is False
    if kind in ("flattened", "flat_object"):
        return isinstance(value, dict) and flat(value, "", field.get("depth_limit", 20))
    raise ValueError(kind)


def index(action, about, document):
    """One action: its status and the type of its error."""
    name, ident = about["_index"], about["_id"]
    assert ident and len(ident.encode()) <= 512, ident
    assert re.fullmatch(r"[^\\/*?\"<>| ,#:A-Z_+-][^\\/*?\"<>| ,#:A-Z]{0,254}", name), name
    found, fields = template(name)
    stream = "data_stream" in found
    allowed = {"_index", "_id"} if stream else {"_index", "_id", "version", "version_type"}
    assert set(about) <= allowed, about
    if stream:
        assert action == "create", "a data stream takes create alone"
        kind, dataset, space = name.split("-", 2)
        told = tuple(document[f"data_stream.{part}"] for part in ("type", "dataset", "namespace"))
        assert told == (kind, dataset, space), told
    assert "@timestamp" in document
    for field, value in document.items():
        assert field in fields, f"{field} is in no template"
        assert fits(value, fields[field]), f"{field}: {fields[field]} does not take {str(value)[:80]!r}"
    kept = DOCUMENTS.setdefault(name, {})
    version = about.get("version", 1)
    assert isinstance(version, int) and 0 <= version < 2**63
    if ident in kept and (action == "create" or kept[ident][0] > version):
        SEEN["conflicts"] += 1
        return 409, "version_conflict_engine_exception"
    kept[ident] = (version, document)
    return 201, None


def bulk(body):
    assert body.endswith(b"\n"), "the last line must end with a newline"
    lines = body.decode("utf-8").split("\n")[:-1]
    assert len(lines) % 2 == 0, "an action without a document"
    parsed = [json.loads(line, object_pairs_hook=unique) for line in lines]
    # The official client writes and reads the same.
    again = NdjsonSerializer().dumps(parsed)
    assert [json.loads(line) for line in again.decode().split("\n")[:-1]] == parsed, "the client's serializer differs"
    items = []
    for at in range(0, len(parsed), 2):
        ((action, about),) = parsed[at].items()
        status, error = None, None
        if FAULTS["refuse"]:
            FAULTS["refuse"] -= 1
            SEEN["refused"] += 1
            status, error = 400, "document_parsing_exception"
        elif FAULTS["every"] and at // 2 % FAULTS["every"] == 0:
            SEEN["again"] += 1
            status, error = 429, "es_rejected_execution_exception"
        if status is None:
            try:
                status, error = index(action, about, parsed[at + 1])
            except (AssertionError, ValueError, KeyError) as why:
                PROBLEMS.append(f"{type(why).__name__} {why}")
                status, error = 400, "document_parsing_exception"
        item = {"_index": about["_index"], "_id": about["_id"], "status": status}
        if error:
            item["error"] = {"type": error, "reason": "a value of the document stands here"}
        items.append({action: item})
    FAULTS["every"] = 0
    return {"took": 1, "errors": any("error" in item for one in items for item in one.values()), "items": items}


def filtered(answer):
    """What `filter_path=errors,items.*.status,items.*.error.type` leaves."""
    items = []
    for one in answer["items"]:
        ((action, item),) = one.items()
        left = {"status": item["status"]}
        if "error" in item:
            left["error"] = {"type": item["error"]["type"]}
        items.append({action: left})
    return {"errors": answer["errors"], "items": items}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=None, headers=()):
        text = json.dumps(body or {}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        # The official client wants to see it.
        self.send_header("x-elastic-product", "Elasticsearch")
        self.send_header("content-length", str(len(text)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def body(self):
        held = self.rfile.read(int(self.headers.get("content-length", 0)))
        return gzip.decompress(held) if self.headers.get("content-encoding") == "gzip" else held

    def do_GET(self):
        path = self.path.strip("/").split("?")[0]
        with LOCK:
            if path == "__state":
                named = {name: [document for _, document in kept.values()] for name, kept in DOCUMENTS.items()}
                written = [
                    {"_index": name, "_id": ident, "_source": document}
                    for name, kept in DOCUMENTS.items()
                    if "-costs-" not in name
                    for ident, (_, document) in kept.items()
                ]
                state = {"written": written, "documents": named, "puts": PUTS, "problems": PROBLEMS, "seen": SEEN, "auth": sorted(AUTH)}
                return self.answer(200, state)
            if path == "":
                return self.answer(200, {"version": {"number": "8.19.0", "build_flavor": "default"}})
            if path not in PUTS:
                return self.answer(404)
            kind, name = path.split("/", 1)
            listed = {"_index_template": "index_templates", "_component_template": "component_templates"}.get(kind)
            body = {listed: [{"name": name, listed[:-1]: PUTS[path]}]} if listed else PUTS[path]
            self.answer(200, body)

    def do_PUT(self):
        # Both verbs are theirs for `_bulk`; the official client takes this one.
        if self.path.startswith("/_bulk"):
            return self.do_POST()
        body = self.body()
        with LOCK:
            path = self.path.strip("/").split("?")[0]
            PUTS[path] = json.loads(body, object_pairs_hook=unique)
            self.answer(200, {"acknowledged": True})

    def do_POST(self):
        body = self.body()
        path, _, query = self.path.partition("?")
        with LOCK:
            if path == "/__faults":
                FAULTS.update(json.loads(body))
                return self.answer(200)
            AUTH.add(self.headers.get("authorization", ""))
            SEEN["bulks"] += 1
            if path != "/_bulk" or not re.match(r"application/(x-ndjson|vnd\.elasticsearch\+x-ndjson)", self.headers["content-type"]):
                PROBLEMS.append(f"{path} {self.headers['content-type']}")
                return self.answer(406)
            if FAULTS["whole"]:
                FAULTS["whole"] -= 1
                return self.answer(503, headers=[("retry-after", "1")])
            try:
                answer = bulk(body)
            except (AssertionError, ValueError) as why:
                PROBLEMS.append(f"{type(why).__name__} {why}")
                return self.answer(400)
            self.answer(200, filtered(answer) if "filter_path" in query else answer)


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
