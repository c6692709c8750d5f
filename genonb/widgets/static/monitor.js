// The training monitor: how a run learns, how far it is, how to end it. Python: nbs/64_widgets.monitor.ipynb
import { stage, make, isDark, redraws, sharp, ticks, short, floats } from "./shared.js";

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
  if (f.way === "interrupt") return "Stop interrupts this cell, as \u25a0 in the toolbar does: the batch is finished, the best weights are kept. To pause, train with start().";
  return "Stop ends the run after this batch and keeps the best weights. The kernel is free meanwhile.";
}

/** One view. @param {any} model  @param {Store} store  @param {HTMLElement} root */
function view(model, store, root) {
  root.className = "genonb-widget genonb-monitor mathjax_ignore";
  const name = make("strong", "gb-name"), state = make("span", "gb-state"), pause = make("button", "gb-button", "Pause"), stop = make("button", "gb-button gb-stop", "Stop");
  const head = make("div", "gb-head"), bar = make("div", "gb-bar", "", { role: "progressbar", "aria-label": "progress", "aria-valuemin": "0", "aria-valuemax": "100" }), done = make("div", "gb-done");
  const facts = make("div", "gb-facts"), plots = make("div", "gb-plots"), foot = make("div", "gb-foot"), said = make("div", "gb-said", "", { "aria-live": "polite" });
  const loss = figure("Loss"), metric = figure("");
  head.append(name, state, make("span", "gb-gap"), pause, stop);
  bar.append(done);
  plots.append(loss.box, metric.box);
  root.append(head, bar, facts, plots, foot, said);
  let deaf = false;

  pause.onclick = () => model.send({ do: store.facts.status === "paused" ? "resume" : "pause" });
  stop.onclick = async () => {
    deaf = store.facts.way === "interrupt" && !(await interrupt(model, root));
    if (deaf || store.facts.way !== "interrupt") model.send({ do: "stop" });
    store.facts.asked = !deaf;
    show();
  };

  const show = () => {
    const f = store.facts, status = store.lost && going(f) ? "lost" : f.status ?? "waiting";
    const share = f.steps ? Math.min(1, (f.step ?? 0) / f.steps) : 0;
    name.textContent = f.name ?? "";
    state.textContent = status;
    state.dataset.status = status;
    done.style.width = `${100 * (status === "done" ? 1 : share)}%`;
    bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    const busy = going(f) && !store.lost;
    pause.hidden = stop.hidden = !busy;
    stop.disabled = !!f.asked;
    pause.disabled = !!f.asked || !f.pausable;
    pause.title = f.pausable ? "" : "A blocking cell hears no pause; train with start() to pause.";
    pause.textContent = f.status === "paused" ? "Resume" : "Pause";
    facts.replaceChildren(...told(f, busy).map(([label, value]) => {
      const item = make("span", "gb-fact");
      item.append(make("span", "gb-label", `${label} `), make("span", "gb-value", value));
      return item;
    }));
    foot.textContent = way(f, store.lost, deaf);
    foot.classList.toggle("gb-warn", f.status === "failed" || deaf || store.lost);
    const last = store.rounds[store.rounds.length - 1];
    const news = last ? `epoch ${last.epoch}: ${f.primary} ${short(last.valid?.[f.primary])}` : "";
    if (said.textContent !== news) said.textContent = news;
    drawn.ask();
  };
  const paint = () => {
    const dark = isDark(root);
    loss.paint(lossOf(store), dark, store);
    metric.paint(metricOf(store), dark, store);
    metric.box.hidden = !store.facts.primary;
  };
  const drawn = redraws(root, paint);
  store.views.add(show);
  show();
  return () => { store.views.delete(show); drawn.close(); root.replaceChildren(); };
}

/** The facts of a run as pairs of label and words. */
function told(f, busy) {
  const best = f.best ? `${short(f.best.value)} at epoch ${f.best.epoch}` : "";
  const speed = f.rate ? `${short(Math.round(f.rate))} samples/s` : "";
  return [["epoch", f.epochs ? `${f.epoch ?? 0} of ${f.epochs}` : ""], ["loss", f.loss === undefined || f.loss === null ? "" : short(f.loss)], [`best ${f.primary}`, best],
    ["speed", speed], ["time", clock(f.seconds)], ["left", busy ? clock(f.eta) : ""], ["on", f.device ?? ""], ["test", f.score ?? ""], ["best rival", f.rival ?? ""]].filter(([, value]) => value);
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
  const { pen, width, height } = sharp(canvas), ink = getComputedStyle(canvas).color, hue = (tone) => TONES[tone][dark ? 1 : 0];
  const [low, high] = extent(chart), left = 44, right = width - 8, top = 6, bottom = height - 20, last = chart.last;
  const x = (v) => left + (v / last) * (right - left), y = (v) => bottom - ((v - low) / (high - low)) * (bottom - top);
  pen.lineJoin = "round";
  const stroke = (points, colour, size, alpha = 1, dash = []) => {
    Object.assign(pen, { strokeStyle: colour, lineWidth: size, globalAlpha: alpha });
    pen.setLineDash(dash);
    pen.beginPath();
    let down = false;
    for (const [a, b] of points) { if (b === null || b === undefined || !isFinite(b)) { down = false; continue; } down ? pen.lineTo(a, b) : pen.moveTo(a, b); down = true; }
    pen.stroke();
    pen.setLineDash([]);
  };
  const word = (text, a, b, align, colour = ink, alpha = 0.7) => { Object.assign(pen, { fillStyle: colour, globalAlpha: alpha, textAlign: align }); pen.fillText(text, a, b); };
  for (const t of ticks(low, high, 4)) { stroke([[left, y(t)], [right, y(t)]], ink, 1, 0.13); word(short(t), left - 7, y(t) + 4, "right"); }
  for (const t of ticks(0, last, Math.min(last, 6)).filter(Number.isInteger)) word(short(t), Math.min(x(t), width - 2 - pen.measureText(short(t)).width / 2), bottom + 15, "center");
  stroke([[left, bottom], [right, bottom]], ink, 1, 0.4);
  pen.save();
  pen.beginPath();
  pen.rect(left, top - 4, right - left + 4, bottom - top + 6);
  pen.clip();
  for (const l of chart.lines) {
    stroke(l.x.map((v, i) => [x(v), l.y[i] === null || l.y[i] === undefined ? null : y(l.y[i])]), hue(l.tone), l.faint ? 1 : 2, l.faint ? 0.38 : 1);
    if (!l.faint && l.x.length <= 60) for (let i = 0; i < l.x.length; i++) if (isFinite(l.y[i] ?? NaN)) { Object.assign(pen, { fillStyle: hue(l.tone), globalAlpha: 1 }); pen.beginPath(); pen.arc(x(l.x[i]), y(l.y[i]), 2.6, 0, 7); pen.fill(); }
  }
  pen.restore();
  let taken = -Infinity;
  for (const r of [...chart.rules].sort((a, b) => b.at - a.at)) {
    stroke([[left, y(r.at)], [right, y(r.at)]], hue(5), 1.2, 0.9, [5, 4]);
    taken = y(r.at) - 4 > taken + 11 ? y(r.at) - 4 : Math.max(y(r.at) + 11, taken + 12);
    word(`${r.name.slice(0, 28)} ${short(r.at)}`, right, taken, "right", hue(5), 1);
  }
  legend(chart, read, dark, at === null ? null : Math.round(((at - left) / (right - left)) * last));
  if (at !== null) stroke([[x(Math.round(((at - left) / (right - left)) * last)), top], [x(Math.round(((at - left) / (right - left)) * last)), bottom]], ink, 1, 0.4);
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
