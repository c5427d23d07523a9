// Which framework sends what, what does it lack, and what would make it send that? One row for each framework and convention,
// one knot for each thing that it can tell.
import "./frameworks/frameworks.css";
import { type CSSProperties, useMemo } from "react";
import { useParity } from "../api/queries";
import type { ParityRow } from "../api/types";
import { SkeletonRows } from "../components/States";
import { compact, count, percent, usd } from "../lib/format";
import { t } from "../lib/i18n";
import { ago, fullTime } from "../lib/time";
import { useNarrow } from "../state/screen";
import { setParams } from "../state/url";
import { FrameworkDetail, frameworkName, frameworkTraces } from "./frameworks/FrameworkDetail";
import { signals as allSignals, type Signal } from "./frameworks/signals";
import { keyOf } from "./roster/names";
import { Num } from "./roster/parts";
import { useWorkPlace } from "./roster/place";
import { WorkPage } from "./roster/WorkPage";

const rowKey = (row: ParityRow) => `${keyOf(row.framework)}/${keyOf(row.convention)}`;
const openRow = (row: ParityRow, signal: string | null) => setParams({ open: rowKey(row), signal });

function Knot({ row, signal }: { row: ParityRow; signal: Signal }) {
  const share = row.sends.find((sent) => sent.signal === signal.id)?.share ?? null;
  const lacks = row.lacks.includes(signal.id);
  const words =
    share !== null
      ? t("{share} of {n} sampled calls report {what}", {
          share: percent(share),
          n: count(row.sampled_calls),
          what: signal.what,
        })
      : lacks
        ? t("No sampled call reports {what}. Click to see how to enable it.", { what: signal.what })
        : t("Not applicable to the sampled calls: {what}", { what: signal.what });
  const look = share !== null ? "" : lacks ? " is-lacking" : " is-unknown";
  return (
    <button
      type="button"
      className="parity-button"
      title={words}
      aria-label={`${frameworkName(row)}: ${words}`}
      onClick={() => openRow(row, signal.id)}
    >
      <span
        className={`parity-knot${look}`}
        style={share !== null ? ({ "--share": `${Math.round(share * 100)}%` } as CSSProperties) : undefined}
      />
    </button>
  );
}

function Row({ row, signals, picked }: { row: ParityRow; signals: readonly Signal[]; picked: boolean }) {
  const { tokens, cost_usd, unpriced_calls } = row.in_traces;
  return (
    <tr className={picked ? "is-picked" : undefined}>
      <th scope="row">
        <button type="button" className="parity-name" onClick={() => openRow(row, null)}>
          {row.framework ?? <span className="muted">{t("no framework")}</span>}
          <span className="faint"> {row.convention ?? t("no convention")}</span>
        </button>
      </th>
      <td className="end">
        <Num value={row.traces} to={frameworkTraces(row)} />
      </td>
      <td className="end">
        <Num value={row.in_traces.llm_calls} to={frameworkTraces(row, { calls: ">0" })} />
      </td>
      <td className="end">
        <Num value={row.tool_calls} to={frameworkTraces(row, { tools: ">0" })} />
      </td>
      <td className="end">
        <Num value={row.in_traces.errors} to={frameworkTraces(row, { errors: ">0" })} failing />
      </td>
      <td
        className="figure end"
        title={t("{in} in, {out} out", { in: count(tokens.input), out: count(tokens.output) })}
      >
        {compact(tokens.total)}
      </td>
      <td
        className="figure end"
        title={unpriced_calls ? t("{n} unpriced", { n: count(unpriced_calls) }) : undefined}
      >
        {cost_usd === null ? (
          <span className="nil">–</span>
        ) : Number(cost_usd) === 0 ? (
          <span
            className="nil"
            title={t("The price list has $0 for this usage, as for models that run locally")}
          >
            {t("free")}
          </span>
        ) : (
          usd(cost_usd, 4)
        )}
      </td>
      {signals.map((signal) => (
        <td key={signal.id} className="parity-cell">
          <Knot row={row} signal={signal} />
        </td>
      ))}
      <td className="faint" title={row.last_seen ? fullTime(row.last_seen) : undefined}>
        {row.last_seen ? ago(row.last_seen) : "–"}
      </td>
    </tr>
  );
}

function Matrix({
  rows,
  signals,
  open,
  lacking,
}: {
  rows: readonly ParityRow[];
  signals: readonly Signal[];
  open: string | null;
  lacking: string | null;
}) {
  const figures = [t("Traces"), t("Calls"), t("Tools"), t("Errors"), t("Tokens"), t("Cost")];
  return (
    <table className="parity">
      <thead>
        <tr>
          <th scope="col">{t("Framework and convention")}</th>
          {figures.map((name) => (
            <th key={name} scope="col" className="end">
              {name}
            </th>
          ))}
          {signals.map((signal) => (
            <th key={signal.id} scope="col" className="parity-head">
              <button
                type="button"
                aria-pressed={signal.id === lacking}
                className={signal.id === lacking ? "is-chosen" : undefined}
                title={t("Only frameworks that do not report {what}", { what: signal.what })}
                onClick={() =>
                  setParams({ lacks: signal.id === lacking ? null : signal.id }, { replace: true })
                }
              >
                <span>{signal.label}</span>
              </button>
            </th>
          ))}
          <th scope="col">{t("Last seen")}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={rowKey(row)} row={row} signals={signals} picked={rowKey(row) === open} />
        ))}
      </tbody>
    </table>
  );
}

