"""CrewAI: a crew of two, of whom one has a tool."""

import os

os.environ["CREWAI_DISABLE_TELEMETRY"] = "true"
os.environ["CREWAI_TRACING_ENABLED"] = "false"

# guide: docs/guide/sources/crewai.md sh 1
# guide: docs/guide/sources/crewai.md python 1

from crewai import LLM, Agent, Crew, Process, Task
from crewai.tools import tool


@tool("get_weather")
def get_weather(city: str) -> str:
    """Current weather of a city"""
    return "18 degrees in " + city


model = LLM(model="openai/gpt-4o-mini", base_url=os.environ["MODEL_SERVER"] + "/v1", api_key="none")
common = {"llm": model, "allow_delegation": False, "max_iter": 4}
researcher = Agent(role="Researcher", goal="Find facts", backstory="Knows where to look", tools=[get_weather], **common)
writer = Agent(role="Writer", goal="Write", backstory="Writes well", **common)
crew = Crew(
    agents=[researcher, writer],
    tasks=[
        Task(name="research", description="Find the weather in Paris.", expected_output="facts", agent=researcher),
        Task(name="write", description="Write a line on it.", expected_output="a line", agent=writer),
    ],
    process=Process.sequential,
    name="WeatherCrew",
)
crew.kickoff()
