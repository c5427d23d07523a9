// Keys: what programs show. A key itself is seen once, when it is made.
import { useState } from "react";
import { type ApiKey, useAddKey, useKeysOf, useRevokeKey } from "../../api/access";
import { Copy } from "../../components/Copy";
import { Answered, Panel } from "../../components/Panel";
import { Trouble } from "../../components/States";
import { t } from "../../lib/i18n";
import { fullTime, listTime } from "../../lib/time";
import { KeyForm } from "./KeyForm";
import { Sure } from "./Sure";

interface Props {
  projects: readonly string[];
  /** Whether keys for every project may be made. */
  everywhere: boolean;
}

export function Keys({ projects, everywhere }: Props) {
  const keys = useKeysOf();
  const add = useAddKey();
  const [making, setMaking] = useState(false);
  return (
    <Panel
      title={t("API keys")}
      note={
        making ? null : (
          <button type="button" className="quiet-button" onClick={() => setMaking(true)}>
            {t("New key")}
          </button>
        )
      }
    >
      {add.data ? <Once text={add.data.secret} done={() => add.reset()} /> : null}
      {making ? (
        <KeyForm projects={projects} everywhere={everywhere} add={add} close={() => setMaking(false)} />
      ) : null}
      <Answered query={keys} lines={3}>
        {(list) =>
          list.length > 0 ? (
            <KeyTable keys={list} />
          ) : (
            <p className="part-empty">
              {t("No keys yet. An agent that sends telemetry needs one with the scope ingest.")}
            </p>
          )
        }
      </Answered>
    </Panel>
  );
}

function Once({ text, done }: { text: string; done: () => void }) {
  return (
    <div className="key-once" role="status">
      <p>{t("Copy the key now. It is shown only once, because the server keeps only its hash.")}</p>
      <p className="key-text">
        <code>{text}</code>
        <Copy text={text} label={t("Copy")} what={t("Copy the key")} />
      </p>
      <button type="button" className="quiet-button" onClick={done}>
        {t("I've saved it")}
      </button>
    </div>
  );
}

function KeyTable({ keys }: { keys: readonly ApiKey[] }) {
  const revoke = useRevokeKey();
  return (
    <>
      {revoke.error ? <Trouble error={revoke.error} /> : null}
      <table className="slip rows access-rows">
        <thead>
          <tr>
            <th scope="col">{t("Name")}</th>
            <th scope="col">{t("Key")}</th>
            <th scope="col">{t("Project")}</th>
            <th scope="col">{t("Scopes")}</th>
            <th scope="col">{t("Expires")}</th>
            <th scope="col">{t("Last used")}</th>
            <th scope="col">
              <span className="sr-only">{t("Actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <KeyRow key={key.id} of={key} pending={revoke.isPending} revoke={revoke.mutate} />
          ))}
        </tbody>
      </table>
    </>
  );
}

interface RowProps {
  of: ApiKey;
  pending: boolean;
  revoke: (id: string) => void;
}

function KeyRow({ of: key, pending, revoke }: RowProps) {
  return (
    <tr className={key.state === "active" ? undefined : "is-gone"}>
      <th scope="row">{key.name}</th>
      <td className="mono">{shown(key.id)}</td>
      <td>{key.project ?? t("All projects")}</td>
      <td>{key.scopes.join(", ")}</td>
      <td>{key.expires_at ? <When at={key.expires_at} /> : t("never")}</td>
      <td>{key.used_at ? <When at={key.used_at} /> : "–"}</td>
      <td className="row-action">
        {key.revoked_at ? (
          <span className="failed" title={fullTime(key.revoked_at)}>
            {t("revoked")}
          </span>
        ) : key.state === "expired" ? (
          <span className="failed">{t("expired")}</span>
        ) : (
          <Sure
            ask={t("Revoke")}
            confirm={t("Revoke permanently")}
            about={key.name}
            pending={pending}
            act={() => revoke(key.id)}
          />
        )}
      </td>
    </tr>
  );
}

/** As much of a key as may be seen: its public part. */
const shown = (id: string) => `qk_${id}…`;

export function When({ at }: { at: string }) {
  return <span title={fullTime(at)}>{listTime(at)}</span>;
}
