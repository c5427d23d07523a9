import { useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import { Field } from "../../components/Field";
import { t } from "../../lib/i18n";

interface Listed {
  metrics: { name: string }[];
}

/** The name of a metric, with those that the server has offered. */
export function MetricName({
  value,
  error,
  onChange,
}: {
  value: string;
  error: string | undefined;
  onChange: (name: string) => void;
}) {
  const known = useQuery({
    queryKey: ["metric-names"],
    staleTime: 60_000,
    retry: false,
    queryFn: async ({ signal }) => {
      const answer = await get<Partial<Listed>>("/metrics", {}, signal);
      return [...new Set((answer.metrics ?? []).map((metric) => metric.name))];
    },
  });
  return (
    <Field label={t("Metric")} value={value} error={error} list={known.data ?? []} onChange={onChange} />
  );
}
