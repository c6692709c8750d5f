// The picker: files and tasks at the left, what was chosen at the right, the code below. Python: nbs/65_widgets.picker.ipynb
import { stage, make, isDark, redraws, easel, clamp, ticks, short, floats } from "./shared.js";
import { histogram, scatter } from "./crowd.js";

const PIECE = 512 * 1024, PATIENCE = 900, PARTS = ["train", "valid", "test"];
const FIXES = { stratified: "stratified", random: "random", by_cluster: "cluster", by_group: "group", by_chrom: "chrom", by_locus: "locus", by_scaffold: "scaffold" };
const STATUS = { ok: "reads without complaint", warning: "reads, with warnings", refused: "refused" };
const LOOKS = { class: /\.(fa|fasta|fna|faa|fas|fsa|seq)(\.b?gz)?$/i, genome: /\.(fa|fasta|fna|fas|2bit)(\.b?gz)?$/i, signal: /\.(bw|bigwig|bg|bedgraph)(\.b?gz)?$/i };     // what may go beside the open file, by name
const HOW = { class: "another class", genome: "the genome", signal: "a signal" };
const SIGN = { error: "\u25cf", warning: "\u25b2", info: "\u25cb" };

const button = (words, title = "", name = "gb-button") => make("button", name, words, { type: "button", ...(title ? { title, "aria-label": title } : {}) });
const size = (n) => (n < 1000 ? `${n} B` : n < 1e6 ? `${(n / 1e3).toFixed(n < 1e4 ? 1 : 0)} kB` : n < 1e9 ? `${(n / 1e6).toFixed(n < 1e7 ? 1 : 0)} MB` : `${(n / 1e9).toFixed(1)} GB`);
const many = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

/** How a view speaks with the kernel: `ask` sends, `late` is called with whether the kernel takes its time or is gone. */
function wire(model, late) {
  let timer = 0;
  const heard = () => { clearTimeout(timer); late(""); };
  const gone = () => late(model.comm_live === false ? "The kernel is gone; run the cell again." : "");
  model.on("change:heard", heard);
  model.on("comm_live_update", gone);
  return {
    ask(verb, more = {}, buffers = undefined) {
      clearTimeout(timer);
      timer = setTimeout(() => late("The kernel is busy with a cell; this waits until it is free."), PATIENCE);
      model.send({ do: verb, ...more }, undefined, buffers);
    },
    /** Send a file in pieces; each waits until the one before was heard. @param {File} file */
    async send(file) {
      for (let at = 0; at === 0 || at < file.size; at += PIECE) {
        const bytes = await file.slice(at, at + PIECE).arrayBuffer();
        const taken = new Promise((done) => { const once = () => { model.off("change:heard", once); done(0); }; model.on("change:heard", once); });
        this.ask("piece", { name: file.name, first: at === 0, last: at + PIECE >= file.size }, [bytes]);
        await taken;
      }
    },
    close() { clearTimeout(timer); model.off("change:heard", heard); model.off("comm_live_update", gone); },
  };
}

