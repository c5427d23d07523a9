"""Asks LiteLLM's own package what calls cost, for every model that the genai-prices package lacks.

    python -m venv v && v/bin/pip install litellm==1.109.1 genai-prices==0.2.3
    v/bin/python make_cases.py cases.tsv.gz

The prices of LiteLLM's model list are floats. They are read here as floats that carry the decimal of their text along, so that
LiteLLM's own arithmetic gives exact sums. A sum that lost its decimal on the way is marked with `~` and is a float's.

One line a model: key, provider, then `usage=dollars` for every usage in `USAGES` that the model lists prices for.
"""

import gzip
import json
import os
import sys
from datetime import datetime, timezone
from decimal import Decimal, localcontext
from fractions import Fraction
from importlib import metadata
from importlib.resources import files

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"


class Exact(float):
    """A float with the decimal that it was written as."""

    def __new__(cls, value, exact):
        made = super().__new__(cls, value)
        made.exact = Fraction(exact)
        return made

    @staticmethod
    def _of(value):
        if isinstance(value, Exact):
            return value.exact
        # Counts of tokens arrive as floats without a fraction; anything else would bring a float's noise in.
        if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
            return Fraction(value)
        return Fraction(Decimal(repr(value)))

    def _with(self, other, operation):
        if not isinstance(other, (int, float)):
            return NotImplemented
        exact = operation(self.exact, Exact._of(other))
        return Exact(float(exact), exact)

    def __add__(self, other):
        return self._with(other, lambda a, b: a + b)

    def __sub__(self, other):
        return self._with(other, lambda a, b: a - b)

    def __mul__(self, other):
        return self._with(other, lambda a, b: a * b)

    def __truediv__(self, other):
        return self._with(other, lambda a, b: a / b)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other):
        return self._with(other, lambda a, b: b - a)

    def __deepcopy__(self, memo):
        return self

    def __copy__(self):
        return self


def read(text):
    return Exact(float(text), Decimal(text))


import litellm  # noqa: E402
from genai_prices import Usage as FirstUsage, calc_price  # noqa: E402
from litellm.cost_calculator import cost_per_token  # noqa: E402
from litellm.types.utils import (  # noqa: E402
    CacheCreationTokenDetails,
    CompletionTokensDetailsWrapper,
    PromptTokensDetailsWrapper,
    Usage,
)

MODES = {"chat", "completion", "responses", "embedding", "audio_transcription", "rerank", "search", "audio_speech"}

# Input (cached tokens included), read from cache, written for 5 minutes, written for 1 hour, audio in, output, reasoning, audio out.
USAGES = {
    "plain": (1000, 0, 0, 0, 0, 100, 0, 0),
    "cached": (10000, 4000, 0, 0, 0, 500, 0, 0),
    "written": (10000, 4000, 3000, 0, 0, 500, 0, 0),
    "hour": (10000, 4000, 1000, 2000, 0, 500, 0, 0),
    "large": (300001, 0, 0, 0, 0, 1000, 0, 0),
    "large-cached": (300001, 100000, 0, 0, 0, 1000, 0, 0),
    "middle": (150000, 0, 0, 0, 0, 1000, 0, 0),
    "reasoning": (1000, 0, 0, 0, 0, 500, 200, 0),
    "audio": (1000, 0, 0, 0, 600, 500, 0, 300),
}
TIERS = {"batch": "_batches", "flex": "_flex", "priority": "_priority"}


def usage(of):
    given, cached, five, hour, audio, made, reasoning, spoken = of
    details = {"cached_tokens": cached, "audio_tokens": audio}
    details["text_tokens"] = given - cached - five - hour - audio
    if five or hour:
        details["cache_creation_tokens"] = five + hour
        details["cache_creation_token_details"] = CacheCreationTokenDetails(
            ephemeral_5m_input_tokens=five, ephemeral_1h_input_tokens=hour
        )
    made_of = CompletionTokensDetailsWrapper(
        reasoning_tokens=reasoning, audio_tokens=spoken, text_tokens=made - reasoning - spoken
    )
    return Usage(
        prompt_tokens=given,
        completion_tokens=made,
        total_tokens=given + made,
        prompt_tokens_details=PromptTokensDetailsWrapper(**details),
        completion_tokens_details=made_of,
        **({"cache_read_input_tokens": cached} if cached else {}),
        **({"cache_creation_input_tokens": five + hour} if five or hour else {}),
    )


def decimal(sums):
    total = sums[0] + sums[1]
    if isinstance(total, Exact):
        with localcontext() as context:
            context.prec = 60
            return format((Decimal(total.exact.numerator) / Decimal(total.exact.denominator)).normalize(), "f")
    return "0" if total == 0 else "~" + format(Decimal(repr(float(total))).normalize(), "f")


def provider(fields):
    name = fields["litellm_provider"]
    return next((short for short in ("vertex_ai", "bedrock") if name.startswith(short)), name)


