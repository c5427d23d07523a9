import { useState } from "react";
import { PRESETS, type Range, rangeLabel } from "../lib/time";
import { rangeOf, setRange, usePlace } from "../state/url";
import { Icon } from "./Icon";
import { Menu } from "./Menu";

const two = (value: number) => String(value).padStart(2, "0");

function localInput(rfc3339: string | null): string {
  if (!rfc3339) return "";
  const date = new Date(rfc3339);
  const days = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${days}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

function Custom({ range, done }: { range: Range; done: () => void }) {
  const [since, setSince] = useState(localInput(range.since));
  const [until, setUntil] = useState(localInput(range.until));
  const wrong = since !== "" && until !== "" && since >= until;
  const apply = () => {
    if (wrong || (!since && !until)) return;
    setRange({
      preset: "",
      since: since ? new Date(since).toISOString() : null,
      until: until ? new Date(until).toISOString() : null,
    });
    done();
  };
  return (
    <form
      className="range-custom"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <label>
        <span>From</span>
        <input type="datetime-local" value={since} onChange={(event) => setSince(event.target.value)} />
      </label>
      <label>
        <span>To</span>
        <input type="datetime-local" value={until} onChange={(event) => setUntil(event.target.value)} />
      </label>
      <button type="submit" className="button" disabled={wrong || (!since && !until)}>
        {wrong ? "From is after to" : "Apply"}
      </button>
    </form>
  );
}

/** The one time range of every page. */
export function RangePicker() {
  const { params } = usePlace();
  const range = rangeOf(params);
  return (
    <Menu
      align="end"
      title="Time range"
      className="button range-button"
      label={
        <>
          <span>{rangeLabel(range)}</span>
          <Icon name="down" size={12} />
        </>
      }
    >
      {(close) => (
        <>
          <ul className="menu-list">
            {PRESETS.map((preset) => (
              <li key={preset.id}>
                <button
                  type="button"
                  className={preset.id === range.preset ? "menu-item is-chosen" : "menu-item"}
                  onClick={() => {
                    setRange({ preset: preset.id, since: null, until: null });
                    close();
                  }}
                >
                  {preset.label}
                </button>
              </li>
            ))}
          </ul>
          <Custom range={range} done={close} />
        </>
      )}
    </Menu>
  );
}
