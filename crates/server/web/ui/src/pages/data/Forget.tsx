// A user or a session that is to be forgotten: first a look, then for good, then the proof.
// Who it is stands in this form alone: in no address, no storage, and not here any more once it is done.
import { type FormEvent, useState } from "react";
import { useForget, useLook, type Whose } from "../../api/data";
import { Field } from "../../components/Field";
import { Panel } from "../../components/Panel";
import { Segments } from "../../components/Segments";
import { Trouble } from "../../components/States";
import { fieldErrors } from "../../lib/fieldErrors";
import { t } from "../../lib/i18n";
import { ForgetSure } from "./ForgetSure";
import { Found, Proof } from "./Forgotten";
import { isAnything } from "./rules";

export function Forget({ admin }: { admin: boolean }) {
  return (
    <Panel title={t("Delete a user's data")}>
      {admin ? (
        <Form />
      ) : (
        <p className="part-empty">{t("Only admins can delete the data of a user or session.")}</p>
      )}
    </Panel>
  );
}

function Form() {
  const [whose, setWhose] = useState<Whose>({ kind: "user", id: "" });
  const [asked, setAsked] = useState(false);
  const look = useLook();
  const forget = useForget();
  const refused = fieldErrors(look.error, ["user_id", "session_id"]);
  const change = (part: Partial<Whose>) => {
    setWhose((old) => ({ ...old, ...part }));
    look.reset();
    forget.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (whose.id === "") return;
    forget.reset();
    look.mutate(whose);
  };
  const done = () => {
    setAsked(false);
    look.reset();
    setWhose((old) => ({ ...old, id: "" }));
  };
  return (
    <>
      <form className="data-form" onSubmit={submit}>
        <Segments
          label={t("User or session to delete")}
          options={[
            { id: "user", label: t("User") },
            { id: "session", label: t("Session") },
          ]}
          value={whose.kind}
          onPick={(kind) => change({ kind })}
        />
        <Field
          label={whose.kind === "user" ? t("User ID") : t("Session ID")}
          hint={t("Exact ID, without wildcards")}
          value={whose.id}
          error={refused.of.user_id ?? refused.of.session_id}
          disabled={look.isPending}
          onChange={(id) => change({ id })}
        />
        <div className="form-actions">
          <button type="submit" className="button" disabled={look.isPending || whose.id === ""}>
            {t("Preview")}
          </button>
          <span className="faint" role="status">
            {look.isPending ? t("Searching every day …") : null}
          </span>
        </div>
      </form>
      {refused.rest ? <Trouble error={refused.rest} /> : null}
      {look.data ? (
        <>
          <Found answer={look.data} />
          {isAnything(look.data) ? (
            <button type="button" className="button is-grave" onClick={() => setAsked(true)}>
              {t("Delete …")}
            </button>
          ) : null}
        </>
      ) : null}
      {forget.data ? <Proof answer={forget.data} /> : null}
      {asked ? <ForgetSure whose={whose} forget={forget} close={() => setAsked(false)} done={done} /> : null}
    </>
  );
}
