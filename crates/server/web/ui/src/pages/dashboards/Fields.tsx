// Parts of the forms beside a dashboard.
import { type ReactNode, useId } from "react";

export function Select<T extends string>({
  label,
  value,
  options,
  onChange,
  error,
  hint,
}: {
  label: string;
  value: T;
  options: readonly { id: T; label: string }[];
  onChange: (value: T) => void;
  error?: string | undefined;
  hint?: string | undefined;
}) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={error ? "form-field is-wrong" : "form-field"}>
      <label className="form-label" htmlFor={id}>
        {label}
      </label>
      <span className="form-box">
        <select
          id={id}
          value={value}
          aria-invalid={error ? true : undefined}
          aria-describedby={note ? `${id}-note` : undefined}
          onChange={(event) => {
            const found = options.find((option) => option.id === event.target.value);
            if (found) onChange(found.id);
          }}
        >
          {options.map((option) => (
            <option key={option.id} value={option.id}>
              {option.label}
            </option>
          ))}
        </select>
      </span>
      {note ? (
        <span id={`${id}-note`} className={error ? "form-error" : "form-hint"}>
          {note}
        </span>
      ) : null}
    </div>
  );
}

export function Check({
  label,
  checked,
  onChange,
}: {
  label: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
}) {
  return (
    <label className="form-check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <span>{label}</span>
    </label>
  );
}
