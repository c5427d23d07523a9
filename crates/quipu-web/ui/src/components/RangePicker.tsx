import { useState } from "react";
import { t } from "../lib/i18n";
import {
  fromLocalInput,
  PRESETS,
  periodBefore,
  presetLabel,
  type Range,
  rangeLabel,
  resolveRange,
  toLocalInput,
} from "../lib/time";
import { setCompare, useCompare } from "../state/compare";
import { rangeOf, setRange, usePlace } from "../state/url";
import { Icon } from "./Icon";
import { Menu } from "./Menu";

function Custom({ range, done }: { range: Range; done: () => void }) {
  const [since, setSince] = useState(toLocalInput(resolveRange(range).since ?? null));
  const [until, setUntil] = useState(toLocalInput(range.until));
  const wrong = since !== "" && until !== "" && since >= until;
  const apply = () => {
    if (wrong || (!since && !until)) return;
    setRange({ preset: "", since: fromLocalInput(since), until: fromLocalInput(until) });
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
        <span>{t("From")}</span>
        <input type="datetime-local" value={since} onChange={(event) => setSince(event.target.value)} />
      </label>
      <label>
        <span>{t("To")}</span>
        <input type="datetime-local" value={until} onChange={(event) => setUntil(event.target.value)} />
      </label>
      <button type="submit" className="button" disabled={wrong || (!since && !until)}>
        {wrong ? t("From is after to") : t("Apply")}
      </button>
    </form>
  );
}

function Compare({ range }: { range: Range }) {
  const on = useCompare();
  const before = periodBefore(range);
  const bounds = before ? resolveRange(before) : null;
  return (
    <label
      className="range-compare"
      title={
        bounds
          ? rangeLabel({ preset: "", since: bounds.since ?? null, until: bounds.until ?? null })
          : undefined
      }
    >
      <input type="checkbox" checked={on} disabled={!before} onChange={() => setCompare(!on)} />
      <span>{before ? t("Compare with the period before") : t("Nothing lies before this range")}</span>
    </label>
  );
}

/** The one time range of every page. */
export function RangePicker() {
  const { params } = usePlace();
  const range = rangeOf(params);
  const comparing = useCompare();
  return (
    <Menu
      align="end"
      title={t("Time range")}
      className="button range-button"
      label={
        <>
          <span>{rangeLabel(range)}</span>
          {comparing ? <span className="range-mark">{t("compared")}</span> : null}
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
                  aria-pressed={preset.id === range.preset}
                  className={preset.id === range.preset ? "menu-item is-chosen" : "menu-item"}
                  onClick={() => {
                    setRange({ preset: preset.id, since: null, until: null });
                    close();
                  }}
                >
                  {presetLabel(preset.id)}
                </button>
              </li>
            ))}
          </ul>
          <Custom range={range} done={close} />
          <Compare range={range} />
        </>
      )}
    </Menu>
  );
}
