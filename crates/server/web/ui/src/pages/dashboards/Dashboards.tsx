// Which dashboards are there? Those of this server's people first, then those that ship.
import { useRef, useState } from "react";
import { type DashboardEntry, readDashboard, useDashboards, useDeleteDashboard } from "../../api/dashboards";
import { AllowedButton, useForbidden } from "../../components/Allowed";
import { Link } from "../../components/Link";
import { PageHead } from "../../components/PageTop";
import { Failure, SkeletonRows, Trouble } from "../../components/States";
import { t } from "../../lib/i18n";
import { ago } from "../../lib/time";
import { useKeys } from "../../state/keys";
import { useNow } from "../../state/screen";
import { href, navigate } from "../../state/url";
import { NEW } from "./editing";
import "./dashboards.css";
import { dropDraft, leaveDraft } from "./drafts";
import { download, fileText, readFile } from "./file";

const make = () => {
  dropDraft();
  navigate(href(`/dashboards/${NEW}`));
};

export function Dashboards() {
  const query = useDashboards();
  const [wrong, setWrong] = useState("");
  const forbidden = useForbidden("write");
  useKeys({
    n: (event) => {
      if (forbidden) return;
      event.preventDefault();
      make();
    },
  });
  const own = (query.data ?? []).filter((one) => !one.built_in);
  const shipped = (query.data ?? []).filter((one) => one.built_in);
  return (
    <>
      <PageHead
        title={t("Dashboards")}
        tools={
          <span className="head-tools">
            <Import onWrong={setWrong} />
            <AllowedButton
              needs="write"
              className="button is-main"
              title={t("New dashboard (n)")}
              onClick={make}
            >
              {t("New dashboard")}
            </AllowedButton>
          </span>
        }
      >
        {query.data ? <span>{t("{count} dashboards", { count: query.data.length })}</span> : null}
      </PageHead>
      <div className="page-body scrolls dashboards">
        {wrong ? (
          <p className="form-error" role="alert">
            {wrong}
          </p>
        ) : null}
        {query.isError && !query.data ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : query.isPending ? (
          <SkeletonRows rows={6} height={56} />
        ) : (
          <>
            {own.length > 0 ? (
              <List title={t("Custom")} entries={own} />
            ) : (
              <p className="dashboards-none">
                {t(
                  "No custom dashboards yet. Start with an empty one, or open a built-in one and save a copy.",
                )}
              </p>
            )}
            {shipped.length > 0 ? <List title={t("Built-in")} entries={shipped} /> : null}
          </>
        )}
      </div>
    </>
  );
}

function Import({ onWrong }: { onWrong: (text: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const read = async (file: File) => {
    const result = readFile(await file.text());
    if ("wrong" in result)
      return onWrong(t("{file} was not imported. {why}", { file: file.name, why: result.wrong }));
    leaveDraft(result);
    navigate(href(`/dashboards/${NEW}`));
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        accept="application/json,.json"
        className="sr-only"
        tabIndex={-1}
        aria-label={t("A dashboard as JSON")}
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (file) void read(file);
        }}
      />
      <AllowedButton needs="write" className="button" onClick={() => input.current?.click()}>
        {t("Import JSON")}
      </AllowedButton>
    </>
  );
}

function List({ title, entries }: { title: string; entries: readonly DashboardEntry[] }) {
  return (
    <section className="dashboards-part">
      <h2>{title}</h2>
      <ul>
        {entries.map((entry) => (
          <Row key={entry.id} entry={entry} />
        ))}
      </ul>
    </section>
  );
}

function Row({ entry }: { entry: DashboardEntry }) {
  const now = useNow(60_000);
  const [sure, setSure] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const drop = useDeleteDashboard();
  const withBody = (use: (body: Awaited<ReturnType<typeof readDashboard>>) => void) => {
    setFailed(null);
    readDashboard(entry.id).then(use, setFailed);
  };
  const error = drop.error ?? failed;
  return (
    <li className="dashboard-row">
      <Link className="dashboard-link" href={href(`/dashboards/${encodeURIComponent(entry.id)}`)}>
        <strong>{entry.title}</strong>
        <span className="muted">{entry.description}</span>
      </Link>
      <span className="faint dashboard-facts">
        {t("{count} panels", { count: entry.panels })}
        {entry.updated_at ? ` · ${t("changed {ago}", { ago: ago(entry.updated_at, now) })}` : ""}
      </span>
      <span className="dashboard-tools">
        <AllowedButton
          needs="write"
          className="quiet-button"
          onClick={() =>
            withBody((body) => {
              leaveDraft({ ...body, title: t("{title} (copy)", { title: body.title }) });
              navigate(href(`/dashboards/${NEW}`));
            })
          }
        >
          {t("Duplicate")}
        </AllowedButton>
        <button
          type="button"
          className="quiet-button"
          onClick={() => withBody((body) => download(`${entry.id}.json`, fileText(body)))}
        >
          {t("Export")}
        </button>
        {entry.built_in ? null : (
          <AllowedButton
            needs="write"
            className="quiet-button"
            onBlur={() => setSure(false)}
            onClick={() => {
              if (sure) drop.mutate(entry.id);
              else setSure(true);
            }}
          >
            {sure ? t("Sure?") : t("Delete")}
          </AllowedButton>
        )}
      </span>
      {error ? <Trouble error={error} /> : null}
    </li>
  );
}
