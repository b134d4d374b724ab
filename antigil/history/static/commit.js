"use strict";
// "At one commit": where the speedup went, and the scaling curve beside a second commit's.
(function () {
  const { element, color, state } = antigil;
  const HATCH = { speedup: " ", waiting: "/", queued: ".", inflation: "x", unexplained: "-" };
  const NAMES = { speedup: "speedup", waiting: "waiting", queued: "queued", inflation: "inflation", unexplained: "not explained" };
  const LAWS = { amdahl: "Amdahl", usl: "Universal Scalability Law" };

  class CommitView {
    constructor(host, page) {
      this.host = host;
      this.page = page;
    }

    async draw() {
      const cards = [];
      const jobs = [];
      for (const environment of this.page.shown()) {
        const numbers = await this.page.numbers(environment);
        const pair = this.pair(environment, numbers);
        const box = element("div", { class: "pair" });
        cards.push(this.pickers(environment, pair), box);
        jobs.push(this.where(box, environment, numbers, pair), this.scaling(box, environment, numbers, pair));
      }
      this.host.replaceChildren(element("h2", {}, "At one commit"), ...cards);
      for (const job of jobs) { await job(); }
    }

    /** Return the two commits: those in the address, else the newest and the last release. */
    pair(environment, numbers) {
      const present = (revision) => revision !== null && numbers.index.has(revision);
      const chosen = this.page.commits.find(state.get("commit"));
      const base = this.page.commits.find(state.get("base"));
      const now = present(chosen) ? chosen : environment.newest;
      const older = environment.notable.filter((revision) => revision < now);
      const tagged = this.page.commits.columns.tags.map(([revision]) => revision).filter((revision) => revision < now);
      const release = tagged.length ? older.find((revision) => revision <= Math.max(...tagged)) : undefined;
      const fallback = release ?? older[0] ?? numbers.revisions[0];
      return { now, base: present(base) ? base : fallback };
    }

    pickers(environment, { now, base }) {
      const several = this.page.shown().length > 1;
      const field = (label, name, value) => element("label", { class: "field" }, label, this.picker(environment, name, value));
      return element("div", { class: "bar" },
        several ? element("b", {}, `${environment.label} · ${environment.build}`) : null,
        field("Commit", "commit", now), field("beside", "base", base));
    }

    picker(environment, name, value) {
      const { commits } = this.page;
      const known = environment.notable.includes(value) ? environment.notable : [value, ...environment.notable];
      const options = known.map((revision) => {
        const commit = commits.at(revision);
        return element("option", { value: commit.hash.slice(0, 12), selected: revision === value },
          `${this.reason(environment, revision)}${commit.hash.slice(0, this.page.hashLength)} ${commit.subject.slice(0, 60)}`);
      });
      return element("select", { "data-name": name, onchange: (event) => state.set({ [name]: event.target.value }) }, ...options);
    }

    reason(environment, revision) {
      const tags = this.page.commits.columns.tags.filter(([tagged]) => tagged === revision).map(([, name]) => name);
      const here = environment.changes.find((change) => change.revision === revision);
      const next = environment.changes.find((change) => change.before === revision);
      const words = [...(revision === environment.newest ? ["newest"] : []), ...tags];
      if (here) { words.push(antigil.changeText(here)); } else if (next) { words.push(`before ${antigil.changeText(next)}`); }
      return words.length ? `${words.join(", ")}: ` : "";
    }

    card(box, title, note) {
      const plot = element("div", { class: "plot small" });
      const legend = element("p", { class: "legend" });
      const after = element("div");
      box.append(element("figure", { class: "card" }, element("figcaption", {}, element("b", {}, title), " ", element("span", { class: "muted" }, note)), plot, legend, after));
      return { plot, legend, after };
    }

    name(revision) {
      const commit = this.page.commits.at(revision);
      return commit.hash.slice(0, this.page.hashLength);
    }

    /** n split into speedup, waiting, queued and inflation. */
    where(box, environment, numbers, { now }) {
      const position = numbers.index.get(now);
      const counts = numbers.threadCounts().filter((n) => n > 1);
      const splits = counts.map((n) => antigil.split(numbers, position, n, numbers.cpusAt(now))).filter(Boolean);
      const { plot, legend, after } = this.card(box, "Where the speedup went", `of n threads at ${this.name(now)}`);
      if (!numbers.has("waiting") || !splits.length) {
        plot.replaceWith(element("p", { class: "muted" }, splits.length
          ? "Only asv’s times are known of this benchmark, so the missing speedup cannot be divided."
          : "Nothing was measured at this commit."));
        return async () => {};
      }
      const parts = antigil.PARTS.filter((part) => splits.some((s) => s[part] > 0.0005));
      after.append(antigil.dataTable({
        title: "Where the speedup went, as a table", file: `where-${this.name(now)}.csv`,
        columns: ["threads", ...parts.map((part) => NAMES[part])], rows: () => splits.map((s) => [String(s.threads), ...parts.map((part) => s[part])]),
      }));
      legend.append(...parts.map((part) => element("span", {}, element("i", { class: `swatch part-${part}` }), NAMES[part])));
      return async () => {
        const factors = splits.map((s) => String(s.threads));
        const figure = this.figure({ x_range: factors, y_range: new Bokeh.Range1d({ start: 0, end: Math.max(...splits.map((s) => Math.max(s.threads, s.speedup))) * 1.04 }) },
          "threads", "threads’ worth of work");
        const bottom = splits.map(() => 0);
        for (const part of parts) {
          const top = bottom.map((v, i) => v + splits[i][part]);
          figure.vbar({ x: factors, top, bottom: [...bottom], width: 0.62, fill_color: color(`--part-${part}`), line_color: color("--surface"),
            hatch_pattern: HATCH[part], hatch_color: color("--surface"), hatch_alpha: 0.55, hatch_scale: 9 });
          top.forEach((v, i) => { bottom[i] = v; });
        }
        figure.text({ x: factors, y: splits.map((s) => s.speedup / 2), text: splits.map((s) => `${s.speedup.toFixed(2)}×`), text_align: "center",
          text_baseline: "middle", text_font_size: "12px", text_font_style: "bold", text_font: "system-ui, sans-serif", text_color: color("--surface") });
        await this.show(figure, plot);
      };
    }

    /** Speedup over threads at two commits, with the laws that were fitted to the first. */
    scaling(box, environment, numbers, { now, base }) {
      const cpus = numbers.cpusAt(now);
      const points = (revision) => {
        const i = numbers.index.get(revision);
        return numbers.lines("speedup").map((line) => ({ n: line.threads, s: line.value[i], low: line.low ? line.low[i] : NaN, high: line.high ? line.high[i] : NaN }))
          .filter((point) => !Number.isNaN(point.s));
      };
      const [a, b] = [points(now), base === now ? [] : points(base)];
      const { plot, legend, after } = this.card(box, "Scaling curve", base === now ? `of ${this.name(now)}` : `${this.name(now)} beside ${this.name(base)}`);
      const fits = (environment.laws || {})[now] || [];
      after.append(this.laws(environment, fits), antigil.dataTable({
        title: "Scaling curve as a table", file: `scaling-${this.name(now)}-${this.name(base)}.csv`,
        columns: ["threads", "ideal", `speedup ${this.name(now)}`, "99 % low", "99 % high", `speedup ${this.name(base)}`, "99 % low", "99 % high"],
        rows: () => numbers.threadCounts().map((n) => {
          const [p, q] = [a, b].map((side) => side.find((point) => point.n === n) || { s: NaN, low: NaN, high: NaN });
          return [String(n), Math.min(n, cpus ?? n), p.s, p.low, p.high, q.s, q.low, q.high];
        }),
      }));
      const entries = [["line-now", this.name(now)], ...(b.length ? [["line-base", this.name(base)]] : []), ["line-ideal", "ideal"], ...fits.map((fit, i) => [`line-law-${i}`, LAWS[fit.law]])];
      legend.append(...entries.map(([name, text]) => element("span", {}, element("i", { class: `swatch ${name}` }), text)));
      return async () => {
        const counts = numbers.threadCounts();
        const most = Math.max(...counts);
        const top = Math.max(...[...a, ...b].map((p) => (p.high > p.s ? p.high : p.s)), Math.min(most, cpus ?? most), 1) * 1.08;
        const figure = this.figure({ x_range: new Bokeh.Range1d({ start: 0.6, end: most + 0.5 }), y_range: new Bokeh.Range1d({ start: 0, end: top }) }, "threads", "speedup");
        figure.xaxes[0].ticker = new Bokeh.FixedTicker({ ticks: counts });
        const dense = (to) => Array.from({ length: 61 }, (_, i) => 1 + (to - 1) * i / 60);
        figure.line({ x: dense(most), y: dense(most).map((n) => Math.min(n, cpus ?? n)), line_color: color("--muted"), line_dash: [6, 5] });
        fits.forEach((fit, i) => {
          const xs = dense(Math.min(most, cpus ?? most));
          figure.line({ x: xs, y: xs.map((n) => predict(fit, n)), line_color: color(i ? "--thread-4" : "--thread-3"), line_dash: i ? [2, 3] : [8, 3, 2, 3], line_width: 1.5 });
        });
        this.curve(figure, b, color("--muted"), "square", [5, 3]);
        this.curve(figure, a, color("--accent"), "circle", "solid");
        await this.show(figure, plot);
      };
    }

    curve(figure, points, ink, marker, dash) {
      const xs = points.map((p) => p.n);
      const bounded = points.filter((p) => !Number.isNaN(p.low));
      figure.segment({ x0: bounded.map((p) => p.n), x1: bounded.map((p) => p.n), y0: bounded.map((p) => p.low), y1: bounded.map((p) => p.high), line_color: ink, line_width: 5, line_alpha: 0.35 });
      figure.line({ x: xs, y: points.map((p) => p.s), line_color: ink, line_width: 2, line_dash: dash });
      figure.scatter({ x: xs, y: points.map((p) => p.s), marker, size: 8, fill_color: ink, line_color: color("--surface") });
    }

    laws(environment, fits) {
      if (environment.laws === null) { return element("p", { class: "muted" }, "Laws were not fitted: SciPy was not installed when these pages were written."); }
      if (!fits.length) { return element("p", { class: "muted" }, "No law was fitted here: too few thread counts within the CPUs allowed, or not one of the newest, released or changed commits."); }
      const written = (v) => (v === null ? "unknown" : String(+v.toPrecision(3)));
      return element("ul", { class: "laws" }, ...fits.map((fit) => {
        const told = Object.entries(fit.parameters).map(([name, p]) => `${name} = ${written(p.value)}${p.at_bound ? " (at its bound)" : p.standard_error === null ? " (through its only point)" : ` ± ${written(p.standard_error)} (standard error)`}`);
        const peak = fit.peak && fit.peak.n !== null ? `; best at ${written(fit.peak.n)} threads: ${written(fit.peak.value)}×` : "";
        const worst = Math.max(...fit.residuals.map(Math.abs));
        return element("li", {}, element("b", {}, LAWS[fit.law]), `: ${told.join(", ")}${peak} `, element("span", { class: "muted" }, `misses no point by more than ${worst.toFixed(3)}×`));
      }));
    }

    figure(ranges, x, y) {
      const figure = Bokeh.Plotting.figure({ height: 260, sizing_mode: "stretch_width", toolbar_location: null, tools: [], ...ranges });
      figure.xaxes[0].axis_label = x;
      figure.yaxes[0].axis_label = y;
      antigil.styleFigure(figure);
      return figure;
    }

    async show(figure, plot) { await Bokeh.Plotting.show(figure, plot); }
  }

  function predict(fit, n) {
    const p = Object.fromEntries(Object.entries(fit.parameters).map(([name, told]) => [name, told.value]));
    return fit.law === "amdahl" ? n / (1 + p.f * (n - 1)) : n / (1 + p.alpha * (n - 1) + p.beta * n * (n - 1));
  }

  antigil.CommitView = CommitView;
})();
