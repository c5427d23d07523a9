import { t } from "../lib/i18n";
import { COMMAND_K } from "../state/keys";
import { type Page, usePages } from "../state/pages";
import { Veil } from "./Veil";

function sections(pages: readonly Page[]): { title: string; keys: [string, string][] }[] {
  return [
    {
      title: t("Everywhere"),
      keys: [
        [COMMAND_K, t("go to a page, a view, a trace")],
        ["/", t("filter")],
        ["?", t("this list")],
        ["esc", t("close, leave")],
      ],
    },
    {
      title: t("Lists"),
      keys: [
        ["j k", t("down, up")],
        ["⏎", t("open")],
        ["x", t("select")],
        ["n", t("show new rows")],
        ["f", t("live on or off")],
      ],
    },
    {
      title: t("Trace"),
      keys: [
        ["j k", t("next/previous")],
        ["h l", t("fold, unfold")],
        ["⏎", t("open")],
        ["z", t("zoom")],
        ["n", t("next match")],
        ["space", t("play")],
      ],
    },
    {
      title: t("Pages"),
      keys: pages.map((page) => [`g ${page.key}`, page.label()]),
    },
  ];
}

/** All keys, on "?". */
export function Shortcuts({ close }: { close: () => void }) {
  const pages = usePages();
  return (
    <Veil label={t("Keyboard shortcuts")} className="shortcuts" close={close}>
      <h2>{t("Keyboard shortcuts")}</h2>
      <div className="shortcut-columns">
        {sections(pages).map((section) => (
          <section key={section.title}>
            <h3>{section.title}</h3>
            <dl>
              {section.keys.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    {key.split(" ").map((part, index) => (
                      <kbd key={index}>{part}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Veil>
  );
}
