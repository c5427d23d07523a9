// Which of two is cheaper, faster, more reliable? Models, agents, users or releases side by side.
import "./compare.css";
import { type Ask, type Figures, useAsk } from "../../api/ask";
import { type Scope, useFacets } from "../../api/queries";
import { deltaText } from "../../charts/Stat";
import { Link } from "../../components/Link";
import { PageHead, TopBar } from "../../components/PageTop";
import { Failure, Loading, NothingMatches } from "../../components/States";
import { differenceOf, type Measured, measuresOf, pointsOf, winnerOf, works } from "../../lib/compare";
import { compact, count, duration, marked, percent, usdHeadline } from "../../lib/format";
import { t } from "../../lib/i18n";
import { narrowed, without } from "../../lib/query";
import { rangeLabel } from "../../lib/time";
import { fieldName } from "../../lib/words";
import { filterHref } from "../../state/filters";
import { setParams } from "../../state/url";
import { useWorkPlace } from "../roster/place";

const FIELDS = [
  "model",
  "agent",
  "env",
  "version",
  "user",
  "service",
  "framework",
  "project",
  "branch",
  "commit",
  "tag",
] as const;
type Field = (typeof FIELDS)[number];

const CALLS: Ask = { from: "calls" };

export function Compare() {
  const { params, scope, refetch } = useWorkPlace();
  const field = FIELDS.find((known) => known === params.get("by")) ?? "model";
  const filter = without(scope.filters.filter ?? "", (term) => !term.not && term.field?.text === field);
  const [answer] = useFacets([{ field, filter }], scope.range, false);
  const values = answer?.data?.map(({ value }) => value) ?? [];
  const a = params.get("a") ?? values[0] ?? null;
  const b = params.get("b") ?? values.find((value) => value !== a) ?? null;
  return (
    <>
      <TopBar />
      <PageHead title={t("Compare")}>
        <span>{rangeLabel(scope.range)}</span>
      </PageHead>
      <div className="page-body scrolls">
        <div className="compare">
          <Choice field={field} values={values} a={a} b={b} />
          {answer?.isError ? (
            <Failure error={answer.error} retry={() => void answer.refetch()} />
          ) : a !== null && b !== null ? (
            <Sides
              scope={{ ...scope, filters: filter ? { filter } : {} }}
              field={field}
              a={a}
              b={b}
              refetch={refetch}
            />
          ) : answer?.isPending ? (
            <Loading what={t("Loading …")} />
          ) : (
            <NothingMatches what={t("calls")}>
              <p className="muted">{t("A comparison needs two values of this field.")}</p>
            </NothingMatches>
          )}
        </div>
      </div>
    </>
  );
}

interface ChoiceProps {
  field: Field;
  values: readonly string[];
  a: string | null;
  b: string | null;
}

function Choice({ field, values, a, b }: ChoiceProps) {
  const select = (side: "a" | "b", value: string | null, label: string) => (
    <label className="compare-choice">
      <span>{label}</span>
      <select
        className="field"
        aria-label={label}
        value={value ?? ""}
        onChange={(event) => setParams({ a, b, [side]: event.target.value })}
      >
        {[...new Set([...(value === null ? [] : [value]), ...values])].map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <div className="compare-choices">
      <label className="compare-choice">
        <span>{t("Compare by")}</span>
        <select
          className="field"
          aria-label={t("Compare by")}
          value={field}
          onChange={(event) => setParams({ by: event.target.value, a: null, b: null })}
        >
          {FIELDS.map((one) => (
            <option key={one} value={one}>
              {fieldName(one)}
            </option>
          ))}
        </select>
      </label>
      {select("a", a, t("First"))}
      {select("b", b, t("Second"))}
      <button
        type="button"
        className="button"
        disabled={a === null || b === null}
        onClick={() => setParams({ a: b, b: a })}
      >
        {t("Swap")}
      </button>
    </div>
  );
}

interface SidesProps {
  scope: Scope;
  field: Field;
  a: string;
  b: string;
  refetch: number | false;
}

function Sides({ scope, field, a, b, refetch }: SidesProps) {
  const within = (value: string): Scope => ({
    ...scope,
    filters: { filter: narrowed(scope.filters.filter ?? "", { [field]: value }) },
  });
  const first = useAsk(CALLS, within(a), refetch);
  const second = useAsk(CALLS, within(b), refetch);
  const failed = [first, second].find((query) => query.isError && !query.data);
  if (failed) return <Failure error={failed.error} retry={() => void failed.refetch()} />;
  if (!first.data || !second.data) return <Loading what={t("Loading …")} />;
  return <Table field={field} a={a} b={b} left={first.data.total} right={second.data.total} />;
}

function labelOf(id: Measured["id"]): string {
  const labels: Record<Measured["id"], string> = {
    calls: t("LLM calls"),
    success: t("Success rate"),
    cost: t("Cost"),
    cost_call: t("Cost per call"),
    cost_million: t("Cost per 1M tokens"),
    tokens_call: t("Tokens per call"),
    p50: t("Latency p50"),
    p95: t("Latency p95"),
    ttft: t("Time to first token p50"),
    speed: t("Output tokens per second"),
    cache: t("Input from cache"),
  };
  return labels[id];
}

function textOf({ id, value }: Measured): string {
  if (value === null) return "–";
  if (id === "calls") return count(value);
  if (id === "success" || id === "cache") return percent(value, 1);
  if (id.startsWith("cost")) return usdHeadline(value.toFixed(9));
  if (id === "p50" || id === "p95" || id === "ttft") return duration(value);
  return value < 100 ? marked(value.toFixed(1)) : compact(value);
}

interface TableProps {
  field: Field;
  a: string;
  b: string;
  left: Figures;
  right: Figures;
}

function Table({ field, a, b, left, right }: TableProps) {
  const [lefts, rights] = [measuresOf(left), measuresOf(right)];
  const comparable = works(lefts) && works(rights);
  const head = (value: string) => (
    <th scope="col">
      <Link href={filterHref("/traces", { [field]: value })} title={t("Traces of {name}", { name: value })}>
        {value}
      </Link>
    </th>
  );
  return (
    <table className="compare-table">
      <thead>
        <tr>
          <th scope="col">{t("Figure")}</th>
          {head(a)}
          {head(b)}
          <th scope="col">{t("Difference")}</th>
        </tr>
      </thead>
      <tbody>
        {lefts.map((one, index) => {
          const other = rights[index] ?? one;
          const winner = comparable || one.id === "success" ? winnerOf(one, other) : 0;
          return (
            <tr key={one.id}>
              <th scope="row">{labelOf(one.id)}</th>
              <Value measured={one} best={winner < 0} />
              <Value measured={other} best={winner > 0} />
              <td className="figure">
                <Difference share={differenceOf(one.value, other.value)} points={pointsOf(one, other)} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Value({ measured, best }: { measured: Measured; best: boolean }) {
  return (
    <td className={best ? "figure is-best" : "figure"}>
      {measured.value === null ? <span className="nil">–</span> : textOf(measured)}
      {best ? <span className="compare-best">{t("better")}</span> : null}
    </td>
  );
}

function Difference({ share, points }: { share: number | null; points: number | null }) {
  if (points !== null)
    return <span className="muted">{points === 0 ? t("same") : deltaText(points, true)}</span>;
  if (share === null) return <span className="nil">–</span>;
  if (Math.abs(share) < 0.0005) return <span className="muted">{t("same")}</span>;
  const text =
    share >= 10 ? `×${compact(share + 1)}` : `${share > 0 ? "+" : "−"}${percent(Math.abs(share), 0)}`;
  return <span className="muted">{text}</span>;
}
