// ⌘K: go anywhere, jump to a trace by its id, or to one that was on the screen lately.
import { useEffect, useMemo, useRef, useState } from "react";
import { queryClient } from "../api/queries";
import type { TracesPage } from "../api/types";
import { listTime, PRESETS } from "../lib/time";
import { useKeys } from "../state/keys";
import { PAGES } from "../state/pages";
import { cycleTheme } from "../state/theme";
import { href, navigate, setRange } from "../state/url";

interface Command {
  key: string;
  label: string;
  hint: string;
  run: () => void;
}

function fixedCommands(): Command[] {
  return [
    ...PAGES.map((page) => ({
      key: page.path,
      label: page.label,
      hint: `g ${page.key}`,
      run: () => navigate(href(page.path)),
    })),
    { key: "theme", label: "Change theme", hint: "system, light, dark", run: cycleTheme },
    ...PRESETS.map((preset) => ({
      key: preset.id,
      label: preset.label,
      hint: "time range",
      run: () => setRange({ preset: preset.id, since: null, until: null }),
    })),
  ];
}

function recentTraces(word: string): Command[] {
  const seen = new Map<string, Command>();
  for (const [, data] of queryClient.getQueriesData<{ pages: TracesPage[] }>({ queryKey: ["traces"] })) {
    for (const trace of data?.pages.flatMap((page) => page.traces) ?? []) {
      if (seen.size >= 6) return [...seen.values()];
      const fits = trace.name.toLowerCase().includes(word) || trace.trace_id.startsWith(word);
      if (!fits || seen.has(trace.trace_id)) continue;
      seen.set(trace.trace_id, {
        key: trace.trace_id,
        label: trace.name,
        hint: `${listTime(trace.started_at)} · ${trace.service ?? "unknown service"} · ${trace.trace_id.slice(0, 8)}`,
        run: () => navigate(href(`/traces/${trace.trace_id}`)),
      });
    }
  }
  return [...seen.values()];
}

function commandsFor(text: string): Command[] {
  const word = text.trim().toLowerCase();
  if (/^[0-9a-f]{32}$/.test(word)) {
    return [
      {
        key: word,
        label: `Open trace ${word}`,
        hint: "trace id",
        run: () => navigate(href(`/traces/${word}`)),
      },
    ];
  }
  const fixed = fixedCommands().filter((command) => command.label.toLowerCase().includes(word));
  if (!word) return fixed;
  const search = {
    key: "search",
    label: `Search traces for “${text.trim()}”`,
    hint: "full text",
    run: () => navigate(href("/traces", { q: text.trim() })),
  };
  return [...fixed, ...recentTraces(word), search];
}

export function Palette({ close }: { close: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const commands = useMemo(() => commandsFor(text), [text]);
  useKeys({
    Escape: (event) => {
      event.preventDefault();
      close();
    },
  });
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const run = (command: Command | undefined) => {
    if (!command) return;
    close();
    command.run();
  };
  return (
    <div className="veil" onPointerDown={close}>
      <div
        className="palette"
        role="dialog"
        aria-label="Go to"
        onPointerDown={(event) => event.stopPropagation()}
      >
        <input
          // biome-ignore lint/a11y/noAutofocus: the palette opens to be typed in
          autoFocus
          value={text}
          placeholder="Go to a page, a time range or a trace id"
          aria-label="Go to"
          spellCheck={false}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (step) {
              event.preventDefault();
              setAt((at + step + commands.length) % Math.max(1, commands.length));
            } else if (event.key === "Enter") run(commands[at]);
            else if (event.key === "Escape") close();
          }}
        />
        <ul className="menu-list" ref={list}>
          {commands.map((command, index) => (
            <li key={command.key}>
              <button
                type="button"
                className={index === at ? "menu-item is-at" : "menu-item"}
                onPointerEnter={() => setAt(index)}
                onClick={() => run(command)}
              >
                <span className="menu-label">{command.label}</span>
                <span className="menu-hint">{command.hint}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
