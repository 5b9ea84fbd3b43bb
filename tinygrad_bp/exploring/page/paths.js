// --- every way from an entry of a leaf to the result ---------------------------------------
// The gradient is the sum over all ways of the product of the local derivatives along each.

const MOST_PATHS = 12;
/** The uses of each node: the step and the part that a change of it goes through. */
const usesOf = nodes.map(() => []);
for (const step of steps) for (const [p, part] of (step.parts || []).entries()) usesOf[part.to].push([step, p]);

/** The local derivatives of the entries of a node by those of an operand, row by row. */
function jacobian(step, p) {
  const part = step.parts[p], length = product(shapeOf(step.node));
  const operands = nodes[step.node].operands.map((n) => state.values[n]);
  return Array.from({ length }, (_, o) => {
    const unit = { shape: shapeOf(step.node), data: Array.from({ length }, (_, k) => Number(k === o)) };
    return addedUp(functions[part.rule](unit, state.values[step.node], ...operands), shapeOf(part.to)).data;
  });
}

/** What leads on from an entry: `[node, entry, local derivative]`, how many ways there are, and what they add up to. */
function waysFrom(n, entry) {
  const jacobians = new Map(), known = new Map();
  const seed = numbersIn(seedStepAt.exact, shapeOf(seedStepAt.node)).data;
  function derivatives(step, p) {
    const part = step.parts[p];
    if (!jacobians.has(part)) jacobians.set(part, jacobian(step, p));
    return jacobians.get(part);
  }
  const onward = (m, e) => usesOf[m].flatMap(([step, p]) => derivatives(step, p).flatMap((row, o) => (row[e] === 0 ? [] : [[step.node, o, row[e]]])));
  function visit(m, e) {
    const key = `${m},${e}`;
    if (known.has(key)) return known.get(key);
    const ends = m === seedStepAt.node && seed[e] !== 0;
    const found = { node: m, entry: e, ends, count: Number(ends), total: ends ? seed[e] : 0, next: [] };
    known.set(key, found);
    for (const [node, o, local] of onward(m, e)) {
      const above = visit(node, o);
      if (!above.count) continue;
      found.next.push([local, above]);
      found.count += above.count;
      found.total += local * above.total;
    }
    found.next.sort((a, b) => Math.abs(b[0] * b[1].total) - Math.abs(a[0] * a[1].total));
    return found;
  }
  return visit(n, entry);
}

/** Yield ways as lists of `[local derivative, place]`. */
function* listWays(place, before = []) {
  if (place.ends) yield before;
  for (const [local, above] of place.next) yield* listWays(above, [...before, [local, above]]);
}

function pathsCard(n) {
  if (!state || usesOf[n].length === 0 || shapes.some((lengths) => product(lengths) > story.most)) return null;
  const entry = edited?.n === n ? edited.entry : strongest(state.gradients[n].data);
  if (entry < 0) return null;
  const body = el("div", {});
  const fill = ({ target }) => target.open && !body.hasChildNodes() && body.append(...tellWays(n, entry));
  return el("details", { class: "paths", on: { toggle: fill } }, el("summary", {}, `Every way from ${nameOf(n, entry)} to ${resultName()}`), body);
}

function tellWays(n, entry) {
  const start = waysFrom(n, entry);
  const items = [], seed = numbersIn(seedStepAt.exact, shapeOf(seedStepAt.node)).data;
  for (const way of listWays(start)) {
    if (items.length === MOST_PATHS) break;
    const along = way.reduce((total, [local]) => total * local, 1) * seed[way.length ? way.at(-1)[1].entry : entry];
    const hops = way.flatMap(([local, place]) => [" → ", el("span", { class: "factor" }, `×${short(local)}`), ` ${nameOf(place.node, place.entry)}`]);
    items.push(el("li", {}, nameOf(n, entry), ...hops, " : ", el("b", { class: "num", "data-product": along }, short(along))));
  }
  const all = start.count === 1 ? "One way leads there" : `${start.count.toLocaleString("en")} ways lead there`;
  const some = start.count > items.length ? `; these are the first ${items.length}` : "";
  return [
    el("p", { class: "about" }, `${all}${some}. Along each the local derivatives are multiplied; ways on which one of them is 0 are left out.`),
    el("ol", {}, ...items),
    el("p", {}, `All of them add up to `, el("b", { class: "num", "data-total": start.total }, short(start.total)), `, which is the gradient: ${short(state.gradients[n].data[entry])}.`),
  ];
}
