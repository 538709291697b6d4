// The team screen: mounted once, then alone for weeks. Everything is written as text, nothing as HTML.

import { Clock } from "./clock.js"
import { draw, keyOf } from "./draw.js"
import { Feed } from "./feed.js"
import { build, mark, say } from "./nodes.js"
import { chime } from "./sound.js"
import { Turns } from "./turns.js"
import { Words } from "./words.js"

const AHEAD = 60_000 // milliseconds by which a client's clock may be wrong
const SHIFT = [[0, 0], [3, 0], [3, 3], [0, 3], [-3, 3], [-3, 0], [-3, -3], [0, -3], [3, -3]] // pixels, one a minute
const SETTLED = 60_000 // milliseconds between two reloads at least

class Wall {
  #data
  #nodes
  #clock = new Clock()
  #turns = new Turns()
  #feed
  #words = null
  #picture = null
  #away = null
  #overdue = null
  #born = performance.now()
  #timer

  constructor(parent, data) {
    this.#data = data
    this.#nodes = build(parent)
    this.#nodes.wall.showPopover()
    // Relative to the page, so that it also works where a proxy puts the desk into a folder.
    const address = new URL("screen/figures", location.href)
    this.#feed = new Feed(address, data.token, this.#clock, this)
    this.#timer = setInterval(() => this.#tick(), 1000)
    this.wake = () => document.visibilityState === "visible" && this.#woken()
    document.addEventListener("visibilitychange", this.wake)
    window.addEventListener("online", this.wake)
    this.#woken()
  }

  end() {
    this.#feed.stop()
    clearInterval(this.#timer)
    document.removeEventListener("visibilitychange", this.wake)
    window.removeEventListener("online", this.wake)
    this.#nodes.wall.remove()
  }

  // A computer that comes back from sleep asks at once, and is asked not to switch its screen off.
  #woken() {
    this.#feed.ask()
    navigator.wakeLock?.request("screen").catch(() => {}) // where it may not, the recipe in the README does
  }

  picture(body) {
    if (body.build !== this.#data.build) this.#renew()
    this.#words = new Words(this.#data.texts[body.look.language], body.look.language, body.zone)
    this.#feed.every = body.look.refresh_seconds
    this.#picture = body
    this.same()
    this.#sound()
  }

  same() {
    this.#away = null
    mark(this.#nodes.wall, "state", "open")
    this.#tick()
  }

  away() {
    this.#away ??= this.#clock.now()
    this.#tick()
  }

  // What a link that is over had shown is taken off the wall.
  refused() {
    this.#picture = null
    this.#away = null
    mark(this.#nodes.wall, "state", "refused")
    say(this.#nodes.refused, this.#text("refused"))
  }

  // The server runs another version: take it over, once it is there to answer.
  async #renew() {
    if (performance.now() - this.#born < SETTLED) return
    this.#born = performance.now()
    const page = await fetch(location.href, { cache: "no-store" }).catch(() => null)
    if (page?.ok) location.reload()
  }

  #sound() {
    const { look, views } = this.#picture
    const overdue = views[0].bands?.overdue ?? 0
    const more = this.#overdue !== null && overdue > this.#overdue
    if (more && look.sound && !this.#words.within(look.quiet, this.#clock.now())) chime()
    this.#overdue = overdue
  }

  // Before the first picture the language is that of the browser, as far as we speak it.
  #text(name) {
    const tongue = navigator.language.slice(0, 2)
    const found = Object.keys(this.#data.texts).find((code) => code.startsWith(tongue)) ?? "en"
    return this.#data.texts[found][name]
  }

  #tick() {
    const now = this.#clock.now()
    this.#shift(now)
    if (this.#picture === null) {
      if (this.#away !== null) {
        mark(this.#nodes.wall, "state", "refused")
        say(this.#nodes.refused, this.#text("no_answer"))
      }
      return
    }
    const { look, views } = this.#picture
    mark(this.#nodes.wall, "theme", look.theme)
    mark(this.#nodes.wall, "dim", look.dim && this.#words.within(look.quiet, now))
    const keys = views.filter((view) => look.views.includes(view.view)).map(keyOf)
    const others = keys.filter((key) => key !== "all")
    const view = this.#turns.at(performance.now(), others, look.seconds, views[0].bands?.overdue ?? 0)
    const ahead = Math.abs(this.#clock.ahead()) > AHEAD ? this.#clock.ahead() : 0
    const seen = { picture: this.#picture, view, views: keys, now, away: this.#away, ahead }
    draw(this.#nodes, seen, this.#words)
  }

  #shift(now) {
    const [x, y] = SHIFT[Math.floor(now / 60_000) % SHIFT.length]
    this.#nodes.stage.style.setProperty("transform", `translate(${x}px, ${y}px)`)
  }
}

const walls = new WeakMap()

// Streamlit calls this again when it draws the page anew, after a lost connection for example: one wall stays.
export default function mount({ parentElement, data }) {
  if (!walls.has(parentElement)) walls.set(parentElement, new Wall(parentElement, data))
  return () => {
    walls.get(parentElement)?.end()
    walls.delete(parentElement)
  }
}