/** Put `words` on the clipboard, also where a page has no right to. */
async function copy(words) {
  try { await navigator.clipboard.writeText(words); return true; } catch { /* the old way */ }
  const area = /** @type {HTMLTextAreaElement} */ (make("textarea"));
  area.value = words;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

// ---- the shelf: folders, files, tasks

/** The list at the left. */
function shelf(model, line) {
  const box = make("nav", "gb-shelf", "", { "aria-label": "files and tasks" }), tabs = make("div", "gb-tabs", "", { role: "tablist" }), crumbs = make("div", "gb-crumbs");
  const seek = /** @type {HTMLInputElement} */ (make("input", "gb-seek", "", { type: "search", placeholder: "Find by name", "aria-label": "find by name" }));
  const list = make("div", "gb-list"), file = /** @type {HTMLInputElement} */ (make("input", "", "", { type: "file", hidden: "", "aria-hidden": "true" })), add = button("Bring a file \u2026", "copy a file of this computer into the folder", "gb-button gb-bring");
  const files = make("button", "gb-tab", "Files", { type: "button", role: "tab" }), tasks = make("button", "gb-tab", "Tasks", { type: "button", role: "tab" });
  tabs.append(files, tasks);
  box.append(tabs, crumbs, seek, list, add, file);
  let tab = "files", timer = 0;
  const show = () => {
    const place = model.get("place"), words = seek.value.trim().toLowerCase(), paper = model.get("paper");
    for (const [node, name] of [[files, "files"], [tasks, "tasks"]]) node.setAttribute("aria-selected", String(tab === name));
    tabs.hidden = !place.tasks?.length;
    crumbs.hidden = add.hidden = tab !== "files";
    crumbs.replaceChildren(...(place.crumbs ?? []).flatMap((c, i) => {
      const step = button(c.name, "", "gb-crumb");
      step.onclick = () => { seek.value = ""; line.ask("browse", { key: c.key }); };
      return i ? [make("span", "gb-slash", "/"), step] : [step];
    }));
    const had = list.contains(document.activeElement);
    const rows = tab === "files" ? place.entries.filter((e) => e.name.toLowerCase().includes(words)).map((e) => entry(e, paper, line))
      : place.tasks.map((t, at) => [t, at]).filter(([t]) => `${t.name} ${t.question}`.toLowerCase().includes(words)).map(([t, at]) => taskRow(t, at, paper, line));
    if (tab === "files" && place.more) rows.push(make("div", "gb-more", `${many(place.more, "more name")}: find them by name`));
    if (!rows.length) rows.push(make("div", "gb-more", words ? "Nothing of that name." : "This folder is empty."));
    list.replaceChildren(...rows);
    if (had) list.querySelector("button")?.focus();
  };
  const turn = (to) => { tab = to; seek.value = ""; show(); };
  files.onclick = () => turn("files");
  tasks.onclick = () => turn("tasks");
  seek.oninput = () => {
    show();
    clearTimeout(timer);
    const { more, crumbs } = model.get("place");
    if (tab === "files" && (more || !seek.value)) timer = setTimeout(() => line.ask("browse", { key: crumbs[crumbs.length - 1].key, words: seek.value.trim() }), 250);
  };
  list.onkeydown = (e) => {
    const all = [...list.querySelectorAll("button.gb-entry")], at = all.indexOf(document.activeElement), to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    all[clamp(to, 0, all.length - 1)]?.focus();
  };
  add.onclick = () => file.click();
  file.onchange = () => { if (file.files?.[0]) line.send(file.files[0]); file.value = ""; };
  return { box, show, close: () => clearTimeout(timer) };
}

function entry(e, paper, line) {
  const row = make("div", "gb-row"), main = button("", "", "gb-entry"), ending = /\.([A-Za-z0-9]{1,10})(\.(gz|bgz|bz2|xz|zst))?$/.exec(e.name)?.[1] ?? "";
  const open = paper.key === e.key && !e.folder;
  main.append(make("span", `gb-mark${e.folder ? " gb-folder" : ""}`, e.folder ? "" : ending.slice(0, 5).toLowerCase(), { "aria-hidden": "true" }), make("span", "gb-entry-name", e.name), make("span", "gb-size", e.folder ? "" : size(e.size)));
  main.title = e.name;
  if (open) main.setAttribute("aria-current", "true");
  main.onclick = () => line.ask(e.folder ? "browse" : "open", { key: e.key });
  row.append(main);
  if (!e.folder && !open) {
    for (const role of (paper.companions ?? []).filter((r) => LOOKS[r]?.test(e.name))) {
      const also = button(`+ ${role}`, `add ${e.name} as ${role}`, "gb-also");
      also.onclick = () => line.ask("add", { key: e.key, role });
      row.append(also);
    }
  }
  return row;
}

function taskRow(t, at, paper, line) {
  const row = make("div", "gb-row"), main = button("", "", "gb-entry gb-task");
  main.append(make("span", "gb-entry-name", t.name), make("span", "gb-question", t.question), make("span", "gb-size", t.input));
  if (paper.task === t.name) main.setAttribute("aria-current", "true");
  main.onclick = () => line.ask("take", { at });
  row.append(main);
  return row;
}

// ---- the paper: name, check, head of the table

/** What lies open. */
function paperOf(model, line) {
  const box = make("section", "gb-paper"), head = make("div", "gb-paper-head"), name = make("strong", "gb-name"), facts = make("span", "gb-facts"), state = make("span", "gb-state"), files = make("span", "gb-files");
  const messages = make("div", "gb-messages"), scroll = make("div", "gb-scroll", "", { tabindex: "0", role: "region", "aria-label": "head of the table" }), names = make("div", "gb-names"), hint = make("div", "gb-quiet gb-beside");
  head.append(name, facts, state, make("span", "gb-gap"), files);
  box.append(head, messages, hint, names, scroll);
  const show = () => {
    const paper = model.get("paper"), checked = model.get("checked"), chosen = model.get("chosen");
    name.textContent = paper.name ?? "";
    facts.textContent = paper.refused || !paper.kind ? "" : [paper.format && paper.format !== "table" ? paper.format : "", paper.kind, many(paper.rows, "row"), many(paper.columns.length + paper.more, "column"), ...(paper.same ?? [])].filter(Boolean).join(" \u00b7 ");
    state.hidden = !checked.status;
    state.textContent = checked.status === "warning" ? `reads, with ${many(checked.messages.length + checked.more, "warning")}` : STATUS[checked.status] ?? "";
    state.dataset.status = checked.status ?? "";
    files.replaceChildren(...(chosen.files ?? []).map((f) => {
      const chip = make("span", "gb-chip", `${f.role}: ${f.name} `), off = button("\u00d7", `take ${f.name} away`, "gb-off");
      off.onclick = () => line.ask("remove", { key: f.key });
      chip.append(off);
      return chip;
    }));
    messages.replaceChildren(...(checked.messages ?? []).map(message));
    if (checked.more) messages.append(make("div", "gb-more", `and ${checked.more} more`));
    names.replaceChildren(...nameRows(model.get("names").rows ?? []));
    const beside = (paper.companions ?? []).filter((r) => r !== "signal" && !chosen.files?.some((f) => f.role === r));
    hint.textContent = paper.kind && beside.length ? `${paper.format === "FASTA" ? "Another" : "A"} FASTA file can be ${beside.map((r) => HOW[r]).join(" or ")}: point at it at the left and press + ${beside.join(" or + ")}.` : "";
    scroll.hidden = !paper.columns;
    if (paper.columns) scroll.replaceChildren(headTable(paper, chosen));
  };
  return { box, show };
}

function message(m) {
  const row = make("div", "gb-message");
  row.dataset.level = m.level;
  const place = [m.line ? `line ${m.line.toLocaleString("en")}` : "", m.record ?? "", m.count > 1 ? `${m.count.toLocaleString("en")} times` : ""].filter(Boolean).join(", ");
  row.append(make("span", "gb-sign", SIGN[m.level] ?? SIGN.info, { "aria-label": m.level ?? "" }), make("span", "gb-line", place), make("span", "gb-found", m.found ?? ""), make("span", "gb-fix", m.fix ?? ""));
  return row;
}

/** How names of chromosomes meet those of the other file. */
function nameRows(rows) {
  if (!rows.length) return [];
  const lost = rows.filter((r) => !r.there), turned = rows.filter((r) => r.there && r.there !== r.name);
  const told = make("div", "gb-names-head", `Chromosome names: ${rows.length - lost.length} of ${rows.length} found${turned.length ? `, ${turned.length} under another name` : ""}`);
  const chips = [...lost, ...turned].slice(0, 12).map((r) => make("span", r.there ? "gb-chip" : "gb-chip gb-lost", `${r.name} \u2192 ${r.there ?? "not there"} (${many(r.rows, "row")})`));
  return [told, ...chips];
}

function headTable(paper, chosen) {
  const table = make("table", "gb-head-table"), top = make("tr"), head = make("thead"), body = make("tbody"), role = {};
  for (const r of chosen.roles ?? []) if (["x", "y", "group"].includes(r.role)) role[r.values[r.at]] ??= r.role;
  for (const c of paper.columns) {
    const cell = make("th", c.number ? "gb-number" : "", c.name, { scope: "col" });
    if (role[c.name]) cell.append(make("span", `gb-role gb-role-${role[c.name]}`, role[c.name] === "group" ? "kin" : role[c.name]));
    top.append(cell);
  }
  if (paper.more) top.append(make("th", "gb-more", `and ${paper.more.toLocaleString("en")} more`));
  head.append(top);
  for (const line of paper.head) {
    const row = make("tr");
    line.forEach((v, i) => {
      const cell = make("td", paper.columns[i].number ? "gb-number" : v === null ? "gb-none" : "", role[paper.columns[i].name] === "x" ? "" : v ?? "missing");
      if (role[paper.columns[i].name] === "x") cell.append(...lettered(v ?? ""));
      row.append(cell);
    });
    body.append(row);
  }
  table.append(head, body);
  return table;
}

/** The bases of a sequence in their colours, runs of one letter in one piece. */
function lettered(words) {
  return (words.match(/A+|C+|G+|[TU]+|[^ACGTU]+/gi) ?? []).map((run) => make("span", /^[ACGTU]/i.test(run) ? `gb-base-${run[0].toUpperCase().replace("U", "T")}` : "", run));
}

// ---- the choice

/** Selects for columns and rules. @param {string[]} only */
function choosers(model, line, only) {
  const box = make("div", "gb-choosers"), made = new Map();
  const show = () => {
    const roles = (model.get("chosen").roles ?? []).filter((r) => only(r.role));
    for (const name of [...made.keys()]) if (!roles.some((r) => r.role === name)) { made.get(name).label.remove(); made.delete(name); }
    for (const r of roles) {
      if (!made.has(r.role)) {
        const label = make("label", "gb-chooser"), select = /** @type {HTMLSelectElement} */ (make("select"));
        label.append(make("span", "gb-chooser-name", r.title), select);
        select.onchange = () => line.ask("choose", { role: r.role, at: select.selectedIndex });
        made.set(r.role, { label, select, values: "" });
        box.append(label);
      }
      const one = made.get(r.role), values = r.values.join("\n");
      if (one.values !== values) { one.select.replaceChildren(...r.values.map((v) => make("option", "", v))); one.values = values; }
      one.select.selectedIndex = r.at;
    }
  };
  return { box, show };
}

/** The histograms. */
function chartsOf(model, line) {
  const box = make("div", "gb-charts");
  let shown = [];
  const bars = () => {
    const data = model.get("counts"), all = data?.byteLength ? new Uint32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)) : new Uint32Array(0);
    let at = 0;
    return (model.get("bars") ?? []).map((bar) => ({ ...bar, counts: all.subarray(at, (at += 7 * bar.bins)) }));
  };
  const show = (dark) => {
    const now = bars(), numbers = now.filter((b) => b.kind === "numbers"), labels = now.filter((b) => b.kind === "labels"), ordered = [...labels.slice(0, 1), ...numbers, ...labels.slice(1)];
    while (shown.length > now.length) shown.pop().box.remove();
    while (shown.length < now.length) {
      const one = histogram((bar, choice) => (bar.kind === "labels" ? line.ask("keep", { at: bar.place, kept: choice }) : line.ask("between", { at: bar.place, low: choice?.[0] ?? null, high: choice?.[1] ?? null })));
      shown.push(one);
      box.append(one.box);
    }
    ordered.forEach((bar, i) => shown[i].show(bar, dark));
  };
  return { box, show };
}

