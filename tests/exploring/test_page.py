"""The page as its readers have it: in a real browser, which may open one file and nothing else."""

import json
import math
import re

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.exploring.recording import record
from tinygrad_bp.trees import flatten
from tinygrad_bp.viewing.labels import summary

PHONE = {"viewport": {"width": 360, "height": 740}}

FIGURES = """() => [...document.querySelectorAll("#panel figure[data-role]")].map((figure) => ({
    role: figure.dataset.role, of: Number(figure.dataset.of),
    numbers: [...figure.querySelectorAll("[data-value]")].map((each) => each.dataset.value),
    texts: [...figure.querySelectorAll("[data-value]")].map((each) => each.textContent),
}))"""
GRADIENTS = """() => [...document.querySelectorAll("svg [data-node]")].map((group) =>
    [Number(group.dataset.node), group.querySelector(".grad")?.textContent])"""
GO = """(k) => {
    const scrubber = document.getElementById("scrubber");
    scrubber.value = k;
    scrubber.dispatchEvent(new Event("input"));
}"""


def told(page):
    """Read the story that stands in a page."""
    text = re.search(r'id="story">(.*?)</script>', page.html, re.S).group(1)
    return json.loads(text)


def rounded(numbers):
    """Return numbers as a page stores them, without the digits that differ between machines."""
    return [float(f"{x:.6g}") for x in numbers]


def near(text, number):
    """Return whether a text is a number, rounded to four digits."""
    shown = float(text.replace("−", "-").replace("Inf", "inf"))
    return shown == number or math.isclose(shown, number, rel_tol=6e-4) or shown != shown != number


def differentiated(value, seed=None):
    """Return the nodes of a graph with their gradients, as the engine has them."""
    nodes = bp.topological_order(value)
    for node in nodes:
        node.zero_grad()
    with np.errstate(all="ignore"):
        value.backward(seed, retain_grads=True)
    return nodes


def figures(tab, story, value, seed=None):
    """Yield every figure of every step with the number that the engine has for each entry."""
    nodes = differentiated(value, seed)
    places = {node: k for k, node in enumerate(nodes)}
    visits = {places[visit.node]: visit for visit in record(value, seed).visits}
    for k, step in enumerate(story["steps"]):
        tab.evaluate(GO, k)
        counts = {}
        for figure in tab.evaluate(FIGURES):
            node, role = nodes[figure["of"]], figure["role"]
            if role == "value":
                expected = node.data
            elif role == "upstream":
                expected = node.grad
            elif role == "transposed":
                expected = node.data.T
            elif role in ("new", "old", "delta", "local", "raw"):
                uses = [c for c in visits[step["node"]].contributions if c.operand is node]
                number = counts[figure["of"], role] = counts.get((figure["of"], role), -1) + 1
                expected = getattr(uses[number], role)
            else:
                continue
            yield k, figure, np.ravel(expected)


@pytest.fixture(
    params=["net", "scalars", "shared", "not finite", "vectors with a seed"], ids=lambda name: name
)
def case(request, net):
    if request.param == "net":
        return net, None
    if request.param == "scalars":
        return request.getfixturevalue("neuron"), None
    x = bp.Value(np.array([[0.5, -1e-7, 3e8], [-2.0, 1.0, 0.0]]), name="x")
    if request.param == "shared":
        return np.sum(x * x + np.tanh(x) @ x.T @ x), None
    if request.param == "not finite":
        with np.errstate(all="ignore"):
            return np.sum(np.log(x[:, 1:])), None
    return np.exp(-x[1]) * 2, [1.0, -1.0, 0.5]


def test_every_number_is_the_engines(case, visit):
    value, seed = case
    page = bp.explore(value, seed=seed)
    tab = visit(page)
    roles = set()
    for k, figure, expected in figures(tab, told(page), value, seed):
        numbers = [float(x.replace("Infinity", "inf")) for x in figure["numbers"]]
        np.testing.assert_array_equal(
            numbers, rounded(expected), err_msg=f"step {k}: {figure['role']}"
        )
        for text, number in zip(figure["texts"], numbers, strict=True):
            assert near(text, number), (k, figure["role"], text, number)
        roles.add(figure["role"])
    assert {"value", "upstream", "new", "delta"} <= roles
    nodes = bp.topological_order(value)
    for k, text in tab.evaluate(GRADIENTS):
        if nodes[k].grad is not None:
            assert text == summary(nodes[k].grad)


