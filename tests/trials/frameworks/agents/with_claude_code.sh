#!/usr/bin/env bash
# Claude Code, without a screen: one prompt, one command.
set -eu
export CLAUDE_CODE_ENABLE_TELEMETRY=1 CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1
export OTEL_TRACES_EXPORTER=otlp OTEL_LOGS_EXPORTER=otlp OTEL_METRICS_EXPORTER=otlp
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf

export ANTHROPIC_BASE_URL="$MODEL_SERVER" ANTHROPIC_API_KEY=none CLAUDE_CONFIG_DIR="$HOME/claude"
export DISABLE_AUTOUPDATER=1 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1
exec claude -p 'Run echo and tell me what it says' --model claude-sonnet-4-5 --allowedTools Bash </dev/null
