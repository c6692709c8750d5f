// What every widget of genonb needs. `asset()` puts this text in front of a widget's own, as one module.

/**
 * @typedef {{get(name: string): any, set(name: string, value: any): void, save_changes(): void, send(content: any): void,
 *            on(name: string, callback: Function): void, off(name?: string | null, callback?: Function): void, widget_manager?: any}} Model
 * @typedef {(root: HTMLElement) => () => void} Draw  Builds a view in `root`, returns its clean-up.
 */

/** One observer for all widgets of the page, whichever module they came from. */
function page() {
  const key = Symbol.for("genonb.page");
  if (globalThis[key]) return globalThis[key];
  const calls = new Set();
  let due = false;
  const run = () => { due = false; for (const call of [...calls]) call(); };
  new MutationObserver(() => { if (!due) { due = true; setTimeout(run, 0); } }).observe(document.body, { childList: true, subtree: true });
  return (globalThis[key] = calls);
}

/**
 * Bring the still pictures of a model to life: a view takes the place of every picture that carries the model's mark,
 * and gives the place back when it leaves the page. A page without the model keeps the picture.
 * @param {Model} model  @param {Draw} draw  @param {() => boolean} ready  Whether there is anything to show yet.
 * @returns {{look(): void, close(): void}} `look` searches again now.
 */
export function stage(model, draw, ready = () => true) {
  const mark = `genonb-at-${model.get("view_id")}`;
  /** @type {Map<Element, {close: () => void, still: Node[]}>} */
  const live = new Map();
  const leave = (place) => {
    const { close, still } = live.get(place);
    live.delete(place);
    close();
    place.replaceChildren(...still);
  };
  const look = () => {
    for (const place of [...live.keys()]) if (!place.isConnected) leave(place);
    if (!ready()) return;
    for (const place of [...document.getElementsByClassName(mark)]) {
      if (live.has(place)) continue;
      const still = [...place.childNodes];
      const root = make("div");
      place.replaceChildren(root);
      live.set(place, { close: draw(root), still });
    }
  };
  page().add(look);
  look();
  return { look, close() { page().delete(look); [...live.keys()].forEach(leave); } };
}

/** An element with a class and plain text; words from data enter the page here, as text. @param {string} tag */
export function make(tag, name = "", words = "", attributes = {}) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (words) node.textContent = words;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/** Whether the text around `node` is light, so the page dark. @param {Element} node */
export function isDark(node) {
  const [r, g, b] = (getComputedStyle(node).color.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
  return 0.299 * r + 0.587 * g + 0.114 * b > 140;
}

/** Call `draw` when `node` changes its size or the page its theme. @param {HTMLElement} node  @param {() => void} draw */
export function redraws(node, draw) {
  let asked = 0;
  const ask = () => { asked ||= requestAnimationFrame(() => { asked = 0; draw(); }); };
  const size = new ResizeObserver(ask);
  const theme = new MutationObserver(() => setTimeout(ask, 120));
  size.observe(node);
  theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "data-theme", "class"] });
  return { ask, close() { size.disconnect(); theme.disconnect(); cancelAnimationFrame(asked); } };
}

/**
 * A canvas made sharp and cleared, with the few strokes that a plot needs; lengths in CSS pixels.
 * @param {HTMLCanvasElement} canvas
 */
export function easel(canvas) {
  const width = canvas.clientWidth, height = canvas.clientHeight, ratio = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const pen = canvas.getContext("2d"), { color: ink, fontFamily } = getComputedStyle(canvas);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.font = `11px ${fontFamily}`;
  pen.lineJoin = "round";
  return {
    pen, width, height, ink,
    /** A line through points; one without a finite height breaks it. */
    line(points, { colour = ink, size = 1, alpha = 1, dash = [] } = {}) {
      Object.assign(pen, { strokeStyle: colour, lineWidth: size, globalAlpha: alpha });
      pen.setLineDash(dash);
      pen.beginPath();
      let down = false;
      for (const [x, y] of points) {
        if (!isFinite(y ?? NaN)) { down = false; continue; }
        if (down) pen.lineTo(x, y);
        else pen.moveTo(x, y);
        down = true;
      }
      pen.stroke();
      pen.setLineDash([]);
    },
    /** Words that end inside the canvas. */
    word(words, x, y, { align = "left", alpha = 0.7, colour = ink } = {}) {
      Object.assign(pen, { fillStyle: colour, globalAlpha: alpha, textAlign: align });
      pen.fillText(words, align === "center" ? Math.min(x, width - 2 - pen.measureText(words).width / 2) : x, y);
    },
    box(x, y, wide, tall, colour = ink, alpha = 1) {
      Object.assign(pen, { fillStyle: colour, globalAlpha: alpha });
      pen.fillRect(x, y, wide, tall);
    },
    dot(x, y, colour) {
      Object.assign(pen, { fillStyle: colour, globalAlpha: 1 });
      pen.beginPath();
      pen.arc(x, y, 2.6, 0, 7);
      pen.fill();
    },
    /** Draw with everything outside of a rectangle cut off. */
    inside(x, y, wide, tall, draw) {
      pen.save();
      pen.beginPath();
      pen.rect(x, y, wide, tall);
      pen.clip();
      draw();
      pen.restore();
    },
  };
}

/** @typedef {ReturnType<typeof easel>} Easel */

/** `v` kept between two bounds. */
export const clamp = (v, low, high) => Math.max(low, Math.min(high, v));

/** About `n` round numbers between `low` and `high`. */
export function ticks(low, high, n = 5) {
  if (!(high > low) || !isFinite(high - low)) return [low];
  const rough = (high - low) / Math.max(n, 1), unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].reduce((a, b) => (Math.abs(b - rough / unit) < Math.abs(a - rough / unit) ? b : a));
  const out = [];
  for (let i = Math.ceil(low / step - 1e-9); i <= Math.floor(high / step + 1e-9); i++) out.push(Number((i * step).toPrecision(12)));
  return out;
}

/** A number for people. @param {number | null | undefined} v */
export function short(v) {
  if (v === null || v === undefined || !isFinite(v)) return "undefined";
  if (Math.abs(v) >= 1000) return Math.round(v).toLocaleString("en");
  return v === 0 || Math.abs(v) >= 0.001 ? String(Number(v.toPrecision(4))) : v.toExponential(1);
}

/** float32 numbers of a buffer that came from the kernel. @param {DataView | ArrayBuffer | null} data */
export function floats(data) {
  if (!data || !data.byteLength) return new Float32Array(0);
  const from = data instanceof ArrayBuffer ? data : data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  return new Float32Array(from);
}
