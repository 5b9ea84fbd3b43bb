// --- find the wrong line -------------------------------------------------------------------

const hunts = story.hunts || [];
const found = new Map(); // hunt: whether the first line that was clicked was the wrong one

function showHunt(number) {
  play(false);
  closeEditor();
  const hunt = hunts[number], feedback = el("div", { id: "feedback", role: "status" });
  let tries = 0;
  const end = (right) => {
    found.set(hunt, right && tries === 1);
    const goOn = number + 1 < hunts.length
      ? el("button", { type: "button", class: "primary", on: { click: () => showHunt(number + 1) } }, "Next exercise")
      : el("button", { type: "button", class: "primary", on: { click: () => go(now) } }, "Back to the steps");
    hunt.wrong.forEach((k) => lines[k].classList.add("wrong"));
    lines.forEach((line) => { line.disabled = true; });
    const firsts = [...found.values()].filter(Boolean).length;
    feedback.replaceChildren(el("p", { class: right ? "good-text" : "about" }, `${right ? "Found" : "Here it is"}: ${firsts} of ${found.size} at the first try.`),
      ...hunt.solution.map((line) => el("p", {}, line)), goOn);
    goOn.focus();
  };
  const pickLine = (k) => {
    tries += 1;
    if (hunt.wrong.includes(k)) return end(true);
    lines[k].classList.add("fine");
    feedback.replaceChildren(el("p", {}, "This line is right: what it says follows from the lines before it. Look further."));
  };
  const lines = hunt.lines.map((line, k) => el("button", { type: "button", class: "line", disabled: !/ = /.test(line), on: { click: () => pickLine(k) } }, line || " "));
  panel.replaceChildren(el("p", { class: "phase" }, `Exercise ${number + 1} of ${hunts.length}`), el("h2", { id: "hunted", tabindex: -1 }, "Find the wrong line"),
    card("question",
      el("p", {}, hunt.wrong.length > 1 ? "The same line is wrong in every pass of a loop. Click one of them." : "One line of this backward pass is wrong. Click it."),
      el("div", { class: "listing" }, ...lines),
      el("div", { class: "ask" },
        el("button", { type: "button", on: { click: () => feedback.replaceChildren(el("p", {}, hunt.hint)) } }, "Hint"),
        el("button", { type: "button", on: { click: () => end(false) } }, "Show me")),
      feedback));
  byId("hunted").focus();
  live.textContent = `Exercise ${number + 1} of ${hunts.length}: find the wrong line`;
}

byId("hunt").hidden = !hunts.length;
byId("hunt").addEventListener("click", () => showHunt(Math.max(hunts.findIndex((each) => !found.has(each)), 0)));
