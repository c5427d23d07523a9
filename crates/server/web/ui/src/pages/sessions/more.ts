import { useCallback, useEffect } from "react";

interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** Asks for the next page, once, when there is one. */
export function useMore({ hasNextPage, isFetchingNextPage, fetchNextPage }: Pages): () => void {
  return useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
}

/** Loads page after page until `most` rows are there: an order over a part of them would mislead. */
export function useAllPages(wanted: boolean, rows: number, most: number, more: () => void): void {
  useEffect(() => {
    if (wanted && rows < most) more();
  }, [wanted, rows, most, more]);
}
