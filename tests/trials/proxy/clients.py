"""Calls models through the gateway with the providers' own client libraries, and says what came of it.

Usage: clients.py GATEWAY_URL RESULTS_FILE [CASE ...]

Each line of the results is a JSON object: the case, what was wrong, and for calls that were answered the tokens that the client
library told of, with what they cost by list price.
"""

import json
import sys
from decimal import Decimal

import anthropic
import openai
from google import genai
from google.genai import errors as genai_errors
from google.genai import types

GATEWAY, RESULTS, *ONLY = sys.argv[1:]
KEY = "sk-live-0123456789-must-not-be-kept"
PROMPT = "What is the weather in Paris, dear marmot?"

# US dollars per million tokens: input, read from the cache, written to it, output.
PRICES = {
    "gpt-4o": ("2.50", "1.25", "0", "10"),
    "claude-sonnet-4-5": ("3", "0.30", "3.75", "15"),
    "gemini-2.5-flash": ("0.30", "0.03", "0", "2.50"),
}

WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CASES = []


def case(function):
    CASES.append(function)
    return function


class Sum:
    """Tokens of one case, and what they cost."""

    def __init__(self, model):
        self.prices = [Decimal(price) for price in PRICES[model]]
        self.calls, self.input, self.output, self.cost = 0, 0, 0, Decimal(0)

    def add(self, plain, read, written, output):
        self.calls += 1
        self.input += plain + read + written
        self.output += output
        parts = zip((plain, read, written, output), self.prices, strict=True)
        self.cost += sum(tokens * price for tokens, price in parts) / 1_000_000

    def openai(self, usage):
        details = getattr(usage, "prompt_tokens_details", None) or getattr(usage, "input_tokens_details", None)
        total = getattr(usage, "prompt_tokens", None) or usage.input_tokens
        output = getattr(usage, "completion_tokens", None) or usage.output_tokens
        self.add(total - details.cached_tokens, details.cached_tokens, 0, output)

    def anthropic(self, usage):
        self.add(usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens, usage.output_tokens)

    def gemini(self, usage):
        cached = usage.cached_content_token_count or 0
        output = usage.candidates_token_count + (usage.thoughts_token_count or 0)
        self.add(usage.prompt_token_count - cached, cached, 0, output)

    def told(self):
        return {"calls": self.calls, "input": self.input, "output": self.output, "cost_usd": format(self.cost.normalize(), "f")}


def headers(name, **more):
    return {"x-quipu-session": name, **more}


def gpt(name, **more):
    return openai.OpenAI(base_url=f"{GATEWAY}/openai/v1", api_key=KEY, max_retries=0, default_headers=headers(name, **more))


def claude(name, **more):
    return anthropic.Anthropic(base_url=f"{GATEWAY}/anthropic", api_key=KEY, max_retries=0, default_headers=headers(name, **more))


def gemini(name, **more):
    options = types.HttpOptions(base_url=f"{GATEWAY}/gemini", headers=headers(name, **more))
    return genai.Client(api_key=KEY, http_options=options)


def asked():
    return [{"role": "user", "content": PROMPT}]


@case
def openai_plain(name):
    total = Sum("gpt-4o")
    answer = gpt(name).chat.completions.create(model="gpt-4o", messages=asked())
    assert "18 degrees" in answer.choices[0].message.content
    total.openai(answer.usage)
    return total.told()


@case
def openai_stream(name):
    total = Sum("gpt-4o")
    text = ""
    options = {"include_usage": True}
    for chunk in gpt(name).chat.completions.create(model="gpt-4o", messages=asked(), stream=True, stream_options=options):
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
        if chunk.usage:
            total.openai(chunk.usage)
    assert "18 degrees" in text
    return total.told()


@case
def openai_tool_loop(name):
    total = Sum("gpt-4o")
    messages = asked()
    tools = [{"type": "function", "function": {"name": "get_weather", "parameters": WEATHER}}]
    for _ in range(4):
        answer = gpt(name).chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
        total.openai(answer.usage)
        message = answer.choices[0].message
        if not message.tool_calls:
            break
        messages.append(message.model_dump(exclude_none=True))
        messages += [{"role": "tool", "tool_call_id": call.id, "content": "18 degrees"} for call in message.tool_calls]
    assert total.calls == 2, total.calls
    return total.told()


@case
def openai_responses(name):
    total = Sum("gpt-4o")
    answer = gpt(name).responses.create(model="gpt-4o", input=PROMPT)
    assert "18 degrees" in answer.output_text
    total.openai(answer.usage)
    return total.told()


@case
def openai_responses_stream(name):
    total = Sum("gpt-4o")
    for event in gpt(name).responses.create(model="gpt-4o", input=PROMPT, stream=True):
        if event.type == "response.completed":
            total.openai(event.response.usage)
    assert total.calls == 1
    return total.told()


