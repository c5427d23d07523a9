"""Haystack's OpenTelemetry tracer with contents: a pipeline of an agent with a tool, and a writer."""

import os

# guide: docs/guide/sources/haystack.md sh 1
# guide: docs/guide/sources/haystack.md python 1

from haystack import Pipeline
from haystack.components.agents import Agent
from haystack.components.builders import ChatPromptBuilder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.tools import tool
from haystack.utils import Secret


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
