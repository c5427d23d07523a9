"""Haystack's OpenTelemetry tracer with contents: a pipeline of an agent with a tool, and a writer."""

import os

os.environ["HAYSTACK_CONTENT_TRACING_ENABLED"] = "true"

from opentelemetry import trace

from telemetry import tracer_provider

tracer_provider()

from haystack import Pipeline, tracing
from haystack.components.agents import Agent
from haystack.components.builders import ChatPromptBuilder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.tools import tool
from haystack.utils import Secret
from haystack_integrations.tracing.opentelemetry import OpenTelemetryTracer

tracing.enable_tracing(OpenTelemetryTracer(trace.get_tracer("haystack")))


@tool
def get_weather(city: str) -> str:
    """Current weather of a city"""
    return "18 degrees in " + city


def model(name):
    url = os.environ["MODEL_SERVER"] + "/v1"
    return OpenAIChatGenerator(model=name, api_base_url=url, api_key=Secret.from_token("none"))


question = ChatMessage.from_user("What is the weather in {{city}}?")
pipeline = Pipeline()
pipeline.add_component("prompt", ChatPromptBuilder(template=[question]))
pipeline.add_component("weather_agent", Agent(chat_generator=model("gpt-4o-mini"), tools=[get_weather]))
pipeline.add_component("writer", model("gpt-4o"))
pipeline.connect("prompt.prompt", "weather_agent.messages")
pipeline.connect("weather_agent.messages", "writer.messages")
pipeline.run({"prompt": {"city": "Paris"}})
