import { useState } from "react";
import { fromLocalInput, PRESETS, type Range, rangeLabel, toLocalInput } from "../lib/time";
import { rangeOf, setRange, usePlace } from "../state/url";
import { Icon } from "./Icon";
import { Menu } from "./Menu";

function Custom({ range, done }: { range: Range; done: () => void }) {
  const [since, setSince] = useState(toLocalInput(range.since));
  const [until, setUntil] = useState(toLocalInput(range.until));
  const wrong = since !== "" && until !== "" && since >= until;
  const apply = () => {
    if (wrong || (!since && !until)) return;
    setRange({
      preset: "",
      since: fromLocalInput(since),
      until: fromLocalInput(until),
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
