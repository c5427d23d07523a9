"""One program under two instrumentations at once: agent.py API FIRST SECOND.

API is what is called: chat, responses, anthropic, gemini, or one of them behind LangChain (langchain-chat …). FIRST and SECOND are
instrumentations, or `none`. Each kind of call uses a model of its own, so that a wrong figure can be told by its model:
one by one, as a stream, several at once, streams at once, failing, and a loop with a tool.
"""

import asyncio
import atexit
import os
import sys
from concurrent.futures import ThreadPoolExecutor

API, *NAMES = sys.argv[1:]
SERVER = os.environ["MODEL_SERVER"]
LANGCHAIN = API.startswith("langchain-")
PROVIDER = API.removeprefix("langchain-")
NAMES = [name for name in NAMES if name != "none"]

if "langsmith" in NAMES:
    os.environ.update(LANGSMITH_OTEL_ENABLED="true", LANGSMITH_TRACING="true", LANGSMITH_OTEL_ONLY="true")
    os.environ.setdefault("LANGSMITH_API_KEY", "none")
    # LangSmith would send to its own endpoint; with a provider of the process set it uses that.

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def provider():
    exporter = BatchSpanProcessor(OTLPSpanExporter())
    if "logfire" in NAMES:
        import logfire

        logfire.configure(
            send_to_logfire=False, console=False, inspect_arguments=False, metrics=False,
            additional_span_processors=[exporter],
        )
        return None
    provider = TracerProvider()
    provider.add_span_processor(exporter)
    trace.set_tracer_provider(provider)
    return provider


def oi():
    if LANGCHAIN:
        from openinference.instrumentation.langchain import LangChainInstrumentor as Instrumentor
    elif PROVIDER in ("chat", "responses"):
        from openinference.instrumentation.openai import OpenAIInstrumentor as Instrumentor
    elif PROVIDER == "anthropic":
        from openinference.instrumentation.anthropic import AnthropicInstrumentor as Instrumentor
    else:
        from openinference.instrumentation.google_genai import GoogleGenAIInstrumentor as Instrumentor
    Instrumentor().instrument()


def oi_sdk():
    global LANGCHAIN
    keep, LANGCHAIN = LANGCHAIN, False
    oi()
    LANGCHAIN = keep


def ollm_sdk():
    if PROVIDER in ("chat", "responses"):
        from opentelemetry.instrumentation.openai import OpenAIInstrumentor as Instrumentor
    elif PROVIDER == "anthropic":
        from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor as Instrumentor
    else:
        from opentelemetry.instrumentation.google_generativeai import GoogleGenerativeAiInstrumentor as Instrumentor
    Instrumentor().instrument()


def ollm():
    if not LANGCHAIN:
        return ollm_sdk()
    from opentelemetry.instrumentation.langchain import LangchainInstrumentor

    LangchainInstrumentor().instrument()


def contrib():
    if PROVIDER in ("chat", "responses"):
        from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor as Instrumentor
    elif PROVIDER == "anthropic":
        from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor as Instrumentor
    else:
        from opentelemetry.instrumentation.google_genai import GoogleGenAiSdkInstrumentor as Instrumentor
    Instrumentor().instrument()


def use_logfire():
    import logfire

    if PROVIDER in ("chat", "responses"):
        logfire.instrument_openai()
    elif PROVIDER == "anthropic":
        logfire.instrument_anthropic()
    else:
        logfire.instrument_google_genai()


def openlit():
    import openlit

    openlit.init(
        application_name="matrix", environment="test", otlp_endpoint=os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"],
        disable_metrics=True, disable_events=True,
        disabled_instrumentors=["httpx", "requests", "urllib", "urllib3", "aiohttp-client"],
    )


def wrapped(client):
    """LangSmith wraps a client of an SDK; LangChain has it built in."""
    if "langsmith" not in NAMES or LANGCHAIN:
        return client
    import langsmith.wrappers as wrappers

    name = {"anthropic": "wrap_anthropic", "gemini": "wrap_gemini"}.get(PROVIDER, "wrap_openai")
    return getattr(wrappers, name)(client)


