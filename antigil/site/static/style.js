"use strict";
// How every chart looks: colours from the style sheet (so that light and dark are decided there), a marker
// and a colour per thread count, and ticks written by our own functions.
(function () {
  /** Markers by place among the thread counts, and the character that stands for each in text. */
  const MARKERS = {
    circle: "●",
    square: "■",
    diamond: "◆",
    plus: "✚",
    triangle: "▲",
    star: "★",
    hex: "⬢",
    inverted_triangle: "▼",
  };

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  /** Return colour and marker of a thread count: the same on every chart of the page. */
  function look(threads, counts) {
    if (threads === null) {
      return { color: color("--thread-2"), marker: "circle", size: SIZES.circle };
    }
    const place = counts.indexOf(threads);
    const names = Object.keys(MARKERS);
    const marker = names[place % names.length];
    return { color: color(`--thread-${place % 7}`), marker, size: SIZES[marker] };
  }

  /** Return the sign of a thread count in text: its marker in its colour. */
  function sign(threads, counts) {
    const { color: ink, marker } = look(threads, counts);
    return antigil.element(
      "i",
      { class: "sign", style: `color:${ink}`, "aria-hidden": "true" },
      MARKERS[marker],
    );
  }

  /** Sizes that make the markers look equally large. */
  const SIZES = {
    circle: 7,
    square: 7,
    diamond: 11,
    plus: 10,
    triangle: 8,
    star: 11,
    hex: 8,
    inverted_triangle: 8,
  };

  function styleFigure(figure) {
    const ink = color("--muted");
    figure.background_fill_color = null;
    figure.border_fill_color = null;
    figure.outline_line_color = null;
    for (const axis of [...figure.xaxes, ...figure.yaxes]) {
      axis.axis_line_color = color("--line");
      axis.major_tick_line_color = color("--line");
      axis.minor_tick_line_color = null;
      axis.major_label_text_color = ink;
      axis.axis_label_text_color = ink;
      axis.axis_label_text_font_style = "normal";
      axis.major_label_text_font = axis.axis_label_text_font = "system-ui, sans-serif";
    }
    for (const grid of figure.grids) {
      grid.grid_line_color = color("--grid");
    }
    figure.xgrids.forEach((grid) => {
      grid.visible = false;
    });
  }

  /** A tick formatter that calls a function; Bokeh's own takes code as text only. */
  function formatter(write) {
    const made = new Bokeh.BasicTickFormatter();
    made.doFormat = (ticks) => write(ticks);
    return made;
  }

  /** Show a figure; Bokeh's own stop for the Tab key goes, since it has no name and does nothing. */
  async function show(figure, host) {
    const view = await Bokeh.Plotting.show(figure, host);
    view.canvas_view.events_el.tabIndex = -1;
    return view;
  }

  /** Let go of a figure that is drawn anew, so that a page that is used for long does not grow. */
  function forget(view, figure) {
    const { document: owner } = figure;
    view.remove();
    const place = Bokeh.documents.indexOf(owner);
    if (place >= 0) {
      Bokeh.documents.splice(place, 1);
    }
  }

  antigil.show = show;
  antigil.forget = forget;
  antigil.styleFigure = styleFigure;
  antigil.tickFormatter = formatter;
  antigil.color = color;
  antigil.look = look;
  antigil.sign = sign;
})();
