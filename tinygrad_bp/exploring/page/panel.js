// --- the panel ---------------------------------------------------------------------------

const sign = (text) => el("span", { class: "sign" }, text);
const words = (text) => el("span", { class: "sign words" }, text);
const row = (...children) => el("div", { class: "row" }, ...children);
const card = (kind, ...children) => el("div", { class: `card ${kind}`.trim() }, ...children);


/** Signs stand on the same line as the figure after them. */
const signed = (text, each) => el("div", { class: "signed" }, sign(text), each);
const joined = (figures, text) => figures.map((each, k) => (k ? signed(text, each) : each));

function aboutNode(node, line) {
  const facts = [line || node.op && `op ${node.op}`, node.op ? "" : node.role, arrays[node.value].shape.length ? `shape ${shape(arrays[node.value])}` : "a number", node.scope && `in ${node.scope}`];
  if (node.line) facts.push(`your line ${node.line[0]}:`);
  if (story.fixedAt != null && nodes[story.fixedAt] === node) facts.push("because of this op the numbers of this page are fixed");
  return el("p", { class: "about" }, ...facts.filter(Boolean).flatMap((fact, k) => [k ? " · " : "", fact === line ? el("code", {}, fact) : fact]), node.line ? el("code", {}, ` ${node.line[1]}`) : "");
}

