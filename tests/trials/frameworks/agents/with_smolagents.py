"""smolagents through OpenInference: an agent and its tool."""

import os

from openinference.instrumentation import using_session, using_user

# guide: docs/guide/sources/smolagents.md sh 1
# guide: docs/guide/sources/smolagents.md python 1

from smolagents import OpenAIServerModel, ToolCallingAgent, tool


@tool
def get_weather(city: str) -> str:
    """Current weather of a city.

    Args:
        city: the city
    """
    return "18 degrees in " + city


model = OpenAIServerModel(model_id="gpt-4o-mini", api_base=os.environ["MODEL_SERVER"] + "/v1", api_key="none")
expert = ToolCallingAgent(tools=[get_weather], model=model, name="weather_expert", max_steps=3)
with using_session("session-1"), using_user("user-1"):
    expert.run("What is the weather in Paris?")
