"""Google ADK's own tracing: an agent and its tool, whole and as a stream."""

import asyncio
import os

# guide: docs/guide/sources/google-adk.md sh 1
# guide: docs/guide/sources/google-adk.md python 1
os.environ["GOOGLE_GENAI_USE_VERTEXAI"] = "0"
os.environ["GOOGLE_API_KEY"] = "none"
os.environ["GOOGLE_GEMINI_BASE_URL"] = os.environ["MODEL_SERVER"]

from google.adk.agents import LlmAgent
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.runners import InMemoryRunner
from google.genai import types


def get_weather(city: str) -> str:
    """Current weather of a city"""
    return "18 degrees in " + city


async def ask(mode):
    agent = LlmAgent(name="weather_expert", model="gemini-2.5-flash", instruction="You answer.", tools=[get_weather])
    runner = InMemoryRunner(agent=agent, app_name="weather")
    who = {"user_id": "user-1", "session_id": "session-1"}
    await runner.session_service.create_session(app_name="weather", **who)
    question = types.Content(role="user", parts=[types.Part(text="What is the weather in Paris?")])
    async for _ in runner.run_async(new_message=question, run_config=RunConfig(streaming_mode=mode), **who):
        pass


async def main():
    await ask(StreamingMode.NONE)
    await ask(StreamingMode.SSE)


asyncio.run(main())