@case
def openai_error(name):
    try:
        gpt(name, **{"x-fails": "500"}).chat.completions.create(model="gpt-4o", messages=asked())
    except openai.InternalServerError as error:
        assert error.status_code == 500 and "had an error" in str(error)
        return None
    raise AssertionError("no error came")


@case
def openai_block(name):
    try:
        gpt(name, **{"x-quipu-user": "broke"}).chat.completions.create(model="gpt-4o", messages=asked())
    except openai.RateLimitError as error:
        assert (error.code, error.type) == ("budget_exceeded", "insufficient_quota"), error
        assert int(error.response.headers["retry-after"]) > 0
        return None
    raise AssertionError("no refusal came")


@case
def openai_block_for_ever(name):
    try:
        gpt(name, **{"x-quipu-user": "ruined"}).chat.completions.create(model="gpt-4o", messages=asked())
    except openai.APIStatusError as error:
        assert (error.status_code, error.code) == (402, "budget_exceeded"), error
        return None
    raise AssertionError("no refusal came")


@case
def openai_left_early(name):
    slowly = gpt(name, **{"x-slowly": "1"})
    for _ in slowly.chat.completions.create(model="gpt-4o", messages=asked(), stream=True):
        break
    slowly.close()
    return None


@case
def anthropic_plain(name):
    total = Sum("claude-sonnet-4-5")
    answer = claude(name).messages.create(model="claude-sonnet-4-5", max_tokens=100, messages=asked())
    assert "18 degrees" in answer.content[0].text
    total.anthropic(answer.usage)
    return total.told()


@case
def anthropic_stream(name):
    total = Sum("claude-sonnet-4-5")
    with claude(name).messages.stream(model="claude-sonnet-4-5", max_tokens=100, messages=asked()) as stream:
        assert "18 degrees" in "".join(stream.text_stream)
        total.anthropic(stream.get_final_message().usage)
    return total.told()


@case
def anthropic_tool_loop(name):
    total = Sum("claude-sonnet-4-5")
    messages = asked()
    tools = [{"name": "get_weather", "input_schema": WEATHER}]
    for _ in range(4):
        answer = claude(name).messages.create(model="claude-sonnet-4-5", max_tokens=100, messages=messages, tools=tools)
        total.anthropic(answer.usage)
        uses = [block for block in answer.content if block.type == "tool_use"]
        if not uses:
            break
        messages.append({"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]})
        results = [{"type": "tool_result", "tool_use_id": use.id, "content": "18 degrees"} for use in uses]
        messages.append({"role": "user", "content": results})
    assert total.calls == 2, total.calls
    return total.told()


@case
def anthropic_error(name):
    try:
        claude(name, **{"x-fails": "500"}).messages.create(model="claude-sonnet-4-5", max_tokens=9, messages=asked())
    except anthropic.InternalServerError as error:
        assert error.status_code == 500
        return None
    raise AssertionError("no error came")


@case
def anthropic_block(name):
    try:
        blocked = claude(name, **{"x-quipu-user": "broke"})
        blocked.messages.create(model="claude-sonnet-4-5", max_tokens=9, messages=asked())
    except anthropic.RateLimitError as error:
        assert error.body["error"]["type"] == "rate_limit_error", error.body
        return None
    raise AssertionError("no refusal came")


@case
def anthropic_left_early(name):
    slowly = claude(name, **{"x-slowly": "1"})
    for event in slowly.messages.create(model="claude-sonnet-4-5", max_tokens=100, messages=asked(), stream=True):
        if event.type == "content_block_delta":
            break
    slowly.close()
    return None


@case
def gemini_plain(name):
    total = Sum("gemini-2.5-flash")
    client = gemini(name)
    answer = client.models.generate_content(model="gemini-2.5-flash", contents=PROMPT)
    assert "18 degrees" in answer.text
    total.gemini(answer.usage_metadata)
    return total.told()


@case
def gemini_stream(name):
    total = Sum("gemini-2.5-flash")
    client = gemini(name)
    for chunk in client.models.generate_content_stream(model="gemini-2.5-flash", contents=PROMPT):
        if chunk.usage_metadata:
            total.gemini(chunk.usage_metadata)
    assert total.calls == 1
    return total.told()


@case
def gemini_block(name):
    # A client that nobody holds closes itself.
    client = gemini(name, **{"x-quipu-user": "broke"})
    try:
        client.models.generate_content(model="gemini-2.5-flash", contents=PROMPT)
    except genai_errors.ClientError as error:
        assert (error.code, error.status) == (429, "RESOURCE_EXHAUSTED"), error
        return None
    raise AssertionError("no refusal came")


def main():
    with open(RESULTS, "w", encoding="utf-8") as results:
        for function in CASES:
            name = function.__name__
            if ONLY and name not in ONLY:
                continue
            wrong, told = None, None
            try:
                told = function(name)
            except Exception as error:  # noqa: BLE001, whatever it is, it is what the case found
                wrong = f"{type(error).__name__}: {error}"[:300]
            results.write(json.dumps({"case": name, "wrong": wrong, "told": told}) + "\n")


main()
