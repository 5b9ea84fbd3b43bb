// --- what is known at each step ----------------------------------------------------------

const known = nodes.map(() => 0); // the step at which the value is there
const events = nodes.map(() => []); // [step, array, complete]: how the gradient grows
const visited = {}; // node: the backward step at it
steps.forEach((step, k) => {
  if (step.phase === "forward") known[step.node] = k;
  else if (step.phase === "backward" && step.seed == null) visited[step.node] = k;
});
function noteEvents() {
  steps.forEach((step, k) => {
    if (step.seed != null) events[step.node].push([k, step.seed, true]);
    for (const part of step.parts || []) events[part.to].push([k, part.new, part.complete]);
  });
}
noteEvents();
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

// --- both passes with other numbers ------------------------------------------------------

const beside = comparison?.beside; // the manual backward pass, where it is known
const added = elementwise((a, b) => a + b);
const numbersIn = (text, shape) => ({ shape, data: text ? text.split(" ").map(Number) : [] });
const shapes = nodes.map((node) => arrays[node.value].shape);
const shapeOf = (n) => shapes[n];
/** The numbers of the leaves, as they were given and as they are now. */
const given = nodes.map((node, n) => (node.exact == null ? null : numbersIn(node.exact, shapeOf(n))));
let leaves = given;

const forward = (numbers) => {
  const values = [];
  nodes.forEach((node, n) => {
    values[n] = node.compute == null ? numbers[n] : asArray(functions[node.compute](...node.operands.map((k) => values[k])));
  });
  return values;
};

/** Both passes: the value and the gradient of each node, and what each step tells. */
function compute(numbers) {
  const values = forward(numbers), gradients = nodes.map(() => null);
  const told = steps.map((step) => {
    if (step.seed != null) return { seed: (gradients[step.node] = numbersIn(step.exact, shapeOf(step.node))) };
    if (step.phase !== "backward") return {};
    const upstream = gradients[step.node];
    const operands = nodes[step.node].operands.map((n) => values[n]);
    const parts = step.parts.map((part) => {
      const rule = (g) => asArray(functions[part.rule](g, values[step.node], ...operands));
      const raw = rule(upstream), delta = addedUp(raw, shapeOf(part.to)), old = gradients[part.to];
      gradients[part.to] = old ? added(old, delta) : delta;
      const local = part.local == null ? null : rule({ shape: upstream.shape, data: upstream.data.map(() => 1) });
      const transposed = part.product && transpose(values[part.product.of]);
      return { raw, delta, old, new: gradients[part.to], local, transposed };
    });
    return { upstream, parts };
  });
  const manual = beside?.function == null ? null : functions[beside.function](...beside.inputs.map((n) => values[n])).map(asArray);
  return { values, gradients, told, manual };
}

function transpose({ shape: [rows, columns], data }) {
  const shape = [columns, rows];
  return { shape, data: spread(0, [1, columns], shape).map((place) => data[place]) };
}

/** What the story refers to, by a function that gives the array of each reference in turn. */
function refer(state, place) {
  nodes.forEach((node, n) => { node.value = place(state.values[n], node.value); });
  steps.forEach((step, k) => {
    const told = state.told[k];
    if (step.seed != null) step.seed = place(told.seed, step.seed);
    if (step.upstream != null) step.upstream = place(told.upstream, step.upstream);
    (step.parts || []).forEach((part, p) => {
      const found = told.parts[p];
      for (const role of ["raw", "delta", "old", "new", "local"]) if (part[role] != null) part[role] = place(found[role], part[role]);
      if (part.local != null) part.unchanged = found.local.data.every((x) => x === 1);
      if (part.product) part.product.transposed = place(found.transposed, part.product.transposed);
    });
  });
  if (state.manual) beside.arrays = beside.arrays.map((array, k) => place(state.manual[k], array));
  events.forEach((all) => { all.length = 0; });
  noteEvents();
}

/** An array as the story holds it: all numbers, or the means of blocks. */
function content({ shape, data }) {
  const width = shape.length ? shape.at(-1) : 1;
  const height = shape.length > 1 ? product(shape.slice(0, -1)) : 1;
  const rows = Array.from({ length: height }, (_, i) => Array.from(data.slice(i * width, (i + 1) * width)));
  const about = { shape, summary: summarize(shape, data) };
  if (data.length <= story.most) return { ...about, rows };
  const side = Math.max(Math.floor(Math.sqrt(story.most)), 1), across = cuts(width, side);
  const mean = (numbers) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  return { ...about, blocks: cuts(height, side).map(([a, b]) => across.map(([c, d]) => mean(rows.slice(a, b).flatMap((row) => row.slice(c, d))))) };
}

