// Which framework sends what? One row for each framework and convention, one knot for each thing that it can tell.
import { useMemo } from "react";
import { useParity, useStatus } from "../api/queries";
import type { ParityRow } from "../api/types";
import { Link } from "../components/Link";
import { PageHead, TopBar } from "../components/Shell";
import { Failure, NothingMatches, SkeletonRows, TeachToSend } from "../components/States";
import { compact, count, percent, plural, usd } from "../lib/format";
import { ago, fullTime } from "../lib/time";
import { href, rangeOf, usePlace } from "../state/url";

/** What a call can tell, in the order of its life. */
const SIGNALS: readonly { id: string; label: string; what: string }[] = [
  { id: "messages", label: "messages", what: "what was said to the model and by it" },
  { id: "tool_definitions", label: "tools offered", what: "the tools that the model could choose from" },
  { id: "params", label: "parameters", what: "temperature and the other request parameters" },
  { id: "tool_calls", label: "tool runs", what: "runs of tools" },
  { id: "response_model", label: "model", what: "the model that answered, not only the one asked for" },
  { id: "response_id", label: "answer id", what: "the provider's id of the answer" },
  { id: "finish_reasons", label: "finish reason", what: "why the model stopped" },
  { id: "ttft", label: "first token", what: "the time to the first token" },
  { id: "cache_read", label: "cached", what: "tokens read from the prompt cache" },
  { id: "reasoning", label: "reasoning", what: "tokens spent on reasoning" },
  { id: "reported_cost", label: "own cost", what: "a cost of its own" },
  { id: "agent", label: "agent", what: "the agent that made the call" },
  { id: "session", label: "session", what: "the conversation" },
  { id: "user", label: "user", what: "the end user" },
  { id: "errors", label: "error type", what: "the type of error of failed calls" },
];

function Knot({ row, signal }: { row: ParityRow; signal: (typeof SIGNALS)[number] }) {
  const share = row.sends.find((sent) => sent.signal === signal.id)?.share ?? null;
  if (share !== null) {
    const title = `${percent(share)} of ${plural(row.sampled_calls, "sampled call")} tell ${signal.what}`;
    const label = share >= 0.995 ? "all" : percent(share);
    return (
      <span className="parity-knot" title={title} style={{ opacity: 0.35 + 0.65 * share }}>
        <span className="sr-only">{label}</span>
      </span>
    );
  }
  const lacks = row.lacks.includes(signal.id);
  const title = lacks ? `No sampled call tells ${signal.what}` : "No sampled call had an occasion to tell";
  return (
    <span className={lacks ? "parity-knot is-lacking" : "parity-knot is-unknown"} title={title}>
      <span className="sr-only">{lacks ? "none" : "unknown"}</span>
    </span>
  );
}

function Row({ row }: { row: ParityRow }) {
  const { tokens, cost_usd, unpriced_calls } = row.in_traces;
  return (
    <tr>
      <th scope="row">
        {row.framework ? (
          <Link href={href("/traces", { framework: row.framework })}>{row.framework}</Link>
        ) : (
          <span className="nil">no framework</span>
        )}
        <span className="faint"> {row.convention ?? "no convention"}</span>
      </th>
      <td className="figure end">{count(row.traces)}</td>
      <td className="figure end">{count(row.in_traces.llm_calls)}</td>
      <td className="figure end">{count(row.tool_calls)}</td>
      <td className={`figure end ${row.in_traces.errors ? "failing" : "nil"}`}>
        {count(row.in_traces.errors)}
      </td>
      <td className="figure end" title={`${count(tokens.input)} in, ${count(tokens.output)} out`}>
        {compact(tokens.total)}
      </td>
      <td className="figure end" title={unpriced_calls ? `${count(unpriced_calls)} unpriced` : undefined}>
        {cost_usd === null ? <span className="nil">–</span> : usd(cost_usd, 4)}
      </td>
      <td className="figure end">{count(row.agents)}</td>
      <td className="figure end">{count(row.sessions)}</td>
      {SIGNALS.map((signal) => (
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

const FIGURES = ["Traces", "Calls", "Tools", "Errors", "Tokens", "Cost", "Agents", "Sessions"];

function Matrix({ rows }: { rows: readonly ParityRow[] }) {
  return (
    <div className="parity-scroll">
      <table className="parity">
        <thead>
          <tr>
            <th scope="col">Framework and convention</th>
            {FIGURES.map((name) => (
              <th key={name} scope="col" className="end">
                {name}
              </th>
            ))}
            {SIGNALS.map((signal) => (
              <th key={signal.id} scope="col" className="parity-head" title={`Tells ${signal.what}`}>
                <span>{signal.label}</span>
              </th>
            ))}
            <th scope="col">Last seen</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={`${row.framework}/${row.convention}`} row={row} />
          ))}
        </tbody>
      </table>
      <p className="parity-legend faint">
        <span className="parity-knot" /> sent, fainter where only some calls do
        <span className="parity-knot is-lacking" /> never sent
        <span className="parity-knot is-unknown" /> no occasion to
      </p>
    </div>
  );
}

const byCalls = (a: ParityRow, b: ParityRow) =>
  b.in_traces.llm_calls - a.in_traces.llm_calls || b.traces - a.traces;

export function Frameworks() {
  const { params } = usePlace();
  const range = useMemo(() => rangeOf(params), [params]);
  const query = useParity(range);
  const status = useStatus();
  const rows = useMemo(() => [...(query.data?.frameworks ?? [])].sort(byCalls), [query.data]);
  return (
    <>
      <TopBar />
      <PageHead title="Frameworks">
        {query.data ? (
          <span>
            {plural(rows.length, "row")} from {plural(query.data.traces_read, "trace")}
            {query.data.complete ? "" : ", the latest"}
          </span>
        ) : null}
      </PageHead>
      <div className="page-body">
        {query.isError && rows.length === 0 ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : query.isPending ? (
          <SkeletonRows rows={8} />
        ) : rows.length > 0 ? (
          <Matrix rows={rows} />
        ) : status.data?.store.spans === 0 ? (
          <TeachToSend what="frameworks" />
        ) : (
          <NothingMatches what="frameworks" />
        )}
      </div>
    </>
  );
}