def asked(key, fields):
    """The usages to ask for: those whose prices the model lists, and a plain one."""
    has = lambda *parts: any(all(part in name for part in parts) for name in fields)  # noqa: E731
    mode, tokens = fields["mode"], has("cost_per_token") or "tiered_pricing" in fields
    if mode == "search":
        yield "searches", None
        return
    if mode == "rerank" and "input_cost_per_query" in fields:
        yield "reranks", None
    if mode == "audio_transcription" and ("input_cost_per_second" in fields or "output_cost_per_second" in fields):
        yield "seconds", None
    if mode == "audio_speech" and "input_cost_per_character" in fields:
        yield "characters", None
    if mode not in {"chat", "completion", "responses", "embedding"}:
        return
    if mode != "embedding" and not tokens and has("cost_per_second"):
        yield "time", None
        return
    yield "embedding" if mode == "embedding" else "plain", None
    if mode == "embedding":
        return
    if has("cache_read_input_token_cost") or has("input_cost_per_token_cache_hit"):
        yield "cached", None
    if "cache_creation_input_token_cost" in fields:
        yield "written", None
    if "cache_creation_input_token_cost_above_1hr" in fields:
        yield "hour", None
    if has("_above_", "k_tokens") or "tiered_pricing" in fields:
        yield "middle", None
        yield "large", None
        if has("cache_read"):
            yield "large-cached", None
    if "output_cost_per_reasoning_token" in fields:
        yield "reasoning", None
    if "input_cost_per_audio_token" in fields:
        yield "audio", None
    for tier, ending in TIERS.items():
        if has("cost_per_token" + ending):
            yield "plain", tier
            if has("cache_read_input_token_cost" + ending):
                yield "cached", tier
            if has("_above_", "k_tokens" + ending):
                yield "large", tier


def price(key, fields, name, tier):
    arguments = {"model": key, "custom_llm_provider": provider(fields)}
    match name:
        case "seconds":
            return cost_per_token(**arguments, call_type="transcription", audio_transcription_file_duration=60)
        case "reranks":
            return cost_per_token(**arguments, call_type="rerank", rerank_billed_units={"search_units": 1})
        case "searches":
            return cost_per_token(**arguments, call_type="search", number_of_queries=1)
        case "characters":
            return cost_per_token(**arguments, call_type="speech", prompt_characters=1000)
        case "time":
            return cost_per_token(**arguments, prompt_tokens=1000, completion_tokens=100, response_time_ms=1500)
        case "embedding":
            arguments["usage_object"] = Usage(prompt_tokens=1000, completion_tokens=0, total_tokens=1000)
        case _:
            arguments["usage_object"] = usage(USAGES[name])
    if tier == "batch":
        return cost_per_token(**arguments, call_type="retrieve_batch")
    return cost_per_token(**arguments, service_tier=tier)


def first_knows(key, fields):
    """Whether genai-prices has a price under any of the provider's usual names."""
    bare = key.split("/", 1)[-1]
    names = {
        "vertex_ai": "google", "gemini": "google", "bedrock": "aws", "azure_ai": "azure", "xai": "x-ai", "together_ai": "together",
        "fireworks_ai": "fireworks", "moonshot": "moonshotai", "cohere_chat": "cohere", "text-completion-openai": "openai",
        "azure_text": "azure", "text-completion-codestral": "mistral", "codestral": "mistral",
    }  # fmt: skip
    own = provider(fields)
    for name in (names.get(own, own), own):
        for model in (bare, key):
            try:
                calc_price(FirstUsage(input_tokens=1, output_tokens=1), model_ref=model, provider_id=name)
                return True
            except LookupError:
                pass
    return False


def main(target):
    text = files("litellm").joinpath("model_prices_and_context_window_backup.json").read_text()
    models = json.loads(text, parse_float=read)
    models.pop("sample_spec", None)
    models.pop("fallback_generalizations", None)
    litellm.model_cost.update(models)
    # Some prices change with the hour, by LiteLLM's clock.
    begun = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines, failed = [], {}
    for key, fields in sorted(models.items()):
        if fields.get("mode") not in MODES or first_knows(key, fields):
            continue
        answers = []
        for name, tier in asked(key, fields):
            try:
                sums = price(key, fields, name, tier)
            except Exception as error:
                failed[type(error).__name__] = failed.get(type(error).__name__, 0) + 1
                continue
            answers.append(f"{name}{'@' + tier if tier else ''}={decimal(sums)}")
        if answers:
            lines.append("\t".join([key, fields["litellm_provider"], fields["mode"], *answers]))
    versions = f"litellm {metadata.version('litellm')}\tgenai-prices {metadata.version('genai-prices')}"
    text = f"# {begun}\t{versions}\n" + "\n".join(lines) + "\n"
    with open(target, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file:
        file.write(text.encode())
    cases = sum(line.count("=") for line in lines)
    print(f"{len(lines)} models, {cases} cases, {text.count('~')} of them floats; no answer: {failed}")


if __name__ == "__main__":
    main(sys.argv[1])
