// Every span as a row of figures, sorted as one likes.
import { useMemo, useState } from "react";
import type { Status } from "../../api/types";
import { type Column, Grid } from "../../components/Grid";
import { KindTag } from "../../components/KindTag";
import { StatusText } from "../../components/StatusText";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import type { Outline } from "../../lib/outline";
import { CostCell, TokenCell } from "./cells";
import { labelOf } from "./WaterfallRow";

interface Props {
  outline: Outline;
  loaded: number;
  keep: Uint8Array | null;
  picked: string | null;
  /** Decimal places of every cost. */
  places: number;
  /** How every duration reads. */
  durations: (ms: number | null) => string;
  onPick: (row: number) => void;
}

function Name({ outline, row }: { outline: Outline; row: number }) {
  return (
    <>
      {outline.isFailed(row) ? <span className="failing cross">✕ </span> : null}
      {labelOf(outline, row)}
    </>
  );
}

const known = (ms: number | undefined) => (ms === undefined || ms < 0 ? null : ms);

const compactSpan = ({ outline, places, durations }: Props) =>
  function CompactSpan(row: number) {
    return (
      <>
        <span className="compact-line">
          <span className="row-name">
            <Name outline={outline} row={row} />
          </span>
          <span className="figure">{durations(known(outline.duration[row]))}</span>
        </span>
        <span className="compact-line muted">
          <span>
            <KindTag kind={outline.kind(row)} />{" "}
            <span className="figure">+{durations(outline.startOf(row))}</span>
          </span>
          <span className="figure">
            {outline.counted[row] === 1 && outline.tokens(row) > 0
              ? t("{n} tokens", { count: outline.tokens(row), n: count(outline.tokens(row)) })
              : null}{" "}
            <CostCell outline={outline} row={row} places={places} />
          </span>
        </span>
      </>
    );
  };

const columnsFor = ({ outline, places, durations }: Props): readonly Column<number>[] => [
  {
    id: "at",
    drop: 3,
    head: t("At"),
    width: "84px",
    end: true,
    sort: "at",
    cell: (row) => <span className="figure muted">+{durations(outline.startOf(row))}</span>,
  },
  {
    id: "kind",
    head: t("Kind"),
    width: "76px",
    sort: "kind",
    cell: (row) => <KindTag kind={outline.kind(row)} />,
  },
  {
    id: "name",
    head: t("Name"),
    width: "minmax(140px, 2fr)",
    sort: "name",
    cell: (row) => (
      <span className="row-name" title={outline.name(row)}>
        <Name outline={outline} row={row} />
      </span>
    ),
  },
  {
    id: "agent",
    head: t("Agent"),
    width: "minmax(70px, 1fr)",
    drop: 6,
    cell: (row) => <span className="muted">{outline.word("agent", row) ?? ""}</span>,
  },
  {
    id: "status",
    head: t("Status"),
    width: "68px",
    drop: 5,
    sort: "status",
    cell: (row) => <StatusText status={(outline.word("status", row) ?? "unset") as Status} />,
  },
  {
    id: "self",
    head: t("Self"),
    title: t("Time without a running child span"),
    width: "76px",
    end: true,
    sort: "self",
    drop: 4,
    cell: (row) => <span className="figure muted">{durations(outline.self[row] ?? 0)}</span>,
  },
  {
    id: "duration",
    head: t("Duration"),
    width: "80px",
    end: true,
    sort: "duration",
    cell: (row) => (
      <span className="figure">
        {outline.isRunning(row) ? t("running") : durations(known(outline.duration[row]))}
      </span>
    ),
  },
  {
    id: "tokens",
    drop: 2,
    head: t("Tokens"),
    width: "76px",
    end: true,
    sort: "tokens",
    cell: (row) => <TokenCell outline={outline} row={row} most={outline.mostTokens} />,
  },
  {
    id: "cost",
    head: t("Cost"),
    width: "86px",
    end: true,
    sort: "cost",
    cell: (row) => (
      <span className="figure">
        <CostCell outline={outline} row={row} places={places} />
      </span>
    ),
  },
];

/** What rows are sorted by. Words by their rank in the alphabet, so that all keys are numbers. */
function keyOf(outline: Outline, sort: string): (row: number) => number {
  const ranked = (field: "kind" | "name" | "status") => {
    const order = outline.words[field].list
      .map((word, number) => ({ word, number }))
      .sort((a, b) => (a.word < b.word ? -1 : 1));
    const ranks = new Int32Array(order.length);
    order.forEach(({ number }, rank) => {
      ranks[number] = rank;
    });
    return (row: number) => ranks[outline.number(field, row)] ?? -1;
  };
  switch (sort) {
    case "kind":
    case "name":
    case "status":
      return ranked(sort);
    case "self":
      return (row) => outline.self[row] ?? 0;
    case "duration":
      return (row) => outline.duration[row] ?? 0;
    case "tokens":
      return (row) => outline.tokens(row);
    case "cost":
      return (row) => (outline.counted[row] === 1 ? outline.cost[row] || 0 : -1);
    default:
      return (row) => outline.startOf(row);
  }
}

export function SpanTable(props: Props) {
  const { outline, loaded, keep, places, durations } = props;
  const [sort, setSort] = useState("at");
  const rows = useMemo(() => {
    const all: number[] = [];
    for (let row = 0; row < loaded; row += 1) if (!keep || keep[row]) all.push(row);
    const key = keyOf(outline, sort.replace("-", ""));
    const keys = Float64Array.from({ length: loaded }, (_, row) => key(row));
    const sign = sort.startsWith("-") ? -1 : 1;
    return all.sort((a, b) => sign * ((keys[a] ?? 0) - (keys[b] ?? 0)) || a - b);
  }, [outline, loaded, keep, sort]);
  const look = { ...props, places, durations };
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the props, these are what the columns show
  const columns = useMemo(() => columnsFor(look), [outline, places, durations]);
  return (
    <Grid
      label={t("Spans")}
      rows={rows}
      columns={columns}
      rowKey={(row) => outline.ids[row] ?? String(row)}
      onPick={props.onPick}
      picked={props.picked}
      compact={compactSpan(look)}
      sort={sort}
      onSort={setSort}
    />
  );
}
