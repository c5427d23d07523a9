#!/usr/bin/env bash
# Gemini CLI, without a screen: one prompt, one command.
set -eu
# guide: docs/guide/sources/gemini-cli.md sh 1

mkdir -p "$HOME/.gemini"
echo '{"security": {"auth": {"selectedType": "gemini-api-key"}}}' >"$HOME/.gemini/settings.json"
export GEMINI_API_KEY=none GOOGLE_GEMINI_BASE_URL="$MODEL_SERVER" GEMINI_CLI_TRUST_WORKSPACE=true
exec gemini --yolo --model gemini-2.5-flash --prompt 'Run echo and tell me what it says' </dev/null
