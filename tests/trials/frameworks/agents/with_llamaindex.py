"""LlamaIndex's own OpenTelemetry integration: an agent and its tool."""

import asyncio
import os

from opentelemetry import trace

# guide: docs/guide/sources/llamaindex.md sh 1
# guide: docs/guide/sources/llamaindex.md python 1

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
