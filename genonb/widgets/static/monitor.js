// The training monitor: how a run learns, how far it is, how to end it. Python: nbs/64_widgets.monitor.ipynb
import { stage, make, isDark, redraws, easel, clamp, ticks, short, floats } from "./shared.js";

/* global TONES */

/**
 * What a model knows, shared by its views. `points` are (step, loss) pairs.
 * @typedef {{facts: Record<string, any>, rounds: any[], points: number[], lost: boolean, views: Set<() => void>}} Store
 */

const LIMIT = 4000;    // numbers kept of the loss of each step: 2,000 points

/** Halve the points: of each four neighbours the lowest and the highest stay. @param {number[]} points */
function thinned(points) {
  const out = [];
  for (let i = 0; i < points.length; i += 8) {
    const four = [];
    for (let j = i; j < Math.min(i + 8, points.length); j += 2) four.push([points[j], points[j + 1]]);
    const low = four.reduce((a, b) => (b[1] < a[1] ? b : a)), high = four.reduce((a, b) => (b[1] > a[1] ? b : a));
    for (const p of low === high ? [low] : low[0] < high[0] ? [low, high] : [high, low]) out.push(...p);
  }
  return out;
}

/** The store of a model, kept up to date by its messages. @returns {Store} */
function follow(model) {
  /** @type {Store} */
  const store = { facts: {}, rounds: [], points: [], lost: false, views: new Set() };
  const tell = () => store.views.forEach((view) => view());
  const whole = () => {
    store.facts = { ...model.get("facts") };
    store.rounds = [...model.get("rounds")];
    store.points = [...floats(model.get("curve"))];
    tell();
  };
  whole();
  model.on("msg:custom", (news, buffers) => {
    if (news?.kind !== "news") return;
    store.lost = false;
    if (news.fresh) Object.assign(store, { facts: {}, rounds: [], points: [] });
    Object.assign(store.facts, news.facts);
    store.rounds.push(...news.rounds);
    if (buffers?.length) store.points.push(...floats(buffers[0]));
    while (store.points.length > LIMIT) store.points = thinned(store.points);
    tell();
  });
  for (const name of ["facts", "rounds", "curve"]) model.on(`change:${name}`, whole);
  model.on("comm_live_update", () => { store.lost = true; tell(); });
  return store;
}

