"""One request of each signal in which every field of OTLP has a value."""
import time

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, EntityRef, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

import wire

NOW = time.time_ns()


def value(**fields):
    return AnyValue(**fields)


def attributes():
    """A value of each kind, an empty one, lists and maps within each other, and a key that is there twice."""
    inner = value(array_value={"values": [value(int_value=-1), value(), value(string_value="ä😀")]})
    values = {
        "text": value(string_value="x"),
        "empty text": value(string_value=""),
        "flag": value(bool_value=False),
        "int": value(int_value=-(2**63)),
        "double": value(double_value=0.1 + 0.2),
        "infinite": value(double_value=float("-inf")),
        "bytes": value(bytes_value=bytes(range(256))),
        "list": inner,
        "map": value(kvlist_value={"values": [KeyValue(key="in", value=inner), KeyValue(key="", value=value())]}),
        "nothing": value(),
    }
    pairs = [KeyValue(key=key, value=one) for key, one in values.items()]
    return pairs + [KeyValue(key="text", value=value(string_value="again"))]


def resource(entities):
    entity = EntityRef(schema_url="https://e", type="service", id_keys=["service.name"], description_keys=["text"])
    service = KeyValue(key="service.name", value=value(string_value="everything"))
    return Resource(attributes=[service, *attributes()], dropped_attributes_count=3, entity_refs=[entity] * entities)


def grouped(signal, record, entities):
    kind, per_resource, per_scope, of_scope = wire.REQUESTS[signal]
    message = kind()
    group = getattr(message, per_resource).add()
    group.resource.CopyFrom(resource(entities))
    group.schema_url = "https://opentelemetry.io/schemas/1.42.0"
    scoped = getattr(group, per_scope).add()
    scoped.scope.CopyFrom(
        InstrumentationScope(name="scope", version="1.2", attributes=attributes(), dropped_attributes_count=4)
    )
    scoped.schema_url = "https://opentelemetry.io/schemas/gen-ai/1.42.0"
    record(getattr(scoped, of_scope))
    return message


def spans(into):
    span = into.add(
        trace_id=bytes(range(16)), span_id=bytes(range(1, 9)), trace_state="a=1,b=2", parent_span_id=bytes(range(2, 10)),
        flags=0x301, name="every field", kind=3, start_time_unix_nano=NOW, end_time_unix_nano=NOW + 7,
        attributes=attributes(), dropped_attributes_count=5, dropped_events_count=6, dropped_links_count=7,
    )
    span.events.add(time_unix_nano=NOW + 1, name="event", attributes=attributes(), dropped_attributes_count=8)
    span.events.add(name="without a time")
    span.links.add(
        trace_id=bytes(range(3, 19)), span_id=bytes(range(4, 12)), trace_state="c=3", attributes=attributes(),
        dropped_attributes_count=9, flags=0x101,
    )
    span.links.add(trace_id=bytes(range(3, 19)), span_id=bytes(range(5, 13)))
    span.status.code, span.status.message = 2, "it failed"


def logs(into):
    into.add(
        time_unix_nano=NOW, observed_time_unix_nano=NOW + 5, severity_number=18, severity_text="SEVERE",
        body=value(kvlist_value={"values": attributes()}), attributes=attributes(), dropped_attributes_count=2, flags=1,
        trace_id=bytes(range(16)), span_id=bytes(range(1, 9)), event_name="every.field",
    )
    into.add(observed_time_unix_nano=NOW, body=value(string_value="observed.only"))


def metrics(into):
    def times():
        return {"start_time_unix_nano": NOW - 9, "time_unix_nano": NOW, "attributes": attributes()}

    def exemplars():
        ids = {"trace_id": bytes(range(16)), "span_id": bytes(range(1, 9))}
        return [
            {"time_unix_nano": NOW, "as_double": 1.5, "filtered_attributes": attributes(), **ids},
            {"time_unix_nano": NOW, "as_int": 3},
        ]

    about = {"description": "about", "unit": "{call}", "metadata": attributes()}
    gauge = into.add(name="gauge", **about).gauge
    gauge.data_points.add(as_double=1.5, exemplars=exemplars(), flags=2, **times())
    gauge.data_points.add(as_int=2**53 + 1, **times())
    sums = into.add(name="sum", **about).sum
    sums.aggregation_temporality, sums.is_monotonic = 1, True
    sums.data_points.add(as_int=7, exemplars=exemplars(), **times())
    histogram = into.add(name="histogram", **about).histogram
    histogram.aggregation_temporality = 2
    histogram.data_points.add(
        count=6, sum=9.5, bucket_counts=[1, 2, 3], explicit_bounds=[0.5, 1.5], min=0.1, max=7, exemplars=exemplars(), **times()
    )
    histogram.data_points.add(count=2, **times())
    exponential = into.add(name="exponential", **about).exponential_histogram
    exponential.aggregation_temporality = 1
    exponential.data_points.add(
        count=9, sum=3, scale=-2, zero_count=1, zero_threshold=0.25, min=-4, max=8, exemplars=exemplars(),
        positive={"offset": -3, "bucket_counts": [1, 0, 2]}, negative={"offset": 4, "bucket_counts": [5]}, **times(),
    )
    summary = into.add(name="summary", **about).summary
    summary.data_points.add(count=4, sum=2.5, quantile_values=[{"quantile": 0.5, "value": 1}], **times())


def requests(entities):
    fill = {"traces": spans, "logs": logs, "metrics": metrics}
    return [(signal, grouped(signal, record, entities)) for signal, record in fill.items()]