PROVIDER_OF_PROCESS = provider()
for name in NAMES:
    {
        "oi": oi, "ollm": ollm, "contrib": contrib, "logfire": use_logfire, "openlit": openlit, "oi-sdk": oi_sdk,
        "ollm-sdk": ollm_sdk, "langsmith": lambda: None, "native": lambda: None,
    }[name]()

MODELS = {
    "chat": ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"],
    "anthropic": ["claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-5", "claude-opus-4-1", "claude-sonnet-4-0"],
    "gemini": ["gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.5-flash-lite", "gemini-2.0-flash", "gemini-2.0-flash-lite"],
}
MODELS["responses"] = MODELS["chat"]
PLAIN, STREAM, AT_ONCE, STREAMS, TOOLS = MODELS[PROVIDER]
FAILS = "fail-429"
QUESTION = "What is the weather in Paris?"
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = "18 degrees in Paris"


class Chat:
    def __init__(self):
        import openai

        self.client = wrapped(openai.OpenAI(base_url=SERVER + "/v1", api_key="none", max_retries=0))

    def __call__(self, model):
        self.client.chat.completions.create(model=model, messages=[{"role": "user", "content": QUESTION}])

    def stream(self, model, usage=True):
        more = {"stream_options": {"include_usage": True}} if usage else {}
        messages = [{"role": "user", "content": QUESTION}]
        for _ in self.client.chat.completions.create(model=model, messages=messages, stream=True, **more):
            pass

    def stream_without_usage(self, model):
        self.stream(model, usage=False)

    def loop(self, model):
        tools = [{"type": "function", "function": {"name": "get_weather", "description": "w", "parameters": PARAMETERS}}]
        messages = [{"role": "user", "content": QUESTION}]
        for _ in range(2):
            answer = self.client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
            if not answer.tool_calls:
                return
            messages.append(answer.model_dump(exclude_none=True))
            messages += [{"role": "tool", "tool_call_id": call.id, "content": WEATHER} for call in answer.tool_calls]


class Responses:
    def __init__(self):
        import openai

        self.client = wrapped(openai.OpenAI(base_url=SERVER + "/v1", api_key="none", max_retries=0))

    def __call__(self, model):
        self.client.responses.create(model=model, input=QUESTION)

    def stream(self, model):
        for _ in self.client.responses.create(model=model, input=QUESTION, stream=True):
            pass

    def loop(self, model):
        tools = [{"type": "function", "name": "get_weather", "description": "w", "parameters": PARAMETERS, "strict": False}]
        said = [{"role": "user", "content": QUESTION}]
        for _ in range(2):
            answer = self.client.responses.create(model=model, input=said, tools=tools)
            calls = [item for item in answer.output if item.type == "function_call"]
            if not calls:
                return
            said += [item.model_dump(exclude_none=True) for item in answer.output]
            said += [{"type": "function_call_output", "call_id": call.call_id, "output": WEATHER} for call in calls]


