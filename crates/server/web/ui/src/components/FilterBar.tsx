// The one filter of every page: a line of the query language with completion. Enter applies it; it lives in the URL.
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { filterTrouble } from "../api/client";
import { filterProblem, useFacets, useFilterProblem } from "../api/queries";
import type { FacetValue } from "../api/types";
import { type Blank, blankAt, completed } from "../lib/completion";
import { t } from "../lib/i18n";
import { endsInQuotes, FACETS, offsetOf } from "../lib/query";
import { filterText, setFilter } from "../state/filters";
import { useKeys } from "../state/keys";
import { keepFilter } from "../state/recent";
import { rangeOf, usePlace } from "../state/url";
import { FilterMenu } from "./FilterMenu";
import { FilterText } from "./FilterText";
import { type Choice, choicesFor } from "./filterChoices";
import { Icon } from "./Icon";
import { ViewsMenu } from "./Views";

const CHECK_MS = 350;
/** Fields whose values are offered before one of them was named. */
const GUESSED = ["model", "agent", "tool", "service", "framework"] as const;

/** The values to choose from at the caret, counted within the rest of the filter. */
function useValues(open: boolean, text: string, blank: Blank): ReadonlyMap<string, readonly FacetValue[]> {
  const { params } = usePlace();
  const fields = !open
    ? []
    : blank.kind === "value" && FACETS.includes(blank.field ?? "")
      ? [blank.field ?? ""]
      : blank.kind === "word" && blank.typed.length > 1
        ? [...GUESSED]
        : [];
  // The rest is what was applied: what is being typed may not be readable yet.
  const applied = filterText(params);
  const filter = text.startsWith(applied) && blank.from >= applied.length ? applied : "";
  const answers = useFacets(
    fields.map((field) => ({ field, filter })),
    rangeOf(params),
    false,
  );
  return new Map(fields.map((field, index) => [field, answers[index]?.data ?? []]));
}

/** Where the character of the trimmed text is in what was typed. */
function offsetIn(text: string, characters: number): number {
  const trimmed = text.trimStart();
  return text.length - trimmed.length + offsetOf(trimmed, characters);
}

function useLate<T>(value: T, ms: number): T {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return late;
}

