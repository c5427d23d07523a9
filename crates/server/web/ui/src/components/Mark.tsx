/** The mark: a cord with three knots. While `tying`, the knots are pulled tight one after the other. */
export function Mark({ size = 24, tying = false }: { size?: number; tying?: boolean }) {
  return (
    <svg
      className={tying ? "mark mark-tying" : "mark"}
      width={size}
      height={size}
      viewBox="0 0 32 32"
      aria-hidden="true"
    >
      <path d="M5 4.500h22M16 4.500v25" />
      <ellipse cx="16" cy="11" rx="4.600" ry="2.400" />
      <ellipse cx="16" cy="17.700" rx="4.600" ry="2.400" />
      <ellipse cx="16" cy="24.400" rx="4.600" ry="2.400" />
    </svg>
  );
}
