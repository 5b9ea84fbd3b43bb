// --- loops: one pass is drawn for all, with the numbers of the pass that a step is in ----------

/** The loops that are folded in a drawing: at which pass each step is, and the text that says so. */
function loopsOf(svg, shown) {
  return [...new Set(shown.map((each) => each.loop).filter((loop) => loop != null))].map((name) => {
    const its = shown.filter((each) => each.loop === name);
    const passOf = new Map(its.flatMap((each) => each.members.map((n, pass) => [n, pass])));
    let pass = 0;
    const passes = steps.map((step) => (pass = passOf.get(step.node) ?? pass));
    const frames = svg.querySelectorAll(`.cluster[data-loop="${name}"] text`);
    return { name, length: its[0].members.length, passOf, passes, labels: [...frames] };
  });
}

/** Which of the nodes that are drawn as one is shown: the last that a step has come to, like a variable in a loop. */
function memberAt({ members, loop }, k) {
  if (members.length === 1) return members[0];
  const { passes } = loops.find((each) => each.name === loop);
  if (!nodes[members[0]].op) return members[passes[k]];
  if (steps[k].phase === "backward") return members.find((n) => gradientAt(n, k)) ?? members.at(-1);
  return members.findLast((n) => k >= known[n]) ?? members[0];
}

const loopAt = (k) => loops.find((each) => each.passOf.has(steps[k].node));

/** Say which pass a step is in, and offer the same step of the passes before and after it. */
function countPasses(k) {
  for (const { labels, passes, length } of loops) labels.forEach((text) => setText(text, `a loop, pass ${passes[k] + 1} of ${length}: tap to unfold`));
  const loop = loopAt(k);
  byId("passes").hidden = !loop;
  byId("unfold").textContent = loops.length ? "Unfold" : "Fold";
  if (!loop) return;
  byId("pass").textContent = `pass ${loop.passes[k] + 1} of ${loop.length}`;
  byId("earlier").disabled = otherPass(k, -1) == null;
  byId("later").disabled = otherPass(k, 1) == null;
}

/** The same step of another pass. */
function otherPass(k, by) {
  const loop = loopAt(k), step = steps[k];
  const drawn = drawnAt[step.node], n = drawn.members[loop.passOf.get(step.node) + by];
  const found = steps.findIndex((each) => each.node === n && each.phase === step.phase && each.seed == null);
  return found < 0 ? null : found;
}

function unfold() {
  useDrawing(drawings[(drawings.findIndex((each) => each.svg === svg) + 1) % drawings.length]);
  begin();
  render(now, true);
  live.textContent = loops.length ? "The loops are folded" : "The loops are unfolded";
}

byId("unfold").hidden = drawings.length < 2;
byId("unfold").addEventListener("click", unfold);
byId("earlier").addEventListener("click", () => go(otherPass(now, -1)));
byId("later").addEventListener("click", () => go(otherPass(now, 1)));
