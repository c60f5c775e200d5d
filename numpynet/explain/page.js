"use strict";
const data = {{data}};
const { values, calls, moments, terms } = data;
const lossName = values[data.loss].name;
const $ = id => document.getElementById(id);

// ---- the graph: which operations use a value, where its card stands, what is folded --------------------------------

const madeBy = values.map((_, v) => calls.findIndex(call => call.result === v));
const uses = values.map(() => []);
calls.forEach((call, c) => call.gradients.forEach((gradient, slot) => uses[gradient.of].unshift({ call: c, slot })));
const users = values.map((_, v) => calls.flatMap((call, c) => (call.operands.includes(v) ? [c] : [])));
const depth = [];
calls.forEach(call => {
  depth[call.result] = 1 + Math.max(0, ...call.operands.map(v => (madeBy[v] < 0 ? 0 : depth[v])));
});
values.forEach((_, v) => {
  if (madeBy[v] < 0) depth[v] = users[v].length ? Math.max(0, Math.min(...users[v].map(c => depth[calls[c].result])) - 1) : 0;
});

/* A run is a part of the model that is folded into one card: a module, and those that repeat it after each other. */
const FOLD_FROM = 25;
function groupOf(call) {
  const parts = call.path.split(".");
  const numbered = parts.findIndex(part => /^\d+$/.test(part));
  return parts.slice(0, numbered < 0 ? 1 : numbered + 1).join(".");
}
const runs = [];
if (calls.length >= FOLD_FROM) {
  const groups = [];
  calls.forEach((call, c) => {
    const key = groupOf(call), last = groups[groups.length - 1];
    if (last && last.key === key && key) last.calls.push(c);
    else groups.push({ key, calls: [c] });
  });
  const signature = group => group.calls.map(c => calls[c].name + values[calls[c].result].shape).join();
  groups.filter(group => group.key && group.calls.length > 1).forEach(group => {
    const last = runs[runs.length - 1], before = last && last.calls[last.calls.length - 1];
    if (last && last.signature === signature(group) && before === group.calls[0] - 1) {
      last.calls.push(...group.calls); last.keys.push(group.key);
    } else runs.push({ calls: [...group.calls], keys: [group.key], signature: signature(group), folded: true });
  });
}
const runOf = calls.map((_, c) => runs.find(run => run.calls.includes(c)));
let stops = [];
function layStops() {
  stops = [];
  calls.forEach((_, c) => {
    const run = runOf[c];
    if (run && run.folded && run.calls[0] !== c) stops[stops.length - 1].push(c);
    else stops.push([c]);
  });
}
layStops();
const runName = run => (run.keys.length > 1 ? `${run.keys[0]} to ${run.keys[run.keys.length - 1]}, x ${run.keys.length}` : run.keys[0]);

// ---- where the reader is ---------------------------------------------------------------------------------------------

let at = stops.length, moment = 0, asked = null, trail = [];
const forwardTo = () => Math.min(at, stops.length);
const madeCalls = () => new Set(stops.slice(0, forwardTo()).flat());
const backCalls = () => new Set(stops.slice(stops.length - Math.max(0, at - stops.length)).flat());
const isBack = () => at > stops.length;
const currentStop = () => (at === 0 ? [] : isBack() ? stops[2 * stops.length - at] : stops[at - 1]);
const isKnown = (v, made) => madeBy[v] < 0 || made.has(madeBy[v]);
const hasGradient = (v, back) => values[v].gradient && at >= stops.length && uses[v].every(use => back.has(use.call));

const real = x => (typeof x === "string" ? { nan: NaN, inf: Infinity, "-inf": -Infinity }[x] : x);
const value = (v, i) => { const all = moments[moment].v[v]; return all ? real(all[i]) : NaN; };
const gradient = (v, i) => { const all = moments[moment].g[v]; return all ? real(all[i]) : NaN; };
const minus = text => text.replace("-", "−");
function short(x) {
  if (x === 0) return "0";
  if (!Number.isFinite(x)) return minus(String(x));
  const size = Math.abs(x);
  if (size >= 1e5 || size < 5e-4) return minus(x.toExponential(1));
  return minus(size >= 100 ? x.toFixed(0) : size >= 0.0995 ? x.toFixed(2) : x.toPrecision(2));
}
const long = x => (Number.isFinite(x) ? minus(String(+x.toPrecision(6))) : minus(String(x)));
const label = (v, i) => values[v].name + (values[v].shape.length ? `[${values[v].index[i].join(", ")}]` : "");
const partial = (v, i) => `∂${lossName}/∂${label(v, i)}`;
const sizes = v => values[v].shape.join("×") || "number";

