#!/usr/bin/env bash
# Gemini CLI, without a screen: one prompt, one command.
set -eu
export GEMINI_TELEMETRY_ENABLED=true GEMINI_TELEMETRY_TARGET=local GEMINI_TELEMETRY_TRACES_ENABLED=true
export GEMINI_TELEMETRY_OTLP_PROTOCOL=http GEMINI_TELEMETRY_OTLP_ENDPOINT="$OTEL_EXPORTER_OTLP_ENDPOINT"

mkdir -p "$HOME/.gemini"
echo '{"security": {"auth": {"selectedType": "gemini-api-key"}}}' >"$HOME/.gemini/settings.json"
export GEMINI_API_KEY=none GOOGLE_GEMINI_BASE_URL="$MODEL_SERVER" GEMINI_CLI_TRUST_WORKSPACE=true
exec gemini --yolo --model gemini-2.5-flash --prompt 'Run echo and tell me what it says' </dev/null
