// What the page is for, in a sentence, with a link to its chapter of the guide.
import { helpOf } from "../lib/guides";
import { t } from "../lib/i18n";
import { pageOf } from "../state/pages";
import { usePlace } from "../state/url";
import { Icon } from "./Icon";
import { Menu } from "./Menu";

export function PageHelp() {
  const { path } = usePlace();
  const help = helpOf(pageOf(path)?.path ?? "", path);
  if (!help) return null;
  return (
    <div className="page-help">
      <Menu title={t("About this page")} className="icon-button" label={<Icon name="help" />}>
        {() => (
          <div className="page-help-text">
            <p>{help.text}</p>
            <a href={help.guide} target="_blank" rel="noreferrer" data-first>
              {t("Read the guide")}
            </a>
          </div>
        )}
      </Menu>
    </div>
  );
}
