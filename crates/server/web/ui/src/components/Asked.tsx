// The beginning of a trace's question or answer, in a cell of a list.
import { type Exchange, useExchange } from "../api/exchanges";

interface Props {
  subject: "trace" | "session";
  id: string;
  part: keyof Pick<Exchange, "asked" | "answered">;
}

export function Asked({ subject, id, part }: Props) {
  const query = useExchange(subject, id);
  const text = query.data?.[part];
  if (!text) return query.isPending ? null : <span className="nil">–</span>;
  return (
    <span className="muted" dir="auto" title={text}>
      {text.replace(/\s+/g, " ")}
    </span>
  );
}
