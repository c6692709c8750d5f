// The logo explorer: signed letters on a canvas, from the whole input to a single base. Python: nbs/65_widgets.logo.ipynb
import { stage, make, isDark, redraws, easel, clamp, ticks, short, floats } from "./shared.js";

/* global GLYPHS */

/**
 * Columns of one item: `value(letter, position)`, and `code(position)`, the number of the letter that stands there or -1.
 * @typedef {{start: number, end: number, value(letter: number, position: number): number, code(position: number): number}} Columns
 */

const LEGIBLE = 5, LEFT = 46, RIGHT = 8, CLOSEST = 1;    // pixels a letter needs; margins; positions in the closest view
const outlines = Object.fromEntries(Object.entries(GLYPHS).map(([letter, d]) => [letter, new Path2D(d)]));
const block = new Path2D("M0 0L100 0L100 100L0 100Z");
const blue = (dark) => (dark ? "#56B4E9" : "#0072B2");

// ---- the numbers

/** uint8 numbers of a buffer that came from the kernel. */
const bytes = (data) => (data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(0));
const codeOf = (codes, at) => ((codes[at] ?? 255) === 255 ? -1 : codes[at]);

/** Where the columns come from: the synced buffer, or for more than it holds the kernel, asked for the window shown. */
function source(model, tell) {
  const { n, length, letters, tints } = model.get("meta"), k = letters.length;
  const all = floats(model.get("data")), codes = bytes(model.get("codes")), limits = floats(model.get("limits"));
  /** @type {Map<string, Columns>} */
  const kept = new Map();
  const asked = new Set(), name = (item, start, end) => `${item}:${start}:${end}`;
  const hear = (news, buffers) => {
    if (news?.kind !== "window") return;
    const { item, start, end, step, columns } = news, values = floats(buffers[0]), there = bytes(buffers[1]);
    const column = (position) => Math.floor((position - start) / step);
    if (kept.size > 40) kept.clear();
    kept.set(name(item, start, end), { start, end, value: (letter, position) => values[letter * columns + column(position)], code: (position) => (step > 1 ? -1 : codeOf(there, position - start)) });
    asked.delete(name(item, start, end));
    tell();
  };
  const ask = (item, start, end) => {
    const wide = Math.max(64, 2 ** Math.ceil(Math.log2(Math.max(1, end - start))));      // few different windows, so that panning seldom asks
    const from = clamp(Math.floor(start / (wide / 2)) * (wide / 2), 0, length), to = Math.min(length, from + 2 * wide), key = name(item, from, to);
    if (kept.has(key)) return kept.get(key);
    if (!asked.has(key)) { asked.add(key); model.send({ need: { item, start: from, end: to } }); }
    return [...kept].find(([key, c]) => key.startsWith(`${item}:`) && c.start <= start && c.end >= end)?.[1] ?? null;
  };
  const held = (item) => ({ start: 0, end: length, value: (letter, position) => all[(item * k + letter) * length + position], code: (position) => codeOf(codes, item * length + position) });
  model.on("msg:custom", hear);
  return {
    n, length, letters,
    tint: (letter, dark) => tints[letters[letter]][dark ? 1 : 0],
    limits: (item) => [limits[2 * item], limits[2 * item + 1]],
    /** @returns {Columns | null} */
    columns: (item, start, end) => (all.length === n * k * length ? held(item) : ask(item, start, end)),
    close: () => model.off("msg:custom", hear),
  };
}

/** Letters of one column with where they start and end: positive ones up, negative ones down, the largest outermost. */
function stacked(columns, position, k) {
  const column = [];
  for (let letter = 0; letter < k; letter++) { const v = columns.value(letter, position); if (v) column.push([letter, v]); }
  column.sort((a, b) => Math.abs(a[1]) - Math.abs(b[1]));
  let up = 0, down = 0;
  return column.map(([letter, v]) => (v > 0 ? [letter, up, (up += v)] : [letter, down, (down += v)]));
}

/** [place, strongest position] of each stretch of `step` positions between `from` and `to`. */
function* strongest(columns, from, to, step, k) {
  for (let at = from; at < to; at += step) {
    let best = Math.floor(at), most = -1;
    for (let position = best; step > 1 && position < Math.min(to, at + step); position++) {
      let sum = 0;
      for (let letter = 0; letter < k; letter++) sum += Math.abs(columns.value(letter, position) || 0);
      if (sum > most) [most, best] = [sum, position];
    }
    yield [at, best];
  }
}

