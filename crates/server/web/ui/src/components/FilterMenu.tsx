import { useEffect, useRef } from "react";
import { t } from "../lib/i18n";
import type { Choice } from "./filterChoices";

interface Props {
  choices: readonly Choice[];
  at: number;
  take: (choice: Choice) => void;
  point: (index: number) => void;
  /** Why the text as it stands cannot be read. */
  wrong?: string | undefined;
}

/** Choices in their groups, in the order given. */
function grouped(choices: readonly Choice[]): { name: string; from: number; choices: Choice[] }[] {
  const groups: { name: string; from: number; choices: Choice[] }[] = [];
  for (const [index, choice] of choices.entries()) {
    const last = groups[groups.length - 1];
    if (last?.name === choice.group) last.choices.push(choice);
    else groups.push({ name: choice.group, from: index, choices: [choice] });
  }
  return groups;
}

/** The list below the filter's line. The caret stays in the line; it names the choice that it is at. */
export function FilterMenu({ choices, at, take, point, wrong }: Props) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector(`#filter-choice-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [at]);
  return (
    <div className="menu-panel filter-menu">
      {wrong ? (
        <p className="filter-menu-wrong" id="filter-wrong" role="status">
          {wrong}
        </p>
      ) : null}
      <div className="menu-list" id="filter-choices" role="listbox" aria-label={t("Completions")} ref={list}>
        {grouped(choices).map((group) => (
          <div key={group.from} role="group" aria-label={group.name}>
            <div className="menu-title" aria-hidden="true">
              {group.name}
            </div>
            {group.choices.map((choice, index) => (
              <div
                key={choice.key}
                id={`filter-choice-${group.from + index}`}
                role="option"
                aria-selected={group.from + index === at}
                className={group.from + index === at ? "menu-item is-at" : "menu-item"}
                onPointerDown={(event) => {
                  event.preventDefault();
                  take(choice);
                }}
                onPointerMove={() => point(group.from + index)}
              >
                <span className="menu-label">{choice.label}</span>
                <span className="menu-hint">{choice.hint}</span>
              </div>
            ))}
          </div>
        ))}
      </div>
      <div className="menu-keys" aria-hidden="true">
        <kbd>↑</kbd> <kbd>↓</kbd> {t("choose")} <kbd>tab</kbd> {t("complete")} <kbd>⏎</kbd> {t("apply")}{" "}
        <kbd>esc</kbd> {t("leave")}
      </div>
    </div>
  );
}
