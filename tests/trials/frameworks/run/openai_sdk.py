"""OpenAI's own SDK, without any telemetry: an agent with one tool."""

import json
import sys

from openai import OpenAI

client = OpenAI(max_retries=0)
parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tools = [{"type": "function", "function": {"name": "get_weather", "parameters": parameters}}]
messages = [{"role": "user", "content": sys.argv[1]}]
while True:
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=tools, max_tokens=500)
    message = answer.choices[0].message
    messages.append(message.model_dump(exclude_none=True))
    if not message.tool_calls:
        break
    for call in message.tool_calls:
        city = json.loads(call.function.arguments)["city"]
        messages.append({"role": "tool", "tool_call_id": call.id, "content": f"18 degrees in {city}"})
print(message.content)
