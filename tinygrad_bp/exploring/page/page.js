"use strict";
// Plays the story that stands in this page. All texts go in as text, never as markup.

const story = JSON.parse(document.getElementById("story").textContent);
const { nodes, edges, steps, arrays, comparison } = story;
const byId = (id) => document.getElementById(id);
const panel = byId("panel"), stage = byId("stage"), live = byId("live"), readout = byId("readout");
const svg = stage.querySelector("svg");
const still = matchMedia("(prefers-reduced-motion: reduce)");

// --- making elements ---------------------------------------------------------------------

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

function math(tree) {
  const make = ([tag, ...children]) => {
    const made = document.createElementNS("http://www.w3.org/1998/Math/MathML", tag);
    made.append(...children.map((child) => (typeof child === "string" ? child : make(child))));
    return made;
  };
  return make(["math", tree]);
}

const formula = (tree) => el("div", { class: "formula", tabindex: 0, role: "group", "aria-label": "Formula" }, math(tree));
const code = (lines) => el("pre", {}, el("code", {}, lines.join("\n")));

// --- numbers -----------------------------------------------------------------------------

function short(x, digits = 4) {
  const number = Number(x);
  if (!Number.isFinite(number)) return String(x).replace("Infinity", "Inf");
  const size = Math.abs(number);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) {
    return number.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e").replace("-", "−").replace("e-", "e−");
  }
  return String(Number(number.toPrecision(digits))).replace("-", "−");
}

const full = (x) => String(x).replace("-", "−").replace("e-", "e−");
const shape = (array) => (array.shape.length ? `(${array.shape.join("×")})` : "");

function mix(a, b, t) {
  return a.map((x, k) => Math.round(x + (b[k] - x) * t));
}

/** Blue for negative, orange for positive: told apart in every kind of colour blindness. */
function colours(x, most) {
  const dark = document.documentElement.dataset.theme === "dark";
  const number = Number(x);
  if (!Number.isFinite(number)) return ["#000000", "#ffffff"];
  const zero = dark ? [40, 45, 50] : [246, 245, 242];
  const end = number < 0 ? (dark ? [96, 165, 240] : [34, 94, 168]) : dark ? [240, 150, 80] : [184, 84, 16];
  const rgb = mix(zero, end, most ? Math.min(Math.abs(number) / most, 1) ** 0.8 : 0);
  const light = rgb.map((c) => (c / 255) ** 2.2);
  const luminance = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
  return [`rgb(${rgb.join()})`, luminance > 0.18 ? "#000000" : "#ffffff"];
}

/** The index of a cell in the array, whose last axis runs along the rows. */
function indexOf(array, row, column) {
  const { shape: lengths } = array;
  if (!lengths.length) return "";
  if (lengths.length === 1) return `[${column}]`;
  const index = [column];
  for (let axis = lengths.length - 2, rest = row; axis >= 0; axis -= 1) {
    index.unshift(rest % lengths[axis]);
    rest = Math.floor(rest / lengths[axis]);
  }
  return `[${index.join(", ")}]`;
}

function number(x, what) {
  return el("span", { class: "num", "data-value": x, title: what ? `${what} = ${x}` : x }, short(x));
}

/** The value of a node. */
const valueOf = (n, label = nodes[n].name) => figure(nodes[n].value, label, { name: nodes[n].name, role: "value", of: n });

/** An array as a table of coloured cells, a lone number as such; `role` says what it is, and `of` which node. */
function figure(place, label, { name = label, role, of }) {
  const made = drawn(place, `${label} ${shape(arrays[place])}`.trim(), name);
  made.dataset.role = role;
  made.dataset.of = of;
  return made;
}

function drawn(place, label, name) {
  const array = arrays[place];
  const caption = el("figcaption", {}, label);
  if (array.rows && array.shape.every((n) => n === 1) && array.shape.length < 3) {
    return el("figure", { class: "scalar" }, caption, number(array.rows[0][0], name));
  }
  const rows = array.rows || array.blocks;
  if (!rows.length || !rows[0].length) return el("figure", {}, caption, "empty");
  return el("figure", {}, caption, el("div", { class: "scroll" }, heat(array, rows, name)), range(array, rows));
}

