// @ts-check
// The numbers behind the charts: the commits, and one environment's values at each.

export class Commits {
  /** @param {CommitColumns} columns */
  constructor(columns) {
    this.columns = columns;
    this.index = new Map(columns.revision.map((revision, i) => [revision, i]));
  }

  /** Return a commit that was measured. @param {number} revision */
  at(revision) {
    const i = this.index.get(revision) ?? NaN;
    const { hash, date, subject, author } = this.columns;
    return { revision, hash: hash[i], date: new Date(date[i]), subject: subject[i], author: author[i] };
  }

  /** Return a commit's revision by the first 7 digits or more of its hash, or null. @param {string} [hash] */
  find(hash = "") {
    const i = this.columns.hash.findIndex((full) => hash.length >= 7 && full.startsWith(hash));
    return this.columns.revision[i] ?? null;
  }

  /** Return the revision that an end of a range names, or null: by hash or number. @param {string} [text] */
  place(text) {
    const found = this.find(text);
    if (found !== null || !text || !/^\d+$/.test(text)) {
      return found;
    }
    const away = (/** @type {number} */ revision) => Math.abs(revision - Number(text));
    return this.columns.revision.reduce((a, b) => (away(b) < away(a) ? b : a));
  }

  /** @param {number} revision */
  dateOf(revision) {
    return this.columns.date[this.index.get(revision) ?? NaN] ?? NaN;
  }
}

/** Return the level at a revision. @param {[number, number | null][]} levels @param {number} revision */
function levelAt(levels, revision) {
  return (levels.findLast(([from]) => from <= revision) ?? levels[0])[1];
}

export class Numbers {
  /** @param {EnvironmentColumns} columns */
  constructor(columns) {
    this.revisions = columns.revisions;
    this.index = new Map(this.revisions.map((revision, i) => [revision, i]));
    this.cpus = columns.cpus;
    this.cores = columns.cores;
    this.laws = columns.laws;
    /** @type {Line[]} */
    this.series = columns.series.map((one) => ({ ...one, absent: new Map(one.absent) }));
    this.counts = this.lines("speedup").filter(known).map((line) => Number(line.threads));
  }

  /** Return the lines of a quantity, by thread count. @param {QuantityName} quantity */
  lines(quantity) {
    const source = quantity === "efficiency" ? "speedup" : quantity;
    const found = this.series.filter((one) => one.quantity === source);
    return quantity === "efficiency" ? found.map(efficiency) : found;
  }

  /** Return lines that are not hidden. @param {QuantityName} quantity @param {Set<number | null>} hidden */
  shown(quantity, hidden) {
    return this.lines(quantity).filter(({ threads }) => !hidden.has(threads));
  }

  /**
   * Return the ideals of thread counts, min(n, cores), each as levels from a revision on.
   * @param {QuantityName} quantity @param {number[]} counts
   */
  ideals(quantity, counts) {
    if (quantity === "efficiency") {
      return [[[-Infinity, 1]]];
    }
    const drawn = quantity === "speedup" ? counts : [];
    return drawn.map((n) => this.cores.map(([from, cores]) => [from, Math.min(n, cores ?? n)]));
  }

  /** Return the highest that is drawn. @param {QuantityName} quantity @param {Set<number | null>} hidden */
  highest(quantity, hidden) {
    const lines = this.shown(quantity, hidden);
    const tops = lines.map(({ value }) => value.reduce((top, v) => (v > top ? v : top), 0));
    const ideals = this.ideals(quantity, this.counts.filter((n) => !hidden.has(n)));
    return Math.max(0, ...tops, ...ideals.flatMap((levels) => levels.map(([, level]) => level)));
  }

  /** @param {QuantityName} quantity */
  has(quantity) {
    return this.lines(quantity).some(known);
  }

  /** @param {QuantityName} quantity @param {number} threads */
  line(quantity, threads) {
    return this.lines(quantity).find((line) => line.threads === threads);
  }

  /** Return how many CPUs were allowed; null if unknown. @param {number} revision */
  cpusAt(revision) {
    return levelAt(this.cpus, revision);
  }

  /** Return how many physical cores of one kind were among them; null if unknown. @param {number} revision */
  coresAt(revision) {
    return levelAt(this.cores, revision);
  }

  /** Return the ceiling 1 ÷ held at every commit; NaN where it is unknown or there is none. */
  ceiling() {
    return this.lines("gil_held")[0]?.value.map((share) => (share > 0 ? 1 / share : NaN));
  }
}

/** Return the positions of numbers, in runs that end wherever there is none. @param {number[]} column */
export function runsOf(column) {
  /** @type {number[][]} */
  const runs = [[]];
  column.forEach((v, i) => {
    if (Number.isNaN(v)) {
      runs.push([]);
    } else {
      runs[runs.length - 1].push(i);
    }
  });
  return runs.filter((run) => run.length);
}

/** Tell whether a line has a value at any commit. @param {Line} line */
function known(line) {
  return line.value.some((v) => !Number.isNaN(v));
}

/** @param {Line} line @returns {Line} */
function efficiency(line) {
  const each = (/** @type {number[]} */ column) => column.map((v) => v / Number(line.threads));
  const { value, low, high } = line;
  return { ...line, value: each(value), low: low && each(low), high: high && each(high) };
}
