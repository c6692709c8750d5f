// The logo explorer: signed letters on a canvas, from the whole input to a single base. Python: nbs/65_widgets.logo.ipynb
import { stage, make, isDark, redraws, sharp, ticks, short, floats } from "./shared.js";

/* global GLYPHS */

/**
 * Columns of one item: `value(letter, position)` and `code(position)` (number of the letter that stands there, -1 unknown).
 * @typedef {{start: number, end: number, value(letter: number, position: number): number, code(position: number): number}} Columns
 * @typedef {{start: number, end: number}} Span
 */

const LEGIBLE = 5, MARGIN = 46, CLOSEST = 1;    // pixels a letter needs; pixels for the numbers; positions in the closest view
const clamp = (v, low, high) => Math.max(low, Math.min(high, v));
const outlines = Object.fromEntries(Object.entries(GLYPHS).map(([letter, d]) => [letter, new Path2D(d)]));
const block = new Path2D("M0 0L100 0L100 100L0 100Z");

/** Where the columns come from: the synced buffer, or for more than it holds the kernel, asked for the window shown. */
function source(model, tell) {
  const { n, length, letters, tints } = model.get("meta"), k = letters.length;
  const all = floats(model.get("data")), view = model.get("codes"), limits = floats(model.get("limits"));
  const codes = view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array(0);
  const whole = all.length === n * k * length;
  /** @type {Map<string, Columns>} */
  const kept = new Map();
  const asked = new Set();
  const name = (item, start, end) => `${item}:${start}:${end}`;
  const hear = (news, buffers) => {
    if (news?.kind !== "window") return;
    const { item, start, end, step, columns } = news, values = floats(buffers[0]), there = new Uint8Array(buffers[1].buffer, buffers[1].byteOffset, buffers[1].byteLength);
    const at = (position) => Math.floor((position - start) / step);
    if (kept.size > 40) kept.clear();
    kept.set(name(item, start, end), { start, end, value: (letter, position) => values[letter * columns + at(position)], code: (position) => (step > 1 || there[at(position)] === 255 ? -1 : there[at(position)]) });
    asked.delete(name(item, start, end));
    tell();
  };
  model.on("msg:custom", hear);
  return {
    n, length, letters, tint: (letter, dark) => tints[letter][dark ? 1 : 0], close: () => model.off("msg:custom", hear),
    /** @returns {[number, number]} */
    limits: (item) => [limits[2 * item], limits[2 * item + 1]],
    /** @returns {Columns | null} */
    columns(item, start, end) {
      if (whole) return { start: 0, end: length, value: (letter, position) => all[(item * k + letter) * length + position], code: (position) => (codes[item * length + position] ?? 255) === 255 ? -1 : codes[item * length + position] };
      const wide = Math.max(64, 2 ** Math.ceil(Math.log2(Math.max(1, end - start)))), grid = wide / 2;    // few different windows, so that panning seldom asks
      const from = clamp(Math.floor(start / grid) * grid, 0, length), to = Math.min(length, from + 2 * wide), key = name(item, from, to);
      if (kept.has(key)) return kept.get(key);
      if (!asked.has(key)) { asked.add(key); model.send({ need: { item, start: from, end: to } }); }
      return [...kept.values()].find((c) => c.start <= start && c.end >= end) ?? null;
    },
  };
}

