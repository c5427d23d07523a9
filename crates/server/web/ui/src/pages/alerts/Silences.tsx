// Silences in force, and a form for a new one.
import { type FormEvent, useState } from "react";
import { type AlertSilence, useEndSilence, useSilence, useSilences } from "../../api/alerts";
import { AllowedButton } from "../../components/Allowed";
import { Field } from "../../components/Field";
import { Trouble } from "../../components/States";
import { Time } from "../../components/Time";
import { t } from "../../lib/i18n";
import { matcherText, readMatchers } from "./draft";
import { Listing } from "./Listing";

export function Silences() {
  const asked = useSilences();
  const rows = asked.data?.silences.filter((row) => row.active) ?? [];
  return (
    <>
      <NewSilence />
      <Listing
        label={t("Silences")}
        asked={asked}
        columns={[
          { name: t("Matches") },
          { name: t("Reason") },
          { name: t("User"), wide: true },
          { name: t("End") },
        ]}
        action
        empty={<p className="part-empty">{t("No notice is silenced.")}</p>}
      >
        {rows.map((row) => (
          <SilenceLine key={row.id} row={row} />
        ))}
      </Listing>
    </>
  );
}

function NewSilence() {
  const [matchers, setMatchers] = useState("");
  const [duration, setDuration] = useState("2h");
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState({ matchers: false, reason: false });
  const silence = useSilence();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = readMatchers(matchers);
    const unexplained = reason.trim() === "";
    setWrong({ matchers: read === null, reason: unexplained });
    if (!read || unexplained) return;
    silence.mutate(
      { matchers: read, duration: duration.trim(), reason },
      {
        onSuccess: () => {
          setMatchers("");
          setReason("");
        },
      },
    );
  };
  return (
    <form className="silence-form" onSubmit={submit}>
      <Field
        label={t("Matches")}
        value={matchers}
        placeholder="rule=high_error_rate model=gpt-*"
        error={wrong.matchers ? t("Pairs such as rule=high_error_rate.") : undefined}
        onChange={setMatchers}
      />
      <Field label={t("Duration")} value={duration} placeholder="2h" onChange={setDuration} />
      <Field
        label={t("Reason")}
        value={reason}
        error={wrong.reason ? t("A silence needs a reason.") : undefined}
        onChange={setReason}
      />
      <AllowedButton needs="write" type="submit" className="button" disabled={silence.isPending}>
        {t("Silence")}
      </AllowedButton>
      {silence.error ? <Trouble error={silence.error} /> : null}
    </form>
  );
}

function SilenceLine({ row }: { row: AlertSilence }) {
  const end = useEndSilence();
  return (
    <tr>
      <th scope="row">{matcherText(row.matchers)}</th>
      <td className="alert-wraps">{row.reason}</td>
      <td className="wide-only">{row.author}</td>
      <td>
        <Time at={row.ends_at} />
      </td>
      <td className="row-action">
        {end.error ? <Trouble error={end.error} /> : null}
        <AllowedButton
          needs="write"
          className="quiet-button"
          disabled={end.isPending}
          onClick={() => end.mutate(row.id)}
        >
          {t("End now")}
        </AllowedButton>
      </td>
    </tr>
  );
}
