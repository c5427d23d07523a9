// Forgetting cannot be taken back: the id is typed once more.
import { useState } from "react";
import type { useForget, Whose } from "../../api/data";
import { Field } from "../../components/Field";
import { Trouble } from "../../components/States";
import { Veil } from "../../components/Veil";
import { t } from "../../lib/i18n";

interface Props {
  whose: Whose;
  forget: ReturnType<typeof useForget>;
  close: () => void;
  done: () => void;
}

export function ForgetSure({ whose, forget, close, done }: Props) {
  const [typed, setTyped] = useState("");
  const sure = typed === whose.id && !forget.isPending;
  // What was begun is brought to its end, and its answer is the proof: it is waited for.
  const leave = () => {
    if (!forget.isPending) close();
  };
  return (
    <Veil label={t("Delete permanently")} className="data-sure" close={leave}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (sure) forget.mutate(whose, { onSuccess: done });
        }}
      >
        <h2>{whose.kind === "user" ? t("Delete this user's data?") : t("Delete this session's data?")}</h2>
        <p className="muted">
          {t(
            "Deletes every trace with a span of this user, kept or not, with its texts, costs and events, and queued exports. This cannot be undone.",
          )}
        </p>
        <Field
          label={t("Type the ID again")}
          value={typed}
          disabled={forget.isPending}
          autoFocus
          onChange={setTyped}
        />
        {forget.error ? <Trouble error={forget.error} /> : null}
        {forget.isPending ? (
          <p className="muted" role="status">
            {t("Deleting, then verifying …")}
          </p>
        ) : null}
        <div className="form-actions data-sure-actions">
          <button type="button" className="button" disabled={forget.isPending} onClick={close}>
            {t("Keep")}
          </button>
          <button type="submit" className="button is-grave" disabled={!sure}>
            {t("Delete permanently")}
          </button>
        </div>
      </form>
    </Veil>
  );
}
