/** The mark: a cord with three knots. While `tying`, the knots draw themselves one after the other. */
export function Mark({ size = 24, tying = false }: { size?: number; tying?: boolean }) {
  return (
    <svg
      className={tying ? "mark mark-tying" : "mark"}
      width={size}
      height={size}
      viewBox="0 0 32 32"
      fill="none"
      strokeWidth={2.4}
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M4 5h24" />
      <path d="M16 5v3.300M16 13.700v1.100M16 20.200v1.100M16 26.700v3" />
      <ellipse className="knot" pathLength={1} cx="16" cy="11" rx="4.200" ry="2.700" />
      <ellipse className="knot" pathLength={1} cx="16" cy="17.500" rx="4.200" ry="2.700" />
      <ellipse className="knot" pathLength={1} cx="16" cy="24" rx="4.200" ry="2.700" />
    </svg>
  );
}