class Anthropic:
    def __init__(self):
        import anthropic

        self.client = wrapped(anthropic.Anthropic(base_url=SERVER, api_key="none", max_retries=0))

    def __call__(self, model):
        self.client.messages.create(model=model, max_tokens=100, messages=[{"role": "user", "content": QUESTION}])

    def stream(self, model):
        messages = [{"role": "user", "content": QUESTION}]
        for _ in self.client.messages.create(model=model, max_tokens=100, messages=messages, stream=True):
            pass

    def managed_stream(self, model):
        with self.client.messages.stream(model=model, max_tokens=100, messages=[{"role": "user", "content": QUESTION}]) as stream:
            for _ in stream:
                pass

    def loop(self, model):
        tools = [{"name": "get_weather", "description": "w", "input_schema": PARAMETERS}]
        messages = [{"role": "user", "content": QUESTION}]
        for _ in range(2):
            answer = self.client.messages.create(model=model, max_tokens=100, messages=messages, tools=tools)
            calls = [block for block in answer.content if block.type == "tool_use"]
            if not calls:
                return
            messages.append({"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]})
            results = [{"type": "tool_result", "tool_use_id": call.id, "content": WEATHER} for call in calls]
            messages.append({"role": "user", "content": results})


class Gemini:
    def __init__(self):
        from google import genai
        from google.genai import types

        self.types = types
        self.client = wrapped(genai.Client(api_key="none", http_options=types.HttpOptions(base_url=SERVER)))

    def __call__(self, model):
        self.client.models.generate_content(model=model, contents=QUESTION)

    def stream(self, model):
        for _ in self.client.models.generate_content_stream(model=model, contents=QUESTION):
            pass

    def loop(self, model):
        types = self.types
        declared = types.FunctionDeclaration(name="get_weather", description="w", parameters_json_schema=PARAMETERS)
        config = types.GenerateContentConfig(
            tools=[types.Tool(function_declarations=[declared])],
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        said = [types.Content(role="user", parts=[types.Part(text=QUESTION)])]
        for _ in range(2):
            answer = self.client.models.generate_content(model=model, contents=said, config=config)
            content = answer.candidates[0].content
            calls = [part.function_call for part in content.parts if part.function_call]
            if not calls:
                return
            said.append(content)
            parts = [types.Part.from_function_response(name=call.name, response={"result": WEATHER}) for call in calls]
            said.append(types.Content(role="user", parts=parts))


class LangChain:
    def model(self, model, streaming=False):
        if PROVIDER in ("chat", "responses"):
            from langchain_openai import ChatOpenAI

            return ChatOpenAI(
                model=model, base_url=SERVER + "/v1", api_key="none", max_retries=0, stream_usage=True,
                use_responses_api=PROVIDER == "responses",
            )
        if PROVIDER == "anthropic":
            from langchain_anthropic import ChatAnthropic

            return ChatAnthropic(model=model, base_url=SERVER, api_key="none", max_retries=0)
        from langchain_google_genai import ChatGoogleGenerativeAI

        return ChatGoogleGenerativeAI(model=model, google_api_key="none", base_url=SERVER, max_retries=1)

    def __call__(self, model):
        self.model(model).invoke(QUESTION)

    def stream(self, model):
        for _ in self.model(model).stream(QUESTION):
            pass

    def loop(self, model):
        import warnings

        from langchain_core.tools import tool

        @tool
        def get_weather(city: str) -> str:
            """Current weather of a city"""
            return WEATHER

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from langgraph.prebuilt import create_react_agent

            agent = create_react_agent(self.model(model), [get_weather])
        agent.invoke({"messages": [("user", QUESTION)]})


def work(call):
    def failing(what):
        try:
            what(FAILS)
        except Exception as error:
            if "429" not in str(error) and "RESOURCE_EXHAUSTED" not in str(error) and "had an error" not in str(error):
                raise

    call(PLAIN)
    call(PLAIN)
    call.stream(STREAM)
    call.stream(STREAM)
    for name in ("managed_stream", "stream_without_usage"):
        if hasattr(call, name):
            getattr(call, name)(STREAM)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(call, [AT_ONCE] * 4))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(call.stream, [STREAMS] * 3))
    failing(call)
    failing(call.stream)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(failing, [call] * 2))
    call.loop(TOOLS)


call = LangChain() if LANGCHAIN else {"chat": Chat, "responses": Responses, "anthropic": Anthropic, "gemini": Gemini}[PROVIDER]()
work(call)
with trace.get_tracer("matrix").start_as_current_span("a unit of work"):
    work(call)

if "langsmith" in NAMES:
    from langsmith import Client
    from langsmith.run_trees import get_cached_client

    get_cached_client().flush()
final = trace.get_tracer_provider()
for name in ("force_flush", "shutdown"):
    getattr(final, name)()
os._exit(0)