function make(tag, attributes = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, one] of Object.entries(attributes)) {
    if (name === "onclick") made.onclick = one;
    else if (one !== null && one !== undefined && one !== false) made.setAttribute(name, one === true ? "" : one);
  }
  made.append(...inside.filter(one => one !== null && one !== undefined));
  return made;
}
function mathematics(target, markup) {
  const held = make("div");
  held.innerHTML = `<math display="block"><mrow><mi mathvariant="normal" class="g"></mi><mo>=</mo>${markup}</mrow></math>`;
  held.querySelector("mi").textContent = "∂" + target;
  return held.firstChild;
}

// ---- cards ---------------------------------------------------------------------------------------------------------------

const cards = [], cells = { v: [], g: [] };
const stagesBox = $("stages");
const edges = document.createElementNS("http://www.w3.org/2000/svg", "svg");
edges.setAttribute("aria-hidden", "true");
stagesBox.append(edges);

function grid(v, kind) {
  const one = values[v], rows = [];
  const width = one.columns || 1, named = !one.whole;
  const table = make("table", { class: "grid", role: "grid", "aria-label": kind === "v" ? one.name : `∂${lossName}/∂${one.name}` });
  if (named && one.shape.length) {
    const head = one.index.slice(0, width).map(index => make("th", { scope: "col" }, String(index[index.length - 1])));
    table.append(make("tr", {}, one.shape.length > 1 ? make("th") : null, ...head));
  }
  for (let start = 0; start < one.index.length; start += width) {
    const row = make("tr");
    if ((named || one.shape.length > 2) && one.shape.length > 1) row.append(make("th", { scope: "row" }, one.index[start].slice(0, -1).join(", ")));
    for (let i = start; i < start + width; i++) {
      const cell = make("td", { class: `cell ${kind}`, tabindex: i ? -1 : 0, role: "gridcell", "data-kind": kind, "data-value": v, "data-i": i });
      cells[kind][v][i] = cell;
      row.append(cell);
    }
    rows.push(row);
  }
  table.append(...rows);
  return table;
}
function picture(v, which) {
  if (!moments[0].p[v] || !moments[0].p[v][which]) return null;
  return make("canvas", { role: "img", class: which ? "g" : "v", "aria-label": `all ${sizes(v)} numbers of ${which ? "∂" : ""}${values[v].name}: orange above 0, blue below` });
}
const stageOf = [];
values.map((_, v) => v).sort((a, b) => depth[a] - depth[b] || (madeBy[b] >= 0) - (madeBy[a] >= 0) || a - b).forEach(v => {
  const one = values[v], call = calls[madeBy[v]];
  cells.v[v] = []; cells.g[v] = [];
  const card = make("section", { class: "card", "data-value": v, "aria-label": `${one.name}, ${sizes(v)}` },
    call ? make("p", { class: "by" }, call.name) : null,
    make("h3", {}, one.name, make("small", {}, sizes(v))), picture(v, 0), grid(v, "v"));
  if (one.gradient) card.append(make("div", { class: "caption" }, `∂${lossName}/∂${one.name}`), picture(v, 1) || "", grid(v, "g"));
  if (!one.whole) card.append(make("div", { class: "dim left-out" }, `${one.index.length} of ${one.shape.reduce((a, b) => a * b, 1)} written out`));
  const run = runs.find(run => calls[run.calls[run.calls.length - 1]].result === v);
  if (run) {
    card.append(make("button", { class: "fold", onclick: () => {
      const here = currentStop()[0], back = isBack();
      run.folded = !run.folded; layStops();
      const place = stops.findIndex(stop => stop.includes(here));
      if (here !== undefined) at = back ? 2 * stops.length - place : place + 1;
      paint();
    } }));
  }
  cards[v] = card;
  while (stageOf.length <= depth[v]) { const stage = make("div", { class: "stage" }); stageOf.push(stage); stagesBox.append(stage); }
  stageOf[depth[v]].append(card);
});

