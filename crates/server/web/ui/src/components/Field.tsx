import "../styles/forms.css";
import { useId } from "react";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  /** What the value means, in a few words below it. */
  hint?: string;
  type?: "text" | "datetime-local" | "password" | "date";
  /** What a browser may fill in; nothing, unless it is said. */
  autoComplete?: "username" | "current-password" | "new-password";
  inputMode?: "text" | "decimal" | "numeric";
  placeholder?: string;
  disabled?: boolean;
  list?: readonly string[];
  autoFocus?: boolean;
  prefix?: string;
  suffix?: string;
}

/** One labelled input; what is wrong with it stands below it. */
export function Field(props: Props) {
  const { label, value, error, hint, list, prefix } = props;
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={error ? "form-field is-wrong" : "form-field"}>
      <label className="form-label" htmlFor={id}>
        {label}
      </label>
      <span className="form-box">
        {prefix ? <span className="faint">{prefix}</span> : null}
        <input
          id={id}
          type={props.type ?? "text"}
          inputMode={props.inputMode}
          value={value}
          placeholder={props.placeholder}
          disabled={props.disabled}
          // biome-ignore lint/a11y/noAutofocus: a form that was asked for opens to be filled in
          autoFocus={props.autoFocus}
          aria-invalid={error ? true : undefined}
          aria-describedby={note ? `${id}-note` : undefined}
          list={list ? `${id}-list` : undefined}
          autoComplete={props.autoComplete ?? "off"}
          spellCheck={false}
          onChange={(event) => props.onChange(event.target.value)}
        />
        {props.suffix ? <span className="faint form-suffix">{props.suffix}</span> : null}
      </span>
      {list ? (
        <datalist id={`${id}-list`}>
          {list.map((entry) => (
            <option key={entry} value={entry} />
          ))}
        </datalist>
      ) : null}
      {note ? (
        <span id={`${id}-note`} className={error ? "form-error" : "form-hint"}>
          {note}
        </span>
      ) : null}
    </div>
  );
}
