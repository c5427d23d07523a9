// One's own password. Changing it ends every other session.
import { type FormEvent, useState } from "react";
import { passwordErrors, usePassword } from "../../api/access";
import { Field } from "../../components/Field";
import { Panel } from "../../components/Panel";
import { Trouble } from "../../components/States";
import { t } from "../../lib/i18n";

export function OwnPassword() {
  const [open, setOpen] = useState(false);
  const [present, setPresent] = useState("");
  const [password, setPassword] = useState("");
  const change = usePassword();
  const refused = passwordErrors(change.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ old: present, new: password }, { onSuccess: () => setOpen(false) });
  };
  return (
    <Panel
      title={t("Your password")}
      note={
        open ? null : (
          <button type="button" className="quiet-button" onClick={() => setOpen(true)}>
            {t("Change")}
          </button>
        )
      }
    >
      {change.isSuccess && !open ? (
        <p className="muted" role="status">
          {t("Password changed. Your other sessions are logged out.")}
        </p>
      ) : null}
      {open ? (
        <form className="access-form" onSubmit={submit}>
          <Field
            label={t("Current password")}
            type="password"
            autoComplete="current-password"
            autoFocus
            value={present}
            error={refused.old}
            onChange={setPresent}
          />
          <Field
            label={t("New password")}
            type="password"
            autoComplete="new-password"
            value={password}
            error={refused.new}
            onChange={setPassword}
          />
          {refused.rest ? <Trouble error={refused.rest} /> : null}
          <div className="form-actions">
            <button
              type="submit"
              className="button is-main"
              disabled={change.isPending || present === "" || password === ""}
            >
              {t("Change the password")}
            </button>
            <button type="button" className="button" onClick={() => setOpen(false)}>
              {t("Cancel")}
            </button>
          </div>
        </form>
      ) : null}
    </Panel>
  );
}
