// @ts-check
// How every chart looks: colours from the style sheet (so that light and dark are decided there), a marker
// and a colour per thread count, and ticks written by our own functions.
import { html } from "./dom.js";

/** Markers by place among the thread counts: the character of each in text, and a size that looks equal. */
const MARKERS = [
  { marker: "circle", character: "●", size: 7 },
  { marker: "square", character: "■", size: 7 },
  { marker: "diamond", character: "◆", size: 11 },
  { marker: "plus", character: "✚", size: 10 },
  { marker: "triangle", character: "▲", size: 8 },
  { marker: "star", character: "★", size: 11 },
  { marker: "hex", character: "⬢", size: 8 },
  { marker: "inverted_triangle", character: "▼", size: 8 },
];
export const FONT = "system-ui, sans-serif";
export const DASHED = [6, 5];

/** @param {string} name of a custom property of the style sheet */
export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/**
 * Return colour and marker of a thread count: the same on every chart of the page.
 * @param {number | null} threads @param {number[]} counts
 */
export function look(threads, counts) {
  const place = threads === null ? 0 : counts.indexOf(threads);
  const ink = color(`--thread-${threads === null ? 2 : place % 7}`);
  return { color: ink, ...MARKERS[place % MARKERS.length] };
}

/** A thread count's marker in its colour, as text. @param {number | null} threads @param {number[]} counts */
export function sign(threads, counts) {
  const { color: ink, character } = look(threads, counts);
  return html`<i class="sign" style="color:${ink}" aria-hidden="true">${character}</i>`;
}

/** @param {object} given what differs between charts */
export function newFigure(given) {
  const figure = Bokeh.Plotting.figure({ sizing_mode: "stretch_width", toolbar_location: null, ...given });
  figure.background_fill_color = figure.border_fill_color = figure.outline_line_color = null;
  for (const axis of [...figure.xaxes, ...figure.yaxes]) {
    axis.axis_line_color = axis.major_tick_line_color = color("--line");
    axis.minor_tick_line_color = null;
    axis.major_label_text_color = axis.axis_label_text_color = color("--muted");
    axis.axis_label_text_font_style = "normal";
    axis.major_label_text_font = axis.axis_label_text_font = FONT;
  }
  figure.ygrids[0].grid_line_color = color("--grid");
  figure.xgrids[0].visible = false;
  return figure;
}

/**
 * A smaller figure over thread counts.
 * @param {string[] | BokehRange} x_range @param {number} end of the upper axis @param {string} name
 */
export function figureOver(x_range, end, name) {
  const y_range = new Bokeh.Range1d({ start: 0, end });
  const figure = newFigure({ height: 260, tools: [], x_range, y_range });
  figure.xaxes[0].axis_label = "threads";
  figure.yaxes[0].axis_label = name;
  return figure;
}

/** A formatter that calls a function; Bokeh's takes text. @param {(ticks: number[]) => string[]} write */
export function tickFormatter(write) {
  return Object.assign(new Bokeh.BasicTickFormatter(), { doFormat: write });
}

/** The drawings, and the elements that they fill. @type {Map<BokehView, HTMLElement>} */
const drawings = new Map();

/**
 * Show a figure; Bokeh's own stop for the Tab key goes, since it has no name and does nothing. What has left
 * the page is let go, so that a page that is used for long does not grow.
 * @param {BokehFigure} figure @param {HTMLElement} host
 */
export async function show(figure, host) {
  const gone = [...drawings].filter(([, element]) => !element.isConnected);
  for (const [view] of gone) {
    drawings.delete(view);
    view.remove();
    Bokeh.documents.splice(Bokeh.documents.indexOf(view.model.document), 1);
  }
  const view = await Bokeh.Plotting.show(figure, host);
  view.canvas_view.events_el.tabIndex = -1;
  drawings.set(view, host);
  return view;
}