function startStep() {
  const leaves = nodes.map((_, n) => n).filter((n) => !nodes[n].op && !nodes[n].number);
  const figures = leaves.slice(0, 24).map((n) => valueOf(n, `${nodes[n].name}, ${nodes[n].role}`));
  return [
    el("p", { class: "phase" }, "Before the forward pass"),
    el("h2", {}, "What is given"),
    el("p", { class: "about" }, `Parameters and constants have their values. Everything else is computed, step by step${firstBackward < 0 ? "" : `; at step ${firstBackward + 1} the way back begins`}.`,
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
    el("h2", {}, `Compute ${calledOf(step.node)}`, nameless(node)),
    aboutNode(node),
    card("", formula(node.formula), code(node.lines),
      row(...joined(operands, "and"), signed("→", result))),
  ];
}

const nameless = (node) => node.expression && el("span", { class: "nameless" }, `, in code ${node.code}`);

function seedStep(step) {
  const node = nodes[step.node];
  return [
    el("p", { class: "phase" }, "Backward"),
    el("h2", {}, `Begin at ${calledOf(step.node)}`),
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
    el("h2", {}, `Back through ${calledOf(step.node)}`, nameless(node)),
    aboutNode(node, node.lines.at(-1)),
    comparison?.stop === k && !asking(k) && stopCard(),
    asking(k) && questionCard(step, k),
    !asking(k) && besideCard(step),
    ...step.parts.filter((_, p) => !asking(k) || p < openQuestion(k).part).map((part) => partCard(step, part, (checks.get(k) || []).some((each) => each.wrong && each.node === part.to))),
    constants.length > 0 && el("p", { class: "about" }, `${constants.map(calledOf).join(", ")} ${constants.length > 1 ? "are constants and get" : "is a constant and gets"} no gradient.`),
    ...(asking(k) ? [] : checks.get(k) || []).map(checkCard),
  ];
}

function partCard(step, part, wrong) {
  const to = nodes[part.to];
  return card("",
    el("h3", {}, `To ${calledOf(part.to)} `, part.old != null || !part.complete ? el("span", { class: "tag" }, part.complete ? "complete: all uses have contributed" : "more to come") : ""),
    reasonCard(step, part),
    formula(part.formula), code(part.lines),
    flow(step, part),
    growth(part),
    part.complete && !nodes[part.to].op && pathsCard(part.to),
    wrong && el("p", { class: "bad-text" }, `These are the right numbers. The manual gradient of ${calledOf(part.to)} has others: see its check below.`));
}

/** Upstream × local = contribution, on one line and in one scale of colours. */
function flow(step, part) {
  const to = nodes[part.to], node = nodes[step.node];
  const most = largestOf(step.upstream, part.unchanged ? null : part.local, part.raw, part.delta);
  const upstream = figure(step.upstream, `upstream d_${node.code}`, { name: `gradient of ${calledOf(step.node)}`, role: "upstream", of: step.node, most });
  const delta = figure(part.delta, "contribution Δ", { name: `contribution to the gradient of ${calledOf(part.to)}`, role: "delta", of: part.to, most });
  const local = () => figure(part.local, `local ∂${node.code}/∂${to.code}`, { role: "local", of: part.to, most });
  const terms = part.product ? matrices(step, part, upstream, delta)
    : part.local == null ? joined([upstream, ...part.factors.map((n) => valueOf(n))], "with")
      : part.unchanged ? [upstream, words(passedOn(step, part))]
        : [upstream, signed("×", local())];
  if (part.raw != null && part.unchanged) terms.push(words("and added up over its copies"));
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
    : figure(part.old, "old", { name: `gradient of ${calledOf(part.to)} so far`, role: "old", of: part.to, most });
  const grown = figure(part.new, "new", { name: `gradient of ${calledOf(part.to)}`, role: "new", of: part.to, most });
  return row(el("span", {}, `grad of ${calledOf(part.to)}:`), old, signed("+ Δ →", grown));
}

/** Two matrices and the sign between them. */
function matrices(step, part, upstream, delta) {
  const { transposed, of, first } = part.product;
  const name = `${nodes[of].code}ᵀ`;
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

// --- manual beside right -----------------------------------------------------------------

/** The manual gradient of a node, as a place among the arrays; null where it is not known. */
function manualOf(n) {
  const k = beside ? beside.nodes.indexOf(n) : -1;
  return k < 0 || (leaves !== given && !state.manual) ? null : beside.arrays[k];
}

const rightOf = (n) => events[n].at(-1)?.[1];

/** Whether the manual gradient of a node is another one than the right one. */
function isWrong(n) {
  if (manualOf(n) == null || rightOf(n) == null) return false;
  if (leaves === given) return beside.wrong.includes(n);
  const [mine, right] = [dataOf(manualOf(n)), dataOf(rightOf(n))];
  if (!mine || !right) return false;
  const most = largestOf(rightOf(n));
  return mine.some((x, k) => !(Object.is(x, right[k]) || Math.abs(x - right[k]) <= comparison.tolerance * Math.abs(right[k]) + 1e-9 * most));
}

/** Whether the error has come as far as a node; where its manual gradient is not known, by those after it. */
function isReached(n, seen = new Set()) {
  if (manualOf(n) != null) return isWrong(n);
  if (seen.has(n)) return false;
  seen.add(n);
  return usesOf[n].some(([step]) => isReached(step.node, seen));
}

/** Both passes at a step: the gradients that are complete here, and whether they part. */
function besideCard(step) {
  const targets = step.parts.filter((part) => part.complete && manualOf(part.to) != null).map((part) => part.to);
  if (!targets.length) return null;
  const before = isReached(step.node);
  const wrong = targets.filter(isWrong);
  const lines = targets.map((n) => beside.lines[n]).find(Boolean);
  const [title, look] = !wrong.length ? ["Yours and the right one are the same here", "good"]
    : before ? ["The error travels on", "bad"] : ["Here yours and the right one part", "bad"];
  const pair = (n) => {
    const most = largestOf(manualOf(n), rightOf(n)), name = calledOf(n);
    return row(figure(manualOf(n), `your gradient of ${name}`, { name: `your gradient of ${name}`, role: "yours", of: n, most }),
      signed(isWrong(n) ? "≠" : "=", figure(rightOf(n), "the right one", { name: `gradient of ${name}`, role: "right", of: n, most })));
  };
  return card(look, el("h3", {}, title), ...targets.map(pair),
    lines && wrong.length > 0 && el("p", { class: "about" }, "You computed:"), lines && wrong.length > 0 && code([lines[0]]),
    lines && wrong.length > 0 && el("p", { class: "about" }, "The right step:"), lines && wrong.length > 0 && code([lines[1]]));
}

/** The numeric gradient of a leaf at the numbers of now: five points around each entry. */
function numericOf(n) {
  const h = 1e-3, at = (e, x) => resultOf(forward(withNumber(n, e, leaves[n].data[e] + x)));
  const data = leaves[n].data.map((_, e) => (8 * (at(e, h) - at(e, -h)) - at(e, 2 * h) + at(e, -2 * h)) / (12 * h));
  return { shape: shapeOf(n), data };
}

/** What is compared of a parameter at the numbers of now: as it was told, or computed anew. */
function comparedNow(each, withNumeric = true) {
  if (leaves === given || !state) return each;
  const place = (array) => arrays.push(content(array)) - 1;
  const sides = { automatic: state.gradients[each.node] };
  if (withNumeric) sides.numeric = numericOf(each.node);
  const known = beside ? beside.nodes.indexOf(each.node) : -1;
  if (known >= 0 && state.manual && each.sides.manual != null) sides.manual = state.manual[known];
  const apart = (a, b) => (a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b)));
  const entries = each.entries.map((entry) => {
    const k = entry.index.reduce((sum, i, axis) => sum + i * stepsOf(shapeOf(each.node))[axis], 0);
    const numbers = Object.fromEntries(Object.entries(sides).map(([side, { data }]) => [side, data[k]]));
    const error = sides.manual ? apart(numbers.manual, numbers.automatic) : withNumeric ? apart(numbers.automatic, numbers.numeric) : 0;
    const wrong = sides.manual ? error > comparison.tolerance : error > 1e-6;
    return { index: entry.index, ...numbers, error, wrong, verdict: wrong ? "wrong" : "correct" };
  });
  const wrong = sides.manual ? sides.manual.data.some((x, k) => apart(x, sides.automatic.data[k]) > comparison.tolerance) : entries.some((entry) => entry.wrong);
  const order = ["manual", "automatic", "numeric"].filter((side) => sides[side]);
  const note = each.sides.manual != null && !sides.manual ? "Your gradient is known at the first numbers alone: Reset all shows it." : `At the numbers as they are now${withNumeric ? "; numeric by five points" : ""}.`;
  return { ...each, sides: Object.fromEntries(order.map((side) => [side, place(sides[side])])), entries, wrong, verdict: wrong ? "wrong" : "correct", note };
}

function checkCard(first) {
  const each = comparedNow(first), sides = Object.keys(each.sides);
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
    found?.line && !beside && code([found.line]));
}

function summaryCard() {
  const parameters = comparison.parameters.map((each) => comparedNow(each, false));
  const wrong = parameters.filter((each) => each.wrong).length;
  const title = leaves === given ? comparison.summary : `With these numbers ${wrong} of ${parameters.length} gradients are wrong`;
  const rows = parameters.map((each) => el("tr", { class: each.wrong ? "wrong" : "" },
    el("td", {}, each.step == null ? each.name : el("button", { type: "button", class: each.wrong ? "link bad-text" : "link", on: { click: () => go(each.step) } }, each.name)),
    el("td", {}, each.verdict), el("td", {}, each.note)));
  return card((leaves === given ? comparison.ok : !wrong) ? "good" : "bad",
    el("h3", {}, title),
    table(["parameter", "verdict", "note"], rows),
    ...comparison.diagnosis.map((each) => el("p", {}, each.explanation)),
    comparison.missing.length > 0 && el("p", { class: "about" }, `Not in this graph: ${comparison.missing.join(", ")}.`));
}

