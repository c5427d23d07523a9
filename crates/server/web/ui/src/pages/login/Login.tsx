// Nobody is known yet: a name and a password, or somebody who vouches for them. Nothing else of the server is shown.
import "../../styles/forms.css";
import "./login.css";
import { type FormEvent, useState } from "react";
import { type Me, useLogin } from "../../api/access";
import { Field } from "../../components/Field";
import { Mark } from "../../components/Mark";
import { Trouble } from "../../components/States";
import { t } from "../../lib/i18n";

/** Why single sign-on came back without anybody. */
const refusals = (): Record<string, string> => ({
  denied: t("Your single sign-on account has no access to this server."),
  expired: t("That took too long. Please try again."),
  failed: t("Single sign-on failed. The server log has the details."),
});

export function Login({ me }: { me: Me }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const login = useLogin();
  const refusal = refusals()[new URLSearchParams(window.location.search).get("error") ?? ""];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate({ name: name.trim(), password });
  };
  return (
    <main className="login">
      <form className="login-card" onSubmit={submit} aria-labelledby="login-title">
        <header>
          <Mark size={40} tying={login.isPending} />
          <h1 id="login-title">{t("Log in to Quipu")}</h1>
        </header>
        <Field
          label={t("Name")}
          value={name}
          autoFocus
          autoComplete="username"
          onChange={(text) => {
            setName(text);
            login.reset();
          }}
        />
        <Field
          label={t("Password")}
          type="password"
          value={password}
          autoComplete="current-password"
          onChange={(text) => {
            setPassword(text);
            login.reset();
          }}
        />
        {refusal && !login.error ? (
          <p className="trouble" role="alert">
            {refusal}
          </p>
        ) : null}
        {login.error ? <Trouble error={login.error} /> : null}
        <button
          type="submit"
          className="button is-main"
          disabled={login.isPending || name.trim() === "" || password === ""}
        >
          {login.isPending ? t("Please wait …") : t("Log in")}
        </button>
        {me.oidc ? (
          <a className="button" href="/api/v1/login/oidc">
            {t("Log in with single sign-on")}
          </a>
        ) : null}
        <p className="form-hint">
          {t("No account? Ask the administrator of this server to run: quipu users add NAME --role viewer")}
        </p>
      </form>
    </main>
  );
}