/** Where there is no room for a matrix: how much each one tells, and what it lacks. */
function List({ rows, signals }: { rows: readonly ParityRow[]; signals: readonly Signal[] }) {
  return (
    <ul className="parity-list">
      {rows.map((row) => {
        const could = row.sends.length + row.lacks.length;
        const lacks = signals.filter((signal) => row.lacks.includes(signal.id)).map((signal) => signal.label);
        return (
          <li key={rowKey(row)}>
            <button type="button" onClick={() => openRow(row, null)}>
              <span className="compact-line">
                <span>
                  <strong>{frameworkName(row)}</strong>{" "}
                  <span className="faint">{row.convention ?? t("no convention")}</span>
                </span>
                <span className="figure">{t("{n} of {all}", { n: row.sends.length, all: could })}</span>
              </span>
              <span className="parity-share" aria-hidden="true">
                <i style={{ width: `${could > 0 ? (row.sends.length / could) * 100 : 0}%` }} />
              </span>
              {lacks.length > 0 ? (
                <span className="muted parity-lacks">{t("lacks {list}", { list: lacks.join(", ") })}</span>
              ) : null}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

const byCalls = (a: ParityRow, b: ParityRow) =>
  b.in_traces.llm_calls - a.in_traces.llm_calls || b.traces - a.traces;

export function Frameworks() {
  const { params, scope, open } = useWorkPlace();
  const query = useParity(scope.range);
  const narrow = useNarrow();
  const signals = useMemo(() => allSignals(), []);
  const lacking = params.get("lacks");
  const find = params.get("find") ?? "";
  const rows = useMemo(() => [...(query.data?.frameworks ?? [])].sort(byCalls), [query.data]);
  const found = useMemo(() => {
    const word = find.trim().toLowerCase();
    return rows.filter(
      (row) =>
        (!lacking || row.lacks.includes(lacking)) &&
        `${row.framework ?? ""} ${row.convention ?? ""}`.toLowerCase().includes(word),
    );
  }, [rows, lacking, find]);
  const opened = open === null ? undefined : rows.find((row) => rowKey(row) === open);
  const asked = signals.find((signal) => signal.id === lacking);
  return (
    <WorkPage
      title={t("Frameworks")}
      facts={
        query.data ? (
          <span>
            {t("{n} rows", { count: rows.length, n: count(rows.length) })} ·{" "}
            {query.data.complete
              ? t("from {n} traces", { count: query.data.traces_read, n: count(query.data.traces_read) })
              : t("from the latest {n} traces", {
                  count: query.data.traces_read,
                  n: count(query.data.traces_read),
                })}
          </span>
        ) : null
      }
      query={query}
      empty={rows.length === 0}
      what={t("frameworks")}
      skeleton={
        <>
          <p className="muted parity-wait" role="status">
            {t("Reading a sample of calls …")}
          </p>
          <SkeletonRows rows={9} height={32} />
        </>
      }
      detail={opened ? <FrameworkDetail row={opened} signals={signals} asked={params.get("signal")} /> : null}
    >
      <div className="work-find parity-find">
        <input
          className="field"
          type="search"
          value={find}
          placeholder={t("Find a framework or convention")}
          aria-label={t("Find a framework or convention")}
          onChange={(event) => setParams({ find: event.target.value || null }, { replace: true })}
        />
        {asked ? (
          <button
            type="button"
            className="quiet-button"
            onClick={() => setParams({ lacks: null }, { replace: true })}
          >
            {t("Only those without: {signal}. Show all", { signal: asked.label })}
          </button>
        ) : (
          <span className="faint hint-wide">
            {t("Click a column to show who lacks it, a cell to see how to enable it")}
          </span>
        )}
      </div>
      {found.length === 0 ? <p className="part-empty">{t("No framework matches.")}</p> : null}
      {found.length > 0 && narrow ? <List rows={found} signals={signals} /> : null}
      {found.length > 0 && !narrow ? (
        <Matrix rows={found} signals={signals} open={open} lacking={lacking} />
      ) : null}
      <p className="parity-legend faint">
        <span className="parity-knot" style={{ "--share": "100%" } as CSSProperties} /> {t("always")}
        <span className="parity-knot" style={{ "--share": "50%" } as CSSProperties} /> {t("sometimes")}
        <span className="parity-knot is-lacking" /> {t("never")}
        <span className="parity-knot is-unknown" /> {t("not applicable")}
      </p>
      <p className="parity-note faint">{t("Cells are based on a sample; figures on all calls")}</p>
    </WorkPage>
  );
}
