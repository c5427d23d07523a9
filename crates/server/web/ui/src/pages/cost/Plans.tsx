// Subscriptions: what was used in each allowance window, at list prices. None of it is billed by the call.

import type { Plan, PlanWindow } from "../../api/money";
import { type Scope, usePlans } from "../../api/queries";
import { Answered, Panel } from "../../components/Panel";
import { compact, usd, usdColumnPlaces, usdExact, usdPixels } from "../../lib/format";
import { t } from "../../lib/i18n";
import { fullTime, minuteTime, until } from "../../lib/time";
import { callsText, tokensText } from "../../lib/words";
import { useNow } from "../../state/screen";

const KINDS = ["5h", "week"] as const;
/** Windows of the past that are drawn. */
const SHOWN = 24;

export function Plans({ scope, refetch }: { scope: Scope; refetch: number | false }) {
  const query = usePlans(scope, refetch);
  return (
    <Panel title={t("Subscriptions")} note={t("list-price equivalent, not billed")}>
      <Answered query={query} lines={3}>
        {(plans) =>
          plans.length === 0 ? (
            <p className="part-empty">
              {t(
                "No calls within a subscription. Calls of Claude Pro and Max, of ChatGPT logins and of Copilot seats appear here by window.",
              )}
            </p>
          ) : (
            <ul className="plans">
              {plans.map((plan) => (
                <PlanRow key={`${plan.provider} ${plan.framework} ${plan.user}`} plan={plan} />
              ))}
            </ul>
          )
        }
      </Answered>
    </Panel>
  );
}

function PlanRow({ plan }: { plan: Plan }) {
  const name = [plan.framework, plan.provider].filter(Boolean).join(" · ") || t("unknown subscription");
  return (
    <li>
      <h3>
        {name}
        {plan.user ? <span className="muted"> {plan.user}</span> : null}
      </h3>
      {KINDS.map((id) => (
        <Windows
          key={id}
          label={t(id === "week" ? "week" : "5 hours")}
          windows={plan.windows.filter((window) => window.kind === id)}
        />
      ))}
    </li>
  );
}

function windowText(window: PlanWindow): string {
  const price = window.list_price_usd ? usdExact(window.list_price_usd) : t("unpriced");
  const figures = [price, callsText(window.llm_calls), tokensText(window.tokens)].join(", ");
  return `${fullTime(window.started_at)} – ${minuteTime(window.ends_at)}\n${figures}`;
}

function Windows({ label, windows }: { label: string; windows: readonly PlanWindow[] }) {
  const now = useNow(30_000);
  if (windows.length === 0) return null;
  const ordered = [...windows]
    .sort((a, b) => Date.parse(a.started_at) - Date.parse(b.started_at))
    .slice(-SHOWN);
  const current = ordered.find((window) => window.current);
  const shown = current ?? ordered[ordered.length - 1];
  const most = Math.max(...ordered.map((window) => usdPixels(window.list_price_usd)), 1e-12);
  const places = Math.min(4, usdColumnPlaces(ordered.map((window) => window.list_price_usd)));
  const left = current ? until(current.ends_at, now) : null;
  if (!shown) return null;
  const whole = Date.parse(shown.ends_at) - Date.parse(shown.started_at);
  const gone = Math.min(1, Math.max(0, (now - Date.parse(shown.started_at)) / whole));
  return (
    <div className={current ? "window" : "window is-past"}>
      <span className="window-kind muted">{label}</span>
      <span
        className="window-bars"
        role="img"
        aria-label={t("List price of the last {n} windows", { count: ordered.length, n: ordered.length })}
      >
        {ordered.map((window) => (
          <i
            key={window.started_at}
            className={window.current ? "is-current" : undefined}
            style={{ height: `${Math.max(6, (usdPixels(window.list_price_usd) / most) * 100)}%` }}
            title={windowText(window)}
          />
        ))}
      </span>
      <span className="window-now">
        <span
          className="figure apart-value"
          title={shown.list_price_usd ? usdExact(shown.list_price_usd) : undefined}
        >
          {shown.list_price_usd ? (
            usd(shown.list_price_usd, places)
          ) : (
            <span className="unpriced">{t("unpriced")}</span>
          )}
        </span>
        <span className="muted">
          {callsText(shown.llm_calls)} · {t("{n} tokens", { count: shown.tokens, n: compact(shown.tokens) })}
        </span>
        {current ? (
          <span className="muted" title={`${fullTime(current.started_at)} – ${fullTime(current.ends_at)}`}>
            <span className="window-gone" aria-hidden="true">
              <i style={{ width: `${gone * 100}%` }} />
            </span>
            {left ? t("ends in {left}", { left }) : t("ends now")}
          </span>
        ) : (
          <span className="faint">{t("last window, ended {time}", { time: minuteTime(shown.ends_at) })}</span>
        )}
      </span>
    </div>
  );
}