/** One view. @param {any} model  @param {HTMLElement} root */
function view(model, root) {
  root.className = "genonb-widget genonb-logo mathjax_ignore";
  const meta = model.get("meta"), data = source(model, () => drawn.ask());
  const ui = controls(meta);
  root.append(...ui.parts);
  /** @type {Span} */
  let shown = { start: 0, end: data.length };
  let item = 0, hover = null, drag = null, brushing = false, fitting = false, timer = 0;

  const again = () => { tell(); drawn.ask(); };
  const pull = {
    item: () => { item = clamp(model.get("item") ?? 0, 0, Math.max(0, data.n - 1)); ui.choose(item); again(); },
    region: () => {
      const [start, end] = model.get("region") ?? [];
      if (end > start && (Math.floor(shown.start + 1e-6) !== start || Math.ceil(shown.end - 1e-6) !== end)) shown = { start, end };
      again();
    },
    selection: again,
  };
  const push = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { model.set("region", [Math.floor(shown.start + 1e-6), Math.ceil(shown.end - 1e-6)]); model.save_changes(); }, 150);
  };
  /** Show `start`..`end`, kept inside the input. */
  const look = (start, end) => {
    const size = clamp(end - start, Math.min(CLOSEST, data.length), data.length), from = clamp(start, 0, data.length - size);
    shown = { start: from, end: from + size };
    again();
    push();
  };
  const zoom = (factor, centre = (shown.start + shown.end) / 2) => look(centre - (centre - shown.start) * factor, centre + (shown.end - centre) * factor);
  const pan = (share) => look(shown.start + share * (shown.end - shown.start), shown.end + share * (shown.end - shown.start));
  const turn = (to) => { model.set("item", clamp(to, 0, data.n - 1)); model.save_changes(); pull.item(); };
  const pick = (a, b) => {
    const start = clamp(Math.min(a, b), 0, data.length), end = clamp(Math.max(a, b), 0, data.length);
    model.set("selection", end > start ? { item, start, end } : {});
    model.save_changes();
    again();
  };
  const tell = () => {
    const s = model.get("selection") ?? {}, from = meta.start + Math.round(shown.start), to = meta.start + Math.round(shown.end);
    ui.span.textContent = `${from}\u2013${to} of ${data.length}`;
    ui.code.textContent = s.end > s.start ? `.select(${s.item}, ${s.start}, ${s.end})` : "";
    ui.said.textContent = `item ${ui.idOf(item)}, positions ${from} to ${to}${s.end > s.start ? `, selected ${s.start} to ${s.end} of item ${ui.idOf(s.item)}` : ""}`;
  };

  const place = (x) => shown.start + ((x - MARGIN) / Math.max(1, ui.main.clientWidth - MARGIN - 8)) * (shown.end - shown.start);
  ui.main.onpointerdown = (e) => {
    if (e.button) return;
    ui.main.focus({ preventScroll: true });
    ui.main.setPointerCapture(e.pointerId);
    const at = place(e.offsetX);
    drag = brushing || e.shiftKey ? { brush: Math.floor(at) } : { x: e.offsetX, start: shown.start, end: shown.end };
    if (drag.brush !== undefined) pick(drag.brush, drag.brush + 1);
  };
  ui.main.onpointermove = (e) => {
    const at = place(e.offsetX);
    hover = { x: e.offsetX, y: e.offsetY, position: Math.floor(at) };
    if (drag?.brush !== undefined) pick(Math.min(drag.brush, Math.floor(at)), Math.max(drag.brush, Math.floor(at)) + 1);
    else if (drag) { const by = ((drag.x - e.offsetX) / (ui.main.clientWidth - MARGIN - 8)) * (drag.end - drag.start); look(drag.start + by, drag.end + by); }
    ui.main.style.cursor = brushing || e.shiftKey ? "crosshair" : drag ? "grabbing" : "grab";
    drawn.ask();
  };
  ui.main.onpointerup = ui.main.onpointercancel = () => { drag = null; };
  ui.main.onpointerleave = () => { hover = null; drawn.ask(); };
  ui.main.ondblclick = () => look(0, data.length);
  const wheel = (e) => {
    if (document.activeElement !== ui.main && !e.ctrlKey && !e.metaKey) { ui.hint.textContent = "Click the picture first, then the wheel zooms (or hold Ctrl)."; return; }
    e.preventDefault();
    ui.hint.textContent = "";
    if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) pan(clamp((e.deltaX || e.deltaY) / 600, -0.5, 0.5));
    else zoom(2 ** clamp(e.deltaY / 240, -1, 1), place(e.offsetX));
  };
  ui.main.addEventListener("wheel", wheel, { passive: false });
  ui.main.onblur = () => { ui.hint.textContent = ""; };
  const keys = { ArrowLeft: () => pan(-0.1), ArrowRight: () => pan(0.1), "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), _: () => zoom(2), Home: () => look(0, data.length),
    ArrowUp: () => turn(item - 1), ArrowDown: () => turn(item + 1), PageUp: () => turn(item - 1), PageDown: () => turn(item + 1),
    s: () => pick(Math.round(shown.start), Math.round(shown.end)), Escape: () => pick(0, 0) };
  const grow = (by) => {
    const s = model.get("selection") ?? {}, middle = Math.floor((shown.start + shown.end) / 2), has = s.item === item && s.end > s.start;
    pick(has ? s.start : middle, has ? Math.max(s.start + 1, s.end + by) : middle + 1);
  };
  ui.main.onkeydown = (e) => {
    const act = e.shiftKey && e.key === "ArrowRight" ? () => grow(1) : e.shiftKey && e.key === "ArrowLeft" ? () => grow(-1) : e.ctrlKey || e.metaKey || e.altKey ? null : keys[e.key];
    if (!act) return;
    e.preventDefault();
    e.stopPropagation();
    act();
  };
  const slide = (e) => { if (e.buttons & 1) { const half = (shown.end - shown.start) / 2, at = ((e.offsetX - MARGIN) / (ui.map.clientWidth - MARGIN - 8)) * data.length; look(at - half, at + half); } };
  ui.map.onpointerdown = (e) => { ui.map.setPointerCapture(e.pointerId); slide(e); };
  ui.map.onpointermove = slide;
  ui.closer.onclick = () => zoom(0.5);
  ui.farther.onclick = () => zoom(2);
  ui.all.onclick = () => look(0, data.length);
  ui.brush.onclick = () => { brushing = !brushing; ui.brush.setAttribute("aria-pressed", String(brushing)); };
  ui.fit.onclick = () => { fitting = !fitting; ui.fit.setAttribute("aria-pressed", String(fitting)); drawn.ask(); };
  ui.before.onclick = () => turn(item - 1);
  ui.after.onclick = () => turn(item + 1);
  ui.chooser.onchange = () => turn(Number(ui.chooser.value) || 0);

  const paint = () => {
    const dark = isDark(root), selection = model.get("selection") ?? {};
    const scene = { data, item, shown, dark, hover, fitting, selection: selection.item === item && selection.end > selection.start ? selection : null, start: meta.start };
    overview(ui.map, scene);
    letters(ui.main, scene, ui.tip);
    ui.map.hidden = data.length <= 40;
  };
  const drawn = redraws(root, paint);
  for (const [name, take] of Object.entries(pull)) { model.on(`change:${name}`, take); take(); }
  return () => { clearTimeout(timer); for (const [name, take] of Object.entries(pull)) model.off(`change:${name}`, take); drawn.close(); data.close(); root.replaceChildren(); };
}

