// Storage backends: the store and every exporter, with its queue and its lost records.
import { type BackendState, type Delivery, useReplay } from "../../api/signals";
import { bytes, count, seconds } from "../../lib/format";
import { t } from "../../lib/i18n";

export function Backends({ backends }: { backends: BackendState[] }) {
  const ways = backends.some((backend) => backend.delivery !== null);
  return (
    <table className="slip rows backends">
      {ways ? (
        <thead>
          <tr>
            <th scope="col">{t("Backend")}</th>
            <th scope="col">{t("State")}</th>
            <th scope="col">{t("Written")}</th>
            <th scope="col">{t("Queue")}</th>
            <th scope="col">{t("Behind")}</th>
            <th scope="col">{t("Dropped")}</th>
            <th scope="col">{t("Refused")}</th>
          </tr>
        </thead>
      ) : null}
      <tbody>
        {backends.map((backend) => (
          <Backend key={backend.name} backend={backend} ways={ways} />
        ))}
      </tbody>
    </table>
  );
}

function Backend({ backend, ways }: { backend: BackendState; ways: boolean }) {
  const words = { ready: t("ready"), degraded: t("degraded"), down: t("down") };
  return (
    <>
      <tr>
        <th scope="row">{backend.name}</th>
        <td className={`backend-state is-${backend.state}`}>{words[backend.state]}</td>
        {backend.delivery ? (
          <Figures name={backend.name} delivery={backend.delivery} />
        ) : ways ? (
          <td colSpan={5} />
        ) : null}
      </tr>
      {backend.reason ? (
        <tr className="backend-reason">
          <td colSpan={ways ? 7 : 2} className="muted">
            {backend.reason}
          </td>
        </tr>
      ) : null}
    </>
  );
}

function Figures({ name, delivery }: { name: string; delivery: Delivery }) {
  const dropped = Object.entries(delivery.dropped);
  const all = dropped.reduce((sum, [, records]) => sum + records, 0);
  const reasons = dropped.map(([reason, records]) => `${reason} ${count(records)}`).join(", ");
  return (
    <>
      <td className="figure">{count(delivery.written)}</td>
      <td className="figure" title={t("{size} on disk", { size: bytes(delivery.spool_bytes) })}>
        {count(delivery.queued)}
      </td>
      <td className="figure">{delivery.queued === 0 ? "–" : seconds(delivery.lag_s * 1000)}</td>
      <td className={all > 0 ? "figure failed" : "figure"} title={reasons}>
        {count(all)}
      </td>
      <td className="figure">
        <Refused name={name} letters={delivery.dead_letters} />
      </td>
    </>
  );
}

function Refused({ name, letters }: { name: string; letters: number }) {
  const replay = useReplay();
  if (letters === 0) return count(0);
  return (
    <span className="backend-refused">
      {count(letters)}
      <button
        type="button"
        className="quiet-button"
        disabled={replay.isPending}
        onClick={() => replay.mutate(name)}
        aria-label={t("Resend data rejected by {name}", { name })}
      >
        {replay.isPending ? t("sending") : t("send again")}
      </button>
    </span>
  );
}
