import { Icon } from "../../components/Icon";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { hueOf } from "../../lib/kinds";
import { nodeParts } from "./found";

interface Props {
  node: string | null;
  matched: number;
  onClear: () => void;
}

/** What the spans are narrowed to. */
export function Chips({ node, matched, onClear }: Props) {
  if (!node) return null;
  const { kind, name } = nodeParts(node);
  return (
    <p className="narrowed" role="status">
      <span className={`kind hue-${hueOf(kind === "model" ? "llm" : kind)}`}>{kind}</span>
      <strong>{name}</strong>
      <span className="muted">{t("{n} spans and their parents", { count: matched, n: count(matched) })}</span>
      <button type="button" className="quiet-button" onClick={onClear}>
        <Icon name="close" size={12} /> {t("show all")}
      </button>
    </p>
  );
}