def test_a_wrong_number_would_be_seen(neuron, visit):
    page = bp.explore(neuron)
    story = told(page)
    place = [p["new"] for s in story["steps"] for p in s.get("parts", ()) if p["to"] == 0][-1]
    right = json.dumps(story["arrays"][place]["rows"][0][0])
    page.html = page.html.replace(right, right[:-1] + str((int(right[-1]) + 1) % 10))
    found = [
        float(figure["numbers"][0]) == rounded(expected)[0]
        for _, figure, expected in figures(visit(page), story, neuron)
    ]
    assert not all(found)


def test_forward_then_backward_and_what_is_known_when(neuron, visit):
    tab = visit(bp.explore(neuron))

    def state():
        texts = tab.locator("svg .node").evaluate_all(
            "all => all.map((g) => [g.querySelector('.value')?.textContent, "
            "g.querySelector('.grad')?.textContent])"
        )
        return [value for value, _ in texts], [grad for _, grad in texts]

    values, gradients = state()
    assert values.count("") == 4  # mul, add, tanh, mul
    assert set(gradients) == {"–"}
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    values, gradients = state()
    assert "" not in values
    assert set(gradients) == {"–"}
    tab.keyboard.press("ArrowRight")
    assert sorted(state()[1]) == ["1", *["–"] * 6]
    tab.keyboard.press("ArrowRight")
    x = [node.name for node in bp.topological_order(neuron)].index("x")
    assert state()[1][x] == "0.4621"  # tanh's part alone
    tab.keyboard.press("End")
    assert state()[1][x] == "-4.257"
    assert "grad of x" in tab.locator("#panel").inner_text()
    tab.keyboard.press("Home")
    assert state() == (values[:0] + state()[0], ["–"] * 7)


def test_only_the_keyboard(net_page, wrong_comparison, visit):
    tab = visit(net_page)
    keys, count = tab.keyboard, tab.locator("#count")
    steps = len(told(net_page)["steps"])
    assert count.inner_text() == f"1 / {steps}"
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    keys.press("ArrowLeft")
    assert count.inner_text() == f"2 / {steps}"
    keys.press("End")
    assert count.inner_text() == f"{steps} / {steps}"
    keys.press("ArrowRight")
    assert count.inner_text() == f"{steps} / {steps}"
    keys.press("Home")
    focused = tabbed(tab)
    assert focused[:1] == ["find"]
    for each in ("lesson", "theme", "play", "next", "last", "speed", "wrong", "scrubber", "stage"):
        assert each in focused
    tab.locator("#find").focus()
    keys.type("net_h2")
    keys.press("Enter")
    assert tab.locator("#panel h2").inner_text() == "Compute net_h2"
    tab.locator("#find").press("Home")  # in the field, not in the story
    assert tab.locator("#panel h2").inner_text() == "Compute net_h2"
    tab.locator("#wrong").focus()
    keys.press("Enter")
    assert "The first wrong step" in tab.locator("#panel").inner_text()
    table = tab.locator("#panel table.heat").first
    table.focus()
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    assert re.fullmatch(r".*gradient of \S+\[1, 0\] = [\d.]+", tab.locator("#live").inner_text())
    assert tab.locator("#readout").is_visible()
    keys.press("End")  # not a move within the table
    assert count.inner_text() == f"{steps} / {steps}"


def tabbed(tab):
    """Press Tab until it goes round; return the ids of what had the focus."""
    found = []
    for _ in range(80):
        tab.keyboard.press("Tab")
        name = tab.evaluate("document.activeElement.id || document.activeElement.tagName")
        if found and name == "BODY":
            break
        found.append(name)
    return found


