import { t } from "../lib/i18n";
import { Mark } from "./Mark";

/** Stands in for a page, or a part of one, while its code is read. */
export function Loading() {
  return (
    <div className="boot" role="status" aria-busy="true" aria-label={t("Loading")}>
      <Mark size={48} tying />
    </div>
  );
}
