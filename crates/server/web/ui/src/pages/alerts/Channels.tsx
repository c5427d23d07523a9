// Channels of the config file, and a test notice for each.
import { type AlertChannel, type AlertRule, useTestNotice } from "../../api/alerts";
import { AllowedButton } from "../../components/Allowed";
import { Trouble } from "../../components/States";
import { t } from "../../lib/i18n";
import { type Asked, Listing } from "./Listing";

interface Props {
  asked: Asked & { data?: { rules: AlertRule[]; channels: AlertChannel[] } | undefined };
}

export function Channels({ asked }: Props) {
  const rules = asked.data?.rules ?? [];
  const usedBy = (name: string) =>
    rules.filter((rule) => rule.effective.channels?.includes(name)).map((rule) => rule.name);
  return (
    <>
      <Listing
        label={t("Channels")}
        asked={asked}
        columns={[{ name: t("Channel") }, { name: t("Kind") }, { name: t("Rules"), wide: true }]}
        action
        empty={<p className="part-empty">{t("No channel is configured.")}</p>}
      >
        {(asked.data?.channels ?? []).map((channel) => (
          <ChannelLine key={channel.name} channel={channel} rules={usedBy(channel.name)} />
        ))}
      </Listing>
      <p className="assumption">
        {t("Channels are tables of the config file, because they hold addresses and secrets:")}{" "}
        <code className="mono">[channel.NAME]</code>
      </p>
    </>
  );
}

function ChannelLine({ channel, rules }: { channel: AlertChannel; rules: readonly string[] }) {
  const test = useTestNotice();
  return (
    <tr>
      <th scope="row">{channel.name}</th>
      <td>{channel.kind}</td>
      <td className="wide-only alert-wraps">{rules.join(", ") || "–"}</td>
      <td className="row-action">
        {test.error ? <Trouble error={test.error} /> : null}
        {test.data ? (
          <span className={test.data.delivered ? "alert-ok" : "alert-error alert-wraps"} role="status">
            {test.data.delivered ? t("accepted; look whether it is shown there") : test.data.error}
          </span>
        ) : null}
        <AllowedButton
          needs="admin"
          className="quiet-button"
          disabled={test.isPending}
          onClick={() => test.mutate(channel.name)}
        >
          {test.isPending ? t("Sending …") : t("Send a test")}
        </AllowedButton>
      </td>
    </tr>
  );
}