/** The scatter with its axes and legend. */
function cloudOf(model, line) {
  const box = make("section", "gb-cloud-box"), head = make("div", "gb-cloud-head"), axes = choosers(model, line, (r) => ["across", "up", "colour"].includes(r)), legend = make("div", "gb-legend");
  const map = button("Map", "lay the rows out by likeness"), whole = button("Whole", "show all points"), free = button("", "let go of the lasso's catch", "gb-button gb-free");
  const plot = scatter({ lasso: (polygon, how) => line.ask("lasso", { polygon, how }), look: (window) => line.ask("look", { window }), release: () => { if (model.get("picked").caught !== null) line.ask("release"); } });
  map.onclick = () => line.ask("embed");
  whole.onclick = () => line.ask("look", { window: null });
  free.onclick = () => line.ask("release");
  head.append(axes.box, map, whole, free);
  box.append(head, plot.canvas, plot.hint, legend);
  const show = (dark) => {
    const picked = model.get("picked"), chosen = model.get("chosen"), dots = model.get("dots"), named = (role) => { const r = chosen.roles?.find((x) => x.role === role); return r?.values[r.at] ?? ""; };
    axes.show();
    box.hidden = !dots.window && !chosen.embed;
    plot.canvas.hidden = !dots.window;
    map.hidden = !chosen.embed;
    free.hidden = picked.caught === null || picked.caught === undefined;
    free.textContent = free.hidden ? "" : `lasso: ${many(picked.caught, "row")} \u00d7`;
    legend.replaceChildren(...(picked.tones ?? []).map((name, i) => {
      const item = make("span", "gb-key", name);
      item.style.setProperty("--gb-hue", TONES[Math.min(i, TONES.length - 1)][dark ? 1 : 0]);
      return item;
    }));
    if (dots.window) plot.show(dots, model.get("cells"), [named("across"), named("up")], !free.hidden, dark);
  };
  return { box, show, close: plot.close };
}

