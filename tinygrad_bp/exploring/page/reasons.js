// --- why: one sentence with the numbers, and the name of the pattern -----------------------

const NUDGE = 0.001;
const PATTERNS = {
  distributes: "a sum distributes", turns: "a difference turns the sign", spreads: "a sum distributes to every entry", swaps: "a product swaps its factors",
  matrix: "a product swaps its factors", routes: "the winner takes it all", gates: "a gate lets through or not", moves: "entries go back to their places",
  slope: "a function multiplies by its slope", factor: "a function multiplies by its slope", mixes: "entries are mixed",
};

const dataOf = (place) => arrays[place].rows?.flat().map(Number);
/** What the result is called in a sentence. */
const resultName = () => (nodes[seedStepAt.node].expression !== undefined ? "the result" : nodes[seedStepAt.node].name);
const opOf = (n) => nodes[n].op.split(" ")[0];

/** The names of the patterns of a step to an operand. */
function patternsOf(part) {
  const names = [PATTERNS[part.pattern]];
  if (part.raw != null) names.push("a broadcast adds up");
  if (part.old != null || !part.complete) names.push("a fan-out accumulates");
  return names;
}

/** The entry that moves the result most; -1 where none is a number. */
function strongest(data) {
  let best = -1;
  data.forEach((x, k) => { if (Number.isFinite(x) && (best < 0 || Math.abs(x) > Math.abs(data[best]))) best = k; });
  return best;
}

/** An entry of an array that is repeated to a shape. */
function entryOf(place, k, shape) {
  const places = repeated(arrays[place].shape, shape);
  return dataOf(place)[places ? places[k] : k];
}

/** Why a change of an entry changes the node: `local` is by how much, where that is one number. */
function because(step, part, entry, local) {
  const op = opOf(step.node), at = short(dataOf(nodes[part.to].value)[entry]);
  const others = nodes[step.node].operands.filter((_, k) => k !== part.position);
  const other = others.length ? calledOf(others[0]) : "itself";
  const passes = local == null ? "passes a part of it" : `${local < 0 ? "turns the sign and " : ""}passes ${short(Math.abs(local))} ${Math.abs(local) > 1 ? "times as much" : "of it"}`;
  const chosen = local === 0 ? "another one was chosen, so nothing gets through" : local === 1 ? "it was chosen, so all of it gets through" : `it shares with its equals, and ${short(local)} of it gets through`;
  const sentences = {
    distributes: "the sum passes it on as it is",
    turns: "it is subtracted, so the sign turns",
    spreads: "it is one of the entries that are added up",
    swaps: local == null ? `it is multiplied by the entries of ${other}` : `it is multiplied by ${other} = ${short(local)}`,
    matrix: local == null ? `it is multiplied by the entries of ${other} that it meets, and the products are added up` : `it is multiplied by an entry of ${other}, ${short(local)}`,
    routes: local == null ? "only what was chosen gets anything" : chosen,
    gates: local === 0 ? `${op} is flat at ${at}, so nothing gets through` : `${op} ${passes} at ${at}`,
    moves: "it only moves to another place",
    slope: `${op} ${passes} at ${at}`,
    factor: `${op} ${passes}`,
    mixes: `every entry of ${op} depends on several`,
  };
  return sentences[part.pattern];
}

/** The one entry of a node that an entry of its operand goes into, and by how much it is multiplied; null where there are several. */
function onlyWay(step, part, entry) {
  const above = shapeOf(step.node), own = shapeOf(part.to);
  if (part.product) {
    const { first, transposed } = part.product, rows = arrays[transposed].rows, [i, j] = unravel(entry, own);
    if (!rows || (first ? rows[0] : rows).length > 1) return null;
    return first ? { above: j, local: Number(rows[i][0]) } : { above: i, local: Number(rows[0][j]) };
  }
  if (part.local == null || part.raw != null) return null;
  const places = repeated(above, own);
  if (product(above) > product(own)) return null;
  return { above: places ? places[entry] : entry, local: entryOf(part.local, entry, own) };
}

const timesAsMuch = (x) => (x === 1 ? "just as much" : x === -1 ? "as much the other way" : `${short(x)} times as much`);

/** Why a contribution is as it is, told of the entry that moves the result most. */
function reason(step, part) {
  const delta = dataOf(part.delta), entry = delta ? strongest(delta) : -1;
  if (entry < 0 || !dataOf(step.upstream)) return null;
  const way = onlyWay(step, part, entry);
  const result = resultName(), x = delta[entry];
  const effect = x === 0 ? `does not move ${result}` : `${x < 0 ? "lowers" : "raises"} ${result} by about ${short(Math.abs(x * NUDGE))}`;
  const onward = step.node === seedStepAt.node || !way ? "" : `, and ${result} moves ${timesAsMuch(dataOf(step.upstream)[way.above])} as ${nameOf(step.node, way.above)}`;
  const copies = part.raw == null ? "" : " It was copied, so what all its copies get is added up.";
  const partly = part.old != null || !part.complete ? " along this way" : "";
  return `${nameOf(part.to, entry)} up by ${NUDGE} ${effect}${partly}, because ${because(step, part, entry, way?.local)}${onward}.${copies}`;
}

function reasonCard(step, part) {
  const text = reason(step, part);
  return el("div", { class: "reason" },
    text && el("p", {}, text),
    el("p", { class: "patterns" }, ...patternsOf(part).map((each) => el("span", { class: "tag" }, each))));
}
