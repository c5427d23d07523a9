"""LlamaIndex's own OpenTelemetry integration: an agent and its tool."""

import asyncio
import os

from llama_index.observability.otel import LlamaIndexOpenTelemetry
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

LlamaIndexOpenTelemetry(service_name_or_resource="weather", span_exporter=OTLPSpanExporter()).start_registering()

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.llms.openai import OpenAI


def get_weather(city: str) -> str:
    """Current weather of a city"""
    return "18 degrees in " + city


async def main():
    agent = FunctionAgent(
        name="WeatherExpert", description="knows the weather", system_prompt="You answer.", tools=[get_weather],
        llm=OpenAI(model="gpt-4o-mini", api_base=os.environ["MODEL_SERVER"] + "/v1", api_key="none"), streaming=False,
    )
    await agent.run(user_msg="What is the weather in Paris?")


asyncio.run(main())
trace.get_tracer_provider().force_flush()
