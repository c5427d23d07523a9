// The views of a trace, and what one does with its rows: fold, search, play.
import { useRef } from "react";
import { Icon } from "../../components/Icon";
import { Menu } from "../../components/Menu";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { useKeys } from "../../state/keys";
import { useNarrow } from "../../state/screen";
import { setParams } from "../../state/url";

export const VIEWS = ["waterfall", "tree", "conversation", "graph", "table"] as const;

export type View = (typeof VIEWS)[number];

function labelOf(view: View): string {
  switch (view) {
    case "waterfall":
      return t("Waterfall");
    case "tree":
      return t("Tree");
    case "conversation":
      return t("Conversation");
    case "graph":
      return t("Graph");
    case "table":
      return t("Table");
  }
}

interface Props {
  view: View;
  word: string;
  onWord: (word: string) => void;
  /** Spans that were found, null while nothing is searched; `at` is the one under the cursor, from 1. */
  found: { many: number; at: number; more: boolean } | null;
  onNext: (direction: number) => void;
  only: boolean;
  onOnly: (only: boolean) => void;
  level: number | null;
  deepest: number;
  onLevel: (level: number | null) => void;
  playing: boolean;
  onPlay: () => void;
}

export function ViewBar(props: Props) {
  const { view } = props;
  const rows = view === "waterfall" || view === "tree";
  return (
    <div className="view-bar">
      <div className="tabs" role="tablist" aria-label={t("Views of the trace")}>
        {VIEWS.map((entry) => (
          <button
            key={entry}
            type="button"
            role="tab"
            aria-selected={entry === view}
            className={entry === view ? "tab is-chosen" : "tab"}
            onClick={() => setParams({ view: entry === "waterfall" ? null : entry })}
          >
            {labelOf(entry)}
          </button>
        ))}
      </div>
      <span className="push" />
      {view === "table" || view === "tree" ? null : (
        <button
          type="button"
          className="icon-button"
          title={t("Play the trace (space)")}
          aria-label={t("Play the trace")}
          aria-pressed={props.playing}
          onClick={props.onPlay}
        >
          <Icon name={props.playing ? "pause" : "play"} />
        </button>
      )}
      {rows ? <Levels {...props} /> : null}
      {rows ? <Find {...props} /> : null}
    </div>
  );
}

const MOST_LEVELS = 6;

function Levels({ level, deepest, onLevel }: Props) {
  const levels = Array.from({ length: Math.min(MOST_LEVELS, deepest) }, (_, index) => index + 1);
  return (
    <>
      <button
        type="button"
        className="icon-button"
        title={t("Fold all")}
        aria-label={t("Fold all")}
        onClick={() => onLevel(1)}
      >
        <Icon name="fold" />
      </button>
      <button
        type="button"
        className="icon-button"
        title={t("Unfold all")}
        aria-label={t("Unfold all")}
        onClick={() => onLevel(null)}
      >
        <Icon name="unfold" />
      </button>
      <Menu
        align="end"
        className="quiet-button level-button"
        title={t("Expand to level")}
        label={level === null ? t("all levels") : t("Expand to level {level}", { level })}
      >
        {(close) => (
          <div className="menu-list">
            {levels.map((entry) => (
              <button
                key={entry}
                type="button"
                className={entry === level ? "menu-item is-chosen" : "menu-item"}
                onClick={() => {
                  onLevel(entry);
                  close();
                }}
              >
                {t("Expand to level {level}", { level: entry })}
              </button>
            ))}
            <button
              type="button"
              className={level === null ? "menu-item is-chosen" : "menu-item"}
              onClick={() => {
                onLevel(null);
                close();
              }}
            >
              {t("all levels")}
            </button>
          </div>
        )}
      </Menu>
    </>
  );
}

function Find({ word, found, onWord, onNext, only, onOnly }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const narrow = useNarrow();
  useKeys({
    "/": (event) => {
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    },
  });
  return (
    <div className={found ? "find has-found" : "find"} role="search">
      <input
        ref={input}
        className="field"
        value={word}
        placeholder={narrow ? t("Search") : t("Search in trace")}
        title={t(
          "Names, messages, arguments, errors. Enter and Shift+Enter go to the next and previous match.",
        )}
        aria-label={t("Search in trace")}
        spellCheck={false}
        onChange={(event) => onWord(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onNext(event.shiftKey ? -1 : 1);
          if (event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            onWord("");
            event.currentTarget.blur();
          }
        }}
      />
      {found === null ? (
        <kbd>/</kbd>
      ) : (
        <>
          <span className="find-count figure" role="status">
            {found.at > 0
              ? t("{at} of {many}", { at: count(found.at), many: count(found.many) })
              : count(found.many)}
            {found.more ? " …" : ""}
          </span>
          <button
            type="button"
            className="icon-button"
            title={t("Previous match (p)")}
            aria-label={t("Previous match")}
            onClick={() => onNext(-1)}
          >
            <Icon name="up" />
          </button>
          <button
            type="button"
            className="icon-button"
            title={t("Next match (n)")}
            aria-label={t("Next match")}
            onClick={() => onNext(1)}
          >
            <Icon name="down" />
          </button>
          <button
            type="button"
            className={only ? "quiet-button is-on" : "quiet-button"}
            aria-pressed={only}
            title={t("Show matches and their parents only")}
            onClick={() => onOnly(!only)}
          >
            {t("only these")}
          </button>
        </>
      )}
    </div>
  );
}
