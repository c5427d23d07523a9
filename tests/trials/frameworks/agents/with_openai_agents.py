"""OpenAI Agents SDK: one agent hands over to another, which has a tool; then a streamed run."""

import asyncio
import os

# guide: docs/guide/sources/openai-agents.md sh 1
# guide: docs/guide/sources/openai-agents.md python 1

from agents import Agent, RunConfig, Runner, function_tool, set_default_openai_client
from openai import AsyncOpenAI

set_default_openai_client(
    AsyncOpenAI(base_url=os.environ["MODEL_SERVER"] + "/v1", api_key="none"), use_for_tracing=False
)


@function_tool
def get_weather(city: str) -> str:
    """Current weather of a city"""
    return "18 degrees in " + city


expert = Agent(name="Weather expert", instructions="You answer.", tools=[get_weather], model="gpt-4o-mini")
triage = Agent(name="Triage", instructions="You route.", handoffs=[expert], model="gpt-4o")
config = RunConfig(workflow_name="Weather", group_id="session-1")


async def main():
    await Runner.run(triage, "What is the weather in Paris?", run_config=config)
    streamed = Runner.run_streamed(expert, "And in Oslo?", run_config=config)
    async for _ in streamed.stream_events():
        pass


asyncio.run(main())
