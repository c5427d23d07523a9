// Orders rows by one of their figures.

export interface Ordering<Row> {
  by: (row: Row) => number | string | null;
  down: boolean;
  /** Decides between equals. */
  name: (row: Row) => string;
}

/** The rows in order; those that do not say it come last either way. */
export function ordered<Row>(rows: readonly Row[], { by, down, name }: Ordering<Row>): Row[] {
  return [...rows].sort((a, b) => {
    const [left, right] = [by(a), by(b)];
    if (left === null || right === null) {
      if (left !== right) return left === null ? 1 : -1;
    } else if (left !== right) {
      return left < right === down ? 1 : -1;
    }
    return name(a).localeCompare(name(b));
  });
}

/** The order that follows a click on a column's head. */
export function nextSort(sort: string, id: string, ascending = false): string {
  if (sort === `-${id}`) return id;
  if (sort === id) return `-${id}`;
  return ascending ? id : `-${id}`;
}