function tint(x, most) {
  if (!Number.isFinite(x) || x === 0) return "";
  const strength = Math.min(1, Math.abs(x) / (most || 1));
  return `rgb(var(--${x < 0 ? "cold" : "warm"}) / calc(var(--strength) * ${strength.toFixed(2)}))`;
}
function fill(v, kind, shown) {
  const written = kind === "v" && values[v].integers ? x => minus(String(x)) : short;
  const read = kind === "v" ? value : gradient, all = moments[moment][kind][v];
  const most = all ? Math.max(0, ...all.map(real).filter(Number.isFinite).map(Math.abs)) : 0;
  cells[kind][v].forEach((cell, i) => {
    const x = read(v, i), name = kind === "v" ? label(v, i) : partial(v, i);
    const known = shown && all;
    cell.textContent = known ? written(x) : shown ? "?" : "";
    cell.style.backgroundColor = known ? tint(x, most) : "";
    cell.title = known ? `${name} = ${long(x)}` : name;
    cell.setAttribute("aria-label", known ? `${name} = ${long(x)}` : `${name}: ${shown ? "not known" : "not yet computed"}`);
  });
}
function draw(v) {
  cards[v].querySelectorAll("canvas").forEach(canvas => {
    const rows = moments[moment].p[v][canvas.className === "g" ? 1 : 0].split("/");
    canvas.width = rows[0].length; canvas.height = rows.length;
    const pen = canvas.getContext("2d");
    rows.forEach((row, y) => [...row].forEach((letter, x) => {
      const shade = letter.charCodeAt(0) - 106;
      pen.fillStyle = shade < 0 ? `rgb(45 120 210 / ${-shade / 9})` : `rgb(224 110 30 / ${shade / 9})`;
      pen.fillRect(x, y, 1, 1);
    }));
  });
}

function paintCards() {
  const made = madeCalls(), back = backCalls(), now = new Set(currentStop());
  values.forEach((one, v) => {
    const card = cards[v], run = runOf[madeBy[v]];
    const inside = run && run.folded && calls[run.calls[run.calls.length - 1]].result !== v;
    const leafInside = madeBy[v] < 0 && users[v].length && users[v].every(c => runOf[c] && runOf[c].folded);
    card.hidden = Boolean(inside || leafInside);
    fill(v, "v", isKnown(v, made));
    card.querySelector("canvas.v")?.toggleAttribute("hidden", !isKnown(v, made));
    if (one.gradient) {
      const known = hasGradient(v, back);
      fill(v, "g", known);
      card.querySelector("canvas.g")?.toggleAttribute("hidden", !known);
    }
    card.classList.toggle("made", !isBack() && now.has(madeBy[v]));
    card.classList.toggle("given", isBack() && uses[v].some(use => now.has(use.call)));
    const button = card.querySelector(".fold");
    if (button) {
      const own = runOf[madeBy[v]];
      button.textContent = `${own.folded ? "▸" : "▾"} ${runName(own)}: ${own.calls.length} operations${own.folded ? ", folded" : ""}`;
      button.setAttribute("aria-expanded", String(!own.folded));
    }
    draw(v);
  });
  drawEdges();
}

function drawEdges() {
  edges.replaceChildren();
  edges.setAttribute("width", stagesBox.scrollWidth); edges.setAttribute("height", stagesBox.scrollHeight);
  const origin = stagesBox.getBoundingClientRect(), now = new Set(currentStop());
  const box = v => { const r = cards[v].getBoundingClientRect(); return { x: r.left - origin.left, y: r.top - origin.top, w: r.width, h: r.height }; };
  const line = (from, to, color, width, backward) => {
    const draw = (shape, attributes) => {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", shape);
      Object.entries(attributes).forEach(([name, one]) => path.setAttribute(name, one));
      edges.append(path);
    };
    const a = box(from), b = box(to), x1 = a.x + a.w, y1 = a.y + Math.min(20, a.h / 2), x2 = b.x, y2 = b.y + Math.min(30, b.h / 2);
    const bend = Math.max(20, Math.min(60, (x2 - x1) / 2));
    draw(`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`, { fill: "none", stroke: color, "stroke-width": width });
    draw(backward ? `M${x1} ${y1}l8 -4.5v9z` : `M${x2} ${y2}l-8 -4.5v9z`, { fill: color });
  };
  calls.forEach((call, c) => call.operands.forEach(v => {
    let to = call.result;
    const run = runOf[c];
    if (run && run.folded) to = calls[run.calls[run.calls.length - 1]].result;
    if (cards[v].hidden || cards[to].hidden || v === to) return;
    const lit = now.has(c), backward = isBack() && call.gradients.some(one => one.of === v);
    line(v, to, lit && backward ? "var(--grad)" : lit && !isBack() ? "var(--value)" : "var(--edge)", lit ? 2.4 : 1.2, lit && backward);
  }));
}