function range(array, rows) {
  const note = array.blocks ? `${array.summary}; each cell is the mean of a block of entries` : array.summary;
  return isWide(rows) && array.rows ? null : el("p", { class: "range" }, note.replaceAll("-", "−"));
}

const isWide = (rows) => rows[0].length <= 3 && rows.length <= 12;

function heat(array, rows, name) {
  const most = Math.max(...rows.flat().map((x) => (Number.isFinite(Number(x)) ? Math.abs(x) : 0)));
  const look = isWide(rows) ? "heat wide" : rows[0].length > 14 ? "heat tiny" : "heat";
  const said = `${name}, ${array.shape.join(" by ")}: ${array.summary}`;
  const table = el("table", { class: look, tabindex: 0, "aria-label": said });
  const body = el("tbody");
  rows.forEach((row, i) => {
    const line = el("tr");
    row.forEach((x, j) => {
      const cell = el("td", { "data-value": x }, isWide(rows) ? short(x) : el("span", { class: "sr" }, short(x)));
      const [back, front] = colours(x, most);
      cell.style.background = back;
      cell.style.color = front;
      cell.about = `${name}${array.rows ? indexOf(array, i, j) : ` block ${i}, ${j}, mean`} = ${full(x)}`;
      line.append(cell);
    });
    body.append(line);
  });
  table.append(body);
  return table;
}

// --- reading single cells, by pointer and by keys ----------------------------------------

function read(cell, aloud) {
  panel.querySelectorAll("td.here").forEach((each) => each.classList.remove("here"));
  readout.hidden = !cell;
  if (!cell) return;
  cell.classList.add("here");
  readout.textContent = cell.about;
  if (aloud) live.textContent = cell.about;
  const box = cell.getBoundingClientRect();
  const width = readout.offsetWidth;
  readout.style.left = `${Math.max(4, Math.min(box.left, innerWidth - width - 4))}px`;
  readout.style.top = `${box.top > 40 ? box.top - 32 : box.bottom + 8}px`;
}

