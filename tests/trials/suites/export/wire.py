"""OTLP bodies as records that can be compared: read by Google's protobuf, not by Quipu."""
import base64
import gzip
import json
import pathlib

from google.protobuf.json_format import MessageToDict, ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

REQUESTS = {
    "traces": (ExportTraceServiceRequest, "resource_spans", "scope_spans", "spans"),
    "logs": (ExportLogsServiceRequest, "resource_logs", "scope_logs", "log_records"),
    "metrics": (ExportMetricsServiceRequest, "resource_metrics", "scope_metrics", "metrics"),
}
IDS = {"traceId", "spanId", "parentSpanId"}


def bodies(folder):
    """Every body in a folder, recorded by us or of a fixture: signal, encoding, bytes."""
    for file in sorted(pathlib.Path(folder).iterdir()):
        parts = file.name.split(".")
        if len(parts) < 3 or parts[1] not in REQUESTS or parts[2] not in ("pb", "json") or parts[-1] == "part":
            continue
        body = file.read_bytes()
        yield parts[1], parts[2], gzip.decompress(body) if parts[-1] == "gz" else body


def request(signal, kind, body):
    """A body as a message. Protobuf's own JSON has base64 where OTLP has hexadecimal."""
    message = REQUESTS[signal][0]()
    if kind == "pb":
        message.ParseFromString(body)
    else:
        ParseDict(with_base64(json.loads(body)), message, ignore_unknown_fields=False)
    return message


def with_base64(value, key=None):
    if isinstance(value, dict):
        return {name: with_base64(inner, name) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [with_base64(inner, key) for inner in value]
    if key in IDS:
        return base64.b64encode(bytes.fromhex(value)).decode()
    return value


def records(signal, message):
    """Each record alone, with its resource and scope, as bytes. Made the same is what says the same: whether an empty message was
    written, how metrics' points were grouped."""
    _, per_resource, per_scope, of_scope = REQUESTS[signal]
    for group in getattr(message, per_resource):
        for scoped in getattr(group, per_scope):
            for record in getattr(scoped, of_scope):
                for one in points(record) if signal == "metrics" else [record]:
                    yield alone(signal, group, scoped, one)


def alone(signal, group, scoped, record):
    kind, per_resource, per_scope, of_scope = REQUESTS[signal]
    message = kind()
    out = getattr(message, per_resource).add()
    out.resource.SetInParent()
    out.resource.MergeFrom(group.resource)
    out.schema_url = group.schema_url
    inner = getattr(out, per_scope).add()
    inner.scope.SetInParent()
    inner.scope.MergeFrom(scoped.scope)
    inner.schema_url = scoped.schema_url
    copy = getattr(inner, of_scope).add()
    copy.MergeFrom(record)
    for field in ("status", "body"):
        if hasattr(copy, field):
            getattr(copy, field).SetInParent()
    if hasattr(copy, "parent_span_id") and not any(copy.parent_span_id):
        copy.parent_span_id = b""
    return message.SerializeToString(deterministic=True)


def points(metric):
    """A metric with each of its points."""
    data = metric.WhichOneof("data")
    for point in getattr(metric, data).data_points if data else []:
        one = type(metric)()
        one.CopyFrom(metric)
        into = getattr(one, data).data_points
        del into[:]
        into.add().CopyFrom(point)
        yield one


def is_ours(signal, record):
    """Whether it is a metric that Quipu made of the calls it saw, and passes on beside them."""
    message = REQUESTS[signal][0]()
    message.ParseFromString(record)
    return signal == "metrics" and message.resource_metrics[0].scope_metrics[0].scope.name == "quipu"


def told(signal, record):
    """A record in words."""
    message = REQUESTS[signal][0]()
    message.ParseFromString(record)
    return MessageToDict(message, preserving_proto_field_name=True)


def differences(have, want, path=""):
    """Where two records differ."""
    if isinstance(have, dict) and isinstance(want, dict):
        for key in sorted(have.keys() | want.keys()):
            yield from differences(have.get(key), want.get(key), f"{path}.{key}")
    elif isinstance(have, list) and isinstance(want, list) and len(have) == len(want):
        for i, (one, other) in enumerate(zip(have, want)):
            yield from differences(one, other, f"{path}[{i}]")
    elif have != want:
        yield f"{path}: {str(have)[:80]} instead of {str(want)[:80]}"