/** The elements of a view; ids and notes come from data and enter as text. */
function controls(meta) {
  const button = (words, title, pressed) => make("button", "gb-button", words, { title, "aria-label": title, type: "button", ...(pressed ? { "aria-pressed": "false" } : {}) });
  const head = make("div", "gb-head"), many = meta.n > 1, listed = meta.ids.length === meta.n;
  const before = button("\u25c0", "previous item"), after = button("\u25b6", "next item");
  const chooser = /** @type {any} */ (listed ? make("select", "gb-chooser", "", { "aria-label": "item" }) : make("input", "gb-chooser", "", { type: "number", min: "0", max: String(meta.n - 1), "aria-label": "item number" }));
  if (listed) meta.ids.forEach((id, i) => chooser.append(make("option", "", id || `item ${i}`, { value: String(i) })));
  const farther = button("\u2212", "zoom out"), closer = button("+", "zoom in"), all = button("Whole", "show the whole input"), fit = button("Fit", "fit the height to what is shown", true);
  const brush = button("Select", "drag selects (or hold Shift)", true), span = make("span", "gb-span");
  head.append(...(many ? [before, chooser, after] : [make("strong", "gb-chooser", meta.ids[0] ?? "")]), span, make("span", "gb-gap"), farther, closer, all, fit, brush);
  const notes = make("div", "gb-notes");
  for (const note of meta.notes) notes.append(make("div", note.startsWith("!") ? "gb-warn" : "", note.startsWith("!") ? `\u26a0 ${note.slice(1).trim()}` : note));
  const map = /** @type {HTMLCanvasElement} */ (make("canvas", "gb-map", "", { "aria-hidden": "true" }));
  const main = /** @type {HTMLCanvasElement} */ (make("canvas", "gb-main", "", { tabindex: "0", role: "application",
    "aria-label": "sequence logo: arrows move, plus and minus zoom, Home shows all, up and down change the item, s selects what is shown, Shift and arrows change the selection, Escape clears it" }));
  const stagebox = make("div", "gb-stage"), tip = make("div", "gb-tip"), foot = make("div", "gb-foot"), code = make("code", "gb-code"), hint = make("span", "gb-hint"), said = make("div", "gb-said", "", { "aria-live": "polite" });
  tip.hidden = true;
  stagebox.append(main, tip);
  foot.append(code, hint);
  return { parts: [head, notes, map, stagebox, foot, said], before, after, chooser, farther, closer, all, fit, brush, span, map, main, tip, code, hint, said,
    idOf: (i) => meta.ids[i] ?? String(i), choose: (i) => { chooser.value = String(i); before.disabled = i <= 0; after.disabled = i >= meta.n - 1; } };
}