panel.addEventListener("pointerover", (event) => read(event.target.closest("table.heat td")));
panel.addEventListener("pointerleave", () => read(null));
panel.addEventListener("focusout", () => read(null));
panel.addEventListener("keydown", (event) => {
  const table = event.target.closest("table.heat");
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  if (!table || !moves[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  const here = table.querySelector("td.here");
  const [down, right] = here ? moves[event.key] : [0, 0];
  const row = here ? here.parentElement.rowIndex + down : 0;
  const next = table.rows[row]?.cells[here ? here.cellIndex + right : 0];
  if (next) read(next, true);
});

// --- what is known at each step ----------------------------------------------------------

const known = nodes.map(() => 0); // the step at which the value is there
const events = nodes.map(() => []); // [step, array, complete]: how the gradient grows
const visited = {}; // node: the backward step at it
steps.forEach((step, k) => {
  if (step.phase === "forward") known[step.node] = k;
  if (step.seed != null) events[step.node].push([k, step.seed, true]);
  else if (step.phase === "backward") visited[step.node] = k;
  for (const part of step.parts || []) events[part.to].push([k, part.new, part.complete]);
});
const firstBackward = steps.findIndex((step) => step.phase === "backward");
const forwardSteps = firstBackward < 0 ? steps.length : firstBackward;
const checks = new Map(); // step: parameters that are compared there
for (const each of comparison?.parameters || []) {
  if (each.step != null) checks.set(each.step, [...(checks.get(each.step) || []), each]);
}

function gradientAt(node, k) {
  let found = null;
  for (const event of events[node]) if (event[0] <= k) found = event;
  return found;
}

// --- the diagram -------------------------------------------------------------------------

const shown = nodes.map((node, k) => {
  const pieces = [...svg.querySelectorAll(`[data-node="${k}"]`)].map((group) => ({ group, use: group.dataset.use, look: "" }));
  pieces.sort((a, b) => (a.use != null) - (b.use != null)); // first the node itself, then what stands in for it at a use
  const [{ group }] = pieces;
  return { group, pieces, value: group.querySelector(".value"), grad: group.querySelector(".grad"), role: node.role };
});
shown.forEach((each) => (each.text = each.value?.textContent));
const drawnEdges = edges.map((_, k) => ({ group: svg.querySelector(`[data-edge="${k}"]`), active: false }));
const failed = new Set((comparison?.parameters || []).filter((each) => each.wrong).map((each) => each.node));

/** What is drawn of a node near a node that uses it. */
const pieceAt = (n, user) => shown[n].pieces.find((piece) => piece.use === String(user)) ?? shown[n].pieces[0];

function paint(k) {
  const step = steps[k];
  const sources = new Set(step.phase === "forward" ? nodes[step.node].operands : (step.parts || []).map((part) => part.to));
  const uses = new Set((step.parts || []).map((part) => part.position));
  const secret = asking(k);
  document.body.className = `${step.phase}-phase`;
  shown.forEach((each, n) => {
    const grown = gradientAt(n, k);
    const look = ["node", each.role, k < known[n] && "todo", n === step.node && "current",
      failed.has(n) && grown?.[2] && "failed", matches.has(n) && "match"].filter(Boolean).join(" ");
    const used = sources.has(n) && pieceAt(n, step.node);
    for (const piece of each.pieces) {
      const its = `${look}${piece === used ? " source" : ""}${piece.use == null ? "" : " again"}`;
      if (its !== piece.look) piece.group.setAttribute("class", (piece.look = its));
    }
    if (each.value) setText(each.value, k < known[n] ? "" : each.text);
    const hidden = secret && grown?.[0] === k;
    if (each.grad) setText(each.grad, hidden ? "?" : grown ? arrays[grown[1]].summary : "–");
  });
  drawnEdges.forEach((each, e) => {
    const active = edges[e][1] === step.node && (step.phase === "forward" || uses.has(edges[e][2]));
    if (active !== each.active) each.group.setAttribute("class", active ? "edge active" : "edge");
    each.active = active;
  });
}

function setText(text, content) {
  if (text.textContent !== content) text.textContent = content;
}

const whole = svg.getAttribute("viewBox").split(/[ ,]+/).map(Number);
svg.style.width = `${whole[2]}px`;
svg.style.height = `${whole[3]}px`;
let view = { x: 0, y: 0, scale: 1 };
let moving = 0;

function size() {
  return [stage.clientWidth || 1, stage.clientHeight || 1];
}

/** Show the part of the diagram that begins at x and y; a transform, so that nothing is laid out anew. */
function look({ x, y, scale }) {
  view = { x, y, scale };
  svg.style.transform = `scale(${scale}) translate(${whole[0] - x}px, ${whole[1] - y}px)`;
}

function glide(to) {
  cancelAnimationFrame(moving);
  if (still.matches || document.hidden) return look(to);
  const from = view, start = performance.now();
  const frame = (now) => {
    const t = Math.min((now - start) / 260, 1), s = 1 - (1 - t) ** 3;
    look({ x: from.x + (to.x - from.x) * s, y: from.y + (to.y - from.y) * s, scale: from.scale + (to.scale - from.scale) * s });
    if (t < 1) moving = requestAnimationFrame(frame);
  };
  moving = requestAnimationFrame(frame);
}

function fitted() {
  const [width, height] = size();
  const scale = Math.min((width - 16) / whole[2], (height - 16) / whole[3], 2);
  return { scale, x: whole[0] - (width / scale - whole[2]) / 2, y: whole[1] - (height / scale - whole[3]) / 2 };
}

/** The scale to begin with: all of the diagram if its texts can be read then, else what is wide enough. */
function readable() {
  if (fitted().scale >= 0.7) return fitted().scale;
  return Math.max(fitted().scale, Math.min(1.25, (size()[0] - 16) / whole[2] < 0.9 ? 0.9 : (size()[0] - 16) / whole[2]));
}

function boxOf(places) {
  const boxes = places.map((n) => pieceAt(n, places[0]).group.getBBox());
  const [dx, dy] = offset;
  const left = Math.min(...boxes.map((b) => b.x)), top = Math.min(...boxes.map((b) => b.y));
  const right = Math.max(...boxes.map((b) => b.x + b.width)), bottom = Math.max(...boxes.map((b) => b.y + b.height));
  return { x: left + dx, y: top + dy, width: right - left, height: bottom - top };
}

const moved = /translate\(([-\d.]+)[ ,]+([-\d.]+)\)/.exec(svg.querySelector("#graph").getAttribute("transform"));
const offset = [Number(moved[1]), Number(moved[2])];

/** Move the view, as little as need be, so that the nodes of a step are in it. */
function follow(k, at = view) {
  const step = steps[k];
  if (step.node == null) return at === view ? null : glide(at);
  const near = step.phase === "forward" ? nodes[step.node].operands : (step.parts || []).map((part) => part.to);
  const [width, height] = size().map((length) => length / at.scale);
  let box = boxOf([step.node, ...near]);
  if (box.width > width || box.height > height) box = boxOf([step.node]);
  const margin = Math.min(30, (width - box.width) / 2, (height - box.height) / 2);
  const x = Math.min(Math.max(at.x, box.x + box.width + margin - width), box.x - margin);
  const y = Math.min(Math.max(at.y, box.y + box.height + margin - height), box.y - margin);
  if (x !== at.x || y !== at.y || at !== view) glide({ x, y, scale: at.scale });
}

function zoom(factor, px = size()[0] / 2, py = size()[1] / 2) {
  cancelAnimationFrame(moving);
  const scale = Math.min(Math.max(view.scale * factor, fitted().scale / 2), 6);
  look({ scale, x: view.x + px / view.scale - px / scale, y: view.y + py / view.scale - py / scale });
}

const pan = (dx, dy) => look({ ...view, x: view.x - dx / view.scale, y: view.y - dy / view.scale });

byId("closer").addEventListener("click", () => zoom(1.3));
byId("further").addEventListener("click", () => zoom(1 / 1.3));
byId("fit").addEventListener("click", () => glide(fitted()));
stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  const box = stage.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
}, { passive: false });

