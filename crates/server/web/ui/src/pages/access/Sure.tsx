// What cannot be taken back asks once more, in its place.
import { useState } from "react";
import { t } from "../../lib/i18n";

interface Props {
  ask: string;
  confirm: string;
  /** What it is done to, for those who hear the button alone. */
  about: string;
  pending: boolean;
  act: () => void;
}

export function Sure({ ask, confirm, about, pending, act }: Props) {
  const [sure, setSure] = useState(false);
  if (!sure)
    return (
      <button
        type="button"
        className="quiet-button"
        aria-label={`${ask}: ${about}`}
        onClick={() => setSure(true)}
      >
        {ask}
      </button>
    );
  return (
    <span className="form-sure">
      <button
        type="button"
        className="button is-grave"
        disabled={pending}
        aria-label={`${confirm}: ${about}`}
        onClick={() => {
          setSure(false);
          act();
        }}
      >
        {confirm}
      </button>
      <button type="button" className="quiet-button" onClick={() => setSure(false)}>
        {t("Keep")}
      </button>
    </span>
  );
}
