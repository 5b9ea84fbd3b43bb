// --- going from step to step -------------------------------------------------------------

let now = 0;
const scrubber = byId("scrubber");

function told(k) {
  const step = steps[k];
  if (step.phase === "start") return "What is given";
  const node = nodes[step.node];
  if (step.phase === "forward") return `${calledOf(step.node)} = ${arrays[node.value].summary}`;
  if (step.seed != null) return `gradient of ${calledOf(step.node)} = ${arrays[step.seed].summary}`;
  if (asking(k)) return `back through ${calledOf(step.node)}: your turn`;
  return `back through ${calledOf(step.node)}: ${step.parts.map((part) => `gradient of ${calledOf(part.to)} becomes ${arrays[part.new].summary}`).join("; ")}`;
}

function render(k, stays = false) {
  const step = steps[k];
  read(null);
  paint(k);
  const content = step.phase === "start" ? startStep() : step.phase === "forward" ? forwardStep(step) : step.seed != null ? seedStep(step) : backwardStep(step, k);
  const height = panel.scrollTop;
  panel.replaceChildren(...content.filter((each) => each));
  for (const flow of panel.querySelectorAll(".flow")) flow.classList.toggle("dense", flow.scrollWidth > flow.clientWidth);
  panel.scrollTop = stays ? height : 0;
  markEdited();
  byId("again").hidden = leaves === given;
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