// ---- the program ---------------------------------------------------------------------------------------------------------

function paintProgram() {
  const about = asked && asked.kind === "g" ? uses[asked.v].map(use => use.call) : currentStop();
  const lines = new Set(about.map(c => calls[c].line && calls[c].line.join(":")));
  $("sources").replaceChildren(...data.sources.flatMap((source, s) => {
    const indent = Math.min(...source.lines.filter(text => text.trim()).map(text => text.length - text.trimStart().length));
    const pre = make("pre", { tabindex: 0, "aria-label": `${source.file} from line ${source.start}` });
    source.lines.forEach((text, i) => {
      const now = lines.has(`${s}:${source.start + i}`);
      pre.append(make("span", { class: now ? `now ${asked || isBack() ? "backward" : "forward"}` : null, "aria-current": now ? "step" : null }, text.slice(indent) || " "));
    });
    return [make("div", { class: "file" }, `${source.file}, line ${source.start}`), pre];
  }));
  if (!data.sources.length) $("sources").append(make("p", { class: "dim" }, "The source of the program is not known."));
  const origin = $("origin");
  origin.replaceChildren();
  if (!isBack() && !asked) return;
  const told = asked ? (asked.kind === "g" ? uses[asked.v].map(use => calls[use.call].gradients[use.slot]) : [])
    : currentStop().slice(0, 3).flatMap(c => calls[c].gradients);
  const written = told.filter((one, place) => one.code && told.findIndex(other => other.origin === one.origin && other.code === one.code) === place);
  if (written.length) origin.append(make("h2", {}, "where the formula is written"));
  written.forEach(one => origin.append(make("div", { class: "dim" }, one.origin), make("pre", {}, one.code)));
}

// ---- where a number comes from ----------------------------------------------------------------------------------------

function termsOf(use, i) {
  const key = `${use.call}:${use.slot}`, table = terms[key];
  if (!table) return null;
  const result = calls[use.call].result;
  return (table[i] || []).map(([j, told]) => {
    const isElement = told[0] === "f";
    const c = isElement ? told[3] * value(told[1], told[2]) : real(moments[moment].c[key][told[3]]);
    const text = isElement ? (told[3] < 0 ? "−" : "") + label(told[1], told[2]) : told[1];
    return { result, j, c, d: gradient(result, j), text, named: isElement ? [[told[1], told[2]]] : told[2] };
  });
}
function light() {
  document.querySelectorAll("td.asked, td.term, td.factor").forEach(cell => cell.classList.remove("asked", "term", "factor"));
  if (!asked) return;
  cells[asked.kind][asked.v][asked.i].classList.add("asked");
  if (asked.kind === "v") return;
  uses[asked.v].forEach(use => (termsOf(use, asked.i) || []).forEach(term => {
    cells.g[term.result][term.j].classList.add("term");
    term.named.forEach(([v, i]) => cells.v[v][i].classList.add("factor"));
  }));
}
function ask(kind, v, i, follow = false) {
  if (follow && asked) trail.push(asked);
  else if (!follow) trail = [];
  asked = { kind, v, i };
  explain();
}

function explain() {
  light();
  paintProgram();
  const why = $("why");
  why.replaceChildren();
  if (!asked) return explainStep(why);
  if (trail.length) {
    const path = make("p", { class: "trail dim" }, "followed from");
    trail.forEach((one, place) => path.append(make("button", { class: "link", onclick: () => { asked = one; trail = trail.slice(0, place); explain(); } }, `∂${label(one.v, one.i)}`), "→"));
    path.append(make("span", { class: "mono" }, `∂${label(asked.v, asked.i)}`));
    why.append(path);
  }
  if (asked.kind === "v") explainValue(why); else explainGradient(why);
  why.append(make("p", {}, make("button", { onclick: letGo }, "let go (Esc)")));
}
function letGo() { asked = null; trail = []; explain(); }

