export { Bars } from "./Bars";
export { BoxPlot } from "./BoxPlot";
export { boundsOver, rebin } from "./bins";
export { brushRange } from "./brush";
export { Donut } from "./Donut";
export { ChartEmpty, Charted, ChartWait } from "./Frame";
export { Gauge } from "./Gauge";
export { betterOf } from "./gaugeScale";
export { Heatmap } from "./Heatmap";
export { Histogram } from "./Histogram";
export {
  addsUp,
  type Bounds,
  beforeSeries,
  binsOf,
  boundsOf,
  changeOf,
  figureOf,
  figureText,
  groupName,
  isMeasure,
  MEASURES,
  type Measure,
  minutesOf,
  pointsOf,
  seriesOf,
  unitOf,
} from "./measures";
export { Sparkline } from "./Sparkline";
export { Stat } from "./Stat";
export { TimeChart } from "./TimeChart";
export type { BarRow, Bin, BoxRow, Part, Point, Series, Unit } from "./types";
export { formatterOf, formatUnit, unitName } from "./units";
