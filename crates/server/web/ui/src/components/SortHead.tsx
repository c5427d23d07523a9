// A table head that sorts its column: from the largest first, then the other way round.
import { t } from "../lib/i18n";
import { nextSort } from "../lib/order";
import { Icon } from "./Icon";

interface Props {
  id: string;
  head: string;
  title?: string | undefined;
  className?: string | undefined;
  /** "-cost" sorts by cost from the largest. */
  sort: string;
  onSort: (sort: string) => void;
  /** Names begin with the smallest. */
  ascending?: boolean;
}

export function SortHead({ id, head, title, className, sort, onSort, ascending = false }: Props) {
  const state = sort === id ? "ascending" : sort === `-${id}` ? "descending" : "none";
  return (
    <th scope="col" className={className} aria-sort={state}>
      <button
        type="button"
        title={title ?? t("Sort by {column}", { column: head })}
        className={state === "none" ? "head-button" : "head-button is-sorted"}
        onClick={() => onSort(nextSort(sort, id, ascending))}
      >
        {head}
        <span className={state === "ascending" ? "sort-mark up" : "sort-mark"}>
          <Icon name="down" size={10} />
        </span>
      </button>
    </th>
  );
}