function explainValue(why) {
  const { v, i } = asked, x = value(v, i);
  why.append(make("h2", {}, "a value"), make("p", { class: "mono" }, `${label(v, i)} = ${long(x)}`));
  if (madeBy[v] >= 0) why.append(make("p", {}, `computed by ${calls[madeBy[v]].text}`));
  if (values[v].gradient) {
    const g = gradient(v, i);
    why.append(make("p", {}, `${partial(v, i)} = ${long(g)}: if this number grew by 0.001, ${lossName} would change by about ${minus((g * 1e-3).toExponential(2))}.`),
      make("p", {}, make("button", { class: "link", onclick: () => ask("g", v, i) }, "where that comes from")));
  } else why.append(make("p", { class: "dim" }, "No gradient is computed for it."));
}

function explainGradient(why) {
  const { v, i } = asked, total = gradient(v, i);
  why.append(make("h2", {}, "where this number comes from"), make("p", { class: "mono grad" }, `${partial(v, i)} = ${long(total)}`));
  if (v === data.loss && !uses[v].length) { why.append(make("p", {}, `∂${lossName}/∂${lossName} = 1: here the backward pass begins.`)); return; }
  const several = uses[v].length > 1;
  if (several) why.append(make("p", {}, `${values[v].name} is used ${uses[v].length} times, and what comes back from each use is added up.`));
  let known = 0, complete = true;
  uses[v].forEach(use => {
    const call = calls[use.call], told = call.gradients[use.slot];
    addFormula(why, call, told);
    const found = termsOf(use, i);
    if (!found) { complete = false; why.append(make("p", { class: "dim" }, "Its formula is the program's own: the terms are not known.")); return; }
    const name = values[call.result].name;
    why.append(make("p", { class: "dim" }, found.length === 1 ? `It acts on ${lossName} through one number of ${name}:`
      : !values[call.result].whole && found.length ? `It acts on ${lossName} through numbers of ${name}, of which ${found.length} are written out; the others are one line of the sum:`
      : found.length ? `It acts on ${lossName} through ${found.length} numbers of ${name}, so it is a sum of ${found.length} products:`
      : `No number of ${name}${partly(call.result)} depends on it.`));
    const sum = found.reduce((all, term) => all + term.d * term.c, 0);
    known += sum;
    const frame = make("div", { class: "sum-frame", tabindex: 0, role: "group", "aria-label": "the terms" });
    const fill = inTwoLines => frame.replaceChildren(sumTable(found, several ? sum : null, several ? null : total - sum, several ? "" : partial(v, i), total, inTwoLines));
    why.append(frame);
    fill(false);
    if (isTooWide(frame)) fill(true);
  });
  if (several && complete) {
    const rest = total - known;
    why.append(make("p", { class: "mono" }, `together ${long(total)}${isRest(rest, total) ? `, of which ${long(rest)} comes from numbers that are not written out` : ""}`));
  }
  const turned = uses[v].map(use => calls[use.call].gradients[use.slot]).find(told => told.turned);
  if (turned) why.append(transposeNote(turned));
}
const isTooWide = box => box.scrollWidth > box.clientWidth + 1;
const partly = v => (values[v].whole ? "" : " that are written out");
const isRest = (rest, total) => Math.abs(rest) > 2e-5 * Math.max(Math.abs(total), 1e-6) + 1e-12;

