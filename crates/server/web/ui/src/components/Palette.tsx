// ⌘K: go anywhere, jump to a trace by its id, or do what otherwise takes a few clicks.
import { useEffect, useMemo, useRef, useState } from "react";
import { useDashboardNames } from "../api/dashboardList";
import { useFacets } from "../api/queries";
import { useViews } from "../api/views";
import { ENTITIES, type NamedEntity } from "../lib/entities";
import { t } from "../lib/i18n";
import { usePages } from "../state/pages";
import { type Command, commandsFor } from "./commands";
import { Icon } from "./Icon";
import { Veil } from "./Veil";

const ALL_TIME = { preset: "all", since: null, until: null };

/** What can be opened by its name, once something is typed. */
function useEntities(enabled: boolean): readonly NamedEntity[] {
  const answers = useFacets(
    ENTITIES.map((field) => ({ field, filter: "" })),
    ALL_TIME,
    false,
    enabled,
  );
  return ENTITIES.flatMap((field, at) =>
    (answers[at]?.data ?? []).map(({ value, traces }) => ({ field, value, count: traces })),
  );
}

export function Palette({ close }: { close: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const pages = usePages();
  const views = useViews();
  const dashboards = useDashboardNames(true);
  const entities = useEntities(text.trim().length > 1);
  const commands = useMemo(
    () => commandsFor(text, { pages, views: views.data ?? [], dashboards: dashboards.data ?? [], entities }),
    [text, pages, views.data, dashboards.data, entities],
  );
  useEffect(() => {
    list.current?.querySelector(`#command-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const run = (command: Command | undefined) => {
    if (!command) return;
    close();
    command.run();
  };
  return (
    <Veil label={t("Go to")} className="palette" close={close}>
      <div className="palette-line">
        <Icon name="search" />
        <input
          // biome-ignore lint/a11y/noAutofocus: the palette opens to be typed in
          autoFocus
          value={text}
          placeholder={t("Search pages, agents, models, users, trace IDs…")}
          aria-label={t("Go to")}
          role="combobox"
          aria-expanded
          aria-controls="commands"
          aria-autocomplete="list"
          aria-activedescendant={commands.length > 0 ? `command-${at}` : undefined}
          autoComplete="off"
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
            } else if (event.key === "Enter") {
              event.preventDefault();
              run(commands[at]);
            }
          }}
        />
        <kbd>esc</kbd>
      </div>
      <div className="menu-list" id="commands" role="listbox" aria-label={t("Commands")} ref={list}>
        {commands.map((command, index) => (
          <div key={command.key} role="presentation">
            {command.group !== commands[index - 1]?.group ? (
              <div className="menu-title" role="presentation">
                {command.group}
              </div>
            ) : null}
            <div
              id={`command-${index}`}
              role="option"
              aria-selected={index === at}
              className={index === at ? "menu-item is-at" : "menu-item"}
              onPointerMove={() => setAt(index)}
              onClick={() => run(command)}
            >
              <span className="menu-label">{command.label}</span>
              <span className="menu-hint">{command.hint}</span>
            </div>
          </div>
        ))}
      </div>
    </Veil>
  );
}
