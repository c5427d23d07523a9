#!/usr/bin/env bash
# OpenCode, without a screen: one prompt, one command.
set -eu
mkdir -p "$HOME/.config/opencode"
cat >"$HOME/.config/opencode/opencode.json" <<JSON
# guide: docs/guide/sources/opencode.md json 1
JSON
OPENCODE_CONFIG_CONTENT=$(cat <<JSON
{
  "autoupdate": false,
  "permission": {"bash": "allow"},
  "model": "local/gpt-4o-mini",
  "small_model": "local/gpt-4o-mini",
  "provider": {
    "local": {
      "npm": "@ai-sdk/openai-compatible",
      "options": {"baseURL": "$MODEL_SERVER/v1", "apiKey": "none"},
      "models": {"gpt-4o-mini": {"name": "gpt-4o-mini", "limit": {"context": 128000, "output": 4096}}}
    }
  }
}
JSON
)
export OPENCODE_CONFIG_CONTENT
# guide: docs/guide/sources/opencode.md sh 1
# `opencode run` alone loses spans that are not sent when it ends, so its server runs beside it and ends later.
opencode serve --hostname 127.0.0.1 --port 0 >"$HOME/serve.log" 2>&1 </dev/null &
for _ in $(seq 100); do
  url=$(grep -o 'http://127.0.0.1:[0-9]*' "$HOME/serve.log" | head -1) || true
  [ -z "$url" ] || break
  sleep 0.1
done
opencode run --attach "$url" 'Run echo and tell me what it says' </dev/null
sleep 2
kill $!
