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
    el("p", { class: "about" }, "Parameters and constants have their values. Everything else is computed, step by step.",
      story.fixed ? ` The numbers of this page are fixed. ${story.fixed}` : " Click one of these numbers to change it: both passes follow."),
    comparison && summaryCard(),
    card("", row(...figures), leaves.length > 24 && el("p", {}, `and ${leaves.length - 24} more`)),
  ];
}

function forwardStep(step) {
  const node = nodes[step.node];
  const operands = [...new Set(node.operands)].map((n) => valueOf(n));
  const result = valueOf(step.node);
  if (node.operands.length === 2 && operands.length === 2) tellProduct(result, ...operands);
  return [
    el("p", { class: "phase" }, "Forward"),
    el("h2", {}, `Compute ${node.name}`, nameless(node)),
    aboutNode(node),
    card("", formula(node.formula), code(node.lines),
      row(...joined(operands, "and"), signed("→", result))),
  ];
}

const nameless = (node) => node.expression && el("span", { class: "nameless" }, `, which is ${node.expression}`);

function seedStep(step) {
  const node = nodes[step.node];
  return [
    el("p", { class: "phase" }, "Backward"),
    el("h2", {}, `Begin at ${node.name}`),
    aboutNode(node),
    card("", formula(step.formula),
      el("p", {}, "1: the result changes exactly as much as itself. From here gradients flow back along the edges."),
      el("p", { class: "about" }, "In formulas the gradient of the result by a node is called δ, in code d_…; both are the same."),
      row(figure(step.seed, `gradient of ${node.name}`, { role: "upstream", of: step.node }))),
  ];
}

function backwardStep(step, k) {
  const node = nodes[step.node];
  const constants = [...new Set(node.operands.filter((n) => !step.parts.some((part) => part.to === n)))];
  return [
    el("p", { class: "phase" }, "Backward"),
    el("h2", {}, `Back through ${node.name}`, nameless(node)),
    aboutNode(node, node.lines.at(-1)),
    comparison?.stop === k && !asking(k) && stopCard(),
    asking(k) && questionCard(step, k),
    ...step.parts.filter((_, p) => !asking(k) || p < openQuestion(k).part).map((part) => partCard(step, part, (checks.get(k) || []).some((each) => each.wrong && each.node === part.to))),
    constants.length > 0 && el("p", { class: "about" }, `${constants.map(calledOf).join(", ")} ${constants.length > 1 ? "are constants and get" : "is a constant and gets"} no gradient.`),
    ...(asking(k) ? [] : checks.get(k) || []).map(checkCard),
  ];
}

function partCard(step, part, wrong) {
  const to = nodes[part.to];
  return card("",
    el("h3", {}, `To ${calledOf(part.to)} `, el("span", { class: "tag" }, part.complete ? "complete: all uses have contributed" : "more to come")),
    reasonCard(step, part),
    formula(part.formula), code(part.lines),
    flow(step, part),
    growth(part),
    part.complete && !nodes[part.to].op && pathsCard(part.to),
    wrong && el("p", { class: "bad-text" }, `These are the right numbers. The manual gradient of ${to.name} has others: see its check below.`));
}

/** Upstream × local = contribution, on one line and in one scale of colours. */
function flow(step, part) {
  const to = nodes[part.to], node = nodes[step.node];
  const most = largestOf(step.upstream, part.local, part.raw, part.delta);
  const upstream = figure(step.upstream, `upstream d_${node.code}`, { name: `gradient of ${node.name}`, role: "upstream", of: step.node, most });
  const delta = figure(part.delta, "contribution Δ", { name: `contribution to the gradient of ${to.name}`, role: "delta", of: part.to, most });
  const local = () => figure(part.local, `local ∂${node.name}/∂${to.name}`, { role: "local", of: part.to, most });
  const terms = part.product ? matrices(step, part, upstream, delta)
    : part.local == null ? joined([upstream, ...part.factors.map((n) => valueOf(n))], "with")
      : part.unchanged ? [upstream, sign(passedOn(step, part))]
        : [upstream, signed("×", local())];
  if (part.raw != null && part.unchanged) terms.push(sign("and added up over its copies"));
  else if (part.raw != null) terms.push(signed("=", figure(part.raw, "for each copy", { role: "raw", of: part.to, most })));
  terms.push(signed(part.raw != null ? "Σ =" : part.local == null && !part.product ? "→" : "=", delta));
  return el("div", { class: "row flow", tabindex: 0, role: "group", "aria-label": "Upstream times local gives the contribution" }, ...terms);
}

const passedOn = (step, part) => (product(shapeOf(step.node)) < product(shapeOf(part.to)) ? "copied to every entry that was summed" : "passed on unchanged");

/** What the gradient was before, and what it is now. */
function growth(part) {
  const to = nodes[part.to], most = largestOf(part.old, part.delta, part.new);
  const old = part.old == null
    ? el("figure", { class: "scalar" }, el("figcaption", {}, "old"), el("span", { class: "num" }, "0"))
    : figure(part.old, "old", { name: `gradient of ${to.name} so far`, role: "old", of: part.to, most });
  const grown = figure(part.new, "new", { name: `gradient of ${to.name}`, role: "new", of: part.to, most });
  return row(el("span", {}, `grad of ${calledOf(part.to)}:`), old, signed("+ Δ →", grown));
}

/** Two matrices and the sign between them. */
function matrices(step, part, upstream, delta) {
  const { transposed, of, first } = part.product;
  const name = `${nodes[of].name}ᵀ`;
  const other = figure(transposed, name, { name, role: "transposed", of });
  tellProduct(delta, ...(first ? [other, upstream] : [upstream, other]));
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

