// --- changing a number -------------------------------------------------------------------

const editor = byId("editor"), entryField = byId("entry"), drag = byId("drag");
const NUDGES = [0.1, 0.01, 0.001];
let edited = null; // which leaf, and which of its entries

const nameOf = (n, entry) => {
  const lengths = shapeOf(n);
  return lengths.length ? `${arrayNameOf(n)}[${unravel(entry, lengths).join(", ")}]` : calledOf(n);
};
const unravel = (entry, lengths) => stepsOf(lengths).map((step, axis) => Math.floor(entry / step) % lengths[axis]);

/** Let each number of a figure be picked, by pointer and by Enter. */
function makeEditable(figure, n) {
  figure.classList.add("editable");
  figure.querySelectorAll("[data-value]").forEach((cell, entry) => {
    cell.dataset.entry = entry;
    if (cell.matches("td")) return;
    cell.tabIndex = 0;
    cell.setAttribute("role", "button");
    cell.setAttribute("aria-label", `Change ${calledOf(n)}, ${cell.textContent}`);
  });
}

function pick(cell) {
  const figure = cell?.closest("figure.editable");
  if (!figure || lesson) return false;
  play(false);
  edited = { n: Number(figure.dataset.of), entry: Number(cell.dataset.entry) };
  const x = leaves[edited.n].data[edited.entry];
  const reach = 2 * Math.max(Math.abs(x), 0.5);
  [drag.min, drag.max] = [x - reach, x + reach];
  editor.hidden = false;
  showEdited();
  entryField.focus({ preventScroll: true });
  entryField.select();
  return true;
}

function showEdited(keepText) {
  if (!edited) return;
  const x = leaves[edited.n].data[edited.entry];
  byId("edited").textContent = `${nameOf(edited.n, edited.entry)} =`;
  if (!keepText) entryField.value = String(Number(x.toPrecision(12)));
  drag.value = x;
  byId("restore").disabled = leaves === given;
  byId("nudges").replaceChildren(nudgeTable());
  markEdited();
}

/** What really happens for small changes, beside what the gradient foretells. */
function nudgeTable() {
  const { n, entry } = edited;
  const gradient = state.gradients[n]?.data[entry];
  if (gradient == null) return el("p", { class: "about" }, "No gradient flows here: this is a constant.");
  const result = resultName(), now0 = resultOf(state.values);
  const rows = NUDGES.map((nudge) => {
    const really = resultOf(forward(withNumber(n, entry, leaves[n].data[entry] + nudge))) - now0;
    const apart = really === 0 && gradient === 0 ? 0 : Math.abs(really - gradient * nudge) / Math.max(Math.abs(really), Math.abs(gradient * nudge));
    return el("tr", {}, el("td", {}, `+${nudge}`), cell(really), cell(gradient * nudge), el("td", {}, `${short(100 * apart, 2)} %`));
  });
  return table(["nudge", `${result} changes by`, `gradient × nudge`, "apart"], rows);
}

function setEdited(x, keepText) {
  change(withNumber(edited.n, edited.entry, x));
  showEdited(keepText);
  const result = seedStepAt?.node ?? nodes.length - 1;
  live.textContent = `${nameOf(edited.n, edited.entry)} = ${short(x)}: ${seedStepAt ? resultName() : calledOf(result)} = ${arrays[nodes[result].value].summary}`;
}

function repaint() {
  render(now, true);
}

function markEdited() {
  panel.querySelectorAll(".being-edited").forEach((each) => each.classList.remove("being-edited"));
  if (!edited || editor.hidden) return;
  panel.querySelectorAll(`figure.editable[data-of="${edited.n}"] [data-entry="${edited.entry}"]`).forEach((each) => each.classList.add("being-edited"));
}

function closeEditor() {
  edited = null;
  editor.hidden = true;
  markEdited();
}

function restore() {
  if (leaves !== given) change(given);
  showEdited();
}

const stepBy = (sign) => setEdited(Number((leaves[edited.n].data[edited.entry] + sign * 0.1).toPrecision(12)));
panel.addEventListener("click", (event) => pick(event.target.closest("[data-entry]")));
panel.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== " ") return;
  const cell = event.target.matches("table.heat") ? event.target.querySelector("td.here[data-entry]") : event.target.closest("[data-entry]");
  if (pick(cell)) event.preventDefault();
});
byId("edit").addEventListener("submit", (event) => event.preventDefault());
entryField.addEventListener("input", () => {
  const found = parse(entryField.value);
  const ok = found?.length === 1;
  entryField.setAttribute("aria-invalid", !ok);
  byId("refused").textContent = ok ? "" : "Type a number, such as 0.25, 1/2 or -1e-3.";
  if (ok) setEdited(found[0], true);
});
drag.addEventListener("input", () => setEdited(Number(Number(drag.value).toPrecision(4))));
byId("less").addEventListener("click", () => stepBy(-1));
byId("more").addEventListener("click", () => stepBy(1));
byId("restore").addEventListener("click", restore);
byId("again").addEventListener("click", restore);
byId("done").addEventListener("click", closeEditor);
editor.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeEditor();
  if (event.target !== entryField || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  stepBy(event.key === "ArrowUp" ? 1 : -1);
});
