// The editor of a statement, with completion.
import { type KeyboardEvent, useRef, useState } from "react";
import { Problem } from "../../api/client";
import type { SqlSchema } from "../../api/sql";
import { t } from "../../lib/i18n";
import { type SqlChoice, sqlChoices, wordAt } from "../../lib/sql";

interface EditorProps {
  schema: SqlSchema | undefined;
  text: string;
  change: (text: string) => void;
  run: () => void;
  busy: boolean;
  error: unknown;
}

/** The statement. Names are completed; an error selects its position. */
export function Editor({ schema, text, change, run, busy, error }: EditorProps) {
  const [choices, setChoices] = useState<SqlChoice[]>([]);
  const [at, setAt] = useState(0);
  const area = useRef<HTMLTextAreaElement>(null);
  const write = (next: string, caret: number) => {
    change(next);
    setAt(0);
    setChoices(schema ? sqlChoices(next, caret, schema) : []);
  };
  const take = (choice: SqlChoice) => {
    const caret = area.current?.selectionStart ?? text.length;
    const { from } = wordAt(text, caret);
    write(text.slice(0, from) + choice.text + text.slice(caret), from + choice.text.length);
    setChoices([]);
    requestAnimationFrame(() => {
      area.current?.focus();
      area.current?.setSelectionRange(from + choice.text.length, from + choice.text.length);
    });
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      setChoices([]);
      run();
    } else if (choices.length > 0 && (event.key === "Tab" || event.key === "Enter")) {
      event.preventDefault();
      const choice = choices[at];
      if (choice) take(choice);
    } else if (choices.length > 0 && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : choices.length - 1;
      setAt((at + step) % choices.length);
    } else if (event.key === "Escape" && choices.length > 0) {
      event.preventDefault();
      event.stopPropagation();
      setChoices([]);
    }
  };
  const position = error instanceof Problem ? error.position : null;
  return (
    <section aria-label={t("Statement")}>
      <textarea
        ref={area}
        className="sql-text mono"
        aria-label={t("Statement")}
        aria-invalid={error ? true : undefined}
        rows={Math.min(16, Math.max(5, text.split("\n").length + 1))}
        spellCheck={false}
        value={text}
        onChange={(event) => write(event.target.value, event.target.selectionStart)}
        onKeyDown={pressed}
        onBlur={() => setChoices([])}
      />
      {choices.length > 0 ? (
        <ul className="sql-choices" aria-label={t("Completions")}>
          {choices.map((choice, index) => (
            <li key={`${choice.kind} ${choice.text}`}>
              <button
                type="button"
                className={index === at ? "is-chosen" : ""}
                onMouseDown={(event) => {
                  event.preventDefault();
                  take(choice);
                }}
              >
                <span className="mono">{choice.text}</span>
                <span className="muted">{choice.about}</span>
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      <p className="sql-actions">
        <button type="button" className="button is-main" disabled={busy || text.trim() === ""} onClick={run}>
          {t("Run")}
        </button>
        <span className="muted sql-keys">{t("Ctrl+Enter runs the statement. Tab completes a name.")}</span>
        {position !== null ? (
          <button
            type="button"
            className="quiet-button"
            onClick={() => {
              area.current?.focus();
              const [caret] = [[...text].slice(0, position).join("").length];
              area.current?.setSelectionRange(caret ?? 0, (caret ?? 0) + 1);
            }}
          >
            {t("Go to the error")}
          </button>
        ) : null}
      </p>
    </section>
  );
}
