// What to do about a tool, in words: first what is the matter, then the step that would help.
import type { ToolInsight } from "../../api/insight";
import { Link } from "../../components/Link";
import { t } from "../../lib/i18n";
import { href } from "../../state/url";
import { recommendationWords } from "./words";

export function Advice({ tool, most }: { tool: ToolInsight; most?: number }) {
  if (tool.recommendations.length === 0) return null;
  const shown = most === undefined ? tool.recommendations : tool.recommendations.slice(0, most);
  const more = tool.recommendations.length - shown.length;
  return (
    <ul className="advice">
      {shown.map((one, index) => {
        const { what, todo, traceId } = recommendationWords(one);
        return (
          <li key={`${one.code}/${index}`}>
            <strong>{what}</strong>
            {todo ? <span className="muted"> {todo}</span> : null}
            {traceId ? (
              <>
                {" "}
                <Link className="quiet-button" href={href(`/traces/${traceId}`)}>
                  {t("Example trace")}
                </Link>
              </>
            ) : null}
          </li>
        );
      })}
      {more > 0 ? <li className="faint">{t("and {n} more", { n: more })}</li> : null}
    </ul>
  );
}