const fingers = new Map();
let dragged = 0;
stage.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, event);
  if (fingers.size === 1) dragged = 0;
});
stage.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  cancelAnimationFrame(moving);
  const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
  dragged += Math.abs(dx) + Math.abs(dy);
  if (dragged > 5 && !stage.hasPointerCapture(event.pointerId)) stage.setPointerCapture(event.pointerId);
  if (fingers.size === 2) {
    const [other] = [...fingers.values()].filter((each) => each.pointerId !== event.pointerId);
    const apart = (a) => Math.hypot(a.clientX - other.clientX, a.clientY - other.clientY) || 1;
    const box = stage.getBoundingClientRect();
    zoom(apart(event) / apart(before), (event.clientX + other.clientX) / 2 - box.left, (event.clientY + other.clientY) / 2 - box.top);
    pan(dx / 2, dy / 2);
  } else pan(dx, dy);
  fingers.set(event.pointerId, event);
  stage.classList.add("dragging");
});
for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
  stage.addEventListener(end, (event) => {
    fingers.delete(event.pointerId);
    stage.classList.remove("dragging");
  });
}
stage.addEventListener("click", (event) => {
  const group = event.target.closest("[data-node]");
  if (group && dragged <= 5) goToNode(Number(group.dataset.node));
});
stage.addEventListener("keydown", (event) => {
  const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "+" || event.key === "=") zoom(1.3);
  else if (event.key === "-") zoom(1 / 1.3);
  else if (event.key === "0") glide(fitted());
  else if (event.shiftKey && moves[event.key]) pan(...moves[event.key]);
  else return;
  event.preventDefault();
  event.stopPropagation();
});

// --- the panel ---------------------------------------------------------------------------

const sign = (text) => el("span", { class: "sign" }, text);
const row = (...children) => el("div", { class: "row" }, ...children);
const card = (kind, ...children) => el("div", { class: `card ${kind}`.trim() }, ...children);


/** Signs stand on the same line as the figure after them. */
const signed = (text, each) => el("div", { class: "signed" }, sign(text), each);
const joined = (figures, text) => figures.map((each, k) => (k ? signed(text, each) : each));

function aboutNode(node, line) {
  const facts = [line || node.op && `op ${node.op}`, node.op ? "" : node.role, arrays[node.value].shape.length ? `shape ${shape(arrays[node.value])}` : "a number", node.scope && `in ${node.scope}`];
  return el("p", { class: "about" }, ...facts.filter(Boolean).flatMap((fact, k) => [k ? " · " : "", fact === line ? el("code", {}, fact) : fact]));
}

