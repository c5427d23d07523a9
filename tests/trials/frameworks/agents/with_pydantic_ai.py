"""Pydantic AI through Logfire's SDK, which sends to OTEL_EXPORTER_OTLP_ENDPOINT: a tool, whole and as a stream."""

import asyncio
import os

# guide: docs/guide/sources/pydantic-ai.md sh 1
# guide: docs/guide/sources/pydantic-ai.md python 1

from openai import AsyncOpenAI
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

client = AsyncOpenAI(base_url=os.environ["MODEL_SERVER"] + "/v1", api_key="none")
expert = Agent(OpenAIChatModel("gpt-4o-mini", provider=OpenAIProvider(openai_client=client)), name="weather_expert")


@expert.tool_plain
def get_weather(city: str) -> str:
    """Current weather of a city"""
    return "18 degrees in " + city


async def main():
    await expert.run("What is the weather in Paris?")
    async with expert.run_stream("And in Oslo?") as streamed:
        await streamed.get_output()


asyncio.run(main())
logfire.shutdown()