/** Lowest and highest stack between two positions, zero within. */
function extent(columns, from, to, k) {
  let low = 0, high = 0;
  for (let position = from; position < to; position++) for (const [, , end] of stacked(columns, position, k)) [low, high] = [Math.min(low, end), Math.max(high, end)];
  return high > low ? [low, high] : [0, 1];
}

// ---- what is looked at

/** The window on the data and what may be done to it; traits and the other views follow. */
function camera(model, data, moved) {
  let timer = 0;
  const changed = () => moved(cam);
  const cam = {
    item: 0, start: 0, end: data.length,
    get size() { return cam.end - cam.start; },
    get selection() { const s = model.get("selection") ?? {}; return s.end > s.start ? s : null; },
    /** Show `start`..`end`, kept inside the input. */
    look(start, end) {
      const size = clamp(end - start, Math.min(CLOSEST, data.length), data.length), from = clamp(start, 0, data.length - size);
      Object.assign(cam, { start: from, end: from + size });
      changed();
      clearTimeout(timer);
      timer = setTimeout(() => { model.set("region", cam.region); model.save_changes(); }, 150);
    },
    get region() { return [Math.floor(cam.start + 1e-6), Math.ceil(cam.end - 1e-6)]; },
    zoom(factor, centre = (cam.start + cam.end) / 2) { cam.look(centre - (centre - cam.start) * factor, centre + (cam.end - centre) * factor); },
    pan(share) { cam.look(cam.start + share * cam.size, cam.end + share * cam.size); },
    whole() { cam.look(0, data.length); },
    turn(to) { model.set("item", clamp(to, 0, data.n - 1)); model.save_changes(); pull.item(); },
    pick(a, b) {
      const start = clamp(Math.min(a, b), 0, data.length), end = clamp(Math.max(a, b), 0, data.length);
      model.set("selection", end > start ? { item: cam.item, start, end } : {});
      model.save_changes();
      changed();
    },
    /** Move the right end of the selection; begin one in the middle. */
    grow(by) {
      const s = cam.selection, middle = Math.floor((cam.start + cam.end) / 2);
      if (s?.item === cam.item) cam.pick(s.start, Math.max(s.start + 1, s.end + by));
      else cam.pick(middle, middle + 1);
    },
    close() { clearTimeout(timer); for (const [name, take] of Object.entries(pull)) model.off(`change:${name}`, take); },
  };
  const pull = {
    item() { cam.item = clamp(model.get("item") ?? 0, 0, Math.max(0, data.n - 1)); changed(); },
    region() {
      const [start, end] = model.get("region") ?? [], [from, to] = cam.region;
      if (end > start && (from !== start || to !== end)) Object.assign(cam, { start, end });
      changed();
    },
    selection: changed,
  };
  for (const [name, take] of Object.entries(pull)) { model.on(`change:${name}`, take); take(); }
  return cam;
}

// ---- hands

/** Drag pans, Shift or `Select` brushes, the wheel zooms once the picture is chosen. `hand` holds what the drawing needs to know. */
function pointers(ui, cam, data, hand, changed) {
  const inner = () => Math.max(1, ui.main.clientWidth - LEFT - RIGHT), place = (x) => cam.start + ((x - LEFT) / inner()) * cam.size;
  let drag = null;
  ui.main.onpointerdown = (e) => {
    if (e.button) return;
    ui.main.focus({ preventScroll: true });
    ui.main.setPointerCapture(e.pointerId);
    drag = hand.brushing || e.shiftKey ? { from: Math.floor(place(e.offsetX)) } : { x: e.offsetX, start: cam.start, end: cam.end };
    if ("from" in drag) cam.pick(drag.from, drag.from + 1);
  };
  ui.main.onpointermove = (e) => {
    const position = Math.floor(place(e.offsetX)), by = drag ? ((drag.x - e.offsetX) / inner()) * cam.size : 0;
    hand.hover = { x: e.offsetX, y: e.offsetY, position };
    if (drag && "from" in drag) cam.pick(Math.min(drag.from, position), Math.max(drag.from, position) + 1);
    else if (drag) cam.look(drag.start + by, drag.end + by);
    ui.main.style.cursor = hand.brushing || e.shiftKey ? "crosshair" : drag ? "grabbing" : "grab";
    changed();
  };
  ui.main.onpointerup = ui.main.onpointercancel = () => { drag = null; };
  ui.main.onpointerleave = () => { hand.hover = null; changed(); };
  ui.main.ondblclick = cam.whole;
  ui.main.onblur = () => { ui.hint.textContent = ""; };
  ui.main.addEventListener("wheel", (e) => {
    const chosen = document.activeElement === ui.main || e.ctrlKey || e.metaKey;
    ui.hint.textContent = chosen ? "" : "Click the picture first, then the wheel zooms (or hold Ctrl).";
    if (!chosen) return;
    e.preventDefault();
    if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) cam.pan(clamp((e.deltaX || e.deltaY) / 600, -0.5, 0.5));
    else cam.zoom(2 ** clamp(e.deltaY / 240, -1, 1), place(e.offsetX));
  }, { passive: false });
  const slide = (e) => {
    const at = ((e.offsetX - LEFT) / Math.max(1, ui.map.clientWidth - LEFT - RIGHT)) * data.length;
    if (e.buttons & 1) cam.look(at - cam.size / 2, at + cam.size / 2);
  };
  ui.map.onpointerdown = (e) => { ui.map.setPointerCapture(e.pointerId); slide(e); };
  ui.map.onpointermove = slide;
}

