"""CrewAI with its instrumentations, set up by OpenTelemetry's own variables: one agent with one tool."""

import os
import sys

os.environ["CREWAI_DISABLE_TELEMETRY"] = "true"
os.environ["CREWAI_TRACING_ENABLED"] = "false"

from openinference.instrumentation.crewai import CrewAIInstrumentor
from openinference.instrumentation.openai import OpenAIInstrumentor

from telemetry import tracer_provider

provider = tracer_provider()
CrewAIInstrumentor().instrument(tracer_provider=provider)
OpenAIInstrumentor().instrument(tracer_provider=provider)

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool


@tool("get_weather")
def get_weather(city: str) -> str:
    """Current weather of a city"""
    return "18 degrees in " + city


get_weather.cache_function = lambda *_: False
model = LLM(model="openai/gpt-4o-mini", base_url=os.environ["OPENAI_BASE_URL"], max_tokens=500)
agent = Agent(
    role="Researcher", goal="Find facts", backstory="Knows where to look", tools=[get_weather], llm=model,
    allow_delegation=False, max_iter=100,
)
task = Task(name="research", description=sys.argv[1], expected_output="facts", agent=agent)
print(Crew(agents=[agent], tasks=[task], name="WeatherCrew").kickoff())
