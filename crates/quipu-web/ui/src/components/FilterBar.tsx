// Filters as chips in one line: type a field, then its value; free text searches. All of it lives in the URL.
import { type KeyboardEvent, useRef, useState } from "react";
import { useFacet } from "../api/queries";
import { compact, duration } from "../lib/format";
import { activeFilters, FIELDS, type Field, type Filter, fieldOf, readValue } from "../state/filters";
import { useKeys } from "../state/keys";
import { rangeOf, setParams, usePlace } from "../state/url";
import { Icon } from "./Icon";

interface Choice {
  key: string;
  label: string;
  hint: string;
  /** Typed so far when taken, or null when taking it sets a filter. */
  becomes: string | null;
  patch?: Record<string, string>;
}

function valueText({ field, value }: Filter): string {
  if (field.name === "min_duration_ms") return duration(Number(value));
  if (field.name === "min_cost_usd") return `$${value}`;
  return value;
}

function fieldChoices(typed: string): Choice[] {
  const word = typed.trim().toLowerCase();
  const fields = FIELDS.filter((field) => field.label.startsWith(word) || field.name.startsWith(word)).map(
    (field) => ({
      key: field.name,
      label: `${field.label}${field.sign === "≥" ? " ≥" : ""}`,
      hint: field.hint,
      becomes: `${field.label}:`,
    }),
  );
  if (!word) return fields;
  const search = {
    key: "q",
    label: `“${typed.trim()}”`,
    hint: "search the full text",
    becomes: null,
    patch: { q: typed.trim() },
  };
  return [search, ...fields];
}

function valueChoices(
  field: Field,
  typed: string,
  facet: readonly { value: string; traces: number }[],
): Choice[] {
  const word = typed.trim().toLowerCase();
  const known = facet
    .filter(({ value }) => value.toLowerCase().includes(word))
    .slice(0, 12)
    .map(({ value, traces }) => ({
      key: value,
      label: value,
      hint: `${compact(traces)} ${traces === 1 ? "trace" : "traces"}`,
      becomes: null,
      patch: { [field.name]: value },
    }));
  const value = readValue(field, typed);
  if (value === null || known.some((choice) => choice.label === value)) return known;
  const typedChoice = {
    key: "typed",
    label: valueText({ field, value }),
    hint: field.sign === "≥" ? "or more" : "exactly this",
    becomes: null,
    patch: { [field.name]: value },
  };
  return [...known, typedChoice];
}

function split(text: string): { field: Field | undefined; rest: string } {
  const match = /^\s*(\w+)\s*(?::|=|≥|>=?)\s*(.*)$/.exec(text);
  const field = match?.[1] ? fieldOf(match[1]) : undefined;
  return { field, rest: field ? (match?.[2] ?? "") : text };
}

export function FilterBar() {
  const { params } = usePlace();
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const { field, rest } = split(text);
  const facet = useFacet(open && field?.facet ? field.name : null, rangeOf(params));
  const choices = field ? valueChoices(field, rest, facet.data ?? []) : fieldChoices(text);
  const chips = activeFilters(params);
  const q = params.get("q");

  useKeys({
    "/": (event) => {
      event.preventDefault();
      input.current?.focus();
    },
  });

  const type = (next: string) => {
    setText(next);
    setAt(0);
    setOpen(true);
  };
  const take = (choice: Choice | undefined) => {
    if (!choice) return;
    if (choice.becomes !== null) return type(choice.becomes);
    setParams(choice.patch ?? {});
    setText("");
    setAt(0);
  };
  const removeLast = () => {
    const last = chips[chips.length - 1];
    if (q) setParams({ q: null });
    else if (last) setParams({ [last.field.name]: null });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setOpen(true);
      setAt((at + step + choices.length) % Math.max(1, choices.length));
    } else if (event.key === "Enter" || (event.key === "Tab" && text !== "" && open)) {
      event.preventDefault();
      take(choices[at]);
    } else if (event.key === "Backspace" && text === "") removeLast();
    else if (event.key === "Escape") {
      event.preventDefault();
      if (text) setText("");
      else input.current?.blur();
    }
  };

  return (
    <div className="filter-bar">
      <Icon name="search" size={14} />
      {chips.map((chip) => (
        <Chip
          key={chip.field.name}
          label={`${chip.field.label} ${chip.field.sign === "≥" ? "≥" : ""}`.trim()}
          value={valueText(chip)}
          failing={chip.field.name === "status" && chip.value === "error"}
          edit={() => {
            setParams({ [chip.field.name]: null });
            type(`${chip.field.label}:`);
            input.current?.focus();
          }}
          remove={() => setParams({ [chip.field.name]: null })}
        />
      ))}
      {q ? (
        <Chip
          label="text"
          value={q}
          edit={() => {
            setParams({ q: null });
            type(q);
            input.current?.focus();
          }}
          remove={() => setParams({ q: null })}
        />
      ) : null}
      <input
        ref={input}
        value={text}
        placeholder={chips.length || q ? "" : "Filter by service, model, tool … or search text"}
        aria-label="Filter"
        role="combobox"
        aria-expanded={open}
        aria-controls="filter-choices"
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => type(event.target.value)}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      {chips.length + (q ? 1 : 0) > 1 ? (
        <button
          type="button"
          className="quiet-button"
          onClick={() =>
            setParams(Object.fromEntries([...FIELDS.map((entry) => [entry.name, null]), ["q", null]]))
          }
        >
          Clear
        </button>
      ) : text === "" && !open ? (
        <kbd>/</kbd>
      ) : null}
      {open && (choices.length > 0 || field) ? (
        <div className="menu-panel menu-list filter-menu" id="filter-choices" role="listbox">
          {choices.length === 0 ? (
            <div className="menu-note">{facet.isFetching ? "Looking up values …" : field?.hint}</div>
          ) : null}
          {choices.map((choice, index) => (
            <div key={choice.key} role="option" aria-selected={index === at}>
              <button
                type="button"
                tabIndex={-1}
                className={index === at ? "menu-item is-at" : "menu-item"}
                onPointerDown={(event) => {
                  event.preventDefault();
                  take(choice);
                }}
                onPointerEnter={() => setAt(index)}
              >
                <span className="menu-label">{choice.label}</span>
                <span className="menu-hint">{choice.hint}</span>
              </button>
            </div>
          ))}
        </div>
      ) : null}
    </div>
  );
}

interface ChipProps {
  label: string;
  value: string;
  failing?: boolean;
  edit: () => void;
  remove: () => void;
}

function Chip({ label, value, failing, edit, remove }: ChipProps) {
  return (
    <span className={failing ? "chip is-failing" : "chip"}>
      <button type="button" className="chip-text" title={`Change ${label}`} onClick={edit}>
        <span className="chip-label">{label}</span> {value}
      </button>
      <button type="button" className="chip-close" aria-label={`Remove ${label} ${value}`} onClick={remove}>
        <Icon name="close" size={10} />
      </button>
    </span>
  );
}
