// What the parts of the budget form share.
import type { ReactNode } from "react";
import type { Draft, DraftErrors } from "./draft";

export interface PartProps {
  draft: Draft;
  errors: DraftErrors;
  set: (patch: Partial<Draft>) => void;
}

export function Choice({
  label,
  error,
  children,
}: {
  label: string;
  error?: string | undefined;
  children: ReactNode;
}) {
  return (
    <div className={error ? "form-field is-wrong" : "form-field"}>
      <span className="form-label">{label}</span>
      {children}
      {error ? <span className="form-error">{error}</span> : null}
    </div>
  );
}
