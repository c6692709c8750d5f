// Histograms that can be brushed and a scatter that can be lassoed, drawn from counts, cells or a few thousand dots. Python: nbs/64_widgets.crowd.ipynb

/* global TONES, make, easel, clamp, ticks, short, floats */

/**
 * A histogram as the kernel tells it: `counts` holds a row for all rows of the table, then one for each colour of the picked.
 * @typedef {{name: string, kind: "numbers" | "labels", bins: number, edges?: number[], ends?: number[], place: number, labels?: any[], whole?: boolean, range?: number[], kept?: number[] | null, counts: Uint32Array}} Bar
 */

const LIVE = 110, HISTOGRAM = { left: 2, right: 2, top: 6, foot: 17 }, NAMED = 7, PICKS = 6, MARGIN = { left: 46, right: 8, top: 8, bottom: 22 };

const hueOf = (tone, dark) => TONES[Math.min(tone, TONES.length - 1)][dark ? 1 : 0];
const rowsIn = (n) => `${n.toLocaleString("en")} ${n === 1 ? "row" : "rows"}`;
const labelOf = (bar, i) => (i < bar.labels.length ? String(bar.labels[i] ?? "none") : "others");

/** Rows of bin `i`: all of them, and the picked. @param {Bar} bar */
function tallied(bar, i) {
  let chosen = 0;
  for (let k = 1; k <= PICKS; k++) chosen += bar.counts[k * bar.bins + i];
  return [bar.counts[i], chosen];
}

/** The bins that hold anything at all: of labels, 'others' only where there are some. @param {Bar} bar */
const shownBins = (bar) => (bar.kind === "labels" && !bar.counts[bar.bins - 1] ? bar.bins - 1 : bar.bins);

/** What a bin stands for, in words. @param {Bar} bar */
function binWords(bar, i) {
  const [all, chosen] = tallied(bar, i);
  const what = bar.kind === "labels" ? labelOf(bar, i) : spanWords(bar, bar.edges[i], bar.edges[i + 1]);
  return `${what.slice(0, 60)}: ${chosen.toLocaleString("en")} of ${rowsIn(all)}`;
}

/** A range in words; of whole numbers the whole numbers in it. @param {Bar} bar */
function spanWords(bar, low, high) {
  const [a, b] = bar.whole ? [Math.ceil(low), Math.floor(high)] : [low, high];
  return a === b ? short(a) : `${short(a)} \u2013 ${short(b)}`;
}

/**
 * One histogram. `narrow` is called with what the hand chose: (low, high) or null of numbers, a list of labels or null.
 * @param {(bar: Bar, choice: any) => void} narrow
 */
