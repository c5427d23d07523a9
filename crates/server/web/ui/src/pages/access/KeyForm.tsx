// A new key: for whom, to what, until when.
import { type FormEvent, useState } from "react";
import { type NewKey, SCOPES, type Scope, type useAddKey } from "../../api/access";
import { Field } from "../../components/Field";
import { Trouble } from "../../components/States";
import { fieldErrors } from "../../lib/fieldErrors";
import { t } from "../../lib/i18n";

/** Stands for every project in the choice. */
const EVERY = "*";

const scopeHints = (): Record<Scope, string> => ({
  ingest: t("sends telemetry in"),
  read: t("reads stored data and scrapes metrics"),
  admin: t("everything, users and keys included"),
});

interface Props {
  projects: readonly string[];
  everywhere: boolean;
  add: ReturnType<typeof useAddKey>;
  close: () => void;
}

export function KeyForm({ projects, everywhere, add, close }: Props) {
  const [name, setName] = useState("");
  const [project, setProject] = useState(projects[0] ?? EVERY);
  const [scopes, setScopes] = useState<Scope[]>(["ingest"]);
  const [until, setUntil] = useState("");
  const refused = fieldErrors(add.error, ["name", "project", "scopes", "expires_at"]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const key: NewKey = {
      name: name.trim(),
      ...(project === EVERY ? {} : { project }),
      all_projects: project === EVERY,
      scopes,
      expires_at: until === "" ? null : new Date(`${until}T23:59:59`).toISOString(),
    };
    add.mutate(key, { onSuccess: close });
  };
  const toggle = (scope: Scope) =>
    setScopes((held) => (held.includes(scope) ? held.filter((one) => one !== scope) : [...held, scope]));
  return (
    <form className="access-form" onSubmit={submit}>
      <Field
        label={t("Name")}
        hint={t("Used by, for example a service or a script")}
        value={name}
        error={refused.of.name}
        autoFocus
        onChange={setName}
      />
      <div className="form-field">
        <label className="form-label" htmlFor="key-project">
          {t("Project")}
        </label>
        <select id="key-project" value={project} onChange={(event) => setProject(event.target.value)}>
          {projects.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
          {everywhere ? <option value={EVERY}>{t("All projects")}</option> : null}
        </select>
      </div>
      <fieldset className="form-field">
        <legend className="form-label">{t("Scopes")}</legend>
        {SCOPES.map((scope) => (
          <label key={scope} className="form-check">
            <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
            <span>
              {scope} <span className="faint">{scopeHints()[scope]}</span>
            </span>
          </label>
        ))}
        {refused.of.scopes ? <span className="form-error">{refused.of.scopes}</span> : null}
      </fieldset>
      <Field
        label={t("Valid until")}
        hint={t("Empty: no expiry")}
        type="date"
        value={until}
        error={refused.of.expires_at}
        onChange={setUntil}
      />
      {refused.rest ? <Trouble error={refused.rest} /> : null}
      <div className="form-actions">
        <button
          type="submit"
          className="button is-main"
          disabled={add.isPending || name.trim() === "" || scopes.length === 0}
        >
          {t("Create key")}
        </button>
        <button type="button" className="button" onClick={close}>
          {t("Cancel")}
        </button>
      </div>
    </form>
  );
}
