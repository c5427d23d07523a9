"""Semantic Kernel's own diagnostics: an agent and its tool."""

import asyncio
import os

# guide: docs/guide/sources/semantic-kernel.md sh 1
# guide: docs/guide/sources/semantic-kernel.md python 1

from openai import AsyncOpenAI
from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion
from semantic_kernel.functions import kernel_function


class Weather:
    @kernel_function(description="Current weather of a city")
    def get_weather(self, city: str) -> str:
        return "18 degrees in " + city


async def main():
    client = AsyncOpenAI(base_url=os.environ["MODEL_SERVER"] + "/v1", api_key="none")
    service = OpenAIChatCompletion(ai_model_id="gpt-4o-mini", async_client=client)
    expert = ChatCompletionAgent(service=service, name="WeatherExpert", instructions="You answer.", plugins=[Weather()])
    await expert.get_response(messages="What is the weather in Paris?")


asyncio.run(main())
