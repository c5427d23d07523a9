"""Anthropic's own SDK, without any telemetry: an agent with one tool, answered as a stream."""

import sys

from anthropic import Anthropic

client = Anthropic(max_retries=0)
schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tools = [{"name": "get_weather", "description": "Current weather of a city", "input_schema": schema}]
messages = [{"role": "user", "content": sys.argv[1]}]
while True:
    with client.messages.stream(model="claude-sonnet-4-5", messages=messages, tools=tools, max_tokens=500) as stream:
        answer = stream.get_final_message()
    messages.append({"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]})
    calls = [block for block in answer.content if block.type == "tool_use"]
    if not calls:
        break
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "18 degrees"} for call in calls]
    messages.append({"role": "user", "content": results})
print(answer.content[0].text)
