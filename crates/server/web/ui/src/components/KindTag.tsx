import { hueOf } from "../lib/kinds";

export function KindTag({ kind }: { kind: string }) {
  return <span className={`kind hue-${hueOf(kind)}`}>{kind}</span>;
}