/** What the buttons and keys do; every key of the picture is named in its label. */
function keyboard(ui, cam, hand, changed) {
  const toggle = (button, name) => { hand[name] = !hand[name]; button.setAttribute("aria-pressed", String(hand[name])); changed(); };
  const closer = () => cam.zoom(0.5), farther = () => cam.zoom(2), before = () => cam.turn(cam.item - 1), after = () => cam.turn(cam.item + 1);
  Object.assign(ui.closer, { onclick: closer });
  Object.assign(ui.farther, { onclick: farther });
  Object.assign(ui.all, { onclick: cam.whole });
  Object.assign(ui.before, { onclick: before });
  Object.assign(ui.after, { onclick: after });
  Object.assign(ui.brush, { onclick: () => toggle(ui.brush, "brushing") });
  Object.assign(ui.fit, { onclick: () => toggle(ui.fit, "fitting") });
  Object.assign(ui.chooser, { onchange: () => cam.turn(Number(ui.chooser.value) || 0) });
  const keys = { ArrowLeft: () => cam.pan(-0.1), ArrowRight: () => cam.pan(0.1), "+": closer, "=": closer, "-": farther, _: farther, Home: cam.whole, ArrowUp: before, ArrowDown: after,
    PageUp: before, PageDown: after, s: () => cam.pick(...cam.region), Escape: () => cam.pick(0, 0) };
  const shifted = { ArrowLeft: () => cam.grow(-1), ArrowRight: () => cam.grow(1) };
  ui.main.onkeydown = (e) => {
    const act = e.ctrlKey || e.metaKey || e.altKey ? null : (e.shiftKey && shifted[e.key]) || keys[e.key];
    if (!act) return;
    e.preventDefault();
    e.stopPropagation();
    act();
  };
}

// ---- the page

/** The elements of a view; ids and notes come from data and enter as text. */
function skeleton(meta) {
  const button = (words, title, more = {}) => make("button", "gb-button", words, { title, "aria-label": title, type: "button", ...more });
  const head = make("div", "gb-head"), listed = meta.ids.length === meta.n, before = button("\u25c0", "previous item"), after = button("\u25b6", "next item");
  const chooser = /** @type {any} */ (listed ? make("select", "gb-chooser", "", { "aria-label": "item" })
    : make("input", "gb-chooser", "", { type: "number", min: "0", max: String(meta.n - 1), "aria-label": "item number" }));
  if (listed) meta.ids.forEach((id, i) => chooser.append(make("option", "", id || `item ${i}`, { value: String(i) })));
  const farther = button("\u2212", "zoom out"), closer = button("+", "zoom in"), all = button("Whole", "show the whole input"), span = make("span", "gb-span");
  const fit = button("Fit", "fit the height to what is shown", { "aria-pressed": "false" }), brush = button("Select", "drag selects (or hold Shift)", { "aria-pressed": "false" });
  head.append(...(meta.n > 1 ? [before, chooser, after] : [make("strong", "gb-chooser", meta.ids[0])]), span, make("span", "gb-gap"), farther, closer, all, fit, brush);
  const notes = make("div", "gb-notes");
  for (const note of meta.notes) notes.append(note.startsWith("!") ? make("div", "gb-warn", `\u26a0 ${note.slice(1).trim()}`) : make("div", "", note));
  const map = /** @type {HTMLCanvasElement} */ (make("canvas", "gb-map", "", { "aria-hidden": "true" }));
  const main = /** @type {HTMLCanvasElement} */ (make("canvas", "gb-main", "", { tabindex: "0", role: "application", "aria-label": "sequence logo: arrows move, plus and minus zoom, Home shows all, "
    + "up and down change the item, s selects what is shown, Shift and arrows change the selection, Escape clears it" }));
  const frame = make("div", "gb-stage"), tip = make("div", "gb-tip"), foot = make("div", "gb-foot");
  const code = make("code", "gb-code"), hint = make("span", "gb-hint"), said = make("div", "gb-said", "", { "aria-live": "polite" });
  tip.hidden = true;
  map.hidden = meta.length <= 40;
  frame.append(main, tip);
  foot.append(code, hint);
  return { parts: [head, notes, map, frame, foot, said], before, after, chooser, farther, closer, all, fit, brush, span, map, main, tip, code, hint, said };
}

