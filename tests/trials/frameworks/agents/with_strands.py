"""Strands' own telemetry: an agent that asks another one, which has a tool."""

import os

from opentelemetry import trace
from strands import Agent, tool
from strands.models.openai import OpenAIModel

# guide: docs/guide/sources/strands.md sh 1
# guide: docs/guide/sources/strands.md python 1

OWNER = {"session.id": "session-1", "user.id": "user-1"}


def model(name):
    return OpenAIModel(client_args={"api_key": "none", "base_url": os.environ["MODEL_SERVER"] + "/v1"}, model_id=name)


@tool
def get_weather(city: str) -> str:
    """Current weather of a city"""
    return "18 degrees in " + city


@tool
def ask_expert(question: str) -> str:
    """Asks the weather expert"""
    expert = Agent(name="weather_expert", model=model("gpt-4o-mini"), tools=[get_weather], callback_handler=None)
    return str(expert(question))


boss = Agent(name="boss", model=model("gpt-4o"), tools=[ask_expert], callback_handler=None, trace_attributes=OWNER)
boss("What is the weather in Paris?")
trace.get_tracer_provider().shutdown()