def test_playing_stops_where_it_should(net_page, visit):
    tab = visit(net_page)
    story = told(net_page)
    stop = story["comparison"]["stop"]
    tab.clock.install()
    tab.locator("#speed").select_option("4")
    tab.locator("body").press("Space")
    assert tab.locator("#play").inner_text() == "Pause"
    tab.clock.run_for(400 * 3 + 50)
    assert tab.locator("#count").inner_text().startswith("4 /")
    tab.clock.run_for(400 * 40)
    assert tab.locator("#count").inner_text() == f"{stop + 1} / {len(story['steps'])}"
    assert tab.locator("#play").inner_text() == "Play"
    assert "first wrong step" in tab.locator("#live").inner_text()
    tab.locator("#play").click()
    tab.clock.run_for(400 * 40)
    assert tab.locator("#count").inner_text().startswith(f"{len(story['steps'])} /")


def test_the_comparison_side_by_side(net_page, wrong_comparison, visit):
    tab = visit(net_page)
    story = told(net_page)["comparison"]
    assert story["summary"] in tab.locator("#panel").inner_text()
    sides = {side: getattr(wrong_comparison, side) for side in ("manual", "automatic", "numeric")}
    seen = set()
    for parameter in story["parameters"]:
        tab.evaluate(GO, parameter["step"])
        name = parameter["name"]
        card = tab.locator(".card", has=tab.get_by_text(f"Check of {name}"))
        (row,) = [row for row in wrong_comparison.rows if row.name == name]
        assert ("wrong" in card.locator("h3").inner_text()) == (row.verdict == "wrong")
        for side, gradients in sides.items():
            numbers = card.locator(f"figure[data-role={side}] [data-value]").evaluate_all(
                "all => all.map((each) => Number(each.dataset.value))"
            )
            np.testing.assert_array_equal(numbers, rounded(gradients[name].ravel()))
        rows = card.locator("tbody tr").all_inner_texts()
        wrong = [e for e in wrong_comparison.entries if e.name == name and e.verdict == "wrong"]
        assert sum(text.rstrip().endswith("wrong") for text in rows) == min(len(wrong), 12)
        seen.add(name)
    assert seen == {"w_1", "b_1", "w_2", "b_2", "w_3", "b_3"}
    tab.locator("#wrong").click()
    assert "b_2" in tab.locator("#panel").inner_text()


HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror=window.hacked=1>",
    '"><svg onload=window.hacked=1>',
    "<!--",
    "]]>",
    "&lt;b&gt;",
    "$title ${1} {{7*7}} %s \\u003c",
    "line\u2028para\u2029end\nnext\x00\u202e",
    "</style><style>*{display:none}",
    "javascript:window.hacked=1",
    "__proto__",
    "' onfocus=window.hacked=1 autofocus '",
    "長い名前" * 40,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_is_more_than_text(name, visit):
    w = bp.Value(np.ones((2, 2)), name=name)
    op = bp.Op(name, lambda a: a * 2, lambda g, y, a: g * 2, doc="twice")
    with bp.scope(name):
        y = bp.named(np.sum(op(w) * w), f"{name} y")
    key = flatten({name: 0})[0][0]  # as compare calls it
    w.name = key
    comparison = bp.compare(lambda p: np.sum(2 * p[name] ** 2), {name: np.ones((2, 2))})
    page = bp.explore(y, title=name, comparison=comparison)
    tab = visit(page)
    for k in range(len(told(page)["steps"])):
        tab.evaluate(GO, k)
    tab.locator("#lesson").click()
    tab.locator('[data-sign="1"]').click()
    tab.get_by_role("button", name="Hint").click()
    tab.locator("#find").fill(name)
    tab.locator("#find").press("Enter")
    assert tab.evaluate("window.hacked") is None
    assert tab.locator("img, iframe, object, embed, a, script[src], link").count() == 0
    assert tab.locator("script").count() == 4
    assert tab.locator("style").count() == 1
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
    assert tab.locator("h1").text_content() == shown
    assert shown[:39] in tab.evaluate("story.nodes.map((n) => n.name).join('|')")


