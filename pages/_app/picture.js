// A picture of what a container shows: every chart and every component inside, one below another.

const SVG = "http://www.w3.org/2000/svg"
const PAD = 24
const PAINT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity",
  "stroke-dasharray", "opacity", "font-family", "font-size", "font-weight", "text-anchor",
  "dominant-baseline", "direction"]

function make(name, attributes, text) {
  const node = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
  // characters that no XML may hold would make a file that does not open
  if (text !== undefined) node.textContent = text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "")
  return node
}

const isClear = (color) => !color || color === "transparent" || /, 0\)$/.test(color)

function textNode(text, box, style, opacity) {
  const isRight = style.direction === "rtl"
  const size = parseFloat(style.fontSize)
  return make("text", {
    x: isRight ? box.right : box.left, y: box.top + box.height / 2 + 0.35 * size,
    direction: style.direction, fill: style.color, "font-size": style.fontSize,
    "font-family": style.fontFamily, "font-weight": style.fontWeight, opacity,
    textLength: box.width, lengthAdjust: "spacingAndGlyphs", // whatever font the viewer has
  }, text)
}

// Words of a text node, each where the browser put it, so that lines break as on the page.
function drawText(node, offset, opacity, out) {
  const style = getComputedStyle(node.parentElement)
  const range = document.createRange()
  for (const found of node.data.matchAll(/\S+/gu)) {
    range.setStart(node, found.index)
    range.setEnd(node, found.index + found[0].length)
    const box = offset(range.getBoundingClientRect())
    if (box.width > 0) out.append(textNode(found[0], box, style, opacity))
  }
}

function drawSvg(svg, offset, out) {
  const box = offset(svg.getBoundingClientRect())
  const copy = svg.cloneNode(true)
  const originals = [svg, ...svg.querySelectorAll("*")]
  const copies = [copy, ...copy.querySelectorAll("*")]
  originals.forEach((original, place) => {
    const style = getComputedStyle(original)
    for (const name of PAINT) copies[place].style.setProperty(name, style.getPropertyValue(name))
  })
  for (const [name, value] of Object.entries({ x: box.left, y: box.top, width: box.width,
    height: box.height })) copy.setAttribute(name, value)
  out.append(copy)
}

// The height of a box around all that is drawn in it, also where one would have to scroll.
function wholeHeight(element, style, box) {
  const isScrolled = /^(auto|scroll)$/.test(style.overflowY)
  return box.height + (isScrolled ? element.scrollHeight - element.clientHeight : 0)
}

function drawBox(element, style, offset, opacity, out) {
  const hasEdge = parseFloat(style.borderTopWidth) > 0 && !isClear(style.borderTopColor)
  if (isClear(style.backgroundColor) && !hasEdge) return
  const box = offset(element.getBoundingClientRect())
  out.append(make("rect", {
    x: box.left, y: box.top, width: box.width, height: wholeHeight(element, style, box), opacity,
    rx: parseFloat(style.borderTopLeftRadius) || 0,
    fill: isClear(style.backgroundColor) ? "none" : style.backgroundColor,
    stroke: hasEdge ? style.borderTopColor : "none",
  }))
}

function draw(node, offset, opacity, out) {
  if (node.nodeType === Node.TEXT_NODE) return drawText(node, offset, opacity, out)
  if (node.nodeType !== Node.ELEMENT_NODE || /^(STYLE|SCRIPT)$/.test(node.tagName)) return
  if ("control" in (node.dataset ?? {})) return // changes what is seen, and shows nothing
  const style = getComputedStyle(node)
  if (style.display === "none" || style.visibility === "hidden") return
  if (node.tagName.toLowerCase() === "svg") return drawSvg(node, offset, out)
  const own = opacity * parseFloat(style.opacity)
  if (node.tagName === "CANVAS") {
    const box = offset(node.getBoundingClientRect())
    out.append(make("image", { x: box.left, y: box.top, width: box.width, height: box.height,
      href: node.toDataURL(), opacity: own }))
    return
  }
  drawBox(node, style, offset, own, out)
  for (const child of node.childNodes) draw(child, offset, own, out)
}

