"""AutoGen's own tracing and event log: a team of two, of whom one hands over to the other, which has a tool."""

import asyncio
import os

# guide: docs/guide/sources/autogen.md sh 1
# guide: docs/guide/sources/autogen.md python 1

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.conditions import MaxMessageTermination, TextMentionTermination
from autogen_agentchat.teams import Swarm
from autogen_ext.models.openai import OpenAIChatCompletionClient

ABILITIES = {"vision": False, "function_calling": True, "json_output": True, "family": "gpt-4o", "structured_output": True}


def model(name):
    return OpenAIChatCompletionClient(
        model=name, base_url=os.environ["MODEL_SERVER"] + "/v1", api_key="none", model_info=ABILITIES
    )


async def get_weather(city: str) -> str:
    """Current weather of a city"""
    return "18 degrees in " + city


async def main():
    triage = AssistantAgent("triage", model("gpt-4o"), handoffs=["weather_expert"], system_message="You route.")
    expert = AssistantAgent(
        "weather_expert", model("gpt-4o-mini"), tools=[get_weather], reflect_on_tool_use=True,
        system_message="You answer.",
    )
    runtime.start()
    stop = MaxMessageTermination(8) | TextMentionTermination("sunny")
    team = Swarm([triage, expert], termination_condition=stop, runtime=runtime)
    await team.run(task="What is the weather in Paris?")
    await runtime.stop_when_idle()


asyncio.run(main())