def test_the_policy_holds(neuron, chromium, tmp_path):
    """Even a script that got in would not run, nor a style, nor a request."""
    page = bp.explore(neuron)
    file = tmp_path / "page.html"
    file.write_text(
        page.html.replace(
            "</body>",
            "<script>window.hacked = 1</script><style>h1 { display: none }</style>"
            '<img src="https://example.org/x.png"></body>',
        ),
        encoding="utf-8",
    )
    context = chromium.new_context()
    tab, complaints, requests = context.new_page(), [], []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("requestfinished", lambda request: requests.append(request.url))
    tab.goto(file.as_uri())
    assert tab.evaluate("window.hacked") is None
    assert tab.locator("h1").is_visible()
    assert requests == [file.as_uri()]
    assert sum("Content Security Policy" in text for text in complaints) == 3
    context.close()


def test_searching(net_page, visit):
    tab = visit(net_page)
    find = tab.locator("#find")
    find.fill("out_")
    assert tab.locator("svg .node.match").count() == 3
    find.press("Enter")
    first = tab.locator("#panel h2").inner_text()
    find.press("Enter")
    assert tab.locator("#panel h2").inner_text() != first
    find.fill("nothing like it")
    find.press("Enter")
    assert "No node is called nothing like it" in tab.locator("#live").inner_text()
    tab.keyboard.press("Tab")
    tab.locator("body").press("End")
    find.fill("w_1")
    find.press("Enter")
    assert "To w_1" in tab.locator("#panel").inner_text()


def test_zoom_and_pan(net_page, visit):
    tab = visit(net_page)

    def box():
        """Return the part of the diagram that is seen, as its viewBox counts."""
        return tab.evaluate(
            """() => {
                const svg = document.querySelector("svg.diagram").getBoundingClientRect();
                const seen = document.getElementById("stage").getBoundingClientRect();
                const scale = svg.width / whole[2];
                const from = [seen.left - svg.left, seen.top - svg.top];
                return [whole[0] + from[0] / scale, whole[1] + from[1] / scale,
                    seen.width / scale, seen.height / scale];
            }"""
        )

    stage = tab.locator("#stage")
    tab.locator("#fit").click()
    x, y, width, height = fitted = box()
    whole = tab.evaluate("whole")
    assert x <= whole[0]
    assert y <= whole[1]
    assert x + width >= whole[0] + whole[2] - 1e-6
    assert y + height >= whole[1] + whole[3] - 1e-6
    tab.locator("#closer").click()
    assert box()[2] == pytest.approx(width / 1.3)
    stage.focus()
    stage.press("-")
    assert box() == pytest.approx(fitted)
    stage.press("Shift+ArrowRight")
    assert box()[0] > x
    stage.press("0")
    assert box() == pytest.approx(fitted)
    area = stage.bounding_box()
    at = area["x"] + 100, area["y"] + 100
    tab.mouse.move(*at)
    tab.mouse.wheel(0, -200)
    tab.wait_for_function("w => story && view.scale > w", arg=area["width"] / width * 1.2)
    before = box()
    tab.mouse.down()
    tab.mouse.move(at[0] + 50, at[1] + 30)
    tab.mouse.up()
    assert box()[0] < before[0]
    assert box()[2] == pytest.approx(before[2])
    assert tab.locator("#count").inner_text().startswith("1 /")  # a drag is no click


