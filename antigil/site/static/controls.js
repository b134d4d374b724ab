"use strict";
// The controls of a workload's page: which quantity, threads, environments and part of the history are shown.
(function () {
  const { element, state, QUANTITIES } = antigil;
  const SIGNS = { lost: "▼", gained: "▲", recovered: "◆", steady: "■" };
  /** On a screen that is wider than this all settings are in sight; else they are folded. */
  const WIDE = matchMedia("(min-width: 861px)");

  function chip(value, label, title, pressed, press) {
    return element(
      "button",
      {
        type: "button",
        class: "chip",
        "aria-pressed": pressed === null ? null : String(pressed),
        "aria-label": title,
        title,
        "data-value": value,
        onclick: () => press(value),
      },
      ...[label].flat(),
    );
  }

  function refill(host, ...children) {
    antigil.refill(document.getElementById(host), ...children);
  }

  function quantities(page, all) {
    const drawn = Object.entries(QUANTITIES).filter(([name]) => all.some((numbers) => numbers.has(name)));
    const chips = drawn.map(([name, { title }]) =>
      chip(name, title, null, name === page.quantity, () => state.set({ q: name })),
    );
    refill("quantities", ...chips);
  }

  function axes() {
    const chips = ["commit", "date"].map((name) =>
      chip(name, name === "commit" ? "Commit" : "Date", null, state.get("x") === name, () =>
        state.set({ x: name }),
      ),
    );
    refill("axes", ...chips);
  }

  function ranges(page) {
    const chips = antigil.RANGES.map(({ name, label, title }) =>
      chip(name, label, title, null, () =>
        page.history.charts.slice(0, 1).forEach((chart) => antigil.setRange(chart, name)),
      ),
    );
    refill("ranges", ...chips);
  }

  /** The thread counts of what is shown; a sign and colour are the same wherever the page shows them. */
  function threads(page, all) {
    const hidden = new Set(state.get("hide") || []);
    const here = new Set(all.flatMap((numbers) => numbers.threadCounts()));
    const counts = page.counts.filter((n) => here.has(n));
    const toggle = (value) => {
      hidden.has(value) ? hidden.delete(value) : hidden.add(value);
      state.set({ hide: [...hidden] });
    };
    const chips = counts.map((n) =>
      chip(
        String(n),
        [antigil.sign(n, page.counts), String(n)],
        `${n} thread${n === 1 ? "" : "s"}`,
        !hidden.has(String(n)),
        toggle,
      ),
    );
    refill("threads", ...chips);
  }

  /** The environments: in a row where there are few, else by machine, below what says which is shown. */
  function places(page) {
    const all = page.model.environments;
    const shown = new Set(page.shown().map(({ id }) => id));
    const toggle = (id) => {
      shown.has(id) ? shown.delete(id) : shown.add(id);
      state.set({ env: all.map((one) => one.id).filter((one) => shown.has(one)) });
    };
    const head = document.getElementById("where-now");
    if (!head) {
      const names = all.map(({ id, label, build }) => [id, `${label} · ${build}`]);
      refill("environments", ...names.map(([id, name]) => chip(id, name, name, shown.has(id), toggle)));
      return;
    }
    const [first] = page.shown();
    const single = shown.size > 1 ? "" : `${first.label} · ${first.build}, `;
    head.textContent = `${single}${shown.size} of ${all.length}`;
    const machines = [...new Set(all.map(({ machine }) => machine))];
    refill("environments", ...machines.map((machine) => onMachine(machine, all, shown, toggle)));
    for (const row of document.querySelectorAll(".standing [data-env]")) {
      row.hidden = !shown.has(row.dataset.env);
    }
  }

  /** One machine's environments, each with its standing, which only those that are shown tell in full. */
  function onMachine(machine, all, shown, toggle) {
    const chips = all
      .filter((one) => one.machine === machine)
      .map(({ id, label, build }) => {
        const { mark, speedup } = document.querySelector(`.standing [data-env="${id}"]`).dataset;
        const standing = element("b", { class: `mark ${mark}` }, `${SIGNS[mark]} ${speedup}`);
        const rest = label.split(" · ").slice(1).join(" · ");
        const title = `${label} · ${build}: ${mark}, ${speedup}`;
        return chip(id, [standing, ` ${rest} · ${build}`], title, shown.has(id), toggle);
      });
    const name = element("b", { "aria-hidden": "true" }, machine);
    return element("div", { class: "chips", role: "group", "aria-label": machine }, name, ...chips);
  }

  /** Fill the controls anew. */
  function controls(page, all) {
    quantities(page, all);
    axes();
    ranges(page);
    threads(page, all);
    places(page);
    document.getElementById("controls").hidden = false;
  }

  function fold() {
    document.getElementById("settings").open = WIDE.matches;
  }

  WIDE.addEventListener("change", fold);
  fold();
  antigil.controls = controls;
})();
