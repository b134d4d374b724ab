"use strict";
// Every chart's numbers as a table on the page and as CSV. Tables are built when they are opened.
(function () {
  const { element } = antigil;
  /** Rows shown at first; a button shows the rest. */
  const FIRST = 200;
  /** The tables that are open, with the number of rows shown at most: they stay open when drawn anew. */
  const opened = new Map();

  /** Return a field of a CSV file; text that a spreadsheet would run as a formula is made plain text. */
  function field(value) {
    if (typeof value === "number") {
      return Number.isNaN(value) ? "" : String(value);
    }
    const text = String(value ?? "");
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  function csv(columns, rows) {
    return [columns, ...rows].map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
  }

  function cell(value, first) {
    if (first) {
      return element("th", { scope: "row" }, value);
    }
    if (typeof value === "number") {
      return element("td", { class: "num" }, Number.isNaN(value) ? "" : String(+value.toPrecision(5)));
    }
    return element("td", {}, String(value ?? ""));
  }

  /**
   * Return a folded table with its buttons; its `refresh` fills it anew where it is open.
   * @param told {key, title, file, columns, rows: function that returns arrays of text and numbers}
   */
  function dataTable(told) {
    const body = element("tbody");
    const more = element("button", {
      type: "button",
      class: "chip",
      hidden: true,
      onclick: () => {
        opened.set(told.key, Infinity);
        show();
      },
    });
    const save = element(
      "button",
      { type: "button", class: "chip", onclick: () => download(told.file, csv(told.columns, told.rows())) },
      "Download CSV",
    );
    const copy = element(
      "button",
      { type: "button", class: "chip", onclick: () => copyText(copy, csv(told.columns, told.rows())) },
      "Copy CSV",
    );
    const table = element(
      "table",
      { class: "data" },
      element("caption", { class: "visually-hidden" }, told.title),
      element(
        "thead",
        {},
        element("tr", {}, ...told.columns.map((name) => element("th", { scope: "col" }, name))),
      ),
      body,
    );

    function show() {
      const most = opened.get(told.key);
      const rows = told.rows();
      body.replaceChildren(
        ...rows
          .slice(0, most)
          .map((row) => element("tr", {}, ...row.map((value, i) => cell(value, i === 0)))),
      );
      more.hidden = rows.length <= most;
      more.textContent = `Show all ${rows.length} rows`;
    }

    const box = element(
      "details",
      {
        class: "numbers",
        open: opened.has(told.key),
        ontoggle: () => {
          if (!box.open) {
            opened.delete(told.key);
          } else if (!opened.has(told.key)) {
            opened.set(told.key, FIRST);
            show();
          }
        },
      },
      element("summary", {}, told.title),
      element("div", { class: "chips" }, save, copy),
      element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": told.title }, table),
      more,
    );
    let waits = false;
    box.refresh = () => {
      if (box.open && !waits) {
        waits = true; // a drag moves the range more often than a screen is drawn
        requestAnimationFrame(() => {
          waits = false;
          show();
        });
      }
    };
    if (box.open) {
      show();
    }
    return box;
  }

  function download(file, text) {
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    const link = element("a", { href: url, download: file });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  /** Copy by the oldest way, which works from a folder and without a permission. */
  function copyText(button, text) {
    const area = element("textarea", { class: "visually-hidden" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    button.focus();
    document.getElementById("live").textContent = done ? "Copied" : "The browser refused to copy";
    button.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => {
      button.textContent = "Copy CSV";
    }, 1500);
  }

  /** The table of a history chart: the commits in sight, the newest first. */
  function historyTable(chart, label) {
    const { numbers, commits, quantity } = chart;
    const lines = numbers.lines(quantity);
    const title = antigil.QUANTITIES[quantity].title;
    const columns = ["commit", "date", "subject", "author", "CPUs allowed"];
    for (const { threads, low } of lines) {
      const whose = threads === null ? "" : `${threads} thread${threads === 1 ? "" : "s"}: `;
      const names = [title, ...(low ? ["99 % low", "99 % high"] : [])];
      columns.push(...names.map((name) => whose + name));
    }
    const rows = () => {
      const found = [];
      for (let i = numbers.revisions.length - 1; i >= 0; i -= 1) {
        if (chart.x[i] < chart.range.start || chart.x[i] > chart.range.end) {
          continue;
        }
        const commit = commits.at(numbers.revisions[i]);
        const row = [
          commit.hash.slice(0, 12),
          antigil.day(commit.date),
          commit.subject,
          commit.author,
          numbers.cpusAt(commit.revision) ?? "",
        ];
        for (const line of lines) {
          const absent = Number.isNaN(line.value[i]);
          row.push(
            absent ? line.absent.get(i) || "missing" : line.value[i],
            ...(line.low ? [line.low[i], line.high[i]] : []),
          );
        }
        found.push(row);
      }
      return found;
    };
    return dataTable({
      key: `history-${label}`,
      title: `${title} as a table: the commits in sight`,
      file: `${label}-${quantity}.csv`,
      columns,
      rows,
    });
  }

  antigil.dataTable = dataTable;
  antigil.historyTable = historyTable;
  antigil.csv = csv;
})();
