"""Makes recorded.json: requests that providers answered, and the input tokens that they counted.

The requests are those of the recorded HTTP exchanges ("cassettes") in the source distributions of

    langchain-anthropic, langchain-openai (MIT), opentelemetry-instrumentation-openai-v2,
    opentelemetry-instrumentation-anthropic, opentelemetry-instrumentation-google-genai (Apache-2.0)

    pip download --no-deps --no-binary NAME NAME     # for each; unpack all into one folder
    pip install pyyaml && python make_recorded.py FOLDER > recorded.json

Left out: requests whose input is not in the body (files and answers kept by the provider, server-side tools, cached content),
and of each model all but the first of requests that are alike.
"""
import glob
import gzip
import json
import os
import re
import sys

import yaml

MOST = 6_000
HIDDEN = ["previous_response_id", "container", "context_management", "mcp_servers", "cached_content", "cachedContent", "conversation", "skills"]
SERVER = re.compile(r"web_search|web_fetch|code_execution|code_interpreter|file_search|image_generation|mcp|computer|text_editor|bash|memory|tool_search|shell|apply_patch|googleSearch|codeExecution|urlContext|file_id|file-|encrypted_content|compaction|defer_loading|custom")


def text_of(body):
    if isinstance(body, dict):
        body = body.get("string")
    if isinstance(body, bytes):
        body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        body = body.decode("utf-8", "replace")
    return body


def answers(text):
    try:
        whole = json.loads(text)
        return whole if isinstance(whole, list) else [whole]
    except ValueError:
        lines = [line[5:].strip() for line in text.splitlines() if line.startswith("data:")]
        found = []
        for line in lines:
            try:
                found.append(json.loads(line))
            except ValueError:
                pass
        return found


def usage_of(text):
    usage = {}
    for answer in answers(text):
        for holder in (answer, answer.get("response") if isinstance(answer, dict) else None, answer.get("message") if isinstance(answer, dict) else None):
            if isinstance(holder, dict):
                for key in ("usage", "usageMetadata"):
                    if isinstance(holder.get(key), dict):
                        usage.update({name: value for name, value in holder[key].items() if value is not None})
    return usage


def input_of(usage):
    if "promptTokenCount" in usage:
        return usage["promptTokenCount"]
    if "prompt_tokens" in usage:
        return usage["prompt_tokens"]
    if "input_tokens_details" in usage or "cache_read_input_tokens" not in usage:
        return usage.get("input_tokens")
    return usage["input_tokens"] + usage.get("cache_read_input_tokens", 0) + usage.get("cache_creation_input_tokens", 0)


def exchanges(path):
    data = open(path, "rb").read()
    data = gzip.decompress(data) if path.endswith(".gz") else data
    tape = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    if not isinstance(tape, dict):
        return
    if "interactions" in tape:
        yield from ((one["request"], one["response"]) for one in tape["interactions"])
    elif "requests" in tape:
        yield from zip(tape["requests"], tape["responses"])


def main(folder):
    cases, known = [], set()
    paths = glob.glob(folder + "/**/*cassettes*/**/*.yaml*", recursive=True)
    for path in sorted(set(paths)):
        for asked, answered in exchanges(path):
            request, answer = text_of(asked.get("body")), text_of(answered.get("body"))
            if not request or not answer:
                continue
            try:
                body = json.loads(request)
            except ValueError:
                continue
            usage = usage_of(answer)
            tokens = input_of(usage)
            where = asked.get("uri") or asked.get("url") or ""
            model = body.pop("model", None) or (re.search(r"models/([^:/]+)", where) or [None, None])[1]
            for key in ("stream", "stream_options", "user", "metadata", "temperature", "top_p", "store", "include"):
                body.pop(key, None)
            line = json.dumps(body, ensure_ascii=True, sort_keys=True)
            if not model or not tokens or len(line) > MOST or any(key in body for key in HIDDEN) or SERVER.search(line):
                continue
            if (model, line) in known:
                continue
            known.add((model, line))
            source = os.path.relpath(path, folder)
            cases.append({"source": source, "model": model, "input_tokens": tokens, "request": body})
    print("[\n" + ",\n".join(json.dumps(case, ensure_ascii=True) for case in cases) + "\n]")


main(sys.argv[1])