export function histogram(narrow) {
  const box = make("figure", "gb-chart"), caption = make("figcaption", "gb-chart-head"), name = make("strong", "gb-chart-name"), read = make("span", "gb-chart-read");
  const canvas = /** @type {HTMLCanvasElement} */ (make("canvas", "gb-chart-canvas", "", { tabindex: "0", role: "application" }));
  caption.append(name, read);
  box.append(caption, canvas);
  /** @type {Bar | null} */
  let bar = null;
  let dark = false, at = -1, drag = null, cursor = -1, sent = 0;
  const listed = () => bar.kind === "labels" && shownBins(bar) <= NAMED;
  const again = () => { if (bar) { drawHistogram(canvas, bar, { dark, at: at >= 0 ? at : cursor, drag, listed: listed() }); tell(); } };
  const tell = () => { read.textContent = at >= 0 ? binWords(bar, at) : cursor >= 0 && document.activeElement === canvas ? binWords(bar, cursor) : told(bar); };
  const binAt = (e) => {
    const n = shownBins(bar), share = listed() ? e.offsetY / canvas.clientHeight : (e.offsetX - HISTOGRAM.left) / Math.max(1, canvas.clientWidth - HISTOGRAM.left - HISTOGRAM.right);
    return clamp(Math.floor(share * n), 0, n - 1);
  };
  const toggle = (i) => {
    if (i >= bar.labels.length) return;
    const kept = bar.kept ? (bar.kept.includes(i) ? bar.kept.filter((k) => k !== i) : [...bar.kept, i]) : [i];
    narrow(bar, kept.length && kept.length < bar.labels.length ? kept.sort((a, b) => a - b) : null);
  };
  const brushed = (a, b) => narrow(bar, [bar.edges[Math.min(a, b)], bar.edges[Math.max(a, b) + 1]]);
  canvas.onpointerdown = (e) => {
    if (e.button || !bar) return;
    canvas.setPointerCapture(e.pointerId);
    drag = { from: binAt(e), to: binAt(e), x: e.offsetX, moved: false };
    again();
  };
  canvas.onpointermove = (e) => {
    if (!bar) return;
    at = binAt(e);
    if (drag) { drag.moved ||= Math.abs(e.offsetX - drag.x) > 3; drag.to = at; }
    if (drag?.moved && bar.kind === "numbers" && e.timeStamp - sent > LIVE) { sent = e.timeStamp; brushed(drag.from, drag.to); }
    again();
  };
  canvas.onpointerup = () => {
    const was = drag;
    drag = null;
    if (was && bar.kind === "labels") toggle(was.to);
    else if (was) { if (was.moved) brushed(was.from, was.to); else narrow(bar, null); }
    again();
  };
  canvas.onpointercancel = () => { drag = null; again(); };
  canvas.onpointerleave = () => { at = -1; again(); };
  canvas.onfocus = canvas.onblur = again;
  canvas.onkeydown = (e) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[e.key], n = shownBins(bar), keys = step || [" ", "Enter", "Escape"].includes(e.key);
    if (!keys || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    e.stopPropagation();
    const from = cursor;
    if (step) cursor = clamp(cursor + step, 0, n - 1);
    if (step && e.shiftKey && bar.kind === "numbers") { box.dataset.anchor ||= String(Math.max(0, from)); brushed(Number(box.dataset.anchor), cursor); }
    else if (step) delete box.dataset.anchor;
    if (e.key === "Escape") { delete box.dataset.anchor; narrow(bar, null); }
    else if (!step && bar.kind === "labels" && cursor >= 0) toggle(cursor);
    else if (!step && cursor >= 0) brushed(cursor, cursor);
    again();
  };
  return { box, show(news, isNight) {
    [bar, dark] = [news, isNight];
    name.textContent = bar.name;
    box.classList.toggle("gb-narrowed", !!(bar.range?.length || bar.kept));
    canvas.setAttribute("aria-label", `${bar.name}: ${told(bar) || "all rows"}. Arrows move, ${bar.kind === "labels" ? "Space keeps or drops a label" : "Shift and arrows choose a range"}, Escape keeps all.`);
    again();
  }, draw(isNight) { dark = isNight; again(); } };
}

/** How a chart narrows the rows, in words. @param {Bar} bar */
function told(bar) {
  if (bar.kind === "labels") return bar.kept ? `${bar.kept.length} of ${bar.labels.length} kept` : "";
  if (!bar.range?.length) return "";
  const [low, high] = bar.range;
  return low === null || low === -Infinity ? `up to ${short(high)}` : high === null || high === Infinity ? `from ${short(low)}` : spanWords(bar, low, high);
}

/** @param {Bar} bar */
function drawHistogram(canvas, bar, look) {
  const e = easel(canvas), n = shownBins(bar);
  let most = 1;
  for (let i = 0; i < n; i++) if (bar.kind === "numbers" || i < bar.labels.length) most = Math.max(most, bar.counts[i]);     // the bar of all others may be cut
  if (look.listed) return drawList(e, bar, n, most, look);
  const { left, right, top, foot } = HISTOGRAM, bottom = e.height - foot, pitch = (e.width - left - right) / n, gap = pitch > 4 ? 1 : 0;
  for (let i = 0; i < n; i++) stack(e, bar, i, look.dark, (from, to, colour, alpha) => {
    const [low, high] = [from, to].map((v) => Math.min(1, v / most) * (bottom - top));
    if (high > low) e.box(left + i * pitch, bottom - high, Math.max(0.7, pitch - gap), from === 0 ? Math.max(high - low, 1) : high - low, colour, alpha);
  });
  e.line([[left, bottom + 0.5], [e.width - right, bottom + 0.5]], { alpha: 0.3 });
  const span = look.drag?.moved && bar.kind === "numbers" ? [Math.min(look.drag.from, look.drag.to), Math.max(look.drag.from, look.drag.to) + 1] : rangeBins(bar);
  if (span) {
    const [a, b] = span.map((v) => left + v * pitch);
    e.box(a, top - 4, Math.max(2, b - a), bottom - top + 4, hueOf(0, look.dark), 0.1);
    for (const x of [a, b]) e.line([[x, top - 4], [x, bottom + 4]], { colour: hueOf(0, look.dark), size: 1.5 });
  }
  if (look.at >= 0) e.box(left + look.at * pitch, top - 4, pitch, bottom - top + 4, e.ink, 0.1);
  if (bar.kind === "numbers") numbersBelow(e, bar, left, pitch, n);
  else namesBelow(e, bar, left, pitch, n);
}