/** Say in words what is shown and selected, and the line of code that selects it. */
function caption(ui, cam, meta, length) {
  const s = cam.selection, [from, to] = cam.region.map((v) => meta.start + v), id = (i) => meta.ids[i] ?? String(i);
  ui.chooser.value = String(cam.item);
  ui.before.disabled = cam.item <= 0;
  ui.after.disabled = cam.item >= meta.n - 1;
  ui.span.textContent = `${from}\u2013${to} of ${length}`;
  ui.code.textContent = s ? `.select(${s.item}, ${s.start}, ${s.end})` : "";
  ui.said.textContent = `item ${id(cam.item)}, positions ${from} to ${to}${s ? `, selected ${s.start} to ${s.end} of item ${id(s.item)}` : ""}`;
}

/** One view. @param {any} model  @param {HTMLElement} root */
function view(model, root) {
  root.className = "genonb-widget genonb-logo mathjax_ignore";
  const meta = model.get("meta"), ui = skeleton(meta), hand = { hover: null, brushing: false, fitting: false };
  root.append(...ui.parts);
  const data = source(model, () => drawn.ask());
  const drawn = redraws(root, () => {
    const scene = { data, cam, hand, dark: isDark(root), first: meta.start, selection: cam.selection?.item === cam.item ? cam.selection : null };
    if (!ui.map.hidden) overview(ui.map, scene);
    letters(ui.main, scene, ui.tip);
  });
  const changed = () => drawn.ask();
  const cam = camera(model, data, (cam) => { caption(ui, cam, meta, data.length); drawn.ask(); });
  pointers(ui, cam, data, hand, changed);
  keyboard(ui, cam, hand, changed);
  return () => { cam.close(); drawn.close(); data.close(); root.replaceChildren(); };
}

// ---- drawing

/** Bars of `columns` between two positions, the strongest of each pixel. */
function bars(e, columns, { data, dark }, from, to, step, x, y) {
  const wide = Math.max(1, x(step) - x(0));
  for (const [at, position] of strongest(columns, from, to, step, data.letters.length)) {
    for (const [letter, base, tip] of stacked(columns, position, data.letters.length)) e.box(x(at), Math.min(y(base), y(tip)), wide, Math.abs(y(base) - y(tip)), data.tint(letter, dark));
  }
}

/** Letters of `columns` between two positions, `pitch` pixels apart; negative ones stand on their head. */
function glyphs(e, columns, { data, dark }, from, to, pitch, x, y) {
  const wide = Math.min(pitch * 0.94, 110);
  for (let position = from; position < to; position++) {
    for (const [letter, base, tip] of stacked(columns, position, data.letters.length)) {
      e.pen.save();
      Object.assign(e.pen, { fillStyle: data.tint(letter, dark), globalAlpha: 1 });
      e.pen.translate(x(position) + (pitch - wide) / 2, y(tip));
      e.pen.scale(wide / 100, (y(base) - y(tip)) / 100);
      e.pen.fill(outlines[data.letters[letter]] ?? block);
      e.pen.restore();
    }
  }
}