export function FilterBar() {
  const { params } = usePlace();
  const applied = filterText(params);
  const [text, setText] = useState(applied);
  const [caret, setCaret] = useState(applied.length);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState<number | null>(null);
  const [scrolled, setScrolled] = useState(0);
  const [refused, setRefused] = useState(false);
  const [focused, setFocused] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const place = useRef<number | null>(null);

  // Links, back and the panel of facets change the filter too.
  useEffect(() => {
    setText((draft) => (draft.trim() === applied ? draft : applied));
    setRefused(false);
  }, [applied]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the caret is set once the text stands in the input
  useEffect(() => {
    if (place.current === null) return;
    input.current?.setSelectionRange(place.current, place.current);
    place.current = null;
    setScrolled(input.current?.scrollLeft ?? 0);
  }, [text, caret]);
  useKeys({
    "/": (event) => {
      event.preventDefault();
      input.current?.focus();
    },
  });

  const blank = blankAt(text, caret);
  const choices = choicesFor(text, blank, useValues(open, text, blank));
  const first = blank.kind === "word" && blank.typed === "" ? -1 : 0;
  const active = Math.min(at ?? first, choices.length - 1);
  const checked = useLate(text.trim(), CHECK_MS);
  // Quotes that are still open are no question yet.
  const problem = useFilterProblem(refused || !endsInQuotes(checked) ? checked : "");
  const wrongAt = problem ? offsetIn(text, problem.position ?? 0) : -1;
  // What is still being typed is not wrong yet.
  const typing = open && !refused && wrongAt >= blank.from - 1;
  const wrong = problem && checked === text.trim() && !typing ? problem : null;

  const write = (next: string, to: number) => {
    setText(next);
    setCaret(to);
    setAt(null);
    setRefused(false);
    place.current = to;
  };
  const apply = async (next: string) => {
    const filter = next.trim();
    leave();
    if (await filterProblem(filter)) {
      setRefused(true);
      return;
    }
    keepFilter(filter);
    setFilter(filter);
  };
  const take = (choice: Choice | undefined) => {
    if (!choice) return;
    const done =
      choice.insert === null
        ? { text: `${choice.label} `, caret: choice.label.length + 1 }
        : completed(text, blank, choice.insert, choice.finished);
    write(done.text, done.caret);
    if (choice.finished) void apply(done.text);
    else setOpen(true);
  };
  const leave = () => {
    setOpen(false);
    setAt(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && choices.length > 0) {
      event.preventDefault();
      if (!open) setOpen(true);
      else setAt((active + step + choices.length) % choices.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const chosen = open && active >= 0 && text.trim() !== applied ? choices[active] : undefined;
      if (chosen || (open && at !== null)) take(choices[active]);
      else void apply(text);
    } else if (event.key === "Tab" && !event.shiftKey && open && text.trim() !== applied) {
      const completion = choices[at ?? (choices[0]?.key === "words" ? 1 : 0)];
      if (!completion) return;
      event.preventDefault();
      take(completion);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (open && choices.length > 0 && at !== null) leave();
      else {
        write(applied, applied.length);
        leave();
        input.current?.blur();
      }
    }
  };
  const follow = () => {
    setCaret(input.current?.selectionStart ?? text.length);
    setScrolled(input.current?.scrollLeft ?? 0);
  };

  const shown = open && choices.length > 0;
  return (
    <div className={wrong ? "filter-bar is-wrong" : "filter-bar"} role="search" aria-label={t("Filter")}>
      <Icon name="search" size={14} />
      <div className="filter-line">
        <FilterText text={text} wrongAt={wrong ? wrongAt : null} scrolled={scrolled} />
        <input
          ref={input}
          className="filter-input"
          value={text}
          placeholder={t("Filter: model:gpt-4o status:error cost>0.05, or words")}
          aria-label={t("Filter")}
          role="combobox"
          aria-expanded={shown}
          aria-controls="filter-choices"
          aria-autocomplete="list"
          aria-activedescendant={shown && active >= 0 ? `filter-choice-${active}` : undefined}
          aria-invalid={wrong ? true : undefined}
          aria-describedby={wrong ? "filter-wrong" : undefined}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="search"
          onChange={(event) => {
            setText(event.target.value);
            setAt(null);
            setRefused(false);
            setOpen(true);
            setCaret(event.target.selectionStart ?? event.target.value.length);
          }}
          onSelect={follow}
          onScroll={follow}
          onFocus={() => {
            setFocused(true);
            setOpen(true);
          }}
          onBlur={() => {
            setFocused(false);
            leave();
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      {text.trim() !== applied ? (
        <button
          type="button"
          className="quiet-button"
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => void apply(text)}
        >
          {t("Apply")} <kbd>⏎</kbd>
        </button>
      ) : text === "" ? (
        <kbd className="filter-key">/</kbd>
      ) : null}
      {text !== "" ? (
        <button
          type="button"
          className="icon-button"
          title={t("Clear the filter")}
          aria-label={t("Clear the filter")}
          onClick={() => {
            write("", 0);
            setFilter("");
          }}
        >
          <Icon name="close" size={12} />
        </button>
      ) : null}
      <ViewsMenu />
      {shown ? (
        <FilterMenu
          choices={choices}
          at={active}
          take={take}
          point={setAt}
          wrong={wrong ? filterTrouble(wrong) : undefined}
        />
      ) : null}
      {wrong && !shown && (focused || refused) ? (
        <div className="filter-wrong" id="filter-wrong" role="status">
          {filterTrouble(wrong)}
        </div>
      ) : null}
    </div>
  );
}
