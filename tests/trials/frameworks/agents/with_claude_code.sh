#!/usr/bin/env bash
# Claude Code, without a screen: one prompt, one command.
set -eu
# guide: docs/guide/sources/claude-code.md sh 1

export ANTHROPIC_BASE_URL="$MODEL_SERVER" ANTHROPIC_API_KEY=none CLAUDE_CONFIG_DIR="$HOME/claude"
export DISABLE_AUTOUPDATER=1 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1
exec claude -p 'Run echo and tell me what it says' --model claude-sonnet-4-5 --allowedTools Bash </dev/null
