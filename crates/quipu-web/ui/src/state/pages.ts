/** The pages of the rail, in order, with the key that follows "g". A page is listed when it exists. */
export const PAGES = [
  { path: "/traces", label: "Traces", key: "t" },
  { path: "/sessions", label: "Sessions", key: "s" },
  { path: "/tools", label: "Tools", key: "o" },
  { path: "/cost", label: "Cost", key: "c" },
  { path: "/budgets", label: "Budgets", key: "b" },
  { path: "/frameworks", label: "Frameworks", key: "f" },
] as const;
