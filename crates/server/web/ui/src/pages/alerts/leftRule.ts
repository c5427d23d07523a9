// A statement on its way from the page of SQL to the form of a new alert rule.
let waiting: string | null = null;

export function leaveRule(statement: string): void {
  waiting = statement;
}

/** The statement that was left. It stays until it is dropped: a form may be drawn twice before it is shown. */
export const leftRule = (): string | null => waiting;

export function dropRule(): void {
  waiting = null;
}
