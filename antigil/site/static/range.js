"use strict";
// Which part of the history is in sight: the newest commits, all of them, closer, further, earlier, later.
(function () {
  const RANGES = [
    { name: "50", label: "Last 50" },
    { name: "200", label: "Last 200" },
    { name: "all", label: "All" },
    { name: "in", label: "+", title: "Zoom in" },
    { name: "out", label: "−", title: "Zoom out" },
    { name: "earlier", label: "←", title: "Earlier commits" },
    { name: "later", label: "→", title: "Later commits" },
  ];

  function setRange(chart, name) {
    const [first, last] = chart.whole();
    const { start, end } = chart.range;
    if (name === "in" || name === "out") {
      zoom(chart, name === "in" ? 0.5 : 2);
    } else if (name === "earlier" || name === "later") {
      const step = Math.abs(end - start) / 2;
      const by = name === "earlier" ? -Math.min(step, start - first) : Math.min(step, last - end);
      chart.show(start + by, end + by);
    } else if (name === "all") {
      chart.show(first, last);
    } else {
      const { sorted } = chart;
      const newest = sorted[sorted.length - 1];
      const from = sorted[Math.max(0, sorted.length - Number(name))];
      // The room for labels beside the newest commit shrinks with the range.
      const share = (last - newest) / (last - first);
      chart.show(from, Math.min(last, newest + (newest - from) * (share / (1 - share))));
    }
  }

  /** Zoom about the commit that is pointed at, else about the newest one in sight. */
  function zoom(chart, factor) {
    const [first, last] = chart.whole();
    const { start, end } = chart.range;
    const middle = chart.pointed === null ? end : chart.x[chart.pointed];
    chart.show(
      Math.max(first, middle - (middle - start) * factor),
      Math.min(last, middle + (end - middle) * factor),
    );
  }

  antigil.RANGES = RANGES;
  antigil.setRange = setRange;
  antigil.zoom = zoom;
})();
