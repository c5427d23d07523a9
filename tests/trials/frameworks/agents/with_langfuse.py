"""Langfuse's SDK, whose host is the server: its OpenAI client inside of an agent, whole and as a stream."""

import os

# guide: docs/guide/sources/langfuse.md sh 1

from langfuse import get_client, observe
from langfuse.openai import OpenAI

client = OpenAI(base_url=os.environ["MODEL_SERVER"] + "/v1", api_key="none")
question = [{"role": "user", "content": "What is the weather in Paris?"}]


@observe(as_type="tool")
def get_weather(city):
    return "18 degrees in " + city


@observe(as_type="agent")
def weather_expert():
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools = [{"type": "function", "function": {"name": "get_weather", "parameters": parameters}}]
    first = client.chat.completions.create(model="gpt-4o-mini", messages=question, tools=tools)
    call = first.choices[0].message.tool_calls[0]
    result = {"role": "tool", "tool_call_id": call.id, "content": get_weather("Paris")}
    said = first.choices[0].message.model_dump(exclude_none=True)
    options = {"stream": True, "stream_options": {"include_usage": True}}
    for _ in client.chat.completions.create(model="gpt-4o", messages=[*question, said, result], **options):
        pass


weather_expert()
get_client().flush()
get_client().shutdown()