/** The audit: a small matrix a trap, findings with what mends them. */
function auditOf(model, line) {
  const box = make("section", "gb-audit"), head = make("div", "gb-audit-head"), title = make("strong", "", "Audit of the split"), state = make("span", "gb-state"), go = button("Audit", "audit the split of what is chosen"), body = make("div", "gb-audit-body");
  head.append(title, state, make("span", "gb-gap"), go);
  box.append(head, body);
  go.onclick = () => line.ask("audit");
  const show = () => {
    const v = model.get("verdict"), told = "ok" in v;
    state.hidden = !told;
    state.textContent = !told ? "" : v.stale ? "of an earlier choice" : v.ok ? "no error" : "not honest yet";
    state.dataset.status = !told || v.stale ? "" : v.ok ? "ok" : "refused";
    body.classList.toggle("gb-stale", !!v.stale);
    if (v.error) body.replaceChildren(make("p", "gb-quiet", v.error));
    else if (!told) body.replaceChildren(make("p", "gb-quiet", "Do rows of the test part know rows of the training part? Twins, near-duplicates, shared kin, labels that contradict each other, and shortcuts are counted here."));
    else body.replaceChildren(matrices(v), ...v.findings.map((f) => finding(f, model, line)), ...(v.findings.length ? [] : [make("p", "gb-quiet", "Nothing found.")]));
  };
  return { box, show };
}

