// Draws one picture as it stands at one instant.

import { BANDS, NOTES, ROWS, SIDE, mark, say, show } from "./nodes.js"

const SHAPES = { overdue: "▲", now: "◆", soon: "●", calm: "○" }
const NOTE_STAYS = 10_000 // milliseconds for which a pair of notes is shown

// `seen`: picture, view (its key), views (all keys), now, away (since when, or null), ahead (of the client's clock).
export function draw(nodes, seen, words) {
  const { picture, now } = seen
  const [all] = picture.views
  const view = picture.views.find((one) => keyOf(one) === seen.view) ?? all
  header(nodes, seen, words)
  BANDS.forEach((band, place) => {
    bandFigure(nodes.bands[place], band, all, now, words)
  })
  heading(nodes, view, seen, words)
  list(nodes, view, now, words)
  side(nodes, view, now, words)
  notes(nodes, seen, words)
}

export function keyOf(view) {
  return view.view === "all" ? "all" : `${view.view}:${view.name}`
}

function header(nodes, { picture, now, away }, words) {
  mark(nodes.wall, "away", away !== null)
  const banner = () => words.say("away", { time: words.moment(away, now), age: words.left(now - away) })
  say(nodes.question, away === null ? words.say("question") : banner())
  say(nodes.time, words.time(now))
  say(nodes.place, `${words.date(now)} · ${words.zone(now)}`)
  nodes.wall.lang = words.tag
}

// fresh, old or gone; what was typed by hand has no file and stays fresh.
function freshness(figure, now) {
  if (figure.as_of === null) return "fresh"
  if (now >= Date.parse(figure.gone_at)) return "gone"
  return now >= Date.parse(figure.old_at) ? "old" : "fresh"
}

function source(figure, words) {
  if (figure.as_of === null) return words.say("typed")
  return figure.sources > 1 ? words.say("oldest", { shop: figure.source, n: figure.sources }) : figure.source
}

function age(figure, now, words) {
  if (figure.as_of === null) return ""
  const at = Date.parse(figure.as_of)
  return words.say("as_of", { time: words.moment(at, now), age: words.left(Math.max(now - at, 0)) })
}

function bandFigure(nodes, band, view, now, words) {
  fill(nodes, band, words.say(band), view.bands && view.bands[band], view, now, words)
}

// One figure: its band, its word, its count (null: not known) and how old it is.
function fill(nodes, band, word, count, figure, now, words) {
  const state = count === null ? "unknown" : freshness(figure, now)
  const spent = state === "gone" || state === "unknown"
  mark(nodes.box, "band", band)
  mark(nodes.box, "state", state)
  mark(nodes.box, "zero", count === 0)
  say(nodes.mark, SHAPES[band])
  say(nodes.word, word)
  say(nodes.flag, state === "old" ? words.say("old") : "")
  mark(nodes.count, "text", spent)
  if (spent) say(nodes.count, words.say(state === "gone" ? "no_fresh_data" : "unknown"))
  else say(nodes.count, words.number(count))
  mark(nodes.count, "long", !spent && count > 999)
  say(nodes.source, state === "unknown" ? "" : source(figure, words))
  say(nodes.age, state === "unknown" ? "" : age(figure, now, words))
}

function heading(nodes, view, { views, view: key }, words) {
  const names = { all: words.say("next"), shop: view.name, kind: words.texts[view.name] ?? view.name }
  say(nodes.title, names[view.view])
  const dots = views.map((one) => (one === key ? "●" : "○")).join(" ")
  say(nodes.dots, views.length > 1 ? dots : "")
}

function list(nodes, view, now, words) {
  const state = view.bands === null ? "unknown" : freshness(view, now)
  const rows = state === "gone" || state === "unknown" ? [] : view.next
  mark(nodes.turn, "state", state)
  nodes.rows.slice(0, ROWS).forEach((row, place) => {
    const item = rows[place]
    show(row.box, item !== undefined)
    if (item) deadline(row, item, view, now, words)
  })
  show(nodes.nothing, rows.length === 0)
  const why = { unknown: "empty", gone: "no_fresh_data" }
  say(nodes.nothing, rows.length ? "" : words.say(why[state] ?? "nothing"))
}

function deadline(row, item, view, now, words) {
  const left = Date.parse(item.due_at) - now
  const band = left < 0 ? "overdue" : item.band
  mark(row.box, "band", band)
  say(row.mark, SHAPES[band])
  say(row.left, words.left(left))
  say(row.kind, words.texts[item.kind] ?? item.kind)
  const until = item.staffed_until && Date.parse(item.staffed_until)
  const gone = !until || until <= now
  const staffed = gone ? words.say("staffed_gone") : words.say("staffed", { time: words.moment(until, now) })
  mark(row.staffed, "gone", gone)
  say(row.staffed, left < 0 ? words.say(band) : words.say("row", { band: words.say(band), staffed }))
  const number = item.number.replace("…", "…\u2060") // no line break behind it
  say(row.where, view.view === "shop" ? number : `${item.shop}\u00a0· ${number}`)
}

// Beside the list: the worst kinds of work, or the bands of the shop or kind in view.
function side(nodes, view, now, words) {
  const kinds = view.kinds ?? []
  mark(nodes.turn, "side", view.view === "all" ? kinds.length : BANDS.length)
  for (let place = 0; place < SIDE; place += 1) {
    const box = nodes.side[place]
    const shown = view.view === "all" ? place < kinds.length : place < BANDS.length
    show(box.box, shown)
    if (!shown) continue
    if (view.view === "all") kindFigure(box, kinds[place], now, words)
    else bandFigure(box, BANDS[place], view, now, words)
    // There is no room to say again what the view's title or its large figures say.
    const told = view.view === "all" ? kinds[place].source === view.source : view.source === view.name
    if (told) say(box.source, "")
  }
}

function kindFigure(nodes, kind, now, words) {
  const band = BANDS.find((name) => kind[name] > 0) ?? "calm"
  const word = words.say("kind", { kind: words.texts[kind.kind] ?? kind.kind, band: words.say(band) })
  fill(nodes, band, word, kind[band], kind, now, words)
}

function notes(nodes, seen, words) {
  const said = [...remarks(seen, words)]
  const pages = Math.max(Math.ceil(said.length / NOTES), 1)
  const page = Math.floor(seen.now / NOTE_STAYS) % pages
  nodes.notes.forEach((node, place) => {
    const [name, text] = said[page * NOTES + place] ?? ["", ""]
    mark(node, "note", name)
    say(node, text)
  })
}

// What has to be known beside the figures, the weightiest first: [name, sentence].
function* remarks({ picture, now, away, ahead }, words) {
  const [all] = picture.views
  const passed = all.passed + picture.coming.filter((at) => Date.parse(at) <= now).length
  if (passed > 0 && (away !== null || freshness(all, now) !== "fresh")) {
    yield ["passed", words.say("passed", { n: passed, time: words.moment(Date.parse(all.as_of), now) })]
  }
  for (const shop of picture.stale) {
    yield ["stale", words.say("stale", { shop: shop.shop, time: words.moment(Date.parse(shop.as_of), now) })]
  }
  for (const shop of picture.unknown) yield ["unknown", words.say("no_file", { shop })]
  if (ahead !== 0) {
    const name = ahead > 0 ? "clock_ahead" : "clock_behind"
    yield ["clock", words.say(name, { time: words.left(Math.abs(ahead)) })]
  }
  for (const watch of picture.surveillance) yield ["surveillance", words.say("surveillance", watch)]
  if (picture.cannot_tell > 0) yield ["cannot_tell", words.say("cannot_tell", { n: picture.cannot_tell })]
}