function startStep() {
  const leaves = nodes.map((_, n) => n).filter((n) => !nodes[n].op && !nodes[n].number);
  const figures = leaves.slice(0, 24).map((n) => valueOf(n, `${nodes[n].name}, ${nodes[n].role}`));
  return [
    el("p", { class: "phase" }, "Before the forward pass"),
    el("h2", {}, "What is given"),
    el("p", { class: "about" }, "Parameters and constants have their values. Everything else is computed, step by step."),
    comparison && summaryCard(),
    card("", row(...figures), leaves.length > 24 && el("p", {}, `and ${leaves.length - 24} more`)),
  ];
}

function forwardStep(step) {
  const node = nodes[step.node];
  const operands = [...new Set(node.operands)].map((n) => valueOf(n));
  return [
    el("p", { class: "phase" }, "Forward"),
    el("h2", {}, `Compute ${node.name}`),
    aboutNode(node),
    card("", formula(node.formula), code(node.lines),
      row(...joined(operands, "and"), signed("→", valueOf(step.node)))),
  ];
}

function seedStep(step) {
  const node = nodes[step.node];
  return [
    el("p", { class: "phase" }, "Backward"),
    el("h2", {}, `Begin at ${node.name}`),
    aboutNode(node),
    card("", formula(step.formula),
      el("p", {}, "The gradient of the result by itself. From here gradients flow back along the edges."),
      el("p", { class: "about" }, "In formulas the gradient of the result by a node is called δ, in code d_…; both are the same."),
      row(figure(step.seed, `gradient of ${node.name}`, { role: "upstream", of: step.node }))),
  ];
}

function backwardStep(step, k) {
  const node = nodes[step.node];
  const constants = node.operands.filter((n) => !step.parts.some((part) => part.to === n));
  return [
    el("p", { class: "phase" }, "Backward"),
    el("h2", {}, `Back through ${node.name}`),
    aboutNode(node, node.lines.at(-1)),
    comparison?.stop === k && !asking(k) && stopCard(),
    asking(k) && questionCard(step, k),
    ...(asking(k) ? [] : step.parts.map((part) => partCard(step, part, (checks.get(k) || []).some((each) => each.wrong && each.node === part.to)))),
    constants.length > 0 && el("p", { class: "about" }, `No gradient is needed for ${[...new Set(constants)].map((n) => nodes[n].name).join(", ")}.`),
    ...(asking(k) ? [] : checks.get(k) || []).map(checkCard),
  ];
}

function partCard(step, part, wrong) {
  const to = nodes[part.to], node = nodes[step.node];
  const upstream = figure(step.upstream, `upstream d_${node.code}`, { name: `gradient of ${node.name}`, role: "upstream", of: step.node });
  const reads = part.factors.map((n) => valueOf(n));
  const delta = figure(part.delta, "contribution Δ", { name: `contribution to the gradient of ${to.name}`, role: "delta", of: part.to });
  const terms = part.product ? product(step, part, upstream, delta)
    : part.local == null ? joined([upstream, ...reads], "with")
      : part.unchanged ? [upstream, sign("passed on unchanged")]
        : [upstream, signed("×", figure(part.local, `local ∂${node.name}/∂${to.name}`, { role: "local", of: part.to }))];
  if (part.unchanged && part.raw != null) terms.push(sign("and added up over its copies"));
  else if (part.raw != null) terms.push(signed("=", figure(part.raw, "for each copy", { role: "raw", of: part.to })));
  terms.push(signed(part.raw != null ? "Σ =" : part.local == null && !part.product ? "→" : "=", delta));
  const grown = figure(part.new, "new", { name: `gradient of ${to.name}`, role: "new", of: part.to });
  const old = part.old == null
    ? el("figure", { class: "scalar" }, el("figcaption", {}, "old"), el("span", { class: "num" }, "0"))
    : figure(part.old, "old", { name: `gradient of ${to.name} so far`, role: "old", of: part.to });
  return card("",
    el("h3", {}, `To ${to.name} `, el("span", { class: "tag" }, part.complete ? "complete: all uses have contributed" : "more to come")),
    formula(part.formula), code(part.lines),
    row(...terms),
    row(el("span", {}, `grad of ${to.name}:`), old, signed("+ Δ →", grown)),
    wrong && el("p", { class: "bad-text" }, `These are the right numbers. The manual gradient of ${to.name} has others: see its check below.`));
}