function matrices(v) {
  const box = make("div", "gb-matrices");
  const none = Object.entries(v.matrix).filter(([, m]) => m.every((line) => line.every((n) => !n))).map(([trap]) => trap.replace(/_/g, " "));
  for (const [trap, m] of Object.entries(v.matrix)) {
    if (m.every((line) => line.every((n) => !n))) continue;
    const table = make("table", "gb-matrix"), head = make("tr");
    table.append(make("caption", "", trap.replace(/_/g, " ")));
    head.append(make("th"), ...PARTS.map((p) => make("th", "", p, { scope: "col" })));
    table.append(head);
    m.forEach((line, a) => {
      const row = make("tr");
      row.append(make("th", "", PARTS[a], { scope: "row" }), ...line.map((n, b) => {
        const cell = make("td", n ? (a < b ? "gb-leak" : a === b ? "gb-own" : "gb-back") : "gb-zero", n.toLocaleString("en"), { title: `${many(n, "row")} of ${PARTS[b]} with kin in ${PARTS[a]}` });
        cell.style.setProperty("--gb-share", String(Math.min(1, n / Math.max(1, v.sizes[PARTS[b]]))));
        return cell;
      }));
      table.append(row);
    });
    box.append(table);
  }
  if (none.length) box.append(make("p", "gb-quiet gb-none-found", `no ${none.join(", no ")}`));
  return box;
}