function sumTable(found, subtotal, rest, name, total, inTwoLines) {
  const table = make("table", { class: "sum" });
  found.forEach((term, place) => {
    const link = make("button", { class: "link", onclick: () => ask("g", term.result, term.j, true) }, `∂${label(term.result, term.j)}`);
    const sign = make("td", {}, place ? "+" : "");
    const numbers = [make("td", {}, "="), make("td", {}, short(term.d)), make("td", {}, "·"),
      make("td", {}, short(term.c)), make("td", {}, "="), make("td", {}, short(term.d * term.c))];
    const factor = make("span", { class: "value" }, term.text);
    const rows = inTwoLines
      ? [make("tr", {}, sign, make("td", { class: "left wrapped", colspan: 9 }, link, " · ", factor)), make("tr", {}, make("td"), make("td"), make("td"), make("td"), ...numbers)]
      : [make("tr", {}, sign, make("td", { class: "left" }, link), make("td", {}, "·"), make("td", { class: "left" }, factor), ...numbers)];
    const mark = on => () => cells.g[term.result][term.j].classList.toggle("asked", on);
    rows.forEach(row => { row.onmouseenter = mark(true); row.onmouseleave = mark(false); });
    table.append(...rows);
  });
  if (rest !== null && isRest(rest, total)) table.append(make("tr", {}, make("td", {}, "+"), make("td", { class: "left", colspan: 8 }, "terms of numbers not written out"), make("td", {}, short(rest))));
  if (subtotal !== null || found.length !== 1) table.append(make("tr", { class: "total" }, make("td"), make("td", { class: "left", colspan: 8 }, subtotal === null ? name : "through this use"), make("td", {}, short(subtotal === null ? total : subtotal))));
  return table;
}
function addFormula(place, call, told) {
  const name = values[told.of].name, words = make("div", { class: "words" }, `∂${name} = ${told.words}`);
  const box = make("div", { class: "formula" }), dim = make("div", { class: "dim" }, `${sizes(told.of)} ← ${told.shapes.join(", ")}`);
  box.append(told.math ? mathematics(name, told.math) : words, dim);
  place.append(box);
  if (isTooWide(box)) box.replaceChildren(words, dim);
}
function transposeNote(told) {
  const of = values[told.of], { rows, names: [turned, other], shapes } = told.turned, one = rows ? "row" : "column";
  const note = make("div", {}, make("h2", {}, "where does the transpose come from?"));
  if (shapes.some(shape => shape.length !== 2)) {
    note.append(make("p", { class: "dim" }, `${of.name} has shape ${sizes(told.of)}, and so must its gradient. The index that ${turned} and ${other} share is summed over, so it must stand inside the product.`));
    return note;
  }
  const transposed = `${/^∂?\w+$/.test(turned) ? turned : `(${turned})`}ᵀ ${[...shapes[0]].reverse().join("×")}`, plain = `${other} ${shapes[1].join("×")}`;
  note.append(make("p", { class: "dim" }, `Each term pairs a number of ${turned} with one of ${other} in the same ${one}, and the ${one}s are summed over. A product sums over its inner index, so the ${one}s must be inside: ${rows ? `${transposed} times ${plain}` : `${plain} times ${transposed}`} gives ${sizes(told.of)}, the shape of ${of.name}.`));
  return note;
}

// ---- one step ------------------------------------------------------------------------------------------------------------

function explainStep(why) {
  const whole = currentStop(), run = whole.length > 1 ? runOf[whole[0]] : null;
  const stop = run ? whole.slice(0, run.calls.length / run.keys.length) : whole;
  const more = count => (run && run.keys.length > 1 ? [make("p", { class: "dim" }, `and so on, ${run.keys.length} times in all`)]
    : count > 0 ? [make("p", { class: "dim" }, `and ${count} further operations`)] : []);
  if (!stop.length) { why.append(make("h2", {}, "start"), make("p", {}, "Press → to compute the first operation.")); return; }
  if (!isBack()) {
    why.append(make("h2", {}, `forward: ${run ? runName(run) : calls[stop[0]].name}`));
    stop.slice(0, 12).forEach(c => why.append(make("div", { class: "formula" }, make("div", { class: "mono" }, `${values[calls[c].result].name} = ${calls[c].text}`), make("div", { class: "dim" }, calls[c].doc))));
    why.append(...more(stop.length - 12));
    if (at === stops.length) why.append(make("p", {}, `${lossName} is known. Press → once more: the backward pass goes from ∂${lossName}/∂${lossName} = 1 back to every number that ${lossName} depends on.`));
    return;
  }
  const backwards = [...stop].reverse();
  why.append(make("h2", {}, `backward: ${run ? runName(run) : calls[stop[0]].node}`));
  backwards.slice(0, 8).forEach(c => {
    const call = calls[c];
    why.append(make("p", {}, "Given ", make("span", { class: "grad mono" }, `∂${values[call.result].name}`), ` = ∂${lossName}/∂${values[call.result].name}:`));
    call.gradients.forEach(told => addFormula(why, call, told));
  });
  why.append(...more(backwards.length - 8));
  if (run) return;
  const call = calls[stop[0]], turned = call.gradients.find(told => told.turned);
  if (turned) why.append(transposeNote(turned));
  question(why, stop[0]);
}

