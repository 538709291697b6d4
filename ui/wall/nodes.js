// The nodes of the screen: made once, then only their text and class change, so that memory stays flat.

export const ROWS = 6
export const SIDE = 4
export const NOTES = 2
export const BANDS = ["overdue", "now", "soon"]

function node(parent, name, tag = "div") {
  const made = document.createElement(tag)
  made.className = name
  parent.append(made)
  return made
}

function figure(parent) {
  const box = node(parent, "figure")
  const head = node(box, "head")
  const count = node(box, "count")
  const told = node(box, "told")
  return {
    box,
    count,
    mark: node(head, "mark", "span"),
    word: node(head, "word", "span"),
    flag: node(head, "flag", "span"),
    source: node(told, "source"),
    age: node(told, "age"),
  }
}

function row(parent) {
  const box = node(parent, "row")
  const time = node(box, "time")
  const what = node(box, "what")
  return {
    box,
    mark: node(time, "mark", "span"),
    left: node(time, "left", "span"),
    kind: node(what, "kind"),
    staffed: node(what, "staffed"),
    where: node(box, "where"),
  }
}

// A layer over everything, Streamlit's own dialogs too: the top layer of the browser.
export function build(parent) {
  const wall = node(parent, "wall", "section")
  wall.popover = "manual"
  const stage = node(wall, "stage")
  const header = node(stage, "header", "header")
  const bands = node(stage, "bands")
  const turn = node(stage, "turn")
  const list = node(turn, "list")
  const heading = node(list, "heading")
  const nodes = {
    wall,
    stage,
    question: node(header, "question", "h1"),
    time: node(header, "clock"),
    place: node(header, "place"),
    bands: BANDS.map(() => figure(bands)),
    turn,
    title: node(heading, "title", "h2"),
    dots: node(heading, "dots"),
    rows: Array.from({ length: ROWS }, () => row(list)),
    nothing: node(list, "nothing"),
    side: null,
    notes: null,
    refused: node(wall, "refused"),
  }
  const side = node(turn, "side")
  nodes.side = Array.from({ length: SIDE }, () => figure(side))
  const notes = node(stage, "notes", "footer")
  nodes.notes = Array.from({ length: NOTES }, () => node(notes, "note"))
  return nodes
}

// Only what differs is written: an unchanged node costs the browser nothing.
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text
}

export function mark(node, name, value) {
  const wanted = String(value)
  if (node.dataset[name] !== wanted) node.dataset[name] = wanted
}

export function show(node, shown) {
  if (node.hidden === shown) node.hidden = !shown
}
