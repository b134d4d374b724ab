// @ts-check
// Which part of the history is in sight: the newest commits, all of them, closer, further, earlier, later.
/** @import { HistoryChart } from "./chart.js" */

/** @typedef {(chart: HistoryChart) => void} Move */

/**
 * What each button says, and does; its title where its text is a sign.
 * @type {{ name: string, label: string, title?: string, apply: Move }[]}
 */
export const RANGES = [
  { name: "50", label: "Last 50", apply: newest(50) },
  { name: "200", label: "Last 200", apply: newest(200) },
  { name: "all", label: "All", apply: (chart) => chart.show(...chart.whole()) },
  { name: "in", label: "+", title: "Zoom in", apply: (chart) => zoom(chart, 0.5) },
  { name: "out", label: "−", title: "Zoom out", apply: (chart) => zoom(chart, 2) },
  { name: "earlier", label: "←", title: "Earlier commits", apply: (chart) => move(chart, -0.5) },
  { name: "later", label: "→", title: "Later commits", apply: (chart) => move(chart, 0.5) },
];

/** @param {number} commits @returns {Move} */
function newest(commits) {
  return (chart) => {
    const { sorted, last: newest } = chart;
    const [first, end] = chart.whole();
    const from = sorted[Math.max(0, sorted.length - commits)];
    // The room for labels beside the newest commit shrinks with the range.
    const share = (end - newest) / (end - first);
    chart.show(from, Math.min(end, newest + (newest - from) * (share / (1 - share))));
  };
}

/**
 * Move by a part of what is in sight, to the end of the history at most.
 * @param {HistoryChart} chart @param {number} part
 */
function move(chart, part) {
  const [first, last] = chart.whole();
  const { start, end } = chart.range;
  const by = Math.min(Math.max(part * (end - start), first - start), last - end);
  chart.show(start + by, end + by);
}

/**
 * Zoom about the commit that is pointed at, else about the newest one in sight.
 * @param {HistoryChart} chart @param {number} factor
 */
export function zoom(chart, factor) {
  const [first, last] = chart.whole();
  const { start, end } = chart.range;
  const middle = chart.pointed === null ? end : chart.x[chart.pointed];
  chart.show(
    Math.max(first, middle - (middle - start) * factor),
    Math.min(last, middle + (end - middle) * factor),
  );
}