/** Two matrices and the sign between them; each cell of their product says of what it is the sum. */
function product(step, part, upstream, delta) {
  const { transposed, of, first } = part.product;
  const name = `${nodes[of].name}ᵀ`;
  const other = figure(transposed, name, { name, role: "transposed", of });
  const [left, right] = first ? [arrays[transposed].rows, arrays[step.upstream].rows] : [arrays[step.upstream].rows, arrays[transposed].rows];
  if (left && right) {
    for (const cell of delta.querySelectorAll("td")) {
      const [i, j] = [cell.parentElement.rowIndex, cell.cellIndex];
      const products = left[i].map((x, k) => `${short(x)}·${short(right[k][j])}`);
      cell.about += ` = ${products.slice(0, 8).join(" + ")}${products.length > 8 ? " + …" : ""}`;
    }
  }
  return first ? [other, signed("@", upstream)] : [upstream, signed("@", other)];
}

function table(heads, rows) {
  return el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Table of entries" }, el("table", { class: "check" },
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows)));
}

const cell = (x) => el("td", { class: "num", "data-value": x, title: x }, short(x, 7));

function checkCard(each) {
  const sides = Object.keys(each.sides);
  const name = (entry) => (entry.index.length ? `${each.name}[${entry.index.join(", ")}]` : each.name);
  const rows = each.entries.map((entry) => el("tr", { class: entry.wrong ? "wrong" : "" },
    el("td", {}, name(entry)), ...sides.map((side) => cell(entry[side])), el("td", {}, short(entry.error, 2)), el("td", {}, entry.verdict)));
  return card(each.wrong ? "bad" : "good",
    el("h3", {}, `Check of ${each.name} `, el("span", { class: `tag ${each.wrong ? "bad" : "good"}` }, each.verdict)),
    row(...sides.map((side) => figure(each.sides[side], side, { name: `${side} gradient of ${each.name}`, role: side, of: each.node }))),
    table(["entry", ...sides, "rel. error", ""], rows),
    each.of > each.entries.length && el("p", { class: "about" }, `${each.entries.length} of ${each.of} entries, wrong ones first.`),
    each.note && el("p", { class: "about" }, each.note));
}

function stopCard() {
  const found = comparison.diagnosis[0];
  const wrong = comparison.parameters.filter((each) => each.wrong).map((each) => each.name);
  return card("bad",
    el("h3", {}, "The first wrong step"),
    el("p", {}, found ? found.explanation : `Here a gradient that is wrong is complete for the first time. Wrong: ${wrong.join(", ")}. Of the parameters before this step all are right.`),
    found?.fix && el("p", {}, found.fix),
    found?.line && code([found.line]));
}

function summaryCard() {
  const rows = comparison.parameters.map((each) => el("tr", { class: each.wrong ? "wrong" : "" },
    el("td", {}, each.step == null ? each.name : el("button", { type: "button", class: each.wrong ? "link bad-text" : "link", on: { click: () => go(each.step) } }, each.name)),
    el("td", {}, each.verdict), el("td", {}, each.note)));
  return card(comparison.ok ? "good" : "bad",
    el("h3", {}, comparison.summary),
    table(["parameter", "verdict", "note"], rows),
    ...comparison.diagnosis.map((each) => el("p", {}, each.explanation)),
    comparison.missing.length > 0 && el("p", { class: "about" }, `Not in this graph: ${comparison.missing.join(", ")}.`));
}

// --- lessons -----------------------------------------------------------------------------

let lesson = false;
const answered = new Map(); // step: whether the first answer was right
const asking = (k) => lesson && Boolean(steps[k].question) && !answered.has(k);

