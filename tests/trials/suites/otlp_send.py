"""Sends traces of an agent with the OpenTelemetry SDK for Python and prints what a reader should find.

usage: otlp_send.py http|grpc ENDPOINT SERVICE TRACES
"""
import json
import sys

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode


def exporter(transport, endpoint):
    if transport == "grpc":
        from grpc import Compression
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter(endpoint=endpoint, insecure=True, compression=Compression.Gzip)
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=endpoint + "/v1/traces", compression=Compression.Gzip)


def trace(tracer, index):
    tokens = [0, 0]
    with tracer.start_as_current_span("invoke_agent planner") as agent:
        agent.set_attribute("gen_ai.operation.name", "invoke_agent")
        agent.set_attribute("gen_ai.agent.name", "planner")
        for call in range(2):
            with tracer.start_as_current_span("chat gpt-4o", kind=SpanKind.CLIENT) as span:
                used = (100 + index, 20 + call)
                span.set_attributes({
                    "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": "openai",
                    "gen_ai.request.model": "gpt-4o",
                    "gen_ai.usage.input_tokens": used[0],
                    "gen_ai.usage.output_tokens": used[1],
                    "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Grüß dich " * 40}]}]),
                })
                tokens = [tokens[0] + used[0], tokens[1] + used[1]]
        with tracer.start_as_current_span("execute_tool weather") as tool:
            tool.set_attribute("gen_ai.operation.name", "execute_tool")
            tool.set_attribute("gen_ai.tool.name", "weather")
            if index % 5 == 0:
                tool.set_status(Status(StatusCode.ERROR, "no such town"))
    return tokens


def main():
    transport, endpoint, service, traces = sys.argv[1:]
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    processor = BatchSpanProcessor(exporter(transport, endpoint), max_queue_size=65536, max_export_batch_size=512)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("integration", "1")
    totals = [trace(tracer, index) for index in range(int(traces))]
    flushed = provider.force_flush(60_000)
    provider.shutdown()
    print(json.dumps({
        "flushed": flushed, "traces": len(totals), "spans": 4 * len(totals), "llm_calls": 2 * len(totals),
        "input": sum(t[0] for t in totals), "output": sum(t[1] for t in totals), "tool_calls": len(totals),
        "tool_errors": sum(1 for index in range(len(totals)) if index % 5 == 0),
    }))


main()
