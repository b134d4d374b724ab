// What the data files hold (antigil/site/workload_page.py), the part of BokehJS that is used, and some classes.

type HistoryChart = import("./chart.js").HistoryChart;
type Numbers = import("./numbers.js").Numbers;
type Page = import("./page.js").Page;

type QuantityName =
  | "speedup" | "efficiency" | "gil_held" | "waiting" | "queued" | "inflation" | "stall" | "time";
type LawName = "amdahl" | "usl";
type Direction = "lost" | "gained";
type Mark = Direction | "recovered" | "steady" | "retired";

interface Effect {
  quantity: QuantityName;
  /** What it is called where there is a GIL, or none. */
  name: string;
  threads: number | null;
  before: number;
  after: number;
  size: number;
  /** The size in words. */
  text: string;
}

interface Change {
  revision: number;
  before: number;
  /** What shares the suspicion, after the commit itself: "or the one before it, not measured". */
  others: string;
  hash: string;
  subject: string;
  date: number;
  direction: Direction;
  confirmed: boolean;
  headline: Effect;
  effects: Effect[];
}

interface Environment {
  id: string;
  /** Of its numbers' file. */
  version: string;
  label: string;
  machine: string;
  build: string;
  /** Whether it was on at the newest commit; null: not known. */
  gil: boolean | null;
  cpus: number | null;
  /** Physical cores of one kind among them. */
  cores: number | null;
  threads: number[];
  newest: number;
  notable: number[];
  /** Revision, name and date of each. */
  tags: [number, string, number | null][];
  details: [string, string][];
  changes: Change[];
  /** By revision, sentences on what changed by function. */
  functions: Record<string, string[]>;
}

interface PageModel {
  environments: Environment[];
}

interface CommitColumns {
  revision: number[];
  hash: string[];
  date: number[];
  subject: string[];
  author: string[];
}

interface SeriesColumns {
  quantity: QuantityName;
  threads: number | null;
  /** NaN where there is none; then `absent` may say why, by position. */
  value: number[];
  low?: number[];
  high?: number[];
  absent?: [number, string][];
}

interface EnvironmentColumns {
  revisions: number[];
  /** CPUs allowed, from a revision on. */
  cpus: [number, number | null][];
  /** Physical cores of one kind among them, from a revision on. */
  cores: [number, number | null][];
  series: SeriesColumns[];
  /** Values and standard errors of each parameter: the error is NaN at a bound, infinite through the points. */
  laws: { [law in LawName]?: { [parameter: string]: [number[], number[]] } };
}

/** One quantity at one thread count, as a chart draws it. */
interface Line extends Omit<SeriesColumns, "absent"> {
  absent: Map<number, string>;
}

/** What the reader chose; see state.js. */
interface State {
  env?: string[];
  q: QuantityName;
  x: "commit" | "date";
  from?: string;
  to?: string;
  hide?: string[];
  commit?: string;
  base?: string;
}

interface BokehModel { visible: boolean }

interface BokehRange extends BokehModel {
  start: number;
  end: number;
  bounds: [number, number];
  properties: { [side in "start" | "end"]: { change: { connect(slot: () => void, context: object): void } } };
  setv(values: { start: number; end: number }): void;
}

interface BokehLabel extends BokehModel {
  x: number;
  x_offset: number;
  y_offset: number;
  text: { text: string };
}

interface BokehSpan extends BokehModel { location: number }

interface BokehFigure {
  [look: string]: unknown;
  document: object;
  toolbar: { active_drag: object | null };
  xaxes: BokehAxis[];
  yaxes: BokehAxis[];
  xgrids: BokehModel[];
  ygrids: { [look: string]: unknown }[];
  add_layout(model: object): void;
  line(given: object): BokehModel;
  patches(given: object): BokehModel;
  step(given: object): BokehModel;
  scatter(given: object): BokehModel;
  segment(given: object): BokehModel;
  text(given: object): BokehModel;
  vbar(given: object): BokehModel;
}

interface BokehAxis {
  [look: string]: unknown;
  ticker: { [part: string]: unknown };
}

interface BokehFrame {
  bbox: { left: number; right: number; top: number; height: number };
  x_scale: { compute(x: number): number; invert(screen: number): number };
}

interface BokehView {
  model: BokehFigure;
  frame?: BokehFrame;
  /** As older versions call it. */
  frame_view: BokehFrame;
  canvas_view: { events_el: HTMLElement };
  remove(): void;
}

declare const Bokeh: {
  documents: object[];
  Plotting: {
    figure(given: object): BokehFigure;
    show(figure: BokehFigure, host: HTMLElement): Promise<BokehView>;
  };
  BasicTickFormatter: new () => { doFormat(ticks: number[]): string[] };
  DatetimeTickFormatter: new (given: object) => object;
  FixedTicker: new (given: { ticks: number[] }) => BokehAxis["ticker"];
  Label: new (given: object) => BokehLabel;
  PanTool: new (given: object) => object;
  PlainText: new (given: { text: string }) => object;
  Range1d: new (given: object) => BokehRange;
  Span: new (given: object) => BokehSpan;
  WheelZoomTool: new (given: object) => object;
};

interface Window {
  /** All that this script has to do with others: the data files call `receive`; tests look at the page. */
  antigil: {
    receive(name: string, version: string, value: unknown): void;
    divide: typeof import("./where.js").divide;
    page?: Page & { history: import("./history.js").History };
  };
}
