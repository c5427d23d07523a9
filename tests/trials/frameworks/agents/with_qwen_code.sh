#!/usr/bin/env bash
# Qwen Code, without a screen: one prompt, one command.
set -eu
mkdir -p "$HOME/.qwen"
cat >"$HOME/.qwen/settings.json" <<JSON
# guide: docs/guide/sources/qwen-code.md json 1
JSON
export OPENAI_API_KEY=none OPENAI_BASE_URL="$MODEL_SERVER/v1" OPENAI_MODEL=gpt-4o-mini
exec qwen --auth-type openai --yolo --prompt 'Run echo and tell me what it says' </dev/null
