// Deleting for good: says how many traces go, and wants the number typed when they are many.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { countDoomed, type Doomed, deleteTraces } from "../../api/forget";
import { queryClient } from "../../api/queries";
import { Trouble } from "../../components/States";
import { Veil } from "../../components/Veil";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";

/** From so many on, a click is not enough. */
const MANY = 20;

interface Props {
  doomed: Doomed;
  /** In words, which traces these are. */
  which: string;
  close: () => void;
  done: (deleted: number) => void;
}

export function DeleteTraces({ doomed, which, close, done }: Props) {
  const [typed, setTyped] = useState("");
  const dry = useQuery({
    queryKey: ["doomed", doomed],
    gcTime: 0,
    staleTime: 0,
    retry: false,
    placeholderData: undefined,
    queryFn: ({ signal }) => countDoomed(doomed, signal),
  });
  const drop = useMutation({
    mutationFn: () => deleteTraces(doomed),
    onSuccess: (answer) => {
      done(answer.deleted);
      void queryClient.invalidateQueries();
    },
  });
  const matched = dry.data;
  const many = matched !== undefined && matched > MANY;
  const sure =
    matched !== undefined && matched > 0 && (!many || typed.replace(/\D/g, "") === String(matched));
  return (
    <Veil label={t("Delete traces")} className="confirm" close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (sure) drop.mutate();
        }}
      >
        <h2>
          {matched === undefined
            ? t("Delete traces")
            : t("Delete {n} traces?", { n: count(matched), count: matched })}
        </h2>
        <p className="state-text">{which}</p>
        {dry.isPending ? <p className="muted">{t("Counting …")}</p> : null}
        {dry.isError ? <Trouble error={dry.error} retry={() => void dry.refetch()} /> : null}
        {matched === 0 ? <p className="muted">{t("No traces match, so nothing would be deleted.")}</p> : null}
        <p className="muted">
          {t("Deletes their spans, messages and figures, and changes sums. This cannot be undone.")}
        </p>
        {many ? (
          <label className="confirm-typed">
            <span>{t("Type {n} to confirm", { n: String(matched) })}</span>
            <input
              // biome-ignore lint/a11y/noAutofocus: the one thing to do here
              autoFocus
              className="field"
              inputMode="numeric"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          </label>
        ) : null}
        {drop.isError ? <Trouble error={drop.error} /> : null}
        <div className="form-actions confirm-actions">
          <button type="button" className="button" onClick={close}>
            {t("Keep them")}
          </button>
          <button type="submit" className="button is-grave" disabled={!sure || drop.isPending}>
            {drop.isPending ? t("Deleting …") : t("Delete permanently")}
          </button>
        </div>
      </form>
    </Veil>
  );
}
