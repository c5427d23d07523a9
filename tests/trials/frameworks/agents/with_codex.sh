#!/usr/bin/env bash
# Codex, without a screen: one prompt, one command.
set -eu
export CODEX_HOME="$HOME/codex" OPENAI_API_KEY=none
mkdir -p "$CODEX_HOME"
cat >"$CODEX_HOME/config.toml" <<TOML
model = "gpt-5-codex"
model_provider = "local"

[model_providers.local]
name = "local"
base_url = "$MODEL_SERVER/v1"
wire_api = "responses"
env_key = "OPENAI_API_KEY"

# guide: docs/guide/sources/codex.md toml 1
TOML
exec codex exec --skip-git-repo-check --dangerously-bypass-approvals-and-sandbox 'Run echo and tell me what it says' </dev/null
