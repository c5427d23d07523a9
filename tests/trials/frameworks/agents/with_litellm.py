"""LiteLLM's own OpenTelemetry callback: calls of two providers, whole and as a stream."""

import os
import time

from opentelemetry import trace

# guide: docs/guide/sources/litellm.md sh 1
# guide: docs/guide/sources/litellm.md python 1

openai = {"api_base": os.environ["MODEL_SERVER"] + "/v1", "api_key": "none"}
anthropic = {"api_base": os.environ["MODEL_SERVER"], "api_key": "none"}
question = [{"role": "user", "content": "What is the weather in Paris?"}]
litellm.completion(model="openai/gpt-4o-mini", messages=question, **openai)
litellm.completion(model="anthropic/claude-sonnet-4-5", messages=question, max_tokens=50, **anthropic)
options = {"stream": True, "stream_options": {"include_usage": True}}
for _ in litellm.completion(model="openai/gpt-4o", messages=question, **options, **openai):
    pass
time.sleep(2)  # its callbacks run in a thread of their own
provider = trace.get_tracer_provider()
if hasattr(provider, "force_flush"):
    provider.force_flush()
for callback in litellm.callbacks:
    for name in ("_tracer_provider", "tracer_provider"):
        getattr(getattr(callback, name, None), "force_flush", lambda: None)()
time.sleep(2)
