"""A model server that is not one: it answers as OpenAI, Anthropic and Gemini do, counts what it served, and says so.

Usage: model_server.py LOG_FILE PORT_FILE

A conversation goes like this: every tool that WANTED or SHELLS names is called once, in the order offered; then comes a
text. Each answer's usage is made up, differs from all others, and stands in the log, one JSON object a line. Needs nothing
but Python.

A request with the header `x-fails: 500` is answered with that status, one with `x-slowly` gets its stream piece by piece. A model
called `fail-429` fails with that status, and the log says so. LATENCY_MS makes every answer take so long.
ENDLESS=1 calls the first wanted tool again and again, INPUT_SCALE and OUTPUT_SCALE multiply tokens, FAIL_STATUS answers each call with
that status, SAY_FIRST=1 logs a call before its answer. HEARD is a text: the log says of each call whether its request has it.
"""

import gzip
import json
import os
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Parts of the names of tools that are called, besides shells.
WANTED = ("weather", "transfer_to", "ask_", "handoff", "final_answer")
SHELLS = ("Bash", "bash", "shell", "local_shell", "shell_command", "exec_command", "run_shell_command")
# Seconds that an answer takes.
LATENCY = float(os.environ.get("LATENCY_MS", "0")) / 1000
ENDLESS = os.environ.get("ENDLESS") == "1"
SCALE = int(os.environ.get("INPUT_SCALE", "1"))
SCALE_OUT = int(os.environ.get("OUTPUT_SCALE", "1"))
SAY_FIRST = os.environ.get("SAY_FIRST") == "1"
FAIL_STATUS = os.environ.get("FAIL_STATUS")
HEARD = json.dumps(os.environ.get("HEARD", ""), ensure_ascii=False)[1:-1].encode()
COMMAND = "echo hello from a tool"
ARGUMENTS = {"city": "Paris", "location": "Paris", "command": COMMAND, "cmd": COMMAND, "description": "Print a greeting"}
TEXT = "It is 18 degrees and sunny in Paris."


@dataclass
class Turn:
    """A request in words that all protocols share."""

    model: str
    stream: bool
    tools: dict = field(default_factory=dict)
    called: set = field(default_factory=set)
    schema: dict | None = None


@dataclass
class Answer:
    """What is answered: a call of a tool, or a text; and its usage."""

    number: int
    tool: str | None
    arguments: dict
    text: str
    input: int
    output: int
    cached: int
    written: int
    reasoning: int


def sample(schema, name="value", depth=0):
    """A value that fits a JSON schema."""
    if not isinstance(schema, dict) or depth > 5:
        return None
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        options = [option for option in schema.get(choice) or [] if option.get("type") != "null"]
        if options:
            return sample(options[0], name, depth + 1)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "string")
    kind = kind.lower() if isinstance(kind, str) else kind
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties") or {}
        required = schema.get("required")
        wanted = [key for key in properties if required is None or key in required]
        return {key: sample(properties[key], key, depth + 1) for key in wanted}
    if kind == "array":
        return ["bash", "-lc", COMMAND] if name == "command" else [sample(schema.get("items") or {}, name, depth + 1)]
    if kind in ("integer", "number"):
        return 1
    if kind == "boolean":
        return False
    return ARGUMENTS.get(name, f"some {name}")


class Server(ThreadingHTTPServer):
    """Numbers the answers and keeps the log."""

    daemon_threads = True

    def __init__(self, log):
        super().__init__(("127.0.0.1", 0), Handler)
        self.log = log
        self.lock = threading.Lock()
        self.number = 0
        self.name = os.urandom(6).hex()

    def answer(self, turn, writes_cache=False):
        if SAY_FIRST:
            self.say(asked=turn.model, usage_sent=False, tool=None)
        time.sleep(LATENCY)
        with self.lock:
            self.number += 1
            number = self.number
        tool = next((name for name in turn.tools if (ENDLESS or name not in turn.called) and is_wanted(name)), None)
        arguments = (sample(turn.tools[tool]) or {}) if tool else {}
        text = json.dumps(sample(turn.schema)) if turn.schema else TEXT
        again = bool(turn.called)
        return Answer(
            number=number,
            tool=tool,
            arguments=arguments,
            text=text,
            input=SCALE * (200 + 7 * number),
            output=SCALE_OUT * (20 + 2 * number),
            cached=SCALE * 64 if again else 0,
            written=SCALE * 32 if writes_cache and not again else 0,
            reasoning=SCALE_OUT * (5 + number % 3),
        )

    def say(self, **line):
        with self.lock, open(self.log, "a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")


