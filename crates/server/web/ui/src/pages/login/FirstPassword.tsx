// Somebody else chose the password of whoever is here: they choose their own before anything else of the server is shown.
import "../../styles/forms.css";
import "./login.css";
import { type FormEvent, useState } from "react";
import { passwordErrors, useFirstPassword, useLogout } from "../../api/access";
import { Field } from "../../components/Field";
import { Mark } from "../../components/Mark";
import { Trouble } from "../../components/States";
import { t } from "../../lib/i18n";

export function FirstPassword({ name }: { name: string }) {
  const [present, setPresent] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [differ, setDiffer] = useState(false);
  const change = useFirstPassword();
  const logout = useLogout();
  const refused = passwordErrors(change.error);
  const typed = (set: (text: string) => void) => (text: string) => {
    set(text);
    setDiffer(false);
    change.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (password === again) change.mutate({ old: present, new: password });
    else setDiffer(true);
  };
  return (
    <main className="login">
      <form className="login-card" onSubmit={submit} aria-labelledby="first-password">
        <header>
          <Mark size={40} tying={change.isPending} />
          <h1 id="first-password">{t("Choose your own password")}</h1>
        </header>
        <p className="login-text">
          {t("{name}, another person chose your password. Choose your own to continue.", {
            name,
          })}
        </p>
        {/* So that a password manager knows whose it is. */}
        <input type="text" autoComplete="username" value={name} readOnly hidden />
        <Field
          label={t("Current password")}
          type="password"
          autoComplete="current-password"
          autoFocus
          value={present}
          error={refused.old}
          onChange={typed(setPresent)}
        />
        <Field
          label={t("New password")}
          hint={t("At least 12 characters.")}
          type="password"
          autoComplete="new-password"
          value={password}
          error={refused.new}
          onChange={typed(setPassword)}
        />
        <Field
          label={t("New password, again")}
          type="password"
          autoComplete="new-password"
          value={again}
          error={differ ? t("The passwords differ.") : undefined}
          onChange={typed(setAgain)}
        />
        {refused.rest ? <Trouble error={refused.rest} /> : null}
        <button
          type="submit"
          className="button is-main"
          disabled={change.isPending || present === "" || password === "" || again === ""}
        >
          {change.isPending ? t("Please wait …") : t("Change the password")}
        </button>
        <button type="button" className="button" disabled={logout.isPending} onClick={() => logout.mutate()}>
          {t("Log out")}
        </button>
      </form>
    </main>
  );
}
