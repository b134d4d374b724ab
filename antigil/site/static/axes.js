"use strict";
// The axes of a history chart: the quantity's own numbers, and commits or dates.
(function () {
  /** Write the axes of a history chart in its quantity's terms, by commit or by date. */
  function draw(chart) {
    const { write, axis } = antigil.QUANTITIES[chart.quantity];
    chart.figure.yaxes[0].axis_label = axis;
    chart.figure.yaxes[0].ticker = new Bokeh.BasicTicker({ desired_num_ticks: 6 });
    const writeTick = (v) => {
      if (chart.quantity === "gil_held" && v > 0) {
        return `${write(v)} · ≤ ${(1 / v).toFixed(1)}×`;
      }
      return chart.quantity === "speedup" ? `${+v.toFixed(2)}×` : write(v);
    };
    chart.figure.yaxes[0].formatter = antigil.tickFormatter((ticks) => ticks.map(writeTick));
    if (chart.byDate) {
      const day = "%Y-%m-%d";
      chart.figure.xaxes[0].formatter = new Bokeh.DatetimeTickFormatter({
        hours: `${day} %H:%M`,
        days: day,
        months: "%Y-%m",
        years: "%Y",
      });
      chart.figure.xaxes[0].ticker.desired_num_ticks = Math.max(2, Math.round(chart.host.clientWidth / 150));
    } else {
      chart.ticker = new Bokeh.FixedTicker({ ticks: [] });
      chart.figure.xaxes[0].ticker = chart.ticker;
      chart.figure.xaxes[0].formatter = antigil.tickFormatter((ticks) => {
        const commits = ticks.map((revision) => chart.commits.at(revision));
        const days = commits.map((commit) => antigil.day(commit.date));
        return new Set(days).size === days.length ? days : commits.map((commit) => commit.hash.slice(0, 8));
      });
    }
  }

  /** Put the axis' ticks on commits in sight, as evenly as these lie. */
  function tick(chart) {
    if (chart.byDate) {
      return;
    }
    const { start, end } = chart.range;
    const most = Math.max(2, Math.round(chart.host.clientWidth / 150));
    const wanted = Array.from({ length: most }, (_, i) => start + ((i + 0.5) * (end - start)) / most);
    const near = new Set(wanted.map((x) => chart.numbers.revisions[chart.numbers.nearest(x)]));
    const apart = (0.6 * (end - start)) / most;
    const kept = [...near].filter((x) => x >= start && x <= end);
    chart.ticker.ticks = kept.filter((x, i) => i === 0 || x - kept[i - 1] >= apart);
  }

  antigil.axes = { draw, tick };
})();