function finding(f, model, line) {
  const row = make("details", "gb-finding"), head = make("summary"), fix = make("div", "gb-mend");
  row.dataset.level = f.level;
  head.append(make("span", "gb-sign", SIGN[f.level] ?? SIGN.info, { "aria-label": f.level }), make("span", "gb-found", `${f.count.toLocaleString("en")} of ${f.of.toLocaleString("en")} ${f.what ?? f.trap}`));
  for (const example of f.examples ?? []) row.append(make("div", "gb-example", example));
  if (f.fix) fix.append(make("code", "gb-code", f.fix));
  const split = splitOf(f.fix ?? "", model);
  if (split) {
    const use = button("Use it", "choose this split", "gb-button gb-use");
    use.onclick = () => line.ask("choose", split);
    fix.append(use);
  }
  row.prepend(head);
  row.append(fix);
  return row;
}

/** The split of the list that a remedy names, if it is one. */
function splitOf(fix, model) {
  const [, verb, column] = /^split=gb\.(\w+)\((?:column=)?(?:['"]([^'"]*)['"])?[^)]*\)/.exec(fix) ?? [], role = model.get("chosen").roles?.find((r) => r.role === "split");
  const word = FIXES[verb] && (verb === "by_group" ? `group:${column}` : FIXES[verb]), at = role?.values.indexOf(word) ?? -1;
  return at >= 0 && at !== role.at ? { role: "split", at } : null;
}

/** The code, and what can be done with it. */
function footOf(model, root, line) {
  const box = make("footer", "gb-foot"), head = make("div", "gb-foot-head"), rows = make("span", "gb-rows"), clear = button("Keep all rows", "undo all narrowing"), code = make("pre", "gb-script", "", { tabindex: "0", "aria-label": "the code" });
  const put = button("Write cell", "write this code into a new cell below", "gb-button gb-primary"), take = button("Copy", "copy this code"), note = make("span", "gb-note");
  const far = () => { if (/gb\.read\([^\n]*\)\["row"\]\]/.test(model.get("script"))) line.ask("save"); };
  take.onclick = async () => { far(); note.textContent = (await copy(model.get("script"))) ? "copied" : "select the code to copy it"; };
  put.onclick = async () => {
    far();
    const event = new CustomEvent("genonb:write", { bubbles: true, cancelable: true, detail: { code: model.get("script") } });
    root.dispatchEvent(event);
    note.textContent = event.defaultPrevented ? "written below" : (await copy(model.get("script"))) ? "copied: this page cannot write cells" : "this page cannot write cells";
  };
  clear.onclick = () => line.ask("clear");
  head.append(rows, clear, make("span", "gb-gap"), note, take, put);
  box.append(head, code);
  const show = () => {
    const { rows: n, of, narrowed } = model.get("picked"), script = model.get("script");
    box.hidden = !script;
    rows.textContent = of ? `${n.toLocaleString("en")} of ${many(of, "row")}` : "";
    clear.hidden = !narrowed;
    if (code.textContent !== script) { code.textContent = script; note.textContent = ""; }
  };
  return { box, show };
}

// ---- the whole

/** What is being done, and a way to give it up. */
function busyOf(model, line) {
  const box = make("div", "gb-busy"), bar = make("div", "gb-bar", "", { role: "progressbar", "aria-label": "progress" }), done = make("div", "gb-done"), words = make("span", "gb-doing"), stop = button("Cancel", "give this up", "gb-button gb-cancel");
  bar.append(done);
  box.append(bar, words, stop);
  stop.onclick = () => line.ask("cancel");
  return { box, show(late) {
    const { words: doing, share } = model.get("busy"), said = model.get("said").words;
    box.dataset.state = doing ? "busy" : late ? "late" : said ? "wrong" : "";
    words.textContent = doing ? `${doing.replace(/\.$/, "")} \u2026` : late || said || "";
    stop.hidden = !doing;
    bar.hidden = !doing;
    bar.classList.toggle("gb-unknown", share === null || share === undefined);
    done.style.width = `${100 * (share ?? 1)}%`;
  } };
}