function questionCard(step, k) {
  const { part: p, index, answer, mistakes } = step.question;
  const part = step.parts[p];
  const name = `${nodes[part.to].name}${index.length ? `[${index.join(", ")}]` : ""}`;
  const input = el("input", { id: "answer", type: "text", inputmode: "decimal", autocomplete: "off", "aria-describedby": "feedback" });
  const feedback = el("p", { id: "feedback", role: "status" });
  let tries = 0;
  const near = (x, y) => Math.abs(x - y) <= story.tolerance * Math.abs(y);
  const reveal = (found) => {
    answered.set(k, found && tries === 1);
    render(k);
    const done = [...answered.values()];
    const score = `${done.filter(Boolean).length} of ${done.length} right at the first try.`;
    const said = `${found ? "Right, " : ""}Δ for ${name} is ${short(answer, 6)}. ${score}`;
    panel.querySelector("h2").after(el("p", { class: found ? "good-text" : "about", id: "score", tabindex: -1 }, said));
    byId("score").focus();
    live.textContent = said;
  };
  const check = (event) => {
    event.preventDefault();
    const x = Number(input.value.trim().replace("−", "-").replace(",", "."));
    if (!input.value.trim() || Number.isNaN(x)) return void (feedback.textContent = "Type a number, such as 0.25 or -1e-3.");
    tries += 1;
    if (near(x, answer) || x === answer) return reveal(true);
    const known = mistakes.find(([wrong]) => near(x, wrong));
    input.setAttribute("aria-invalid", "true");
    feedback.textContent = known ? `Not yet. ${known[1]}` : "Not yet. Multiply the upstream gradient by the local derivative; Hint shows the rule.";
  };
  const hint = () => {
    feedback.replaceChildren("The rule: ", el("code", {}, part.lines.at(-1)));
  };
  const node = nodes[step.node];
  const needed = [...new Set([...node.operands, step.node])].map((n) => valueOf(n));
  return card("question",
    el("h3", {}, "Your turn"),
    row(figure(step.upstream, `upstream d_${node.code}`, { name: `gradient of ${node.name}`, role: "upstream", of: step.node }), ...needed),
    el("form", { class: "ask", on: { submit: check } },
      el("label", { for: "answer" }, `What does this step add to the gradient of ${name}? Δ =`), input,
      el("button", { type: "submit", class: "primary" }, "Check"),
      el("button", { type: "button", on: { click: hint } }, "Hint"),
      el("button", { type: "button", on: { click: () => reveal(false) } }, "Show me")),
    feedback);
}

byId("lesson").addEventListener("click", (event) => {
  lesson = !lesson;
  event.currentTarget.setAttribute("aria-pressed", lesson);
  answered.clear();
  const first = steps.findIndex((step) => step.question);
  if (lesson && first >= 0 && !asking(now)) go(first);
  else render(now);
});

// --- going from step to step -------------------------------------------------------------

let now = 0;
const scrubber = byId("scrubber");

function told(k) {
  const step = steps[k];
  if (step.phase === "start") return "What is given";
  const node = nodes[step.node];
  if (step.phase === "forward") return `${node.name} = ${arrays[node.value].summary}`;
  if (step.seed != null) return `gradient of ${node.name} = ${arrays[step.seed].summary}`;
  if (asking(k)) return `back through ${node.name}: your turn`;
  return `back through ${node.name}: ${step.parts.map((part) => `gradient of ${nodes[part.to].name} becomes ${arrays[part.new].summary}`).join("; ")}`;
}

function render(k) {
  const step = steps[k];
  read(null);
  paint(k);
  const content = step.phase === "start" ? startStep() : step.phase === "forward" ? forwardStep(step) : step.seed != null ? seedStep(step) : backwardStep(step, k);
  panel.replaceChildren(...content.filter((each) => each));
  panel.scrollTop = 0;
  scrubber.value = k;
  scrubber.setAttribute("aria-valuetext", `step ${k + 1} of ${steps.length}, ${step.phase}`);
  byId("count").replaceChildren(el("b", {}, `${k + 1}`), ` / ${steps.length}`);
  byId("first").disabled = byId("previous").disabled = k === 0;
  byId("next").disabled = byId("last").disabled = k === steps.length - 1;
  live.textContent = `Step ${k + 1} of ${steps.length}, ${step.phase}: ${told(k)}${comparison?.stop === k ? ". The first wrong step" : ""}`;
}

function go(k) {
  now = Math.min(Math.max(k, 0), steps.length - 1);
  render(now);
  follow(now);
}

