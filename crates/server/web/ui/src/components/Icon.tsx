const PATHS = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.700 10.700 14 14",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
  check: "M3 8.500 6.500 12 13 4.500",
  close: "M4 4l8 8M12 4l-8 8",
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  light:
    "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
  dark: "M13.500 9.500A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7Z",
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  back: "M10 3 5 8l5 5",
  unfold: "M5 6l3-3 3 3M5 10l3 3 3-3",
  fold: "M5 3l3 3 3-3M5 13l3-3 3 3",
  retry: "M13 8a5 5 0 1 1-1.500-3.500M13 2v3h-3",
  link: "M6.500 9.500l3-3M7.500 4.500l1-1a2.800 2.800 0 0 1 4 4l-1 1M8.500 11.500l-1 1a2.800 2.800 0 0 1-4-4l1-1",
  bookmark: "M4 2.500h8v11L8 10.500 4 13.500z",
  bookmarked: "M4 2.500h8v11L8 10.500 4 13.500zM6 6l1.500 1.500L10.200 5",
  pencil: "M3 13l.7-2.800 7.300-7.300 2.100 2.100-7.300 7.300zM9.600 4.300l2.100 2.100",
  trash: "M3 4.500h10M6.500 4.500v-2h3v2M4.500 4.500l.6 9h5.800l.6-9M6.800 7v4M9.200 7v4",
  columns: "M2.500 3h11v10h-11zM6.200 3v10M9.800 3v10",
  export: "M8 2v8M4.800 7 8 10.200 11.200 7M3 13.500h10",
  facets: "M2 4h12M4.500 8h7M6.500 12h3",
  up: "M4 10l4-4 4 4",
  more: "M3 8h.01M8 8h.01M13 8h.01",
  pause: "M5.500 3.500v9M10.500 3.500v9",
  play: "M5 3.500v9l7-4.500z",
  minus: "M4 8h8",
  plus: "M8 4v8M4 8h8",
  compare: "M5 3v10M2.500 10.500 5 13l2.500-2.500M11 13V3M8.500 5.500 11 3l2.500 2.500",
  swap: "M2.500 5.500h10M10 3l2.500 2.500L10 8M13.500 10.500h-10M6 8l-2.500 2.500L6 13",
  language: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM2 8h12M8 2c2.200 2 2.200 10 0 12M8 2c-2.200 2-2.200 10 0 12",
  help: "M5.800 6a2.200 2.200 0 1 1 3.300 1.900c-.7.4-1.100.9-1.100 1.700M8 12.300h.01",
  thumb:
    "M5 7v6.500H2.500V7zM5 7l2.500-4.800c1 0 1.700.7 1.700 1.600V6h3.200c.8 0 1.400.8 1.200 1.600l-1 4.600c-.2.8-.8 1.300-1.500 1.300H5",
  menu: "M2.500 4.500h11M2.500 8h11M2.500 11.500h11",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