def is_wanted(name):
    return name in SHELLS or any(part in name for part in WANTED)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    # What comes in

    def body(self):
        if "chunked" in (self.headers.get("transfer-encoding") or "").lower():
            data = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            data = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("content-encoding") == "gzip":
            data = gzip.decompress(data)
        self.heard = HEARD in data
        return data

    def do_HEAD(self):
        self.plain({})

    def do_GET(self):
        names = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-flash")
        self.plain({"object": "list", "data": [{"id": name, "object": "model"} for name in names], "models": []})

    def do_POST(self):
        path = self.path.split("?")[0]
        try:
            request = json.loads(self.body() or b"{}")
        except ValueError:
            return self.plain({"error": {"message": "no JSON"}}, 400)
        if path.endswith(("count_tokens", ":countTokens")):
            return self.plain({"input_tokens": 42, "totalTokens": 42})
        model = request.get("model") or path
        if FAIL_STATUS:
            self.server.say(failed=int(FAIL_STATUS), model=model, usage_sent=False, tool=None, heard=self.heard)
            return self.plain({"error": {"message": "The request is wrong", "type": "invalid_request_error"}}, int(FAIL_STATUS))
        if "fail-" in model:
            status = int(model.rpartition("fail-")[2][:3])
            self.server.say(failed=status, model=f"fail-{status}", usage_sent=False, tool=None)
            return self.plain({"error": {"message": "The server had an error", "type": "server_error"}}, status)
        if fails := self.headers.get("x-fails"):
            return self.plain({"error": {"message": "The server had an error", "type": "server_error"}}, int(fails))
        if path.endswith("/chat/completions"):
            return self.as_chat(request)
        if path.endswith("/responses"):
            return self.as_responses(request)
        if path.endswith("/messages"):
            return self.as_messages(request)
        if path.endswith((":generateContent", ":streamGenerateContent")):
            return self.as_gemini(request, path)
        return self.plain({"error": {"message": f"nothing is at {path}"}}, 404)

    # What goes out

    def plain(self, value, status=200):
        self.send(json.dumps(value).encode(), "application/json", status)

    def events(self, events):
        lines = []
        for name, data in events:
            lines.append((f"event: {name}\n" if name else "") + f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n")
        if "x-slowly" in self.headers:
            return self.send_slowly(lines)
        self.send("".join(lines).encode(), "text/event-stream")

    def send_slowly(self, lines):
        self.close_connection = True
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        try:
            for line in lines:
                self.wfile.write(line.encode())
                self.wfile.flush()
                time.sleep(1)
        except OSError:
            self.server.say(protocol="gone", usage_sent=False, tool=None)

    def send(self, data, content, status=200):
        self.send_response(status)
        self.send_header("content-type", content)
        self.send_header("content-length", str(len(data)))
        for header in ("request-id", "x-request-id"):
            self.send_header(header, f"req_{self.server.number:04d}")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def served(self, protocol, turn, answer, usage_sent=True):
        self.server.say(
            protocol=protocol, model=turn.model, stream=turn.stream, usage_sent=usage_sent, tool=answer.tool,
            input=answer.input, output=answer.output, cache_read=answer.cached, cache_write=answer.written,
            reasoning=answer.reasoning, heard=self.heard,
        )

    # OpenAI: https://platform.openai.com/docs/api-reference/chat

    def as_chat(self, request):
        messages = request.get("messages") or []
        calls = [call for message in messages for call in message.get("tool_calls") or []]
        offered = [tool.get("function") or {} for tool in request.get("tools") or []]
        offered = {tool["name"]: tool.get("parameters") for tool in offered if "name" in tool}
        called = {call["function"]["name"] for call in calls}
        # smolagents repeats calls as text.
        said = json.dumps([message for message in messages if message.get("role") == "assistant"])
        called |= {name for name in offered if "Calling tools" in said and name in said}
        form = (request.get("response_format") or {}).get("json_schema") or {}
        turn = Turn(
            request.get("model"), bool(request.get("stream")),
            offered, called, form.get("schema"),
        )
        answer = self.server.answer(turn)
        answer.written = 0
        sent = not turn.stream or bool((request.get("stream_options") or {}).get("include_usage"))
        self.served("chat", turn, answer, sent)
        usage = {
            "prompt_tokens": answer.input, "completion_tokens": answer.output, "total_tokens": answer.input + answer.output,
            "prompt_tokens_details": {"cached_tokens": answer.cached, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": answer.reasoning, "audio_tokens": 0},
        }
        base = {"id": f"chatcmpl-{self.server.name}{answer.number:04d}", "created": 1_760_000_000 + answer.number, "model": turn.model}
        message, reason = {"role": "assistant", "content": answer.text}, "stop"
        if answer.tool:
            function = {"name": answer.tool, "arguments": json.dumps(answer.arguments)}
            call = {"index": 0, "id": f"call_{self.server.name}{answer.number:04d}", "type": "function", "function": function}
            message, reason = {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
        if not turn.stream:
            choice = {"index": 0, "message": message, "finish_reason": reason}
            return self.plain({**base, "object": "chat.completion", "choices": [choice], "usage": usage})
        chunk = {**base, "object": "chat.completion.chunk"}
        parts = [
            {**chunk, "choices": [{"index": 0, "delta": message, "finish_reason": None}]},
            {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
        ]
        if sent:
            parts.append({**chunk, "choices": [], "usage": usage})
        return self.events([*((None, part) for part in parts), (None, "[DONE]")])

    # OpenAI: https://platform.openai.com/docs/api-reference/responses

    def as_responses(self, request):
        items = request.get("input") or []
        items = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        called = {item.get("name") for item in items if item.get("type") in ("function_call", "custom_tool_call")}
        tools = {tool.get("name") or tool.get("type"): tool.get("parameters") for tool in request.get("tools") or []}
        form = (request.get("text") or {}).get("format") or {}
        turn = Turn(request.get("model"), bool(request.get("stream")), tools, called, form.get("schema"))
        answer = self.server.answer(turn)
        answer.written = 0
        self.served("responses", turn, answer)
        usage = {
            "input_tokens": answer.input, "input_tokens_details": {"cached_tokens": answer.cached},
            "output_tokens": answer.output, "output_tokens_details": {"reasoning_tokens": answer.reasoning},
            "total_tokens": answer.input + answer.output,
        }
        if answer.tool:
            item = {
                "type": "function_call", "id": f"fc_{self.server.name}{answer.number:04d}", "call_id": f"call_{self.server.name}{answer.number:04d}",
                "name": answer.tool, "arguments": json.dumps(answer.arguments), "status": "completed",
            }
        else:
            text = {"type": "output_text", "text": answer.text, "annotations": []}
            item = {
                "type": "message", "id": f"msg_{self.server.name}{answer.number:04d}", "role": "assistant", "status": "completed",
                "content": [text],
            }
        response = {
            "id": f"resp_{self.server.name}{answer.number:04d}", "object": "response", "created_at": 1_760_000_000 + answer.number,
            "status": "completed", "model": turn.model, "output": [item], "usage": usage,
            "parallel_tool_calls": False, "tools": [], "tool_choice": "auto",
        }
        if not turn.stream:
            return self.plain(response)
        started = {**response, "status": "in_progress", "output": [], "usage": None}
        events = [
            {"type": "response.created", "response": started},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
        ]
        if not answer.tool:
            place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
            events += [
                {"type": "response.content_part.added", **place, "part": {**item["content"][0], "text": ""}},
                {"type": "response.output_text.delta", **place, "delta": answer.text, "logprobs": []},
                {"type": "response.output_text.done", **place, "text": answer.text, "logprobs": []},
                {"type": "response.content_part.done", **place, "part": item["content"][0]},
            ]
        events += [
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": response},
        ]
        return self.events([(event["type"], {**event, "sequence_number": at}) for at, event in enumerate(events)])

    # Anthropic: https://docs.anthropic.com/en/api/messages

    def as_messages(self, request):
        blocks = [
            block for message in request.get("messages") or [] if isinstance(message.get("content"), list)
            for block in message["content"] if isinstance(block, dict)
        ]
        called = {block.get("name") for block in blocks if block.get("type") == "tool_use"}
        tools = {tool["name"]: tool.get("input_schema") for tool in request.get("tools") or [] if "name" in tool}
        turn = Turn(request.get("model"), bool(request.get("stream")), tools, called)
        answer = self.server.answer(turn, writes_cache=True)
        answer.reasoning = 0
        self.served("messages", turn, answer)
        usage = {
            "input_tokens": answer.input - answer.cached - answer.written,
            "cache_creation_input_tokens": answer.written, "cache_read_input_tokens": answer.cached,
            "output_tokens": answer.output,
        }
        block, reason = {"type": "text", "text": answer.text}, "end_turn"
        if answer.tool:
            block = {"type": "tool_use", "id": f"toolu_{self.server.name}{answer.number:04d}", "name": answer.tool, "input": answer.arguments}
            reason = "tool_use"
        message = {
            "id": f"msg_{self.server.name}{answer.number:04d}", "type": "message", "role": "assistant", "model": turn.model,
            "stop_sequence": None,
        }
        if not turn.stream:
            return self.plain({**message, "content": [block], "stop_reason": reason, "usage": usage})
        begun = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
        empty, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": answer.text}
        if answer.tool:
            empty = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(answer.arguments)}
        events = [
            {"type": "message_start", "message": begun},
            {"type": "content_block_start", "index": 0, "content_block": empty},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage},
            {"type": "message_stop"},
        ]
        return self.events([(event["type"], event) for event in events])

    # Google: https://ai.google.dev/api/generate-content

    def as_gemini(self, request, path):
        parts = [part for content in request.get("contents") or [] for part in content.get("parts") or []]
        called = {part["functionCall"]["name"] for part in parts if "functionCall" in part}
        tools = {}
        for group in request.get("tools") or []:
            for tool in group.get("functionDeclarations") or group.get("function_declarations") or []:
                tools[tool["name"]] = tool.get("parametersJsonSchema") or tool.get("parameters_json_schema") or tool.get("parameters")
        config = request.get("generationConfig") or {}
        form = config.get("responseJsonSchema") or config.get("responseSchema")
        model, _, method = path.rsplit("/", 1)[1].partition(":")
        turn = Turn(model, method.startswith("stream"), tools, called, form)
        answer = self.server.answer(turn)
        answer.written = 0
        self.served("gemini", turn, answer)
        usage = {
            "promptTokenCount": answer.input, "cachedContentTokenCount": answer.cached,
            "candidatesTokenCount": answer.output - answer.reasoning, "thoughtsTokenCount": answer.reasoning,
            "totalTokenCount": answer.input + answer.output,
        }
        part = {"text": answer.text}
        if answer.tool:
            part = {"functionCall": {"id": f"call_{self.server.name}{answer.number:04d}", "name": answer.tool, "args": answer.arguments}}
        candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
        response = {
            "candidates": [candidate], "usageMetadata": usage, "modelVersion": model,
            "responseId": f"gemini-{self.server.name}{answer.number:04d}",
        }
        return self.events([(None, response)]) if turn.stream else self.plain(response)


def main():
    log, port_file = sys.argv[1:]
    open(log, "w", encoding="utf-8").close()
    server = Server(log)
    with open(port_file + ".new", "w", encoding="utf-8") as file:
        file.write(str(server.server_address[1]))
    os.replace(port_file + ".new", port_file)
    server.serve_forever()


main()
