"""What the backend `jaeger` sends, read by programs that are not ours and compared with the OTLP requests that it was given.

    jaeger_out.py agent|cat|collector|otlp SENDER IDL FOLDER RECORDING...

`agent`: a UDP socket, decoded by thriftpy2 with Jaeger's own definitions (compact).
`cat`: jaegercat (FOLDER/jaegercat), in this network namespace, as JSON.
`collector`: an HTTP server that wants a name and a password, decoded by thriftpy2 (binary).
`otlp`: an HTTP server, decoded by OpenTelemetry's Python protobuf.

RECORDING: folders with requests, to which FOLDER/made.traces.pb is added: every kind of value, 300 spans of 1,000 bytes, one
with a prompt of 200,000, and one that fits no packet. Complaints go to standard output; none and an exit code of 0 is good.
"""

import base64, collections, glob, http.server, json, math, os, socket, subprocess, sys, threading, time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

KIND, SENDER, IDL, FOLDER, RECORDINGS = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:]
PACKET = 65_000
PATIENCE = 30
KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}
WIDE = "fits no packet"
complaints = []


def complain(text):
    complaints.append(text)


# ---- what is sent -------------------------------------------------------------------------------------------------------------


def attribute(into, key, value):
    pair = into.add()
    pair.key = key
    fill(pair.value, value)


def fill(any_value, value):
    if isinstance(value, bool):
        any_value.bool_value = value
    elif isinstance(value, int):
        any_value.int_value = value
    elif isinstance(value, float):
        any_value.double_value = value
    elif isinstance(value, bytes):
        any_value.bytes_value = value
    elif isinstance(value, list):
        any_value.array_value.SetInParent()
        for item in value:
            fill(any_value.array_value.values.add(), item)
    elif isinstance(value, dict):
        any_value.kvlist_value.SetInParent()
        for key, item in value.items():
            attribute(any_value.kvlist_value.values, key, item)
    else:
        any_value.string_value = value


def made():
    request = ExportTraceServiceRequest()
    now = time.time_ns()
    for service in ("shop", "bänk"):
        of = request.resource_spans.add()
        attribute(of.resource.attributes, "service.name", service)
        attribute(of.resource.attributes, "replicas", 3)
        scope = of.scope_spans.add()
        scope.scope.name, scope.scope.version = "made", "1.0"
        for number in range(150):
            span = scope.spans.add(name=f"step {number}", kind=number % 6)
            span.trace_id, span.span_id = os.urandom(16), os.urandom(8)
            span.start_time_unix_nano = now + number * 1_000_007
            span.end_time_unix_nano = now + number * 2_000_011
            attribute(span.attributes, "text", "é" * 500)
        full = scope.spans[0]
        full.name, full.parent_span_id, full.trace_state = "chat gpt-5 ☂", os.urandom(8), "vendor=1"
        values = {"int": -(2**62), "double": 0.1, "no": False, "bytes": b"\x00\xff", "list": ["a", 1, [True, {"k": "v"}]], "map": {"k": [1.5]}}
        for key, value in values.items():
            attribute(full.attributes, key, value)
        full.status.code, full.status.message = 2, "too slow"
        full.dropped_attributes_count = 7
        event = full.events.add(name="exception", time_unix_nano=now + 5_000)
        attribute(event.attributes, "exception.type", "Timeout")
        link = full.links.add()
        link.trace_id, link.span_id = os.urandom(16), os.urandom(8)
    scope.spans[1].status.code = 1
    long = scope.spans[2]
    long.name = "long"
    attribute(long.attributes, "prompt", "ü" * 100_000)
    attribute(long.attributes, "small", "s" * 900)
    wide = scope.spans[3]
    wide.name = WIDE
    for number in range(900):
        attribute(wide.attributes, f"a key that is far too long to be said nine hundred times, {number}", "12345678")
    return request


def plain(value):
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: plain(pair.value) for pair in value.kvlist_value.values}
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    if kind == "double_value" and not math.isfinite(value.double_value):
        return str(value.double_value)
    return None if kind is None else getattr(value, kind)


def tags(pairs):
    found = []
    for pair in pairs:
        value = plain(pair.value)
        found.append((pair.key, "" if value is None else ("json", value) if isinstance(value, (list, dict)) else value))
    return found