function question(why, c) {
  const call = calls[c], back = backCalls();
  const slot = call.gradients.findIndex(told => hasGradient(told.of, back) && uses[told.of].length === 1 && values[told.of].index.length);
  if (slot < 0) return;
  const v = call.gradients[slot].of, all = moments[moment].g[v].map(real);
  const fits = all.map((x, i) => i).filter(i => Number.isFinite(all[i]) && all[i] !== 0);
  if (!fits.length) return;
  const i = fits[Math.floor(fits.length / 2)];
  const answer = make("input", { class: "answer", id: "answer", type: "text", inputmode: "decimal", autocomplete: "off", "aria-describedby": "verdict" });
  const verdict = make("p", { id: "verdict", role: "status" });
  why.append(make("h2", {}, "your turn"), make("p", {}, make("label", { for: "answer", class: "mono" }, `${partial(v, i)} = `), answer), verdict,
    make("p", { class: "dim" }, `From ∂${values[call.result].name} and what the formula names, in at least two digits.`));
  answer.oninput = () => {
    const [grade, text] = judged(answer.value, { call: c, slot }, v, i);
    verdict.className = grade; verdict.textContent = text;
  };
}
function judged(typed, use, v, i) {
  const text = typed.trim().replace("−", "-").replace(",", "."), x = Number(text);
  if (!text || Number.isNaN(x)) return ["", text && text !== "-" ? "A number, please." : ""];
  const digits = text.replace(/e.*$/i, "").replace(/^[-+]?[0.]*/, "").replace(".", "").length;
  const step = 0.51 * 10 ** -((text.split(".")[1] || "").replace(/e.*$/i, "").length);
  const near = b => Math.abs(x - b) <= 0.02 * Math.abs(b) || (digits > 1 && !/e/i.test(text) && Math.abs(x - b) <= step);
  const right = gradient(v, i), found = termsOf(use, i) || [], name = values[calls[use.call].result].name;
  if (near(right)) return ["right", "Right."];
  if (near(-right)) return ["wrong", "The size is right, the sign is not."];
  const sum = pick => found.reduce((all, term) => all + pick(term), 0);
  const products = found.map(term => term.d * term.c);
  if (found.length > 1 && products.some(near)) return ["wrong", `That is one of ${found.length} terms: it acts through ${found.length} numbers of ${name}, and the products are added up.`];
  if (near(sum(term => term.d))) return ["wrong", found.length === 1 ? `That is ∂${name} alone: multiply by ${found[0].text}.` : `Those are the ∂${name} added up: multiply each by its factor, ${found[0].text} and so on.`];
  if (near(sum(term => term.c))) return ["wrong", `That is the derivative alone: multiply by what arrives, ∂${name}.`];
  if (near(sum(term => term.d * term.c * term.c))) return ["wrong", "The factor is in there twice."];
  const count = values[calls[use.call].operands[0]] ? values[calls[use.call].operands[0]].shape.reduce((a, b) => a * b, 1) : 1;
  if (count > 1 && near(right * count)) return ["wrong", `That is ${count} times too much: a mean divides by the number of elements.`];
  const index = values[v].index[i];
  if (index.length === 2) {
    const turned = values[v].index.findIndex(other => other[0] === index[1] && other[1] === index[0]);
    if (turned >= 0 && turned !== i && near(gradient(v, turned))) return ["wrong", `That is element [${index[1]}, ${index[0]}]: rows and columns are exchanged.`];
  }
  if (values[v].index.some((_, other) => other !== i && near(gradient(v, other)))) return ["wrong", "That is another element of this gradient: look at the index."];
  return ["wrong", "Not yet. Press Enter on the number in its table to see its terms."];
}

// ---- everything ------------------------------------------------------------------------------------------------------------

