import { useState } from "react";
import { t } from "../lib/i18n";
import { periodBefore, presetLabel, RANGE_CHOICES, type Range, rangeLabel, resolveRange } from "../lib/time";
import { readRange } from "../lib/timeText";
import { localZoneText, setZone, type Zone, zone, zoneText } from "../lib/zone";
import { setCompare, useCompare } from "../state/compare";
import { rangeOf, setRange, usePlace } from "../state/url";
import { Icon } from "./Icon";
import { Menu } from "./Menu";
import { Segments } from "./Segments";

/** One field for any range, as it is written on the button above. */
function Custom({ range, done }: { range: Range; done: () => void }) {
  const [text, setText] = useState(range.preset ? "" : rangeLabel(range));
  const read = readRange(text);
  const wrong = text.trim() !== "" && read === null;
  return (
    <form
      className="range-custom"
      onSubmit={(event) => {
        event.preventDefault();
        if (!read) return;
        setRange(read);
        done();
      }}
    >
      <label>
        <span>{t("Range")}</span>
        <input
          value={text}
          placeholder={t("-3d, yesterday, 22 Nov 9:00–12:00")}
          aria-invalid={wrong || undefined}
          aria-describedby="range-means"
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <p id="range-means" className="range-means" role="status">
        {wrong
          ? t("Expected a day, two times or a length such as 3d")
          : read
            ? boundsText(read)
            : t("Times are in {zone}", { zone: zoneText() })}
      </p>
      <button type="submit" className="button" disabled={!read}>
        {t("Apply")}
      </button>
    </form>
  );
}

/** A range as its two ends. */
function boundsText(range: Range): string {
  const { since = null, until = null } = resolveRange(range);
  return rangeLabel({ preset: "", since, until });
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
      <span>{before ? t("Compare to previous period") : t("This range has no previous period")}</span>
    </label>
  );
}

/** Chooses the zone of all times on the screen. */
function ZoneSwitch() {
  const options: { id: Zone; label: string; title: string }[] = [
    { id: "local", label: t("Local time"), title: localZoneText() },
    { id: "utc", label: "UTC", title: t("Coordinated Universal Time") },
  ];
  return (
    <div className="range-zone">
      <Segments label={t("Time zone")} options={options} value={zone()} onPick={setZone} />
      <span className="faint">{t("Time zone: {zone}", { zone: zoneText() })}</span>
    </div>
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
          {zone() === "utc" ? <span className="range-mark">UTC</span> : null}
          {comparing ? <span className="range-mark">{t("vs previous period")}</span> : null}
          <Icon name="down" size={12} />
        </>
      }
    >
      {(close) => (
        <>
          <ul className="menu-list">
            {RANGE_CHOICES.map((id) => (
              <li key={id}>
                <button
                  type="button"
                  aria-pressed={id === range.preset}
                  className={id === range.preset ? "menu-item is-chosen" : "menu-item"}
                  onClick={() => {
                    setRange({ preset: id, since: null, until: null });
                    close();
                  }}
                >
                  {presetLabel(id)}
                </button>
              </li>
            ))}
          </ul>
          <Custom range={range} done={close} />
          <Compare range={range} />
          <ZoneSwitch />
        </>
      )}
    </Menu>
  );
}