/** Letters of one column with where they start and end: positive ones up, negative ones down, the largest outermost. */
function stacked(columns, position, k) {
  const column = [];
  for (let letter = 0; letter < k; letter++) { const v = columns.value(letter, position); if (v) column.push([letter, v]); }
  column.sort((a, b) => Math.abs(a[1]) - Math.abs(b[1]));
  let up = 0, down = 0;
  return column.map(([letter, v]) => (v > 0 ? [letter, up, (up += v)] : [letter, down, (down += v)]));
}

/** The strongest position of each of `columns.length` or fewer stretches of `step` positions between `from` and `to`. */
function* strongest(columns, from, to, step, k) {
  for (let at = from; at < to; at += step) {
    let best = at, most = -1;
    for (let position = Math.floor(at); position < Math.min(to, at + step); position++) {
      let sum = 0;
      for (let letter = 0; letter < k; letter++) sum += Math.abs(columns.value(letter, position) || 0);
      if (sum > most) [most, best] = [sum, position];
    }
    yield [at, Math.floor(best)];
  }
}

/** The whole input as thin bars, with the window that is shown. */
function overview(canvas, { data, item, shown, dark, selection }) {
  if (data.length <= 40) return;
  const { pen, width, height } = sharp(canvas), ink = getComputedStyle(canvas).color, k = data.letters.length, inner = width - MARGIN - 8;
  const x = (p) => MARGIN + (p / data.length) * inner, [low, high] = data.limits(item), y = (v) => 3 + ((high - v) / (high - low || 1)) * (height - 6);
  const columns = data.columns(item, 0, data.length);
  if (selection) { Object.assign(pen, { fillStyle: TINT(dark), globalAlpha: 0.45 }); pen.fillRect(x(selection.start), 0, Math.max(2, x(selection.end) - x(selection.start)), height); }
  if (columns) for (const [at, position] of strongest(columns, 0, data.length, Math.max(1, data.length / inner), k)) {
    for (const [letter, from, to] of stacked(columns, position, k)) {
      Object.assign(pen, { fillStyle: data.tint(data.letters[letter], dark), globalAlpha: 0.9 });
      pen.fillRect(x(at), Math.min(y(from), y(to)), Math.max(1, inner / data.length), Math.abs(y(from) - y(to)));
    }
  }
  Object.assign(pen, { fillStyle: ink, globalAlpha: 0.1 });
  pen.fillRect(x(0), 0, x(shown.start) - x(0), height);
  pen.fillRect(x(shown.end), 0, x(data.length) - x(shown.end), height);
  Object.assign(pen, { strokeStyle: ink, globalAlpha: 0.6, lineWidth: 1 });
  pen.strokeRect(x(shown.start) + 0.5, 0.5, Math.max(2, x(shown.end) - x(shown.start) - 1), height - 1);
}

const TINT = (dark) => (dark ? "#56B4E9" : "#0072B2");

/** Lowest and highest stack between two positions, zero within. */
function extent(columns, from, to, k) {
  let low = 0, high = 0;
  for (let position = from; position < to; position++) for (const [, , end] of stacked(columns, position, k)) { low = Math.min(low, end); high = Math.max(high, end); }
  return high > low ? [low, high] : [0, 1];
}