/** Files may be dropped anywhere on `root`. */
function drops(root, line) {
  let depth = 0;
  const over = (e) => { if (e.dataTransfer?.types?.includes("Files")) { e.preventDefault(); e.stopPropagation(); return true; } return false; };
  const lit = () => root.classList.toggle("gb-over", depth > 0);
  root.ondragenter = (e) => { if (over(e)) { depth++; lit(); } };
  root.ondragover = over;
  root.ondragleave = (e) => { if (over(e)) { depth = Math.max(0, depth - 1); lit(); } };
  root.ondrop = (e) => {
    if (!over(e)) return;
    depth = 0;
    lit();
    if (e.dataTransfer.files[0]) line.send(e.dataTransfer.files[0]);
  };
}

/** One view. @param {any} model  @param {HTMLElement} root */
function view(model, root) {
  root.className = "genonb-widget genonb-picker mathjax_ignore";
  let late = "";
  const line = wire(model, (words) => { if (late !== words) { late = words; busy.show(late); } });
  const left = shelf(model, line), busy = busyOf(model, line), paper = paperOf(model, line), roles = choosers(model, line, (r) => !["across", "up", "colour"].includes(r));
  const charts = chartsOf(model, line), cloud = cloudOf(model, line), audit = auditOf(model, line), foot = footOf(model, root, line), said = make("div", "gb-said", "", { "aria-live": "polite" });
  const main = make("div", "gb-main"), empty = make("div", "gb-empty"), lower = make("div", "gb-lower"), desk = make("div", "gb-desk");
  empty.append(make("div", "gb-empty-title", "Choose a file at the left, or drop one here."), make("div", "gb-quiet", "It is read, checked and shown. Then choose columns, narrow the rows with the mouse, audit the split, and take the code along."));
  lower.append(cloud.box, audit.box);
  main.append(busy.box, empty, paper.box, roles.box, charts.box, lower, foot.box);
  desk.append(left.box, main);
  root.append(desk, said);
  drops(root, line);
  const drawn = redraws(root, () => { const dark = isDark(root); charts.show(dark); cloud.show(dark); });
  const all = () => {
    const paper_ = model.get("paper"), opened = !!paper_.name;
    empty.hidden = opened;
    paper.box.hidden = !opened;
    roles.box.hidden = lower.hidden = charts.box.hidden = !paper_.kind;
    left.show();
    paper.show();
    roles.show();
    audit.show();
    foot.show();
    drawn.ask();
  };
  const speak = () => { const { rows, of } = model.get("picked"); said.textContent = [model.get("said").words, model.get("busy").words, model.get("checked").status, of ? `${rows} of ${of} rows` : ""].filter(Boolean).join(", "); };
  const watch = { place: left.show, paper: all, chosen: () => { paper.show(); roles.show(); left.show(); drawn.ask(); }, checked: paper.show, names: paper.show, bars: drawn.ask, counts: drawn.ask, dots: drawn.ask, cells: drawn.ask,
    verdict: audit.show, script: foot.show, picked: () => { foot.show(); drawn.ask(); speak(); }, busy: () => { busy.show(late); speak(); }, said: () => { busy.show(late); speak(); } };
  for (const [name, act] of Object.entries(watch)) model.on(`change:${name}`, act);
  all();
  busy.show(late);
  return () => {
    for (const [name, act] of Object.entries(watch)) model.off(`change:${name}`, act);
    for (const part of [line, left, cloud, drawn]) part.close();
    root.replaceChildren();
  };
}

export default () => ({
  initialize: ({ model }) => stage(model, (root) => view(model, root)).close,
  render({ model, el }) {
    const root = make("div");
    el.append(root);
    return view(model, root);
  },
});