// A component: its boxes as they lie, also those that one would have to scroll to.
function drawComponent(host) {
  const group = make("g", {})
  const origin = host.getBoundingClientRect()
  const offset = (box) => ({ left: box.left - origin.left, right: box.right - origin.left,
    top: box.top - origin.top, width: box.width, height: box.height })
  let bottom = 0
  const measured = (box) => {
    const moved = offset(box)
    bottom = Math.max(bottom, moved.top + moved.height)
    return moved
  }
  const scrolled = [...host.shadowRoot.querySelectorAll("*")].filter((one) => one.scrollTop)
  const places = scrolled.map((one) => one.scrollTop)
  for (const one of scrolled) one.scrollTop = 0
  for (const child of host.shadowRoot.childNodes) draw(child, measured, 1, group)
  scrolled.forEach((one, place) => { one.scrollTop = places[place] })
  return { node: group, width: origin.width, height: bottom }
}

async function drawChart(chart) {
  const { width, height } = chart.getBoundingClientRect()
  const url = await window.Plotly.toImage(chart, { format: "svg", width, height })
  const content = decodeURIComponent(url.slice(url.indexOf(",") + 1))
  const parsed = new DOMParser().parseFromString(content, "image/svg+xml").documentElement
  return { node: document.importNode(parsed, true), width, height }
}

async function parts(place) {
  const found = []
  for (const element of document.querySelectorAll(`.${place} *`)) {
    if (!element.getClientRects().length) continue
    if (element.classList.contains("js-plotly-plot")) found.push(await drawChart(element))
    else if (element.shadowRoot) found.push(drawComponent(element))
  }
  return found
}

function heading(data, style) {
  const group = make("g", {})
  const font = { "font-family": style.fontFamily, fill: style.color }
  group.append(make("text", { ...font, x: 0, y: 20, "font-size": 18, "font-weight": 600 },
    data.title))
  data.lines.forEach((line, place) => {
    const short = line.length > 140 ? `${line.slice(0, 139)}…` : line
    group.append(make("text", { ...font, x: 0, y: 44 + 18 * place, "font-size": 12 }, short))
  })
  return { node: group, width: 0, height: 32 + 18 * data.lines.length }
}

async function compose(data) {
  const shown = await parts(data.place)
  if (!shown.length) return null
  const page = document.querySelector('[data-testid="stApp"]')
  const style = getComputedStyle(page)
  const all = [heading(data, style), ...shown]
  const width = Math.max(640, ...all.map((part) => part.width)) + 2 * PAD
  const height = all.reduce((sum, part) => sum + part.height + PAD, PAD)
  const svg = make("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}` })
  svg.append(make("rect", { width, height, fill: style.backgroundColor }))
  let top = PAD
  for (const part of all) {
    const group = make("g", { transform: `translate(${PAD} ${top})` })
    group.append(part.node)
    svg.append(group)
    top += part.height + PAD
  }
  return { text: new XMLSerializer().serializeToString(svg), width, height }
}

function download(blob, name) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10000)
}

async function toPng({ text, width, height }) {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`
  await image.decode()
  const scale = Math.min(2, 16000 / Math.max(width, height))
  const canvas = document.createElement("canvas")
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height)
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"))
}

async function save(kind, data, said) {
  said.textContent = ""
  try {
    const picture = await compose(data)
    if (!picture) {
      said.textContent = "This view has no picture; save it as HTML."
      return
    }
    const svg = new Blob([picture.text], { type: "image/svg+xml" })
    download(kind === "SVG" ? svg : await toPng(picture), `${data.name}.${kind.toLowerCase()}`)
  } catch (error) {
    said.textContent = `The browser could not make the picture (${error.message}). Try HTML.`
  }
}

export default function (component) {
  const { data, parentElement } = component
  parentElement.querySelector(".picture")?.remove()
  parentElement.querySelector(".said")?.remove()
  const root = document.createElement("div")
  root.className = "picture"
  const said = document.createElement("div")
  said.className = "said"
  for (const kind of ["PNG", "SVG"]) {
    const button = document.createElement("button")
    button.type = "button"
    button.textContent = kind
    button.onclick = () => save(kind, data, said)
    root.append(button)
  }
  parentElement.append(root, said)
}
