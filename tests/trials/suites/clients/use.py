"""A Python program with the helper: context, score, budget, and an end without a call of shutdown."""

import json
import sys

sys.path.insert(0, sys.argv[1])
import quipu
from opentelemetry import trace

client = quipu.init(service="helper-python")
tracer = trace.get_tracer("helper")
with quipu.context(session="s-17", user="u-4", tags=["beta", "paid"]):
    with tracer.start_as_current_span("invoke_agent planner", attributes={"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner"}) as span:
        trace_id = f"{span.get_span_context().trace_id:032x}"
        with tracer.start_as_current_span("chat gpt-4o", attributes={
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 1200, "gen_ai.usage.output_tokens": 300,
        }):
            pass
        score = client.score("helpful", 0.8, comment="of the suite")
with quipu.context(session="s-18"):
    tracer.start_span("outside").end()
budget = [client.check_budget("daily", usd="0.20")["allowed"], client.check_budget("daily", usd="20")["allowed"]]
try:
    client.check_budget("none", usd="1")
    error = None
except RuntimeError as wrong:
    error = str(wrong)
print(json.dumps({"trace": trace_id, "score": score, "budget": budget, "error": error}))