/** All rows of a bin pale, the picked ones upon each other in their colours. @param {Bar} bar */
function stack(e, bar, i, dark, paint) {
  if (bar.counts[i]) paint(0, bar.counts[i], e.ink, 0.12);
  let from = 0;
  for (let k = 1; k <= PICKS; k++) {
    const rows = bar.counts[k * bar.bins + i];
    if (rows) paint(from, from + rows, hueOf(k - 1, dark), 0.88);
    from += rows;
  }
}

/** The chosen range in units of bins. @param {Bar} bar */
function rangeBins(bar) {
  if (!bar.range?.length) return null;
  const place = (v, otherwise) => {
    if (v === null || !isFinite(v)) return otherwise;
    const i = clamp(bar.edges.findIndex((edge) => edge > v) - 1, -1, bar.bins);
    const at = i < 0 ? (v < bar.edges[0] ? 0 : bar.bins) : i;
    return clamp(at + (at < bar.bins ? (v - bar.edges[at]) / (bar.edges[at + 1] - bar.edges[at]) : 0), 0, bar.bins);
  };
  const [low, high] = bar.range, half = bar.whole ? 0.5 : 0;
  return [place(low === null ? null : low - half, 0), place(high === null ? null : high + half, bar.bins)];
}

function numbersBelow(e, bar, left, pitch, n) {
  const spots = n <= 12 && bar.whole ? bar.edges.slice(0, n).map((v, i) => [i + 0.5, v + 0.5]) : [[0, bar.ends[0]], [Math.round(n / 2), bar.edges[Math.round(n / 2)]], [n, bar.ends[1]]];
  const every = Math.ceil(spots.length / Math.max(2, Math.floor((n * pitch) / 40)));
  spots.forEach(([i, v], j) => {
    if (spots.length > 3 && j % every) return;
    const x = left + i * pitch, align = spots.length > 3 ? "center" : i === 0 ? "left" : i === n ? "right" : "center";
    e.word(short(bar.whole ? Math.round(v) : v), x, e.height - 4, { align, alpha: 0.65 });
  });
}

function namesBelow(e, bar, left, pitch, n) {
  let free = -Infinity;
  for (let i = 0; i < n; i++) {
    const words = labelOf(bar, i).replace(/^chr/, "").slice(0, 12), wide = e.pen.measureText(words).width, x = left + (i + 0.5) * pitch;
    if (x - wide / 2 < free + 5 || x + wide / 2 > e.width) continue;
    e.word(words, Math.max(x, wide / 2 + 1), e.height - 4, { align: "center", alpha: bar.kept && !bar.kept.includes(i) ? 0.3 : 0.65 });
    free = x + wide / 2;
  }
}

/** Few labels: a line each, with its name and number. @param {Bar} bar */
function drawList(e, bar, n, most, look) {
  const tall = Math.min(24, e.height / n), from = Math.min(e.width * 0.42, 26 + Math.max(...Array.from({ length: n }, (_, i) => e.pen.measureText(labelOf(bar, i).slice(0, 22)).width)));
  const room = e.width - from - 52;
  for (let i = 0; i < n; i++) {
    const y = (i * e.height) / n + (e.height / n - tall) / 2, out = bar.kept && !bar.kept.includes(i), [, chosen] = tallied(bar, i);
    if (look.at === i) e.box(0, y, e.width, tall, e.ink, 0.07);
    e.inside(0, y, from - 6, tall, () => e.word(labelOf(bar, i).slice(0, 60), 4, y + tall / 2 + 4, { alpha: out ? 0.4 : 0.9 }));
    stack(e, bar, i, look.dark, (a, b, colour, alpha) => e.box(from + (a / most) * room, y + tall * 0.22, Math.max(1, ((b - a) / most) * room), tall * 0.56, colour, alpha));
    e.word(chosen.toLocaleString("en"), e.width - 2, y + tall / 2 + 4, { align: "right", alpha: out ? 0.4 : 0.75 });
  }
}

// ---- the scatter

