"""The head view: a text twice, with lines from what looks to what is looked at.

All is drawn in the browser from data sent once, so looking around asks the server nothing. Words
reach the page through `textContent` only, so nothing in a text can become markup.
"""

from collections.abc import Sequence

import streamlit as st

from textcls_core.charts.theme import class_color
from textcls_core.explanation.edges import STEPS, TextToText

_CSS = """
.view { font-family: var(--st-font); font-size: 0.92rem; color: var(--st-text-color); }
.bar { display: flex; flex-wrap: wrap; gap: 0.4rem; min-height: 2rem; align-items: center; }
.bar button, .said button { font: inherit; font-size: 0.85rem; color: inherit; background: none;
    border: 1px solid var(--st-border-color); border-radius: 6px; padding: 0.1rem 0.55rem;
    cursor: pointer; }
.bar button[aria-pressed="false"] { opacity: 0.55; text-decoration: line-through; }
.bar i { display: inline-block; width: 1.1rem; height: 4px; border-radius: 2px;
         margin-right: 0.4rem; vertical-align: middle; }
.said { height: 4.1rem; overflow-y: auto; padding: 0.35rem 0; line-height: 1.75rem; }
.said bdi { font-weight: 600; }
.said button { border-color: transparent; padding: 0 0.3rem;
               background: rgba(66, 105, 208, 0.14); margin: 0 0.12rem; }
button:hover, button:focus-visible { outline: 2px solid var(--st-primary-color);
                                     outline-offset: -1px; }
.titles, .columns { display: grid; grid-template-columns: minmax(0, 1fr) 34% minmax(0, 1fr); }
.titles { font-size: 0.82rem; color: var(--st-gray-text-color, inherit); padding: 0 0.4rem 0.2rem; }
.titles :first-child { text-align: right; }
.titles :last-child { grid-column: 3; }
.scroll { max-height: 620px; overflow-y: auto; border: 1px solid var(--st-border-color);
          border-radius: 6px; padding: 0.4rem; }
.side { position: relative; min-width: 0; }
.side button { display: flex; gap: 0.45rem; align-items: center; width: 100%; height: 24px;
    box-sizing: border-box; padding: 0 0.35rem; border: 0; border-radius: 4px; background: none;
    font: inherit; color: inherit; cursor: pointer; }
.left button { flex-direction: row-reverse; }
.side bdi { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
.side small { flex: none; font-size: 0.76rem; font-variant-numeric: tabular-nums; }
.side .special bdi { font-family: var(--st-code-font); font-size: 0.82em; opacity: 0.75; }
.side .decides { flex: none; font-size: 0.7rem; border: 1px solid currentColor; border-radius: 4px;
                 padding: 0 0.25rem; opacity: 0.8; }
.side button.active { box-shadow: inset 0 0 0 1.5px var(--st-text-color); }
.unseen { position: absolute; left: 0; right: 0; pointer-events: none; border-radius: 4px;
    background: repeating-linear-gradient(45deg, transparent 0 5px,
                                          rgba(138, 144, 160, 0.38) 5px 7px); }
svg { width: 100%; display: block; overflow: hidden; }
path { fill: none; vector-effect: non-scaling-stroke; }
"""

