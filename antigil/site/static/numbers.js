"use strict";
// The numbers behind the charts: commits, quantities, and how a value is written.
(function () {
  const times = (v) => `${v < 100 ? v.toFixed(2) : v.toFixed(0)}×`;
  const share = (v) => `${(100 * v).toFixed(v !== 0 && Math.abs(v) < 0.1 ? 1 : 0)} %`;

  function seconds(v) {
    for (const [unit, size] of [
      ["s", 1],
      ["ms", 1e-3],
      ["µs", 1e-6],
      ["ns", 1e-9],
    ]) {
      if (v >= size) {
        return `${(v / size).toPrecision(3)} ${unit}`;
      }
    }
    return "0 s";
  }

  /** Every quantity a page can draw: its title, how it is written, and which way is better. */
  const QUANTITIES = {
    speedup: { title: "Speedup", axis: "speedup over one thread", write: times, better: "more" },
    efficiency: {
      title: "Efficiency",
      axis: "speedup ÷ threads",
      write: share,
      better: "more",
      of: "speedup",
    },
    gil_held: {
      title: "GIL held",
      axis: "share of time for which the GIL is held",
      write: share,
      better: "less",
    },
    waiting: {
      title: "Waiting",
      axis: "share of the threads’ time spent waiting",
      write: share,
      better: "less",
    },
    queued: {
      title: "Queued",
      axis: "share of the threads’ time queued for a CPU",
      write: share,
      better: "less",
    },
    inflation: {
      title: "Inflation",
      axis: "CPU time per call over one thread’s",
      write: times,
      better: "less",
    },
    stall: { title: "Stall", axis: "longest stop of every other thread", write: seconds, better: "less" },
    time: { title: "One call", axis: "time of one call on one thread", write: seconds, better: "less" },
  };

  class Commits {
    constructor(columns) {
      this.columns = columns;
      this.index = new Map(columns.revision.map((revision, i) => [revision, i]));
    }

    at(revision) {
      const i = this.index.get(revision);
      if (i === undefined) {
        return null;
      }
      const c = this.columns;
      return {
        revision,
        hash: c.hash[i],
        date: new Date(c.date[i]),
        subject: c.subject[i],
        author: c.author[i],
      };
    }

    /** Return the revision of a commit by the beginning of its hash (7 digits, as git writes it), or null. */
    find(hash) {
      if (!hash || hash.length < 7) {
        return null;
      }
      const i = this.columns.hash.findIndex((full) => full.startsWith(hash));
      return i < 0 ? null : this.columns.revision[i];
    }

    /** Return the revision that an end of a range names, or null: by hash, or the nearest to a number. */
    place(text) {
      const found = this.find(text);
      if (found !== null || !/^\d+$/.test(text ?? "")) {
        return found;
      }
      const nearer = (a, b) => (Math.abs(b - text) < Math.abs(a - text) ? b : a);
      return this.columns.revision.reduce(nearer);
    }

    dateOf(revision) {
      const i = this.index.get(revision);
      return i === undefined ? NaN : this.columns.date[i];
    }
  }

  class Numbers {
    constructor(columns) {
      this.revisions = columns.revisions;
      this.index = new Map(this.revisions.map((revision, i) => [revision, i]));
      this.cpusByRevision = columns.cpus;
      this.series = columns.series.map((one) => ({ ...one, absent: new Map(one.absent || []) }));
    }

    /** Return the lines of a quantity, by thread count. */
    lines(quantity) {
      const source = QUANTITIES[quantity].of || quantity;
      const found = this.series.filter((one) => one.quantity === source);
      return quantity === "efficiency" ? found.map((one) => scaled(one, 1 / one.threads)) : found;
    }

    has(quantity) {
      return this.lines(quantity).some((line) => line.value.some((v) => !Number.isNaN(v)));
    }

    line(quantity, threads) {
      return this.lines(quantity).find((line) => line.threads === threads) || null;
    }

    cpusAt(revision) {
      let found = null;
      for (const [from, cpus] of this.cpusByRevision) {
        if (found === null || from <= revision) {
          found = cpus;
        }
      }
      return found;
    }

    /** Return the ceiling 1 ÷ held at every commit; NaN where it is unknown or there is none. */
    ceiling() {
      const held = this.lines("gil_held")[0];
      return held ? held.value.map((share) => (share > 0 ? 1 / share : NaN)) : null;
    }

    /** Return the thread counts that have a number at any commit. */
    threadCounts() {
      this.counts ??= this.lines("speedup")
        .filter((line) => line.value.some((v) => !Number.isNaN(v)))
        .map((line) => line.threads);
      return this.counts;
    }

    /** Return the position of the commit nearest to a revision. */
    nearest(revision) {
      let low = 0;
      let high = this.revisions.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.revisions[middle] < revision) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      const before = low - 1;
      return before >= 0 && revision - this.revisions[before] < this.revisions[low] - revision ? before : low;
    }
  }

  function scaled(line, factor) {
    const times = (column) => column && column.map((v) => v * factor);
    return { ...line, value: times(line.value), low: times(line.low), high: times(line.high) };
  }

  /** Write a value with its interval, or why there is none. */
  function told(quantity, line, i) {
    const write = QUANTITIES[quantity].write;
    if (Number.isNaN(line.value[i])) {
      return line.absent.get(i) || "missing";
    }
    const bounded = line.low && !Number.isNaN(line.low[i]);
    return write(line.value[i]) + (bounded ? ` (${write(line.low[i])} to ${write(line.high[i])})` : "");
  }

  const day = (date) => (Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 10));

  antigil.QUANTITIES = QUANTITIES;
  antigil.Commits = Commits;
  antigil.Numbers = Numbers;
  antigil.told = told;
  antigil.day = day;
})();