/**
 * A scatter. `act.lasso(polygon, how)`, `act.look(window)`, `act.release()` are asked of the kernel.
 * @param {{lasso(polygon: number[][], how: string): void, look(window: number[] | null): void, release(): void}} act
 */
export function scatter(act) {
  const canvas = /** @type {HTMLCanvasElement} */ (make("canvas", "gb-cloud", "", { tabindex: "0", role: "application" })), hint = make("div", "gb-hint");
  const state = { dots: /** @type {any} */ ({}), cells: /** @type {any} */ (null), axes: ["", ""], dark: false, path: /** @type {number[][]} */ ([]), how: "replace", caught: [] };
  let timer = 0, kept = null;
  const again = () => drawCloud(canvas, state);
  const frame = () => ({ w: Math.max(1, canvas.clientWidth - MARGIN.left - MARGIN.right), h: Math.max(1, canvas.clientHeight - MARGIN.top - MARGIN.bottom) });
  const place = ([px, py]) => {
    const [x0, x1, y0, y1] = state.dots.window, { w, h } = frame();
    return [x0 + ((px - MARGIN.left) / w) * (x1 - x0), y1 - ((py - MARGIN.top) / h) * (y1 - y0)];
  };
  const look = (window) => {
    state.dots = { ...state.dots, shown: window ?? state.dots.window };
    clearTimeout(timer);
    timer = setTimeout(() => act.look(window), 80);
  };
  const zoom = (factor, centre) => {
    const [x0, x1, y0, y1] = state.dots.shown ?? state.dots.window, [cx, cy] = centre ?? [(x0 + x1) / 2, (y0 + y1) / 2];
    look([cx - (cx - x0) * factor, cx + (x1 - cx) * factor, cy - (cy - y0) * factor, cy + (y1 - cy) * factor]);
  };
  const pan = (dx, dy) => {
    const [x0, x1, y0, y1] = state.dots.shown ?? state.dots.window, [sx, sy] = [dx * (x1 - x0), dy * (y1 - y0)];
    look([x0 + sx, x1 + sx, y0 + sy, y1 + sy]);
  };
  canvas.onpointerdown = (e) => {
    if (e.button || !state.dots.window) return;
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(e.pointerId);
    state.path = [[e.offsetX, e.offsetY]];
    state.how = e.shiftKey ? "add" : e.altKey ? "take" : "replace";
  };
  canvas.onpointermove = (e) => {
    const [x, y] = state.path[state.path.length - 1] ?? [NaN, NaN];
    if (!state.path.length || Math.hypot(e.offsetX - x, e.offsetY - y) < 3) return;
    state.path.push([e.offsetX, e.offsetY]);
    again();
  };
  canvas.onpointerup = () => {
    const path = state.path;
    state.path = [];
    const every = Math.ceil(path.length / 90);
    if (path.length > 4) act.lasso((state.caught = path.filter((_, i) => i % every === 0).map(place)), state.how);
    else if (path.length) { state.caught = []; act.release(); }
    again();
  };
  canvas.onpointercancel = () => { state.path = []; again(); };
  canvas.ondblclick = () => act.look(null);
  canvas.onblur = () => { hint.textContent = ""; };
  canvas.addEventListener("wheel", (e) => {
    if (!state.dots.window) return;
    const chosen = document.activeElement === canvas || e.ctrlKey || e.metaKey;
    hint.textContent = chosen ? "" : "Click the picture first, then the wheel zooms (or hold Ctrl).";
    if (!chosen) return;
    e.preventDefault();
    zoom(2 ** clamp(e.deltaY / 300, -1, 1), place([e.offsetX, e.offsetY]));
  }, { passive: false });
  canvas.onkeydown = (e) => {
    const keys = { "+": () => zoom(0.6), "=": () => zoom(0.6), "-": () => zoom(1.7), ArrowLeft: () => pan(-0.15, 0), ArrowRight: () => pan(0.15, 0), ArrowUp: () => pan(0, 0.15), ArrowDown: () => pan(0, -0.15),
      Home: () => act.look(null), Escape: () => act.release(), s: () => { const [a, b, c, d] = state.dots.window; act.lasso((state.caught = [[a, c], [b, c], [b, d], [a, d]]), "replace"); } };
    if (!keys[e.key] || e.ctrlKey || e.metaKey || e.altKey || !state.dots.window) return;
    e.preventDefault();
    e.stopPropagation();
    keys[e.key]();
  };
  return { canvas, hint, zoom, show(dots, cells, axes, narrowed, dark) {
    const turned = axes.join("\n") !== state.axes.join("\n");
    if (turned || !narrowed) state.caught = [];
    Object.assign(state, { dots, axes, dark, cells: dots.mode === "cells" ? painted(dots, cells, dark, canvas, (kept ??= document.createElement("canvas"))) : dots.mode === "dots" ? spotted(dots, cells) : null });
    canvas.setAttribute("aria-label", `${rowsIn(dots.rows ?? 0)}, ${axes[0]} across, ${axes[1]} up. Draw around points to keep them. Plus and minus zoom, arrows move, s keeps what is shown, Escape keeps all, Home shows all.`);
    again();
  }, close() { clearTimeout(timer); } };
}

