// What is asked of the events: words, the least level, and what was picked from an event.
import { useEffect, useRef, useState } from "react";
import { LEVELS } from "../../api/signals";
import { Icon } from "../../components/Icon";
import { LiveButton } from "../../components/LiveButton";
import { RangePicker } from "../../components/RangePicker";
import { ViewsMenu } from "../../components/Views";
import { ViewTabs } from "../../components/ViewTabs";
import { t } from "../../lib/i18n";
import { useKeys } from "../../state/keys";
import { setParams, usePlace } from "../../state/url";

/** Fields that are picked from an event, and taken away here. */
const PICKED = ["type", "session", "agent", "framework", "trace_id"] as const;

export function EventsBar() {
  const { params } = usePlace();
  const applied = params.get("q") ?? "";
  const [text, setText] = useState(applied);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(applied), [applied]);
  useKeys({
    "/": (event) => {
      event.preventDefault();
      input.current?.focus();
    },
  });
  return (
    <>
      <header className="top-bar events-bar">
        <div className="events-search">
          <form
            role="search"
            onSubmit={(event) => {
              event.preventDefault();
              setParams({ q: text.trim() || null });
            }}
          >
            <Icon name="search" size={14} />
            <input
              ref={input}
              type="search"
              value={text}
              aria-label={t("Search in events")}
              placeholder={t("Search in events")}
              onChange={(event) => setText(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === "Escape") event.currentTarget.blur();
              }}
            />
            {PICKED.flatMap((name) => {
              const value = params.get(name);
              if (!value) return [];
              return [
                <button
                  key={name}
                  type="button"
                  className="event-chip"
                  aria-label={t("No longer only {name} {value}", { name, value })}
                  onClick={() => setParams({ [name]: null })}
                >
                  {name.replace("_id", "")}: {value}
                  <Icon name="close" size={10} />
                </button>,
              ];
            })}
          </form>
          <ViewsMenu />
        </div>
        <label className="event-least">
          <span className="muted">{t("Min. level")}</span>
          <select
            value={params.get("level") ?? ""}
            onChange={(event) => setParams({ level: event.target.value || null })}
          >
            <option value="">{t("all")}</option>
            {LEVELS.slice(1).map((level) => (
              <option key={level} value={level}>
                {level}
              </option>
            ))}
          </select>
        </label>
        <RangePicker />
        <LiveButton />
      </header>
      <ViewTabs />
    </>
  );
}