const two = (v) => String(Math.floor(v)).padStart(2, "0");
const clock = (s) => (s === null || s === undefined || !isFinite(s) ? "" : s < 10 ? `${s.toFixed(1)} s` : s < 60 ? `${Math.round(s)} s`
  : s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)} min` : `${Math.floor(s / 3600)}:${two((s / 60) % 60)} h`);
const scoring = (f) => f.status === "running" && f.steps && f.step >= f.steps;    // trained, but not yet at its end
const going = (f) => f.status === "running" || f.status === "paused";

/** Ask the kernel of a blocking cell to interrupt; true if somebody heard. */
async function interrupt(model, root) {
  const call = new CustomEvent("genonb:stop", { bubbles: true, cancelable: true, detail: { ...model.get("address") } });
  root.dispatchEvent(call);
  if (call.defaultPrevented) return true;
  const kernel = model.widget_manager?.kernel;
  if (!kernel?.interrupt) return false;
  await kernel.interrupt();
  return true;
}

/** Which way to stop works now, in words. */
function way(f, lost, deaf) {
  if (!f.status) return "";
  if (!going(f)) return f.message || "";
  if (lost) return "The kernel is gone; this run has ended with it.";
  if (f.asked) return "Asked to stop: the batch is finished and the best weights are kept ...";
  if (deaf) return "This page cannot reach the kernel: press \u25a0 in the toolbar; the best weights are kept.";
  if (scoring(f)) return "The model is trained; it is being scored beside its rivals on rows it has not seen.";
  if (f.way === "interrupt") return "Stop interrupts this cell, as \u25a0 in the toolbar does: the batch is finished, the best weights are kept. To pause, train with start().";
  return "Stop ends the run after this batch and keeps the best weights. The kernel is free meanwhile.";
}

/** The elements of a view. */
function skeleton() {
  const name = make("strong", "gb-name"), state = make("span", "gb-state"), pause = make("button", "gb-button", "Pause", { type: "button" });
  const stop = make("button", "gb-button gb-stop", "Stop", { type: "button" }), head = make("div", "gb-head"), done = make("div", "gb-done");
  const bar = make("div", "gb-bar", "", { role: "progressbar", "aria-label": "progress", "aria-valuemin": "0", "aria-valuemax": "100" });
  const facts = make("div", "gb-facts"), plots = make("div", "gb-plots"), foot = make("div", "gb-foot"), said = make("div", "gb-said", "", { "aria-live": "polite" });
  const loss = figure("Loss"), metric = figure("");
  head.append(name, state, make("span", "gb-gap"), pause, stop);
  bar.append(done);
  plots.append(loss.box, metric.box);
  return { parts: [head, bar, facts, plots, foot, said], name, state, pause, stop, bar, done, facts, foot, said, loss, metric };
}

/** One view. @param {any} model  @param {Store} store  @param {HTMLElement} root */
function view(model, store, root) {
  root.className = "genonb-widget genonb-monitor mathjax_ignore";
  const ui = skeleton();
  root.append(...ui.parts);
  let deaf = false;    // whether nobody heard the last call for an interrupt
  ui.pause.onclick = () => model.send({ do: store.facts.status === "paused" ? "resume" : "pause" });
  ui.stop.onclick = async () => {
    const blocked = store.facts.way === "interrupt";
    deaf = blocked && !(await interrupt(model, root));
    if (deaf || !blocked) model.send({ do: "stop" });
    store.facts.asked = !deaf;
    show();
  };
  const drawn = redraws(root, () => {
    const dark = isDark(root);
    ui.loss.paint(lossOf(store), dark);
    ui.metric.paint(metricOf(store), dark);
  });
  const show = () => { fill(ui, store, deaf); drawn.ask(); };
  store.views.add(show);
  show();
  return () => { store.views.delete(show); drawn.close(); root.replaceChildren(); };
}

/** Write what is known into the elements of a view. @param {Store} store */
function fill(ui, { facts: f, rounds, lost }, deaf) {
  const busy = going(f) && !lost, status = lost && going(f) ? "lost" : f.status ?? "waiting", share = f.steps ? Math.min(1, (f.step ?? 0) / f.steps) : 0;
  ui.name.textContent = f.name ?? "";
  ui.state.textContent = busy && scoring(f) ? "scoring" : status;
  ui.state.dataset.status = status;
  ui.done.style.width = `${100 * (status === "done" ? 1 : share)}%`;
  ui.bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
  ui.pause.hidden = ui.stop.hidden = !busy;
  ui.stop.disabled = !!f.asked;
  ui.pause.disabled = !!f.asked || !f.pausable;
  ui.pause.title = f.pausable ? "" : "A blocking cell hears no pause; train with start() to pause.";
  ui.pause.textContent = f.status === "paused" ? "Resume" : "Pause";
  ui.metric.box.hidden = !f.primary;
  ui.facts.replaceChildren(...told(f, busy).map(([label, value]) => {
    const item = make("span", "gb-fact");
    item.append(make("span", "gb-label", `${label} `), make("span", "gb-value", value));
    return item;
  }));
  ui.foot.textContent = way(f, lost, deaf);
  ui.foot.classList.toggle("gb-warn", f.status === "failed" || deaf || lost);
  const last = rounds[rounds.length - 1], news = last ? `epoch ${last.epoch}: ${f.primary} ${short(last.valid?.[f.primary])}` : "";
  if (ui.said.textContent !== news) ui.said.textContent = news;
}

/** The facts of a run as pairs of label and words. */
function told(f, busy) {
  const best = f.best ? `${short(f.best.value)} at epoch ${f.best.epoch}` : "";
  const speed = f.rate ? `${short(Math.round(f.rate))} samples/s` : "";
  return [["epoch", f.epochs ? `${f.epoch ?? 0} of ${f.epochs}` : ""], ["loss", f.loss === undefined || f.loss === null ? "" : short(f.loss)], [`best ${f.primary}`, best],
    ["speed", speed], ["time", clock(f.seconds)], ["left", busy && f.eta ? clock(f.eta) : ""], ["on", f.device ?? ""], ["test", f.score ?? ""], ["best rival", f.rival ?? ""]].filter(([, value]) => value);
}

/** The last epoch on the axis: all of them, unless most of the axis would be empty. */
function horizon(f) {
  const seen = Math.max(f.epoch ?? 0, (f.step ?? 0) / (f.batches || 1), 1);
  return going(f) ? Math.max(1, Math.min(f.epochs || 1, Math.max(20, Math.ceil(1.5 * seen)))) : Math.ceil(seen);
}

/** What the loss panel shows: curves over epochs. @param {Store} store */
function lossOf({ facts: f, rounds, points }) {
  const per = f.batches || 1, steps = { x: [], y: [], tone: 0, faint: true, name: "each step" };
  for (let i = 0; i < points.length; i += 2) { steps.x.push(points[i] / per); steps.y.push(points[i + 1]); }
  const curve = (key, name, tone) => ({ x: rounds.map((r) => r.epoch), y: rounds.map((r) => r[key]), name, tone });
  return { lines: [steps, curve("train_loss", "train", 0), curve("valid_loss", "valid", 1)], rules: [], last: horizon(f) };
}

/** What the metric panel shows: the model's curve and its rivals' levels. @param {Store} store */
function metricOf({ facts: f, rounds }) {
  const line = { x: rounds.map((r) => r.epoch), y: rounds.map((r) => r.valid?.[f.primary]), name: f.name || "model", tone: 1 };
  const rules = Object.entries(f.rivals ?? {}).filter(([, at]) => at !== null && isFinite(at)).map(([name, at]) => ({ name, at }));
  return { title: f.primary ? `${f.primary} on the validation part` : "", lines: [line], rules, last: horizon(f) };
}

/** A captioned canvas. @param {string} title */
function figure(title) {
  const box = make("figure", "gb-figure"), caption = make("figcaption", "gb-caption"), canvas = /** @type {HTMLCanvasElement} */ (make("canvas", "gb-canvas", "", { role: "img" }));
  const named = make("strong", "", title), read = make("span", "gb-read");
  caption.append(named, read);
  box.append(caption, canvas);
  let last = null, dark = false, at = null;
  const again = () => { if (last) plot(canvas, last, dark, at, read); };
  canvas.onpointermove = (e) => { at = e.offsetX; again(); };
  canvas.onpointerleave = () => { at = null; again(); };
  return { box, paint(chart, isNight) {
    [last, dark] = [chart, isNight];
    if (chart.title) named.textContent = chart.title;
    const end = chart.lines.map((l) => (l.faint || !l.y.length ? "" : `${l.name} ${short(l.y[l.y.length - 1])}`)).filter(Boolean);
    canvas.setAttribute("aria-label", `${named.textContent}: ${[...end, ...chart.rules.map((r) => `${r.name} ${short(r.at)}`)].join(", ")}`);
    again();
  } };
}

/** Lowest and highest of what is drawn; a rare spike of the step losses does not squeeze the rest. */
function extent(chart) {
  const firm = [...chart.lines.filter((l) => !l.faint).flatMap((l) => l.y), ...chart.rules.map((r) => r.at)].filter((v) => v !== null && isFinite(v));
  const loose = chart.lines.filter((l) => l.faint).flatMap((l) => l.y).filter(isFinite).sort((a, b) => a - b);
  if (loose.length) firm.push(loose[Math.floor(0.005 * loose.length)], loose[Math.min(loose.length - 1, Math.floor(0.985 * loose.length))]);
  if (!firm.length) return [0, 1];
  const low = Math.min(...firm), high = Math.max(...firm), air = (high - low || Math.abs(high) || 1) * 0.06;
  return [low - air, high + air];
}

/** Draw `chart` on `canvas`; `at` is the pointer's x, whose values go to `read`. */
function plot(canvas, chart, dark, at, read) {
  const e = easel(canvas), [low, high] = extent(chart), left = 44, right = e.width - 8, top = 6, bottom = e.height - 20;
  const x = (v) => left + (v / chart.last) * (right - left), y = (v) => bottom - ((v - low) / (high - low)) * (bottom - top);
  const hue = (tone) => TONES[tone][dark ? 1 : 0];
  for (const t of ticks(low, high, 4)) {
    e.line([[left, y(t)], [right, y(t)]], { alpha: 0.13 });
    e.word(short(t), left - 7, y(t) + 4, { align: "right" });
  }
  for (const t of ticks(0, chart.last, Math.min(chart.last, 6)).filter(Number.isInteger)) e.word(short(t), x(t), bottom + 15, { align: "center" });
  e.line([[left, bottom], [right, bottom]], { alpha: 0.4 });
  e.inside(left, top - 4, right - left + 4, bottom - top + 6, () => chart.lines.forEach((l) => curve(e, l, x, y, hue(l.tone))));
  rules(e, chart.rules, left, right, y, hue(5));
  const epoch = at === null ? null : clamp(Math.round(((at - left) / (right - left)) * chart.last), 0, chart.last);
  if (epoch !== null) e.line([[x(epoch), top], [x(epoch), bottom]], { alpha: 0.4 });
  legend(chart, read, dark, epoch);
}

/** One curve, with a dot an epoch while they are few. */
function curve(e, l, x, y, colour) {
  const known = (v) => v !== null && v !== undefined && isFinite(v);
  e.line(l.x.map((v, i) => [x(v), known(l.y[i]) ? y(l.y[i]) : null]), { colour, size: l.faint ? 1 : 2, alpha: l.faint ? 0.38 : 1 });
  if (l.faint || l.x.length > 60) return;
  l.x.forEach((v, i) => { if (known(l.y[i])) e.dot(x(v), y(l.y[i]), colour); });
}

/** The levels of the rivals, their names above the line, or below it where another name stands. */
function rules(e, levels, left, right, y, colour) {
  let taken = -Infinity;
  for (const { name, at } of [...levels].sort((a, b) => b.at - a.at)) {
    e.line([[left, y(at)], [right, y(at)]], { colour, size: 1.2, alpha: 0.9, dash: [5, 4] });
    taken = y(at) - 4 > taken + 11 ? y(at) - 4 : Math.max(y(at) + 11, taken + 12);
    e.word(`${name.slice(0, 28)} ${short(at)}`, right, taken, { align: "right", colour, alpha: 1 });
  }
}

/** The names of the curves with their last values, or those of the `epoch` under the pointer. */
function legend(chart, read, dark, epoch) {
  const items = chart.lines.filter((l) => l.y.length && !l.faint).map((l) => {
    const i = epoch === null ? l.x.length - 1 : l.x.indexOf(epoch);
    const item = make("span", "gb-key", `${l.name.slice(0, 28)}${i < 0 ? "" : ` ${short(l.y[i])}`}`);
    item.style.setProperty("--gb-hue", TONES[l.tone][dark ? 1 : 0]);
    return item;
  });
  if (epoch !== null) items.push(make("span", "gb-key gb-plain", `epoch ${epoch}`));
  read.replaceChildren(...items);
}

export default () => {
  /** @type {Store | null} */
  let store = null;
  return {
    initialize({ model }) {
      const known = (store = follow(model));
      const scene = stage(model, (root) => view(model, known, root), () => !!known.facts.status);
      known.views.add(scene.look);
      return scene.close;
    },
    render({ model, el }) {
      const root = make("div");
      el.append(root);
      return view(model, (store ??= follow(model)), root);
    },
  };
};