function goToNode(n) {
  if (steps[now].phase === "backward" && now !== visited[n]) {
    const grown = events[n].at(-1);
    if (visited[n] ?? grown) return go(visited[n] ?? grown[0]);
  }
  go(known[n]);
}

let timer = 0;
function play(on) {
  clearTimeout(timer);
  timer = 0;
  if (on && now === steps.length - 1) go(0);
  const button = byId("play");
  button.textContent = on ? "Pause" : "Play";
  if (on) timer = setTimeout(tick, 1600 / byId("speed").value);
}

function tick() {
  go(now + 1);
  play(now < steps.length - 1 && now !== comparison?.stop && !asking(now));
}

const press = (id, act) => byId(id).addEventListener("click", () => { play(false); act(); });
press("first", () => go(0));
press("previous", () => go(now - 1));
press("next", () => go(now + 1));
press("last", () => go(steps.length - 1));
press("wrong", () => go(comparison.stop));
byId("play").addEventListener("click", () => play(!timer));
scrubber.addEventListener("input", () => { play(false); go(Number(scrubber.value)); });

document.addEventListener("keydown", (event) => {
  const target = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return;
  if (target.matches("input, select, textarea") && target !== scrubber) return;
  const keys = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: steps.length - 1 };
  if (event.key in keys) {
    event.preventDefault();
    play(false);
    go(keys[event.key]);
  } else if (event.key === " " && !target.matches("button, summary")) {
    event.preventDefault();
    play(!timer);
  }
});

// --- search, theme, beginning ------------------------------------------------------------

let matches = new Set();
const find = byId("find");
const plain = (text) => text.toLowerCase();

function search() {
  const wanted = plain(find.value.trim());
  const found = nodes.map((node, n) => [n, plain(node.name), plain(node.op)]).filter(([n, name, op]) => wanted && !nodes[n].number && (name.includes(wanted) || op.includes(wanted)));
  found.sort(([, a], [, b]) => (b === wanted) - (a === wanted) || b.startsWith(wanted) - a.startsWith(wanted));
  matches = new Set(found.map(([n]) => n));
  paint(now);
  return found.map(([n]) => n);
}

let turn = 0, asked = "";
byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const found = search();
  turn = find.value === asked ? turn + 1 : 0;
  asked = find.value;
  if (found.length) goToNode(found[turn % found.length]);
  live.textContent = found.length ? `${found.length} found. ${live.textContent}` : `No node is called ${find.value}`;
});
find.addEventListener("input", search);
byId("names").append(...nodes.filter((node) => !node.number).map((node) => el("option", { value: node.name })));

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  byId("theme").textContent = name === "dark" ? "Light" : "Dark";
  render(now);
}
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
byId("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
prefersDark.addEventListener("change", () => setTheme(prefersDark.matches ? "dark" : "light"));

const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
byId("counts").textContent = `${plural(nodes.length, "node")}, ${plural(edges.length, "edge")}, ${plural(steps.length, "step")}`;
scrubber.max = steps.length - 1;
const phases = document.querySelector(".phases");
phases.style.setProperty("--forward-steps", forwardSteps - 0.5);
phases.style.setProperty("--backward-steps", Math.max(steps.length - forwardSteps - 0.5, 0));
phases.lastElementChild.hidden = forwardSteps === steps.length;
if (comparison && comparison.stop != null) {
  byId("wrong").hidden = byId("mark").hidden = false;
  byId("mark").style.left = `calc(8px + (100% - 16px) * ${comparison.stop / (steps.length - 1)})`;
}
byId("lesson").hidden = !steps.some((step) => step.question);

function begin() {
  const scale = readable(), fit = fitted();
  const [width] = size();
  look(scale === fit.scale ? fit : { scale, x: whole[0] - (width / scale - whole[2]) / 2, y: whole[1] - 8 / scale });
  follow(now);
}
setTheme(prefersDark.matches ? "dark" : "light");
begin();
new ResizeObserver(() => begin()).observe(stage);

// A link may lead into the lesson: page.html#lesson.
function followAddress() {
  if (location.hash === "#lesson" && !lesson) byId("lesson").click();
}
followAddress();
addEventListener("hashchange", followAddress);
