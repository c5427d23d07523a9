"""Sends traces by an exporter of OpenTelemetry Python 1.21, and prints what it sent.

Usage: jaeger_send.py compact HOST:PORT | http URL | grpc HOST:PORT | zipkin URL [TRACES]
"""

import json
import os
import sys

os.environ.setdefault("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "python")

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags


def exporter(transport, target):
    if transport == "zipkin":
        from opentelemetry.exporter.zipkin.json import ZipkinExporter

        return ZipkinExporter(endpoint=target)
    if transport == "grpc":
        from opentelemetry.exporter.jaeger.proto.grpc import JaegerExporter

        return JaegerExporter(collector_endpoint=target, insecure=True)
    from opentelemetry.exporter.jaeger.thrift import JaegerExporter

    if transport == "http":
        return JaegerExporter(collector_endpoint=target)
    host, port = target.split(":")
    return JaegerExporter(agent_host_name=host, agent_port=int(port), udp_split_oversized_batches=True)


class Keep(SpanExporter):
    """Hands all spans on in one batch at the end, and remembers them."""

    def __init__(self):
        self.spans = []

    def export(self, spans):
        self.spans.extend(spans)
        return SpanExportResult.SUCCESS


def told(span):
    """A span as this side knows it."""
    return {
        "trace_id": format(span.context.trace_id, "032x"),
        "span_id": format(span.context.span_id, "016x"),
        "parent_id": format(span.parent.span_id, "016x") if span.parent else None,
        "name": span.name,
        "kind": span.kind.name.lower(),
        "start_us": span.start_time // 1000,
        "duration_us": (span.end_time - span.start_time) // 1000,
        "status": span.status.status_code.name.lower(),
        "status_message": span.status.description or "",
        "attributes": {key: list(value) if isinstance(value, tuple) else value for key, value in span.attributes.items()},
        "events": [[event.name, event.timestamp // 1000, dict(event.attributes)] for event in span.events],
        "links": [[format(link.context.trace_id, "032x"), format(link.context.span_id, "016x")] for link in span.links],
        "service": span.resource.attributes["service.name"],
        "environment": span.resource.attributes["deployment.environment"],
        "scope": [span.instrumentation_scope.name, span.instrumentation_scope.version],
    }


def trace(tracer):
    """An agent's run."""
    elsewhere = SpanContext(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, True, TraceFlags(1))
    with tracer.start_as_current_span("invoke_agent planner", kind=SpanKind.SERVER, links=[Link(elsewhere)]) as span:
        span.set_attribute("gen_ai.operation.name", "invoke_agent")
        span.set_attribute("gen_ai.agent.name", "planner")
        span.add_event("retry", {"n": 2, "why": "ümlaut"})
        with tracer.start_as_current_span("chat gpt-4o", kind=SpanKind.CLIENT) as call:
            call.set_attribute("gen_ai.operation.name", "chat")
            call.set_attribute("gen_ai.provider.name", "openai")
            call.set_attribute("gen_ai.request.model", "gpt-4o")
            call.set_attribute("gen_ai.usage.input_tokens", 120)
            call.set_attribute("gen_ai.usage.output_tokens", 30)
            call.set_attribute("gen_ai.request.temperature", 0.25)
            call.set_attribute("stream", True)
            call.set_attribute("prompt", "x" * 3000)
            call.set_status(Status(StatusCode.OK))
        with tracer.start_as_current_span("execute_tool search", kind=SpanKind.INTERNAL) as tool:
            tool.set_attribute("gen_ai.operation.name", "execute_tool")
            tool.set_attribute("gen_ai.tool.name", "search")
            tool.record_exception(ValueError("no results"))
            tool.set_status(Status(StatusCode.ERROR, "no results"))


def main():
    transport, target = sys.argv[1], sys.argv[2]
    traces = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    resource = Resource.create({"service.name": "research-agent", "deployment.environment": "test"})
    provider = TracerProvider(resource=resource)
    keep = Keep()
    provider.add_span_processor(SimpleSpanProcessor(keep))
    tracer = provider.get_tracer("tests.sender", "1.2.3")
    for _ in range(traces):
        trace(tracer)
    sender = exporter(transport, target)
    sender.export(keep.spans)
    sender.shutdown()
    print(json.dumps([told(span) for span in keep.spans]))


main()