/** Dots as numbers: x, y pairs and a colour each. */
function spotted({ rows }, data) {
  const xy = floats(new DataView(data.buffer, data.byteOffset, 8 * rows));
  return { xy, tones: new Uint8Array(data.buffer, data.byteOffset + 8 * rows, rows) };
}

/** Cells as a picture: pale where rows are, coloured where picked ones are. */
function painted({ wide, high }, data, dark, canvas, offstage) {
  const size = wide * high, bytes = new Uint8Array(data.buffer, data.byteOffset, 3 * size), image = new ImageData(wide, high), ink = parts(getComputedStyle(canvas).color);
  const hues = TONES.map((pair) => pair[dark ? 1 : 0].match(/\w\w/g).map((x) => parseInt(x, 16)));
  for (let i = 0; i < size; i++) {
    const chosen = bytes[size + i], [r, g, b] = chosen ? hues[Math.min(bytes[2 * size + i], hues.length - 1)] : ink;
    image.data.set([r, g, b, chosen || bytes[i] * 0.28], 4 * i);
  }
  Object.assign(offstage, { width: wide, height: high });
  offstage.getContext("2d").putImageData(image, 0, 0);
  return offstage;
}

const parts = (colour) => (colour.match(/[\d.]+/g) ?? ["0", "0", "0"]).slice(0, 3).map(Number);

function drawCloud(canvas, { dots, cells, dark, path, caught }) {
  const e = easel(canvas);
  if (!dots.window || !cells) return;
  const [x0, x1, y0, y1] = dots.window, { left, right, top, bottom } = MARGIN, w = e.width - left - right, h = e.height - top - bottom;
  const x = (v) => left + ((v - x0) / (x1 - x0)) * w, y = (v) => top + ((y1 - v) / (y1 - y0)) * h;
  for (const t of ticks(y0, y1, 4)) { e.line([[left, y(t)], [left + w, y(t)]], { alpha: 0.1 }); e.word(short(t), left - 6, y(t) + 4, { align: "right" }); }
  for (const t of ticks(x0, x1, Math.max(2, w / 90))) { e.line([[x(t), top], [x(t), top + h]], { alpha: 0.1 }); e.word(short(t), x(t), e.height - 6, { align: "center" }); }
  e.inside(left, top, w, h, () => {
    if (dots.mode === "cells") { e.pen.imageSmoothingEnabled = false; e.pen.globalAlpha = 1; e.pen.drawImage(cells, left, top, w, h); }
    else for (const picked of [false, true]) points(e, cells, picked, x, y, dark);
    if (caught.length) loop(e, caught.map(([a, b]) => [x(a), y(b)]), hueOf(0, dark), 0.06);
    if (path.length > 1) loop(e, path, hueOf(0, dark), 0.12);
  });
}

function points(e, { xy, tones }, picked, x, y, dark) {
  const size = picked ? (tones.length > 2000 ? 1.8 : 2.4) : 1.5;
  e.pen.globalAlpha = picked ? 0.72 : 0.22;
  for (let i = 0; i < tones.length; i++) {
    if ((tones[i] !== 255) !== picked) continue;
    e.pen.fillStyle = picked ? hueOf(tones[i], dark) : e.ink;
    e.pen.beginPath();
    e.pen.arc(x(xy[2 * i]), y(xy[2 * i + 1]), size, 0, 7);
    e.pen.fill();
  }
}

function loop(e, path, colour, alpha) {
  e.line([...path, path[0]], { colour, size: 1.4, dash: [4, 3] });
  e.pen.beginPath();
  path.forEach(([a, b], i) => (i ? e.pen.lineTo(a, b) : e.pen.moveTo(a, b)));
  Object.assign(e.pen, { fillStyle: colour, globalAlpha: alpha });
  e.pen.fill();
}
