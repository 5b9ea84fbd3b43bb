// --- lessons -----------------------------------------------------------------------------

let lesson = false;
const answered = new Map(); // step: whether the first answer was right
const asking = (k) => lesson && Boolean(steps[k].question) && !answered.has(k);

function questionCard(step, k) {
  const { part: p, index, answer, mistakes } = step.question;
  const part = step.parts[p];
  const name = `${nodes[part.to].name}${index.length ? `[${index.join(", ")}]` : ""}`;
  const input = el("input", { id: "answer", type: "text", inputmode: "decimal", autocomplete: "off", "aria-describedby": "feedback" });
  const feedback = el("p", { id: "feedback", role: "status" });
  let tries = 0;
  const near = (x, y) => Math.abs(x - y) <= story.tolerance * Math.abs(y);
  const reveal = (found) => {
    answered.set(k, found && tries === 1);
    render(k);
    const done = [...answered.values()];
    const score = `${done.filter(Boolean).length} of ${done.length} right at the first try.`;
    const said = `${found ? "Right, " : ""}Δ for ${name} is ${short(answer, 6)}. ${score}`;
    panel.querySelector("h2").after(el("p", { class: found ? "good-text" : "about", id: "score", tabindex: -1 }, said));
    byId("score").focus();
    live.textContent = said;
  };
  const check = (event) => {
    event.preventDefault();
    const x = Number(input.value.trim().replace("−", "-").replace(",", "."));
    if (!input.value.trim() || Number.isNaN(x)) return void (feedback.textContent = "Type a number, such as 0.25 or -1e-3.");
    tries += 1;
    if (near(x, answer) || x === answer) return reveal(true);
    const known = mistakes.find(([wrong]) => near(x, wrong));
    input.setAttribute("aria-invalid", "true");
    feedback.textContent = known ? `Not yet. ${known[1]}` : "Not yet. Multiply the upstream gradient by the local derivative; Hint shows the rule.";
  };
  const hint = () => {
    feedback.replaceChildren("The rule: ", el("code", {}, part.lines.at(-1)));
  };
  const node = nodes[step.node];
  const needed = [...new Set([...node.operands, step.node])].map((n) => valueOf(n));
  return card("question",
    el("h3", {}, "Your turn"),
    row(figure(step.upstream, `upstream d_${node.code}`, { name: `gradient of ${node.name}`, role: "upstream", of: step.node }), ...needed),
    el("form", { class: "ask", on: { submit: check } },
      el("label", { for: "answer" }, `What does this step add to the gradient of ${name}? Δ =`), input,
      el("button", { type: "submit", class: "primary" }, "Check"),
      el("button", { type: "button", on: { click: hint } }, "Hint"),
      el("button", { type: "button", on: { click: () => reveal(false) } }, "Show me")),
    feedback);
}

byId("lesson").addEventListener("click", (event) => {
  lesson = !lesson;
  event.currentTarget.setAttribute("aria-pressed", lesson);
  answered.clear();
  const first = steps.findIndex((step) => step.question);
  if (lesson && first >= 0 && !asking(now)) go(first);
  else render(now);
});