def expected(resource, scope, span):
    own = tags(span.attributes)
    for key, value in (("name", scope.name), ("version", scope.version)):
        own += [(f"otel.{of}.{key}", value) for of in ("scope", "library") if value]
    own += [("w3c.tracestate", span.trace_state)] if span.trace_state else []
    for what in ("attributes", "events", "links"):
        count = getattr(span, f"dropped_{what}_count")
        own += [(f"otel.dropped_{what}_count", count)] if count else []
    given = {key for key, _ in own}
    added = [("span.kind", KINDS[span.kind])] if span.kind else []
    if span.status.code == 1:
        added.append(("otel.status_code", "OK"))
    if span.status.code == 2:
        added += [("error", True), ("otel.status_code", "ERROR")]
        added += [("otel.status_description", span.status.message)] if span.status.message else []
    own += [(key, value) for key, value in added if key not in given]
    service = dict(tags(resource.attributes)).get("service.name") or "unknown_service"
    return {
        "service": service,
        "process": sorted(dict([("service.name", service)] + tags(resource.attributes)).items(), key=str),
        "name": span.name,
        "parent": span.parent_span_id.hex() if any(span.parent_span_id) else "0" * 16,
        "start": span.start_time_unix_nano // 1000,
        "duration": max(0, span.end_time_unix_nano - span.start_time_unix_nano) // 1000,
        "tags": sorted(own, key=str),
        "links": [(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
        "logs": [
            (event.time_unix_nano // 1000, sorted(tags(event.attributes) + [("event", event.name)], key=str)) for event in span.events
        ],
    }


def wanted(requests):
    spans = {}
    for request in requests:
        for of in request.resource_spans:
            for scope in of.scope_spans:
                for span in scope.spans:
                    spans[span.trace_id.hex(), span.span_id.hex()] = expected(of.resource, scope.scope, span)
    return spans


# ---- what is heard ------------------------------------------------------------------------------------------------------------


def thrift():
    import thriftpy2

    jaeger = thriftpy2.load(os.path.join(IDL, "jaeger.thrift"), module_name="jaeger_thrift")
    agent = thriftpy2.load(os.path.join(IDL, "agent.thrift"), module_name="agent_thrift", include_dirs=[IDL])
    return jaeger, agent


def unsigned(number):
    return f"{number & (2**64 - 1):016x}"


def tag_of(tag):
    values = [tag.vStr, tag.vDouble, tag.vBool, tag.vLong, tag.vBinary]
    value = values[tag.vType]
    if [other for other in values if other is not None] != [value]:
        complain(f"tag {tag.key}: its type is not that of its value")
    return tag.key, value


def of_batch(batch):
    process = sorted(map(tag_of, batch.process.tags or []), key=str)
    heard = {}
    for span in batch.spans:
        heard[unsigned(span.traceIdHigh) + unsigned(span.traceIdLow), unsigned(span.spanId)] = {
            "service": batch.process.serviceName,
            "process": process,
            "name": span.operationName,
            "parent": unsigned(span.parentSpanId),
            "start": span.startTime,
            "duration": span.duration,
            "tags": sorted(map(tag_of, span.tags or []), key=str),
            "links": [(unsigned(ref.traceIdHigh) + unsigned(ref.traceIdLow), unsigned(ref.spanId)) for ref in span.references or []],
            "logs": [(log.timestamp, sorted(map(tag_of, log.fields), key=str)) for log in span.logs or []],
        }
    return heard


def same_value(want, got, cut):
    if isinstance(want, tuple):
        want, got = json.dumps(want[1], sort_keys=True), json.dumps(json.loads(got), sort_keys=True) if "… (cut" not in got else got
    if isinstance(want, str) and isinstance(got, str) and want != got and "… (cut, " in got:
        kept, mark = got.rsplit("… (cut, ", 1)
        cut.append(mark)
        return want.startswith(kept) and mark == f"{len(want.encode())} bytes)"
    return type(want) is type(got) and want == got


def same_tags(where, want, got, cut):
    # By key and then order of sending does not matter: keys may be there twice.
    left = list(got)
    for key, value in want:
        hit = next((tag for tag in left if tag[0] == key and same_value(value, tag[1], cut)), None)
        if hit is None:
            complain(f"{where}: tag {key} is {[v for k, v in got if k == key]!r:.200}, not {value!r:.200}")
        else:
            left.remove(hit)
    if left:
        complain(f"{where}: tags that nobody sent: {[key for key, _ in left]}")


def compare(want, heard, cut):
    for id in want.keys() - heard.keys():
        complain(f"{want[id]['name']}: span {id[1]} did not come")
    for id in heard.keys() - want.keys():
        complain(f"span {id} was not sent")
    for id in want.keys() & heard.keys():
        one, other = want[id], heard[id]
        where = f"{one['name']!r} {id[1]}"
        for field in one.keys() - {"tags", "logs", "process"}:
            if one[field] != other[field]:
                complain(f"{where}: {field} is {other[field]!r}, not {one[field]!r}")
        same_tags(where, one["tags"], other["tags"], cut)
        same_tags(f"{where}: process", one["process"], other["process"], cut)
        if [log[0] for log in one["logs"]] != [log[0] for log in other["logs"]]:
            complain(f"{where}: times of logs")
        for (_, fields), (_, got) in zip(one["logs"], other["logs"]):
            same_tags(f"{where}: log", fields, got, cut)


def send(endpoint, files, **variables):
    said = subprocess.run([SENDER, endpoint, *files], capture_output=True, text=True, env={**os.environ, **variables}, timeout=300)
    if said.returncode:
        complain(f"the sender: {said.stderr.strip()}")
        return {"sent": 0, "cut": 0, "refused": 0}
    return json.loads(said.stdout)


def until(done):
    end = time.monotonic() + PATIENCE
    while not done() and time.monotonic() < end:
        time.sleep(0.05)


# ---- the four listeners -------------------------------------------------------------------------------------------------------


def agent(files, want):
    from thriftpy2.protocol import TCompactProtocol
    from thriftpy2.transport import TMemoryBuffer

    _, definitions = thrift()
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 20)
    server.bind(("127.0.0.1", 0))
    packets = []
    threading.Thread(target=lambda: [packets.append(server.recv(1 << 16)) for _ in iter(int, 1)], daemon=True).start()
    said = send(f"udp://127.0.0.1:{server.getsockname()[1]}", files)
    heard = {}

    def decode():
        for packet in packets[decode.at :]:
            protocol = TCompactProtocol(TMemoryBuffer(packet))
            if protocol.read_message_begin()[0] != "emitBatch":
                complain("not emitBatch")
            args = definitions.Agent.emitBatch_args()
            args.read(protocol)
            heard.update(of_batch(args.batch))
            decode.at += 1
        return len(heard) >= said["sent"]

    decode.at = 0
    until(decode)
    sizes = [len(packet) for packet in packets]
    if max(sizes, default=0) > PACKET or len(sizes) < 8:
        complain(f"packets of {sizes} bytes")
    judge_packets(want, heard, said)
    return f"{said['sent']} spans in {len(sizes)} packets of at most {max(sizes, default=0)} bytes, {said['cut']} cut, {said['refused']} refused"


def judge_packets(want, heard, said):
    wide = [id for id, span in want.items() if span["name"] == WIDE]
    for id in wide:
        want.pop(id)
    if said["refused"] != len(wide):
        complain(f"{said['refused']} spans were refused, not {len(wide)}")
    cut = []
    compare(want, heard, cut)
    if not cut or said["cut"] == 0:
        complain("nothing was cut")


def cat(files, want):
    compact, binary = (free_udp() for _ in range(2))
    output = open(os.path.join(FOLDER, "jaegercat.out"), "w+")
    command = [os.path.join(FOLDER, "jaegercat"), "--format", "json"]
    command += ["--compact-thrift-port", str(compact), "--binary-thrift-port", str(binary)]
    with subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process:
        try:
            # It says nothing when it is ready: the kernel's table does.
            until(lambda: f":{compact:04X} " in open("/proc/net/udp").read())
            said = send(f"udp://127.0.0.1:{compact}", files)
            spans = {}

            def read():
                output.seek(0)
                for line in output.read().splitlines():
                    if line.startswith('{"emit_batch"') and line.endswith("}"):
                        batch = json.loads(line)["emit_batch"]
                        for span in batch["spans"]:
                            spans[span["trace_id"][2:].zfill(32), span["span_id"][2:].zfill(16)] = (batch["process"], span)
                return len(spans) >= said["sent"]

            until(read)
        finally:
            process.kill()
    compare_cat(want, spans, said)
    return f"{len(spans)} spans read by jaegercat, with a buffer of 65,000 bytes"


def compare_cat(want, spans, said):
    """jaegercat shows tags as a map, times in seconds, and no references."""
    for id, one in want.items():
        if one["name"] == WIDE:
            continue
        if id not in spans:
            complain(f"{one['name']}: span {id[1]} did not come")
            continue
        process, span = spans[id]
        where = f"{one['name']!r} {id[1]}"
        tags, cut = span.get("tags") or {}, []
        for key, value in dict(one["tags"]).items():
            # Of a key that is there twice, a map keeps the last.
            values = [v for k, v in one["tags"] if k == key]
            if not any(same_value(v, tags.get(key), cut) for v in values if tags.get(key) is not None):
                complain(f"{where}: tag {key} is {tags.get(key)!r:.200}, not {value!r:.200}")
        told = (process["service_name"], span["operation_name"], (span.get("parent_span_id") or "0x0")[2:].zfill(16))
        if told != (one["service"], one["name"], one["parent"]):
            complain(f"{where}: {told}")
        if abs(span["duration"] * 1e6 - one["duration"]) > 1 or abs(span["start_unixtime"] - one["start"] / 1e6) > 1e-5:
            complain(f"{where}: {span['start_unixtime']} and {span['duration']}")
        if len(span.get("logs") or []) != len(one["logs"]):
            complain(f"{where}: {len(span.get('logs') or [])} logs")
    if len(spans) != said["sent"]:
        complain(f"{len(spans)} spans came, {said['sent']} were sent")


def free_udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def web(path, authorization=None):
    bodies = []

    class Desk(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            let_in = authorization is None or self.headers["authorization"] == authorization
            if self.path != path:
                complain(f"POST {self.path}")
            if let_in:
                bodies.append((self.headers["content-type"], body))
            self.send_response(200 if let_in else 401)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}", bodies


def collector(files, want):
    from thriftpy2.protocol import TBinaryProtocol
    from thriftpy2.transport import TMemoryBuffer

    definitions, _ = thrift()
    url, bodies = web("/api/traces", "Basic " + base64.b64encode(b"me:hush").decode())
    variables = {"ENDPOINT": f"{url}/api/traces", "USER": "me", "PASSWORD": "hush"}
    said = send("-", files, **{f"OTEL_EXPORTER_JAEGER_{name}": value for name, value in variables.items()})
    heard = {}
    for content, body in bodies:
        if content not in ("application/x-thrift", "application/vnd.apache.thrift.binary"):
            complain(f"{content} is not what collectors read")
        batch = definitions.Batch()
        batch.read(TBinaryProtocol(TMemoryBuffer(body)))
        heard.update(of_batch(batch))
    cut = []
    compare(want, heard, cut)
    if cut or said["refused"]:
        complain("a collector takes spans of any size")
    wrong = subprocess.run([SENDER, f"{url}/api/traces", files[0]], capture_output=True, text=True)
    if "401" not in wrong.stderr or json.loads(wrong.stdout)["sent"]:
        complain(f"without a password: {wrong.stdout} {wrong.stderr}")
    return f"{len(heard)} spans in {len(bodies)} requests, and 401 without the password"


def otlp(files, _):
    url, bodies = web("/v1/traces")
    send(url, files)

    def spans(requests):
        found = {}
        for request in requests:
            for of in request.resource_spans:
                for scope in of.scope_spans:
                    for span in scope.spans:
                        # No status and one that says nothing are the same.
                        span.status.SetInParent()
                        around = (of.resource.SerializeToString(deterministic=True), scope.scope.SerializeToString(deterministic=True))
                        found[span.trace_id, span.span_id] = around + (span.SerializeToString(deterministic=True),)
        return found

    want = spans(parsed(open(file, "rb").read()) for file in files)
    heard = spans(parsed(body) for _, body in bodies)
    if want != heard:
        wrong = [id[1].hex() for id in want if want[id] != heard.get(id)]
        complain(f"{len(wrong)} spans differ or lack: {wrong[:5]}")
    return f"{len(heard)} spans, equal field by field"


def parsed(body):
    request = ExportTraceServiceRequest()
    request.ParseFromString(body)
    return request


def main():
    own = os.path.join(FOLDER, "made.traces.pb")
    with open(own, "wb") as file:
        file.write(made().SerializeToString())
    files = [own] + [file for folder in RECORDINGS for file in sorted(glob.glob(os.path.join(folder, "*.traces.pb")))]
    want = wanted(parsed(open(file, "rb").read()) for file in files)
    said = {"agent": agent, "cat": cat, "collector": collector, "otlp": otlp}[KIND](files, want)
    for complaint in complaints[:20]:
        print(complaint)
    if complaints:
        print(f"{len(complaints)} complaints")
        sys.exit(1)
    print(f"{said}; {len(files)} files")


main()
