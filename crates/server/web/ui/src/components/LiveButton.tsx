import { useConnection } from "../api/live";
import { t } from "../lib/i18n";
import { setFollowing, useFollowing } from "../state/follow";

/** Whether pages follow what arrives. */
export function LiveButton() {
  const following = useFollowing();
  const connection = useConnection();
  const live = connection === "open";
  return (
    <button
      type="button"
      className={`button live-button ${following && live ? "is-live" : ""}`}
      aria-pressed={following}
      title={!live ? t("The live feed is not connected") : following ? t("Live: turn off") : t("Live on")}
      onClick={() => setFollowing(!following)}
    >
      <i className="live-dot" aria-hidden="true" />
      <span>{connection === "lost" ? t("Offline") : t("Live")}</span>
    </button>
  );
}
