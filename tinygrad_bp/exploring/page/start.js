// --- search, theme, beginning ------------------------------------------------------------

let matches = new Set();
const find = byId("find");
const plain = (text) => text.toLowerCase();

function search() {
  const wanted = plain(find.value.trim());
  const found = nodes.map((node, n) => [n, plain(node.name), plain(node.op)]).filter(([n, name, op]) => wanted && !nodes[n].number && (name.includes(wanted) || op.includes(wanted) || plain(nodes[n].expression ?? "") === wanted));
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
byId("names").append(...nodes.filter((node) => !node.number).map((node) => el("option", { value: node.expression ?? node.name })));

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
byId("worksheets").hidden = !state || !seedStepAt;
byId("lesson").hidden = !allQuestions.length;

function begin() {
  const scale = readable(), fit = fitted();
  const [width] = size();
  look(scale === fit.scale ? fit : { scale, x: whole[0] - (width / scale - whole[2]) / 2, y: whole[1] - 8 / scale });
  follow(now);
}
setTheme(prefersDark.matches ? "dark" : "light");
begin();
new ResizeObserver(() => begin()).observe(stage);

// A link may lead into the lesson: page.html#learn.
function followAddress() {
  if (location.hash === "#learn" && !lesson) byId("lesson").click();
}
followAddress();
addEventListener("hashchange", followAddress);
