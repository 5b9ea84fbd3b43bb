"use strict";
// Plays the story that stands in this page. All texts go in as text, never as markup.

const story = JSON.parse(document.getElementById("story").textContent);
const { nodes, edges, steps, arrays, comparison } = story;
const byId = (id) => document.getElementById(id);
const panel = byId("panel"), stage = byId("stage"), live = byId("live"), readout = byId("readout");
const still = matchMedia("(prefers-reduced-motion: reduce)");

// --- making elements ---------------------------------------------------------------------

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

function math(tree) {
  const make = ([tag, ...children]) => {
    const made = document.createElementNS("http://www.w3.org/1998/Math/MathML", tag);
    made.append(...children.map((child) => (typeof child === "string" ? child : make(child))));
    return made;
  };
  return make(["math", tree]);
}

const formula = (tree) => el("div", { class: "formula", tabindex: 0, role: "group", "aria-label": "Formula" }, math(tree));
const code = (lines) => el("pre", {}, el("code", {}, lines.join("\n")));

