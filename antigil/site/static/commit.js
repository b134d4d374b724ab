"use strict";
// "At one commit": where the speedup went, and the scaling curve beside a second commit's.
(function () {
  const { element, state } = antigil;

  class CommitView {
    constructor(host, page) {
      this.host = host;
      this.page = page;
      this.drawn = [];
    }

    async draw() {
      const cards = [];
      const jobs = [];
      for (const environment of this.page.shown()) {
        const numbers = await this.page.numbers(environment);
        const pair = this.pair(environment, numbers);
        const box = element("div", { class: "pair" });
        cards.push(this.pickers(environment, pair), box);
        jobs.push(
          antigil.where(this, box, environment, numbers, pair),
          antigil.scaling(this, box, environment, numbers, pair),
        );
      }
      this.drawn.splice(0).forEach(([view, figure]) => antigil.forget(view, figure));
      antigil.refill(this.host, element("h2", {}, "At one commit"), ...cards);
      for (const job of jobs) {
        await job();
      }
    }

    /** Return the two commits: those in the address, else the newest and the last release. */
    pair(environment, numbers) {
      const present = (revision) => revision !== null && numbers.index.has(revision);
      const chosen = this.page.commits.find(state.get("commit"));
      const base = this.page.commits.find(state.get("base"));
      const now = present(chosen) ? chosen : environment.newest;
      const older = environment.notable.filter((revision) => revision < now);
      const tagged = environment.tags.map(([revision]) => revision).filter((revision) => revision < now);
      const release = tagged.length ? older.find((revision) => revision <= Math.max(...tagged)) : undefined;
      const fallback = release ?? older[0] ?? numbers.revisions[0];
      const unknown = [
        ["commit", chosen, now],
        ["base", base, fallback],
      ]
        .filter(([name, revision]) => state.get(name) && !present(revision))
        .map(([name, , instead]) => {
          const asked = state.get(name).slice(0, 12);
          return `Commit ${asked} was not measured here. Shown is ${this.name(instead)}.`;
        });
      return { now, base: present(base) ? base : fallback, unknown };
    }

    pickers(environment, { now, base, unknown }) {
      const several = this.page.shown().length > 1;
      const field = (label, name, value) =>
        element("label", { class: "field" }, label, this.picker(environment, name, value));
      return element(
        "div",
        { class: "bar" },
        several ? element("b", {}, `${environment.label} · ${environment.build}`) : null,
        field("Commit", "commit", now),
        field("beside", "base", base),
        ...unknown.map((text) => element("p", { class: "note" }, text)),
      );
    }

    picker(environment, name, value) {
      const { commits } = this.page;
      const known = environment.notable.includes(value)
        ? environment.notable
        : [value, ...environment.notable];
      const options = known.map((revision) => {
        const commit = commits.at(revision);
        return element(
          "option",
          { value: commit.hash.slice(0, 12), selected: revision === value },
          `${this.reason(environment, revision)}${commit.hash.slice(0, this.page.hashLength)} ${commit.subject.slice(0, 60)}`,
        );
      });
      return element(
        "select",
        { "data-name": name, onchange: (event) => state.set({ [name]: event.target.value }) },
        ...options,
      );
    }

    reason(environment, revision) {
      const tags = environment.tags.filter(([tagged]) => tagged === revision).map(([, name]) => name);
      const here = environment.changes.find((change) => change.revision === revision);
      const next = environment.changes.find((change) => change.before === revision);
      const words = [...(revision === environment.newest ? ["newest"] : []), ...tags];
      if (here) {
        words.push(antigil.changeText(here));
      } else if (next) {
        words.push(`before ${antigil.changeText(next)}`);
      }
      return words.length ? `${words.join(", ")}: ` : "";
    }

    card(box, title, note) {
      const plot = element("div", { class: "plot small" });
      const legend = element("p", { class: "legend" });
      const after = element("div");
      box.append(
        element(
          "figure",
          { class: "card" },
          element("figcaption", {}, element("b", {}, title), " ", element("span", { class: "muted" }, note)),
          plot,
          legend,
          after,
        ),
      );
      return { plot, legend, after };
    }

    name(revision) {
      const commit = this.page.commits.at(revision);
      return commit.hash.slice(0, this.page.hashLength);
    }

    figure(ranges, x, y) {
      const figure = Bokeh.Plotting.figure({
        height: 260,
        sizing_mode: "stretch_width",
        toolbar_location: null,
        tools: [],
        ...ranges,
      });
      figure.xaxes[0].axis_label = x;
      figure.yaxes[0].axis_label = y;
      antigil.styleFigure(figure);
      return figure;
    }

    async show(figure, plot) {
      this.drawn.push([await antigil.show(figure, plot), figure]);
    }
  }

  antigil.CommitView = CommitView;
})();