/** The letters of the window; bars where a letter would be too narrow to read. */
function letters(canvas, { data, item, shown, dark, hover, fitting, selection, start }, tip) {
  const { pen, width, height } = sharp(canvas), ink = getComputedStyle(canvas).color, k = data.letters.length, inner = width - MARGIN - 8, size = shown.end - shown.start;
  const from = Math.max(0, Math.floor(shown.start)), to = Math.min(data.length, Math.ceil(shown.end)), columns = data.columns(item, from, to), pitch = inner / size;
  const strip = pitch >= 7 ? 15 : 0, top = 8, bottom = height - 20 - strip;
  const [low, high] = (fitting && columns && size <= inner ? extent(columns, from, to, k) : data.limits(item)).map((v) => v * 1.05);
  const x = (p) => MARGIN + ((p - shown.start) / size) * inner, y = (v) => bottom - ((v - low) / (high - low || 1)) * (bottom - top);
  const word = (text, a, b, align, alpha = 0.7, colour = ink) => { Object.assign(pen, { fillStyle: colour, globalAlpha: alpha, textAlign: align }); pen.fillText(text, a, b); };
  const rule = (x0, y0, x1, y1, alpha) => { Object.assign(pen, { strokeStyle: ink, globalAlpha: alpha, lineWidth: 1 }); pen.beginPath(); pen.moveTo(x0, y0); pen.lineTo(x1, y1); pen.stroke(); };
  for (const t of ticks(low, high, 4)) { word(short(t), MARGIN - 7, y(t) + 4, "right"); rule(MARGIN, y(t), width - 8, y(t), t ? 0.1 : 0.5); }
  for (const t of ticks(start + shown.start, start + shown.end - 1, Math.min(12, inner / 70)).filter((t) => Number.isInteger(t) && t - start >= from && t - start < to)) word(String(t), x(t - start + 0.5), height - 5, "center");
  pen.save();
  pen.beginPath();
  pen.rect(MARGIN, 0, inner + 1, height);
  pen.clip();
  const shade = (a, b, alpha, colour) => { Object.assign(pen, { fillStyle: colour, globalAlpha: alpha }); pen.fillRect(x(a), top - 6, Math.max(1, x(b) - x(a)), bottom + strip - top + 8); };
  if (selection) shade(selection.start, selection.end, 0.2, TINT(dark));
  const pointed = hover && hover.position >= from && hover.position < to && hover.x >= MARGIN ? hover.position : -1;
  if (pointed >= 0) shade(pointed, pointed + 1, 0.12, ink);
  if (columns) for (const [at, position] of strongest(columns, from, to, Math.max(1, size / inner), k)) {
    for (const [letter, base, tip] of stacked(columns, position, k)) {
      Object.assign(pen, { fillStyle: data.tint(data.letters[letter], dark), globalAlpha: 1 });
      if (pitch < LEGIBLE) { pen.fillRect(x(at), Math.min(y(base), y(tip)), Math.max(1, pitch), Math.abs(y(base) - y(tip))); continue; }
      const wide = Math.min(pitch * 0.94, 110), tall = y(base) - y(tip);
      pen.save();
      pen.translate(x(at) + (pitch - wide) / 2, y(tip));
      pen.scale(wide / 100, tall / 100);
      pen.fill(outlines[data.letters[letter]] ?? block);
      pen.restore();
    }
    if (strip && columns.code(position) >= 0) { const letter = data.letters[columns.code(position)]; word(letter, x(position + 0.5), bottom + 14, "center", 0.9, data.tint(letter, dark)); }
  }
  pen.restore();
  if (!columns) word("asking the kernel for this window ...", MARGIN + inner / 2, (top + bottom) / 2, "center");
  tooltip(tip, columns, data, pointed, start, hover, width);
}

/** What stands under the pointer, in words beside it. */
function tooltip(tip, columns, data, position, start, hover, width) {
  tip.hidden = position < 0 || !columns;
  if (tip.hidden) return;
  const there = columns.code(position), values = stacked(columns, position, data.letters.length).reverse().slice(0, 4);
  const lines = [`position ${start + position}${there >= 0 ? `, ${data.letters[there]}` : ""}`, ...values.map(([letter, from, to]) => `${data.letters[letter]} ${short(to - from)}`)];
  tip.replaceChildren(...lines.map((line, i) => make("div", i ? "" : "gb-tip-head", line)));
  tip.style.left = `${clamp(hover.x + 14, 0, width - 130)}px`;
  tip.style.top = `${Math.max(0, hover.y - 10)}px`;
}

export default () => ({
  initialize: ({ model }) => stage(model, (root) => view(model, root)).close,
  render({ model, el }) {
    const root = make("div");
    el.append(root);
    return view(model, root);
  },
});
