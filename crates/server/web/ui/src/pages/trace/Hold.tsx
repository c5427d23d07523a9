// A trace that is to stay, whatever the rules of retention say: its mark, and how it gets and loses it.
import "./hold.css";
import { useState } from "react";
import { useMe } from "../../api/access";
import { useHold, useHoldOf, useRelease } from "../../api/data";
import { Field } from "../../components/Field";
import { Trouble } from "../../components/States";
import { Veil } from "../../components/Veil";
import { fieldErrors } from "../../lib/fieldErrors";
import { t } from "../../lib/i18n";
import { fullTime, minuteTime } from "../../lib/time";
import { Sure } from "../access/Sure";

const useMayHold = () => useMe().data?.permissions.includes("write") ?? false;

/** Only for whom the server lets, and only while it is not held. */
export function HoldButton({ traceId }: { traceId: string }) {
  const [open, setOpen] = useState(false);
  const may = useMayHold();
  const held = useHoldOf(traceId).data;
  if (!may || held !== null) return null;
  return (
    <>
      <button
        type="button"
        className="quiet-button"
        title={t("Exempt this trace from all retention rules")}
        onClick={() => setOpen(true)}
      >
        {t("Keep")}
      </button>
      {open ? <HoldForm traceId={traceId} close={() => setOpen(false)} /> : null}
    </>
  );
}

function HoldForm({ traceId, close }: { traceId: string; close: () => void }) {
  const [note, setNote] = useState("");
  const hold = useHold(traceId);
  const refused = fieldErrors(hold.error, ["note"]);
  return (
    <Veil label={t("Keep this trace")} className="hold-sure" close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          hold.mutate(note.trim(), { onSuccess: close });
        }}
      >
        <h2>{t("Keep this trace")}</h2>
        <p className="muted">
          {t("No retention rule removes this trace until you release it. Manual deletion still works.")}
        </p>
        <Field
          label={t("Note")}
          hint={t("Optional")}
          value={note}
          error={refused.of.note}
          autoFocus
          onChange={setNote}
        />
        {refused.rest ? <Trouble error={refused.rest} /> : null}
        <div className="form-actions hold-actions">
          <button type="button" className="button" onClick={close}>
            {t("Cancel")}
          </button>
          <button type="submit" className="button is-main" disabled={hold.isPending}>
            {t("Keep")}
          </button>
        </div>
      </form>
    </Veil>
  );
}

/** Who holds it, since when and why. */
export function HeldLine({ traceId }: { traceId: string }) {
  const may = useMayHold();
  const query = useHoldOf(traceId);
  const release = useRelease();
  if (query.isError && query.data === undefined)
    return <Trouble error={query.error} retry={() => void query.refetch()} />;
  const held = query.data;
  if (!held) return null;
  const when = minuteTime(held.since);
  return (
    <div className="held-line">
      <span className="held-mark">{t("Kept")}</span>
      <span className="muted" title={fullTime(held.since)}>
        {held.by ? t("since {when} by {who}", { when, who: held.by }) : t("since {when}", { when })}
      </span>
      {held.note ? <span className="held-note">{held.note}</span> : null}
      {may ? (
        <Sure
          ask={t("Stop keeping")}
          confirm={t("Stop keeping it")}
          about={held.trace_id.slice(0, 12)}
          pending={release.isPending}
          act={() => release.mutate(traceId)}
        />
      ) : null}
      {release.error ? <Trouble error={release.error} /> : null}
    </div>
  );
}
