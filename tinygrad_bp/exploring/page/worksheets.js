// --- worksheets: the same graph with other numbers for each learner, and the answers -------

const MOST_DRAWS = 50;
const sheets = byId("sheets");

/** Numbers between 0 and 1, the same for the same seed: mulberry32. */
function drawer(seed) {
  let a = Math.imul(seed, 0x9e3779b1);
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Whether a number can be computed with by hand: four digits of it say enough. */
const isHandy = (x) => x === 0 || (Math.abs(x) >= 1e-3 && Math.abs(x) < 1e4);

/** Both passes with numbers of two digits near the given ones, drawn until all of them are handy; else those with the most. */
function passesFor(seed) {
  const draw = drawer(seed);
  const near = (x) => Math.round(50 * (x + 2 * (draw() - 0.5) * Math.max(Math.abs(x), 0.5))) / 50 || 0.1;
  let best = [0, compute(given)];
  for (let k = 0; k < MOST_DRAWS && best[0] < 1; k += 1) {
    const numbers = given.map((leaf, n) => (leaf && nodes[n].role === "parameter" && !nodes[n].number ? { shape: leaf.shape, data: leaf.data.map(near) } : leaf));
    const found = compute(numbers);
    const all = [...found.values, ...found.gradients].filter(Boolean).flatMap(({ data }) => Array.from(data));
    const handy = all.every(Number.isFinite) ? all.filter(isHandy).length / all.length : 0;
    if (handy > best[0]) best = [handy, found];
  }
  return best[1];
}

function written({ shape: lengths, data }) {
  if (!lengths.length) return el("span", { class: "num" }, short(data[0]));
  const rows = content({ shape: lengths, data }).rows;
  return el("table", { class: "numbers" }, el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((x) => el("td", { class: "num" }, short(x)))))));
}

const blank = (n) => el("span", { class: "blank" }, shapeText(shapeOf(n)));

/** One sheet; with `answers` all numbers are on it. */
function sheet(seed, { values, gradients }, answers) {
  const fill = (array, n) => (answers ? written(array) : blank(n));
  const inner = steps.filter((step) => step.phase === "forward").map((step) => step.node);
  const targets = nodes.map((_, n) => n).filter((n) => gradients[n] && n !== seedStepAt.node).reverse();
  const leavesOf = nodes.map((_, n) => n).filter((n) => !nodes[n].op && !nodes[n].number);
  return el("article", { class: answers ? "sheet answers" : "sheet" },
    el("h2", {}, `${story.title}: ${answers ? "answers to sheet" : "sheet"} ${seed}`),
    !answers && el("p", {}, "Name: ", el("span", { class: "blank wide" })),
    el("h3", {}, "Given"),
    el("ul", { class: "given" }, ...leavesOf.map((n) => el("li", {}, `${nodes[n].name} = `, written(values[n])))),
    el("h3", {}, "Forward"),
    el("ol", {}, ...inner.map((n) => el("li", {}, math(nodes[n].formula), " = ", fill(values[n], n)))),
    el("h3", {}, `Backward: the gradient of ${resultName()} by each of these`),
    el("ol", {}, ...targets.map((n) => el("li", {}, `${nodes[n].name}${nodes[n].expression ? `, which is ${nodes[n].expression}` : ""}: `, fill(gradients[n], n)))));
}

function makeSheets(from, count) {
  const all = Array.from({ length: count }, (_, k) => [from + k, passesFor(from + k)]);
  sheets.replaceChildren(...all.map(([seed, passes]) => sheet(seed, passes, false)), ...all.map(([seed, passes]) => sheet(seed, passes, true)));
}

byId("worksheets").addEventListener("click", () => { play(false); byId("ordering").showModal(); });
byId("order").addEventListener("submit", () => {
  const whole = (id, most) => Math.min(Math.max(Math.round(Number(byId(id).value)) || 1, 1), most);
  makeSheets(whole("from", 1e6), whole("learners", 200));
  document.body.dataset.print = "sheets";
  print();
});
addEventListener("afterprint", () => {
  delete document.body.dataset.print;
  sheets.replaceChildren();
});
byId("no-order").addEventListener("click", () => byId("ordering").close());