/** Cut a length into so many parts that are about equal; halves go to the even number, as in NumPy. */
function cuts(length, most) {
  const parts = Math.min(length, most);
  const edge = (k) => { const x = (k * length) / parts; return x % 1 === 0.5 ? 2 * Math.round(x / 2) : Math.round(x); };
  return Array.from({ length: parts }, (_, k) => [edge(k), edge(k + 1)]);
}

/** A number with four digits, as the diagram has it. */
function brief(x) {
  if (!Number.isFinite(x)) return String(x).replace("Infinity", "Inf");
  if (x === 0) return "0";
  const [mantissa, power] = x.toExponential(3).split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 4) return String(Number(x.toPrecision(4)));
  return `${Number(mantissa)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function summarize(shape, data) {
  if (data.length <= 4) return nested(shape, data);
  const finite = data.filter(Number.isFinite), parts = [];
  if (finite.length) {
    const low = finite.reduce((a, b) => Math.min(a, b)), high = finite.reduce((a, b) => Math.max(a, b));
    if (low === high) parts.push(finite.length === data.length ? `all ${brief(low)}` : brief(low));
    else parts.push(`${brief(low)} .. ${brief(high)}`, `mean ${brief(finite.reduce((sum, x) => sum + x / finite.length, 0))}`);
  }
  const counts = { NaN: data.filter(Number.isNaN).length, Inf: data.filter((x) => Math.abs(x) === Infinity).length };
  for (const [kind, count] of Object.entries(counts)) if (count) parts.push(`${count} of ${data.length} ${kind}`);
  return parts.join(", ");
}

function nested(shape, data) {
  if (!shape.length) return brief(data[0]);
  if (!data.length) return "empty";
  const size = data.length / shape[0];
  return `[${Array.from({ length: shape[0] }, (_, k) => nested(shape.slice(1), data.slice(k * size, (k + 1) * size))).join(" ")}]`;
}

// --- other numbers, and back -------------------------------------------------------------

const stored = arrays.length; // what stands in the file; what is computed comes after it
const first = []; // to what the story refers as it was told
let state = story.fixed ? null : compute(given);
if (state) {
  const apart = [], largest = largestOf(...arrays.keys());
  refer(state, (array, place) => {
    first.push(place);
    const [mine, engines] = [content(array), arrays[place]].map((each) => (each.rows || each.blocks).flat().map(Number));
    if (!agrees(mine, engines, largest)) apart.push(place);
    return place;
  });
  if (apart.length) [state, story.fixed] = [null, "This browser computes other numbers than the engine."];
}

/** Compare with the engine before anything is changed: a page that computes otherwise stays as it is. */
function agrees(mine, engines, largest) {
  const most = Math.max(1e-300, ...engines.filter(Number.isFinite).map(Math.abs));
  const allowed = 1e-4 * most + 1e-12 * largest; // what is left of a sum that should be 0 may be anything
  return mine.length === engines.length && mine.every((x, k) => Object.is(x, engines[k]) || Math.abs(x - engines[k]) <= allowed);
}

function change(numbers) {
  leaves = numbers;
  arrays.length = stored;
  state = compute(leaves);
  if (leaves === given) {
    const places = first.values();
    refer(state, () => places.next().value);
  } else refer(state, (array) => arrays.push(content(array)) - 1);
  repaint();
}

/** The leaves with one number changed. */
const withNumber = (n, entry, x) => leaves.map((leaf, k) => (k === n ? { shape: leaf.shape, data: leaf.data.map((old, e) => (e === entry ? x : old)) } : leaf));
const isEditable = (n) => !story.fixed && given[n] != null && !nodes[n].number && (!story.parametersAlone || nodes[n].role === "parameter") && arrays[nodes[n].value].rows != null;

/** The result as one number: with a seed, the sum of its entries times the seed. */
const seedStepAt = steps.find((step) => step.seed != null);
const resultOf = (values) => {
  if (!seedStepAt) return NaN;
  const seed = numbersIn(seedStepAt.exact, shapeOf(seedStepAt.node)).data;
  return values[seedStepAt.node].data.reduce((sum, x, k) => sum + x * seed[k], 0);
};