/** The whole input as thin bars, with the window that is shown. */
function overview(canvas, scene) {
  const { data, cam, dark, selection } = scene, e = easel(canvas), inner = e.width - LEFT - RIGHT, [low, high] = data.limits(cam.item);
  const x = (p) => LEFT + (p / data.length) * inner, y = (v) => 3 + ((high - v) / (high - low || 1)) * (e.height - 6), columns = data.columns(cam.item, 0, data.length);
  if (selection) e.box(x(selection.start), 0, Math.max(2, x(selection.end) - x(selection.start)), e.height, blue(dark), 0.45);
  if (columns) bars(e, columns, scene, 0, data.length, Math.max(1, data.length / inner), x, y);
  e.box(LEFT, 0, x(cam.start) - LEFT, e.height, e.ink, 0.1);
  e.box(x(cam.end), 0, x(data.length) - x(cam.end), e.height, e.ink, 0.1);
  Object.assign(e.pen, { strokeStyle: e.ink, globalAlpha: 0.6, lineWidth: 1 });
  e.pen.strokeRect(x(cam.start) + 0.5, 0.5, Math.max(2, x(cam.end) - x(cam.start) - 1), e.height - 1);
}

/** The letters of the window; bars where a letter would be too narrow to read. */
function letters(canvas, scene, tip) {
  const { data, cam, hand, dark, first, selection } = scene, e = easel(canvas), inner = e.width - LEFT - RIGHT, pitch = inner / cam.size;
  const from = Math.max(0, Math.floor(cam.start)), to = Math.min(data.length, Math.ceil(cam.end)), columns = data.columns(cam.item, from, to);
  const strip = pitch >= 7 ? 15 : 0, top = 8, bottom = e.height - 20 - strip;
  const [low, high] = (hand.fitting && columns && cam.size <= inner ? extent(columns, from, to, data.letters.length) : data.limits(cam.item)).map((v) => v * 1.05);
  const x = (p) => LEFT + ((p - cam.start) / cam.size) * inner, y = (v) => bottom - ((v - low) / (high - low || 1)) * (bottom - top);
  const { hover } = hand, pointed = hover && hover.x >= LEFT && hover.position >= from && hover.position < to ? hover.position : -1;
  axes(e, scene, from, to, [low, high], x, y);
  e.inside(LEFT, 0, inner + 1, e.height, () => {
    const shade = (a, b, alpha, colour) => e.box(x(a), top - 6, Math.max(1, x(b) - x(a)), bottom + strip - top + 8, colour, alpha);
    if (selection) shade(selection.start, selection.end, 0.2, blue(dark));
    if (pointed >= 0) shade(pointed, pointed + 1, 0.12, e.ink);
    if (columns && pitch < LEGIBLE) bars(e, columns, scene, from, to, Math.max(1, cam.size / inner), x, y);
    else if (columns) glyphs(e, columns, scene, from, to, pitch, x, y);
    for (let p = from; columns && strip && p < to; p++) {
      const code = columns.code(p);
      if (code >= 0) e.word(data.letters[code], x(p + 0.5), bottom + 14, { align: "center", alpha: 0.9, colour: data.tint(code, dark) });
    }
  });
  if (!columns) e.word("asking the kernel for this window ...", LEFT + inner / 2, (top + bottom) / 2, { align: "center" });
  tooltip(tip, columns, data, pointed, first, hover, e.width);
}

/** Heights at the left, positions below; the number of a position stands under its middle. */
function axes(e, { cam, first }, from, to, [low, high], x, y) {
  for (const t of ticks(low, high, 4)) {
    e.word(short(t), LEFT - 7, y(t) + 4, { align: "right" });
    e.line([[LEFT, y(t)], [e.width - RIGHT, y(t)]], { alpha: t ? 0.1 : 0.5 });
  }
  const spots = ticks(first + cam.start, first + cam.end - 1, Math.min(12, (e.width - LEFT - RIGHT) / 70)).filter((t) => Number.isInteger(t) && t - first >= from && t - first < to);
  for (const t of spots.length ? spots : [first + from]) e.word(String(t), x(t - first + 0.5), e.height - 5, { align: "center" });
}

/** What stands under the pointer, in words beside it. */
function tooltip(tip, columns, data, position, first, hover, width) {
  tip.hidden = position < 0 || !columns;
  if (tip.hidden) return;
  const there = columns.code(position), values = stacked(columns, position, data.letters.length).reverse().slice(0, 4);
  const lines = [`position ${first + position}${there >= 0 ? `, ${data.letters[there]}` : ""}`, ...values.map(([letter, from, to]) => `${data.letters[letter]} ${short(to - from)}`)];
  tip.replaceChildren(...lines.map((words, i) => make("div", i ? "" : "gb-tip-head", words)));
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
