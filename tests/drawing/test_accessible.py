import xml.etree.ElementTree as ET

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.drawing.accessible import accessible

SVG = "{http://www.w3.org/2000/svg}"
NAMES = [
    '</svg><script>alert("1")</script>',
    "{a|<b>} \\N \\G & ' \" ]]> -- <!--",
    "first\nsecond\r\n\x00\u202e",
    "\ud800 世界 ḡ é 𝛁",
    "%3Cscript%3E &lt;script&gt; &#60;",
]


def test_a_picture_has_a_role_a_title_and_a_description(net):
    root = ET.fromstring(bp.draw(net).pipe("svg"))
    title, description = root[0], root[1]
    assert root.get("role") == "img"
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "Computational graph of loss"
    assert description.text.startswith("23 nodes, 22 edges. The result loss has the value ")
    assert "w_3 (2, 5), gradient " in description.text


def test_two_pictures_on_a_page_do_not_share_ids(net):
    one, two = (ET.fromstring(bp.draw(value).pipe("svg")) for value in (net, net * 2))
    assert one.get("aria-labelledby") != two.get("aria-labelledby")


def test_problems_are_in_the_description():
    description = bp.draw(bp.Value([1.0, np.nan], name="w") * 2).description
    assert "Problems: w: NaN in the value" in description


def test_long_lists_are_counted():
    y = sum(bp.Value(float(k), name=f"p{k}") for k in range(20))
    assert "and 8 more" in bp.draw(y).description


def test_what_is_no_svg_stays_as_it_is():
    assert accessible(b"nothing", "title", "description") == b"nothing"


@pytest.mark.parametrize("name", NAMES)
def test_no_markup_in_a_name_runs(name, tmp_path):
    with bp.scope(name):
        w = bp.Value(np.ones((2, 2)), name=name)
        y = bp.named(bp.relu(w @ np.ones((2, 1))), name + "2")
    y = y.sum()
    y.backward(retain_grads=True)
    for options in (
        {"backward": True, "derivatives": True},
        {"backward": "combined", "colours": "gradients"},
        {"depth": 0},
        {"focus": w, "around": "path"},
    ):
        root = ET.fromstring(bp.draw(y, **options).pipe("svg"))
        elements = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert elements <= {
            "svg",
            "title",
            "desc",
            "g",
            "a",
            "path",
            "polygon",
            "polyline",
            "ellipse",
            "text",
        }
        assert not [key for e in root.iter() for key in e.attrib if key.startswith("on")]
        links = [e.get("{http://www.w3.org/1999/xlink}href") for e in root.iter()]
        assert set(links) == {None}
        bp.draw(y, tmp_path / "graph.mmd", **options)
        text = (tmp_path / "graph.mmd").read_text(encoding="utf-8")
        assert "<script" not in text
        assert "<b>" not in text