def test_two_fingers_zoom(net_page, visit):
    tab = visit(net_page, has_touch=True, **PHONE)
    before = tab.evaluate("view.scale")
    area = tab.locator("#stage").bounding_box()
    x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
    session = tab.context.new_cdp_session(tab)
    for kind, apart in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60)):
        points = [{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    tab.wait_for_function("before => view.scale > 1.5 * before", arg=before)


def test_a_click_on_a_node_goes_to_its_step(net_page, visit):
    tab = visit(net_page)
    tab.locator("#fit").click()
    group = tab.locator("svg [data-node]", has_text="net_h1")
    group.click()
    assert tab.locator("#panel h2").inner_text() == "Compute net_h1"
    tab.locator("body").press("End")
    tab.locator("#fit").click()
    group.click()
    assert tab.locator("#panel h2").inner_text() == "Back through net_h1"


def test_following_keeps_the_step_in_view(visit):
    y = chain(60)
    tab = visit(bp.explore(y))
    for k in range(0, tab.evaluate("steps.length"), 7):
        tab.evaluate(GO, k)
        if k == 0:
            continue
        inside = """() => {
            const node = document.querySelector("svg .current").getBoundingClientRect();
            const stage = document.getElementById("stage").getBoundingClientRect();
            return node.top >= stage.top - 1 && node.bottom <= stage.bottom + 1
                && node.left >= stage.left - 1 && node.right <= stage.right + 1;
        }"""
        assert tab.evaluate(inside), k


def chain(steps):
    y = bp.Value(1.0, name="x")
    for k in range(steps):
        y = bp.named(y * 0.999 + 0.1, f"y{k}")
    return y


def test_500_nodes_stay_usable(visit):
    x = [bp.Value(0.01 * k, name=f"x{k}") for k in range(125)]
    y = x[0]
    for k, each in enumerate(x[1:]):
        with bp.scope(f"part {k // 25}"):
            y = np.tanh(y + each) * each
    page = bp.explore(y)
    tab = visit(page)
    assert tab.evaluate("nodes.length") == 497
    changes = tab.evaluate(
        """() => {
            const changes = [];
            const seen = new MutationObserver(() => {});
            seen.observe(document, {
                subtree: true, childList: true, attributes: true, characterData: true });
            for (let k = 1; k < steps.length; k += 1) {
                document.body.dispatchEvent(
                    new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
                changes.push(seen.takeRecords().length);
            }
            return changes;
        }"""
    )
    assert tab.locator("#count").inner_text() == f"{len(changes) + 1} / {len(changes) + 1}"
    assert min(changes) > 0
    assert max(changes) < 50  # what a step changes, however much there is
    assert len(page.html) < 2_500_000


# --- lessons -------------------------------------------------------------------------------


def questions(page):
    return [(k, q) for k, s in enumerate(told(page)["steps"]) for q in s.get("questions") or ()]


def answer(tab, text):
    tab.locator("#answer").fill(text)
    tab.locator("#answer").press("Enter")


def written(numbers):
    return ", ".join(f"{x:.6g}".replace("-", "−") for x in numbers)


def sign_of(question, k=None):
    """Return the sign of the entry that is asked for."""
    most = max(question["answer"], key=abs)
    return int(np.sign(most))


def test_a_lesson_hides_asks_and_checks(net, visit):
    page = bp.explore(net)
    tab = visit(page)
    tab.locator("#lesson").click()
    assert tab.locator("#lesson").get_attribute("aria-pressed") == "true"
    asked = questions(page)
    assert len(asked) == 18  # every operand of every step
    for turn, (k, question) in enumerate(asked):
        assert f"question {turn + 1} of 18" in tab.locator("#panel").inner_text()
        step = told(page)["steps"][k]
        assert tab.locator("#panel figure[data-role=delta]").count() == question["part"]
        assert "your turn" in tab.locator("#live").inner_text()
        hidden = {part["to"] for part in step["parts"]}
        texts = dict(map(tuple, tab.evaluate(GRADIENTS)))
        assert {texts[n] for n in hidden} == {"?"}
        right = question["answer"]
        tab.locator(f'[data-sign="{sign_of(question)}"]').click()
        assert tab.locator("#feedback").inner_text().startswith("Right: it goes")
        answer(tab, "abc")
        assert "Type " in tab.locator("#feedback").inner_text()
        answer(tab, written([1.5 * x + 1 for x in right]))
        assert "Not yet" in tab.locator("#feedback").inner_text()
        assert tab.locator("#answer").get_attribute("aria-invalid") == "true"
        answer(tab, written([1.005 * x for x in right]))
        score = tab.locator("#score").inner_text()
        assert score.startswith("Right:")
        assert f"0 of {turn + 1} right" in score
        tab.keyboard.press("Enter")  # goes on
    assert tab.locator("#summary").inner_text() == "All questions are answered"
    assert "Look at these again" in tab.locator("#panel").inner_text()


def test_a_lesson_is_done_with_what_is_visible(neuron, visit):
    """Sign and hints are read from the page; the second hint, typed as it stands, is the answer."""
    tab = visit(bp.explore(neuron))
    tab.locator("#lesson").click()
    for turn in range(7):
        tab.keyboard.press("ArrowUp")  # the first button has the focus, or is beside it
        if turn == 0:
            tab.locator('[data-sign="1"]').click()
        tab.get_by_role("button", name="Hint").click()
        slope = re.search(
            "Nudge .+ gives (.+), and .+ gives (.+)[.]", tab.locator("#feedback").inner_text()
        )
        assert (slope is not None) == ("np.tanh" in tab.locator("#panel .about").first.inner_text())
        if slope:
            before, after = map(float, slope.groups())
            assert 1000 * (after - before) == pytest.approx(1 - np.tanh(0.5) ** 2, rel=2e-3)
        tab.get_by_role("button", name="Hint").click()
        answer(tab, tab.locator("#feedback code").inner_text())
        assert tab.locator("#score").inner_text().startswith("Right:")
        tab.keyboard.press("Enter")
    assert "All questions are answered" in tab.locator("#panel").inner_text()


def test_the_score_counts_first_tries_and_show_me_gives_up(visit):
    x = bp.Value(3.0, name="x")
    page = bp.explore(bp.named(x * x * -2, "y"))
    tab = visit(page)
    tab.locator("#lesson").click()
    assert tab.locator(".editable").count() == 0
    first, second, third = questions(page)
    tab.locator('[data-sign="-1"]').click()
    answer(tab, "1-3")
    assert "1 of 1 right at the first try" in tab.locator("#score").inner_text()
    tab.keyboard.press("Enter")
    tab.locator('[data-sign="1"]').click()  # wrong
    assert tab.locator("#feedback").inner_text().startswith("No. It goes down")
    for expected in ("d_", "−2 · 3", "−6"):
        tab.get_by_role("button", name="Hint").click()
        assert expected in tab.locator("#feedback").inner_text()
    tab.get_by_role("button", name="Show me").click()
    assert "1 of 2 right" in tab.locator("#score").inner_text()
    tab.keyboard.press("Enter")
    assert [q["answer"] for _, q in (first, second, third)] == [[-2], [-6], [-6]]
    tab.locator('[data-sign="-1"]').click()
    answer(tab, "−12/2")
    tab.keyboard.press("Enter")
    assert "2 of 3 right" in tab.locator("#panel").inner_text()
    tab.get_by_role("button", name="Once more").click()
    assert "question 1 of 3" in tab.locator("#panel").inner_text()


def test_known_mistakes_get_their_hint(net, visit):
    page = bp.explore(net)
    tab = visit(page)
    tab.locator("#lesson").click()
    hints, count = told(page)["hints"], 0
    for _, question in questions(page):
        tab.locator('[data-sign="1"]').click()
        for wrong, hint in question["mistakes"]:
            if not question["whole"]:
                answer(tab, repr(wrong))
                assert tab.locator("#feedback").inner_text() == f"Not yet. {hints[hint]}"
                count += 1
        answer(tab, written(question["answer"]))
        tab.keyboard.press("Enter")
    assert count > 15


def test_whole_arrays_are_asked_for_and_what_is_wrong_in_them_is_told(visit):
    x = bp.Value([1.0, -2.0, 0.0], name="x")
    tab = visit(bp.explore(np.sum(x * np.array([2.0, 3.0, 4.0]))))
    tab.locator("#lesson").click()
    for _ in range(2):
        tab.locator('[data-sign="1"]').click()
        answer(tab, "[1, 1, 1]")
        if tab.locator("#score").count():
            tab.keyboard.press("Enter")
    answer(tab, "2 3")
    assert "Type 3 numbers" in tab.locator("#feedback").inner_text()
    answer(tab, "[2, 3, 5]")
    assert "2 of 3 are right; look at x[2] again" in tab.locator("#feedback").inner_text()
    answer(tab, "2, 3, 8/2")
    assert tab.locator("#score").inner_text().startswith("Right")


def test_playing_pauses_at_questions(neuron, visit):
    page = bp.explore(neuron)
    tab = visit(page)
    tab.clock.install()
    tab.locator("#lesson").click()
    tab.locator("body").press("Home")
    tab.locator("#play").click()
    tab.clock.run_for(60_000)
    first = questions(page)[0][0]
    assert tab.locator("#count").inner_text().startswith(f"{first + 1} /")


# --- for every reader ------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, PHONE], ids=str)
def test_accessibility(net_page, visit, options):
    Axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe
    tab = visit(net_page, **options)
    stop = told(net_page)["comparison"]["stop"]
    for k, mode in ((0, "edit"), (9, ""), (stop, ""), (20, "lesson"), (20, "shown")):
        if mode == "lesson":
            tab.locator("#lesson").click()
            tab.locator("footer summary").click()
        tab.evaluate(GO, k)
        if mode == "edit":
            tab.locator("[data-entry]").first.click()
        if mode == "shown":
            tab.locator('[data-sign="1"]').click()
            answer(tab, "0.12345")
            tab.get_by_role("button", name="Show me").click()
        found = Axe().run(tab).response["violations"]
        serious = [v for v in found if v["impact"] in ("serious", "critical")]
        assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in serious] == []


def test_the_scan_would_find_something(neuron, visit):
    Axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe
    page = bp.explore(neuron)
    page.html = page.html.replace('aria-label="Previous step"', "").replace("Previous step (←)", "")
    found = Axe().run(visit(page)).response["violations"]
    assert "button-name" in {v["id"] for v in found}


def test_each_step_is_announced(neuron, visit):
    tab = visit(bp.explore(neuron))
    said = set()
    for k in range(tab.evaluate("steps.length")):
        tab.evaluate(GO, k)
        said.add(tab.locator("#live").inner_text())
    assert len(said) == tab.evaluate("steps.length")
    assert "Step 3 of 10, forward: w * x + b = 0.5" in said
    assert tab.locator("#live").get_attribute("aria-live") == "polite"


def test_dark_light_and_paper(net_page, visit):
    tab = visit(net_page, color_scheme="dark")
    back = "getComputedStyle(document.body).backgroundColor"
    dark = tab.evaluate(back)
    tab.locator("#theme").click()
    light = tab.evaluate(back)
    assert dark != light
    tab.emulate_media(media="print")
    assert tab.evaluate(back) == "rgb(255, 255, 255)"
    assert not tab.locator(".transport").is_visible()
    assert tab.locator("#panel").is_visible()


def test_motion_only_where_it_is_wanted(net_page, visit):
    running = "() => document.getAnimations().length"
    still = visit(net_page)
    still.evaluate(GO, 20)
    assert still.evaluate(running) == 0
    moving = visit(net_page, reduced_motion="no-preference")
    moving.evaluate(GO, 20)
    assert moving.evaluate(running) > 0


def step_back_through(tab, story, name):
    node = next(k for k, each in enumerate(story["nodes"]) if each["name"] == name)
    tab.evaluate(GO, next(k for k, s in enumerate(story["steps"]) if back_at(s, node)))
    return tab.locator("#panel")


def back_at(step, node):
    return step["phase"] == "backward" and step["node"] == node and step["parts"]


def test_how_the_upstream_gradient_is_used_is_said(visit):
    x = np.array([[0.5, -1.0], [2.0, 0.3], [0.1, 0.7]])
    w, b = bp.Value(np.array([[0.5], [0.25]]), name="w"), bp.Value(np.array([1.0]), name="b")
    z = bp.named(x @ w, "z")
    page = bp.explore(np.sum(bp.named(z + b, "y") * np.array([[2.0], [1.0], [4.0]])))
    tab, story = visit(page), told(page)
    panel = step_back_through(tab, story, "y")
    assert "passed on unchanged" in panel.locator(".card").nth(0).inner_text()
    assert "added up over its copies" in panel.locator(".card").nth(1).inner_text()
    panel = step_back_through(tab, story, "z")
    cells = "cells => cells.map(cell => cell.about)"
    sums = panel.locator("figure[data-role=delta] td").evaluate_all(cells)
    assert sums[0].endswith(" = 0.5·2 + 2·1 + 0.1·4")
    assert sums[1].endswith(" = −1·2 + 0.3·1 + 0.7·4")
    assert [float(text.split(" = ")[1]) for text in sums] == [3.4, pytest.approx(1.1)]
    assert "ᵀ (2, 3)" in panel.inner_text()