function paintHead() {
  const now = moments[moment], most = Math.max(...moments.map(one => real(one.loss)).filter(Number.isFinite), 0);
  $("loss").textContent = `${lossName} = ${long(real(now.loss))}`;
  $("moment").value = moment;
  $("moment-number").textContent = String(moment);
  const place = (one, m) => [2 + 116 * (moments.length > 1 ? m / (moments.length - 1) : 0), 25 - 22 * (real(one.loss) / (most || 1))];
  const points = moments.map(place).filter(point => point.every(Number.isFinite));
  const svg = (tag, attributes) => { const made = document.createElementNS("http://www.w3.org/2000/svg", tag); Object.entries(attributes).forEach(([name, one]) => made.setAttribute(name, one)); return made; };
  const [x, y] = place(now, moment);
  $("curve").replaceChildren(svg("polyline", { fill: "none", stroke: "var(--dim)", points: points.map(point => point.join()).join(" ") }),
    ...(Number.isFinite(y) ? [svg("circle", { r: 3.5, fill: "var(--grad)", cx: x, cy: y })] : []));
  const stop = currentStop(), name = stop.length > 1 ? runName(runOf[stop[0]]) : stop.length ? calls[stop[0]].name : "";
  $("where").textContent = !stop.length ? "start" : isBack() ? `backward ${at - stops.length} of ${stops.length}: ${name}` : `forward ${at} of ${stops.length}: ${name}`;
  for (const [id, edge] of [["first", 0], ["previous", 0], ["next", 2 * stops.length], ["last", 2 * stops.length]]) $(id).disabled = at === edge;
}
function paint() {
  paintHead(); paintCards(); explain();
}
function go(to) {
  at = Math.max(0, Math.min(2 * stops.length, to));
  asked = null; trail = [];
  paint();
  bringIn(atWork());
}
const atWork = () => document.querySelector(".card.given:not([hidden]), .card.made:not([hidden])");
function bringIn(card) {
  if (!card) return;
  const frame = $("graph"), box = card.getBoundingClientRect(), around = frame.getBoundingClientRect();
  if (box.left < around.left || box.right > around.right) frame.scrollLeft += box.left - around.left - 60;
  if (box.top < around.top || box.bottom > around.bottom) frame.scrollTop += box.top - around.top - 20;
}
function train(to) { moment = Math.max(0, Math.min(moments.length - 1, to)); paint(); }

$("first").onclick = () => go(0);
$("previous").onclick = () => go(at - 1);
$("next").onclick = () => go(at + 1);
$("last").onclick = () => go(2 * stops.length);
$("moment").max = moments.length - 1;
$("moment").oninput = event => train(+event.target.value);
$("training").hidden = moments.length < 2;
data.remarks.forEach(remark => $("remarks").append(make("li", {}, remark)));

stagesBox.addEventListener("click", event => {
  const cell = event.target.closest("td.cell");
  if (!cell) return;
  const { kind, value: v, i } = cell.dataset;
  if (asked && asked.kind === kind && asked.v === +v && asked.i === +i) letGo(); else ask(kind, +v, +i);
});
stagesBox.addEventListener("keydown", event => {
  const cell = event.target.closest("td.cell");
  if (!cell) return;
  const { kind, value: v, i } = cell.dataset, width = values[v].columns || 1;
  const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width, ArrowDown: width }[event.key];
  if (move !== undefined) {
    const other = cells[kind][v][+i + move];
    if (other) { cell.tabIndex = -1; other.tabIndex = 0; other.focus(); }
  } else if (event.key === "Enter" || event.key === " ") ask(kind, +v, +i);
  else return;
  event.preventDefault(); event.stopPropagation();
});
document.addEventListener("keydown", event => {
  if (event.target.matches("input[type=text]") && event.key !== "Escape") return;
  if (event.target.matches("input[type=range]") && event.key.startsWith("Arrow")) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const action = { ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), Home: () => go(0), End: () => go(2 * stops.length),
    ArrowUp: () => train(moment + 1), ArrowDown: () => train(moment - 1), Escape: letGo }[event.key];
  if (action) { event.preventDefault(); action(); }
});
window.addEventListener("resize", drawEdges);

/* #at=7&train=3&cell=hidden.weight:1,0 opens the page there; "v:" before the name asks for the value itself. */
function fromHash() {
  let wanted;
  try { wanted = new URLSearchParams(location.hash.slice(1)); } catch { return; }
  moment = Math.max(0, Math.min(moments.length - 1, +(wanted.get("train") || 0)));
  at = wanted.has("at") ? Math.max(0, Math.min(2 * stops.length, +wanted.get("at"))) : wanted.has("cell") ? 2 * stops.length : stops.length;
  asked = null; trail = [];
  paint();
  const cell = /^(v:)?(.+?)(?::([\d,]*))?$/.exec(wanted.get("cell") || "");
  if (cell) {
    const v = values.findIndex(one => one.name === cell[2]);
    const i = v < 0 ? -1 : values[v].index.findIndex(index => index.join() === (cell[3] || ""));
    if (i >= 0) { ask(cell[1] ? "v" : "g", v, i); bringIn(cards[v]); }
  } else if (wanted.has("at")) bringIn(atWork());
  const answer = $("answer");
  if (answer && wanted.has("answer")) { answer.value = wanted.get("answer"); answer.oninput(); }
}
window.addEventListener("hashchange", fromHash);
fromHash();
