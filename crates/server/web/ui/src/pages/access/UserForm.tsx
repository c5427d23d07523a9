// A new user: a name, a first password, a role.
import { type FormEvent, useState } from "react";
import { ROLES, type Role, type useAddUser } from "../../api/access";
import { Field } from "../../components/Field";
import { Segments } from "../../components/Segments";
import { Trouble } from "../../components/States";
import { fieldErrors } from "../../lib/fieldErrors";
import { t } from "../../lib/i18n";

const roleHints = (): Record<Role, string> => ({
  viewer: t("Read only"),
  editor: t("Read, plus views, dashboards and kept traces"),
  admin: t("Everything: budgets, prices, deletion, keys and users."),
});

interface Props {
  add: ReturnType<typeof useAddUser>;
  close: () => void;
}

export function UserForm({ add, close }: Props) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const refused = fieldErrors(add.error, ["name", "password", "roles"]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({ name: name.trim(), password, roles: { "*": role } }, { onSuccess: close });
  };
  return (
    <form className="access-form" onSubmit={submit}>
      <Field label={t("Name")} value={name} error={refused.of.name} autoFocus onChange={setName} />
      <Field
        label={t("First password")}
        hint={t("At least 12 characters. Valid for seven days. The user changes it at the first login.")}
        type="password"
        autoComplete="new-password"
        value={password}
        error={refused.of.password}
        onChange={setPassword}
      />
      <div className="form-field">
        <span className="form-label">{t("Role in every project")}</span>
        <Segments
          label={t("Role in every project")}
          options={ROLES.map((id) => ({ id, label: id }))}
          value={role}
          onPick={setRole}
        />
        <span className="form-hint">{roleHints()[role]}</span>
      </div>
      {refused.rest ? <Trouble error={refused.rest} /> : null}
      <div className="form-actions">
        <button
          type="submit"
          className="button is-main"
          disabled={add.isPending || name.trim() === "" || password === ""}
        >
          {t("Create user")}
        </button>
        <button type="button" className="button" onClick={close}>
          {t("Cancel")}
        </button>
      </div>
    </form>
  );
}