_JS = """
const ROW = 24, CURVES = 4000, BUCKETS = 6, NAMED = 6
const SVG = "http://www.w3.org/2000/svg"
const OTHER = { left: "right", right: "left" }

function put(parent, tag, name, text) {
  const node = document.createElement(tag)
  if (name) node.className = name
  if (text !== undefined) node.textContent = text
  parent.append(node)
  return node
}

function drawn(parent, d, color, strength, least = 0.14) {
  const path = document.createElementNS(SVG, "path")
  path.setAttribute("d", d)
  path.setAttribute("stroke", color)
  path.setAttribute("stroke-opacity", (least + (1 - least) * strength).toFixed(3))
  path.setAttribute("stroke-width", (0.6 + 3.2 * strength).toFixed(2))
  parent.append(path)
}

// Lines of several heads between the same words run side by side, `aside` pixels apart.
function line(from, to, isCurve, aside = 0) {
  const start = (from + 0.5) * ROW + aside, end = (to + 0.5) * ROW + aside
  return isCurve ? `M0 ${start}C45 ${start} 55 ${end} 100 ${end}` : `M0 ${start}L100 ${end}`
}

function percent(weight) {
  const value = 100 * weight
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} %`
}

// Calls back with (query, key, weight) for each line of a head that is to be seen.
function eachLine(data, head, call) {
  for (let query = 0; query < data.words.length; query++) {
    if (data.hide_special && data.special[query]) continue
    for (let at = head.starts[query]; at < head.starts[query + 1]; at++) {
      if (data.hide_special && data.special[head.keys[at]]) continue
      call(query, head.keys[at], head.weights[at] / data.steps)
    }
  }
}

// Lines by what they start from, for both sides; and the largest weight of an ordinary word.
function indexed(data) {
  let scale = 0
  const heads = data.heads.map((head) => {
    const left = data.words.map(() => []), right = data.words.map(() => [])
    eachLine(data, head, (query, key, weight) => {
      left[query].push([key, weight])
      right[key].push([query, weight])
      if (!data.special[key]) scale = Math.max(scale, weight)
    })
    return { left, right, count: left.reduce((sum, row) => sum + row.length, 0) }
  })
  return { heads, scale: scale || 1 }
}

class HeadView {
  constructor(root, data, kept) {
    this.root = root
    this.data = data
    this.off = kept?.off ?? new Set()
    this.pinned = kept ? kept.pinned : data.looks_from === null ? null : ["left", data.looks_from]
    this.touched = []
    const { heads, scale } = indexed(data)
    this.heads = heads
    this.scale = scale
    this.bar = put(root, "div", "bar")
    this.said = put(root, "div", "said")
    this.said.setAttribute("aria-live", "polite")
    const titles = put(root, "div", "titles")
    put(titles, "span", "", "looks")
    put(titles, "span", "", "is looked at")
    this.scroll = put(root, "div", "scroll")
    this.columns = put(this.scroll, "div", "columns")
    this.words = { left: this.side("left") }
    this.gap()
    this.words.right = this.side("right")
    this.buttons()
    this.listen()
    this.drawAll()
    this.show(this.pinned)
  }

  side(name) {
    const { data } = this
    const side = put(this.columns, "div", `side ${name}`)
    side.setAttribute("role", "group")
    side.setAttribute("aria-label", name === "left" ? "looks" : "is looked at")
    const rows = data.words.map((word, index) => {
      const button = put(side, "button", data.special[index] ? "special" : "")
      button.type = "button"
      button.tabIndex = name === "left" && index === (data.looks_from ?? 0) ? 0 : -1
      button.dataset.side = name
      button.dataset.index = index
      const shown = put(button, "bdi", "", word)
      shown.dir = "auto"
      button.title = word
      if (index === data.looks_from) put(button, "span", "decides", "classified")
      return { button, number: put(button, "small") }
    })
    const mask = put(side, "div", "unseen")
    mask.hidden = true
    return { side, rows, mask }
  }

  gap() {
    const height = ROW * this.data.words.length
    const svg = document.createElementNS(SVG, "svg")
    svg.setAttribute("viewBox", `0 0 100 ${height}`)
    svg.setAttribute("preserveAspectRatio", "none")
    svg.setAttribute("height", height)
    svg.setAttribute("aria-hidden", "true")
    this.all = svg.appendChild(document.createElementNS(SVG, "g"))
    this.some = svg.appendChild(document.createElementNS(SVG, "g"))
    this.columns.append(svg)
  }

  buttons() {
    const act = (text, call) => {
      const button = put(this.bar, "button", "", text)
      button.type = "button"
      button.onclick = call
      return button
    }
    const lead = (text, call) => { act(text, call).dataset.control = "" } // no part of a picture
    lead("All lines", () => this.pin(null))
    if (this.data.looks_from !== null)
      lead("From the classified token", () => this.pin(["left", this.data.looks_from], true))
    if (this.data.heads.length < 2) return
    this.data.heads.forEach((head, position) => {
      const button = act("", () => this.toggle(position, button))
      button.setAttribute("aria-pressed", String(!this.off.has(position)))
      put(button, "i").style.background = head.color
      button.append(head.name)
    })
  }

  toggle(position, button) {
    if (!this.off.delete(position)) this.off.add(position)
    button.setAttribute("aria-pressed", String(!this.off.has(position)))
    this.drawAll()
    this.show(this.pinned)
  }

  pin(place, jump) {
    this.pinned = place
    this.show(place)
    if (jump) this.jump(...place)
  }

  jump(side, index) {
    const top = ROW * index - this.scroll.clientHeight / 2
    this.scroll.scrollTo({ top })
  }

  listen() {
    const place = (event) => {
      const button = event.target.closest("button")
      return button ? [button.dataset.side, Number(button.dataset.index)] : null
    }
    const look = (event) => { const at = place(event); if (at) this.show(at) }
    this.columns.addEventListener("pointerover", look)
    this.columns.addEventListener("focusin", look)
    this.columns.addEventListener("pointerleave", () => this.show(this.pinned))
    this.columns.addEventListener("click", (event) => {
      const at = place(event)
      if (at) this.pin(String(this.pinned) === String(at) ? null : at)
    })
    this.columns.addEventListener("keydown", (event) => this.move(event, place(event)))
  }

  move(event, at) {
    if (!at) return
    const [side, index] = at
    const to = { ArrowDown: [side, index + 1], ArrowUp: [side, index - 1], Home: [side, 0],
                 End: [side, this.data.words.length - 1], ArrowLeft: ["left", index],
                 ArrowRight: ["right", index] }[event.key]
    if (event.key === "Escape") this.pin(null)
    const row = to && this.words[to[0]].rows[to[1]]
    if (!row) return
    event.preventDefault()
    this.words[side].rows[index].button.tabIndex = -1
    row.button.tabIndex = 0
    row.button.focus()
  }

  drawAll() {
    this.all.replaceChildren()
    this.heads.forEach((head, position) => {
      if (this.off.has(position)) return
      const paths = Array.from({ length: BUCKETS }, () => [])
      head.left.forEach((row, query) => row.forEach(([key, weight]) => {
        const strength = Math.min(weight / this.scale, 1)
        const bucket = Math.min(Math.floor(strength * BUCKETS), BUCKETS - 1)
        paths[bucket].push(line(query, key, head.count <= CURVES))
      }))
      paths.forEach((parts, bucket) => {
        if (parts.length)
          drawn(this.all, parts.join(""), this.data.heads[position].color, bucket / BUCKETS)
      })
    })
  }

  show(at) {
    for (const row of this.touched) {
      row.button.classList.remove("active")
      row.button.style.background = ""
      row.number.textContent = ""
    }
    this.touched = []
    this.some.replaceChildren()
    this.all.style.display = at ? "none" : ""
    for (const side of ["left", "right"]) this.words[side].mask.hidden = true
    if (!at) return this.say(null, [])
    const [side, index] = at
    const row = this.words[side].rows[index]
    row.button.classList.add("active")
    this.touched.push(row)
    this.mask(side, index)
    this.say(at, this.drawSome(side, index))
  }

  // Draws the lines of one word; returns what they lead to, the strongest first.
  drawSome(side, index) {
    const sums = new Map(), shown = this.heads.length - this.off.size
    const apart = Math.min(4, 18 / this.heads.length)
    this.heads.forEach((head, position) => {
      if (this.off.has(position)) return
      const aside = apart * (position - (this.heads.length - 1) / 2)
      for (const [other, weight] of head[side][index]) {
        const [from, to] = side === "left" ? [index, other] : [other, index]
        const strength = Math.min(weight / this.scale, 1)
        const color = this.data.heads[position].color
        drawn(this.some, line(from, to, true, aside), color, strength, 0.3)
        sums.set(other, (sums.get(other) ?? 0) + weight / shown)
      }
    })
    const found = [...sums].sort((one, two) => two[1] - one[1])
    for (const [other, weight] of found) {
      const row = this.words[OTHER[side]].rows[other]
      row.number.textContent = percent(weight)
      const alpha = 0.08 + 0.5 * Math.min(weight / this.scale, 1)
      row.button.style.background = `rgba(66, 105, 208, ${alpha.toFixed(3)})`
      this.touched.push(row)
    }
    return found
  }

  mask(side, index) {
    if (!this.data.is_causal) return
    const { mask } = this.words[OTHER[side]]
    const [first, last] = side === "left" ? [index + 1, this.data.words.length] : [0, index]
    mask.hidden = first >= last
    mask.style.top = `${ROW * first}px`
    mask.style.height = `${ROW * (last - first)}px`
  }

  say(at, found) {
    this.said.replaceChildren()
    if (!at) {
      this.said.append("All lines. Point at a word to see where it looks; click to keep it.")
      return
    }
    const [side, index] = at
    put(this.said, "bdi", "", this.data.words[index])
    this.said.append(side === "left" ? " looks at " : " is looked at by ")
    if (!found.length) this.said.append("nothing that is drawn.")
    for (const [other, weight] of found.slice(0, NAMED)) {
      const button = put(this.said, "button")
      put(button, "bdi", "", this.data.words[other]).dir = "auto"
      button.append(` ${percent(weight)}`)
      button.type = "button"
      button.title = "Scroll to it"
      button.onclick = () => this.jump(OTHER[side], other)
    }
    if (found.length > NAMED) this.said.append(` and ${found.length - NAMED} more`)
    if (this.heads.length - this.off.size > 1) this.said.append(" (mean of the heads shown)")
  }
}

export default function (component) {
  const { data, parentElement } = component
  const before = parentElement.headView
  const shown = ({ words, heads }) => JSON.stringify([words, heads.map((head) => head.name)])
  const isSame = before && shown(before.data) === shown(data)
  const top = isSame ? before.scroll.scrollTop : 0
  before?.root.remove()
  const view = new HeadView(put(parentElement, "div", "view"), data, isSame ? before : null)
  view.scroll.scrollTop = top
  parentElement.headView = view
}
"""

_component = st.components.v2.component("head_view", css=_CSS, js=_JS)


def head_view(found: TextToText, names: Sequence[str], *, hide_special: bool) -> None:
    """Show a text twice, with lines that are drawn when somebody points at a word.

    Args:
        found: The words and their lines.
        names: What each group of lines is called, one for each in `found.lines`.
        hide_special: Leave out lines from and to special tokens.
    """
    lines = zip(names, found.lines, strict=True)
    _component(
        key="attention.heads",
        data={
            "words": list(found.names),
            "special": list(found.special),
            "looks_from": found.looks_from,
            "is_causal": found.is_causal,
            "hide_special": hide_special,
            "steps": STEPS,
            "heads": [
                {"name": name, "color": class_color(position), **edges.numbers}
                for position, (name, edges) in enumerate(lines)
            ],
        },
    )
