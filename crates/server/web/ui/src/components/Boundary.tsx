import { Component, type ReactNode, useEffect, useRef } from "react";
import { useConnection } from "../api/live";
import { t } from "../lib/i18n";
import { Icon } from "./Icon";

interface State {
  error: unknown;
}

/** Reloads once the server answers again after it was away. */
function Recovery() {
  const connection = useConnection();
  const away = useRef(false);
  useEffect(() => {
    if (connection === "open" && away.current) window.location.reload();
    if (connection !== "open") away.current = true;
  }, [connection]);
  return null;
}

/** Catches what a page throws. Most often its code is gone because a newer server answers: then a reload helps. */
export class Boundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div className="state" role="alert">
        <Recovery />
        <h2 className="failure-title">{t("This page could not be shown")}</h2>
        <p className="state-text">
          {t("The server may be offline, or newer than this page. Reload the page.")}
        </p>
        <p className="faint mono">{error instanceof Error ? error.message : String(error)}</p>
        <button type="button" className="button" onClick={() => window.location.reload()}>
          <Icon name="retry" size={14} />
          <span>{t("Reload")}</span>
        </button>
      </div>
    );
  }
}
