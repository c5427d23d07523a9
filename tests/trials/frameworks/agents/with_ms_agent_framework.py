"""Microsoft Agent Framework's own instrumentation: an agent and its tool, whole and as a stream."""

import asyncio
import os

# guide: docs/guide/sources/ms-agent-framework.md sh 1
# guide: docs/guide/sources/ms-agent-framework.md python 1

from agent_framework import Agent, tool
from agent_framework.openai import OpenAIChatCompletionClient
from openai import AsyncOpenAI


@tool(approval_mode="never_require")
def get_weather(city: str) -> str:
    """Current weather of a city"""
    return "18 degrees in " + city


async def main():
    client = AsyncOpenAI(base_url=os.environ["MODEL_SERVER"] + "/v1", api_key="none")
    model = OpenAIChatCompletionClient(model="gpt-4o-mini", async_client=client)
    expert = Agent(client=model, name="WeatherExpert", instructions="You answer.", tools=[get_weather])
    await expert.run("What is the weather in Paris?")
    async for _ in expert.run("And in Oslo?", stream=True):
        pass


asyncio.run(main())
