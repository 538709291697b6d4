// Asks the server for the figures, again and again, for weeks; slower while it does not answer.

const LONGEST = 60 // seconds between two questions while the server is away
const PATIENCE = 15_000 // milliseconds until a question counts as unanswered

// `told` has the methods picture(body), same(), away(), refused(); each is called after the clock was set.
export class Feed {
  #address
  #token
  #clock
  #told
  #tag = null
  #failed = 0
  #timer = 0
  #asking = false
  #stopped = false
  every = 30 // seconds

  constructor(address, token, clock, told) {
    this.#address = address
    this.#token = token
    this.#clock = clock
    this.#told = told
  }

  stop() {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async ask() {
    if (this.#asking || this.#stopped) return
    this.#asking = true
    clearTimeout(this.#timer)
    let wait = 0
    try {
      wait = await this.#question()
    } catch {
      this.#told.away() // no connection, or no answer in time
      wait = this.#backOff()
    }
    this.#asking = false
    if (!this.#stopped) this.#timer = setTimeout(() => this.ask(), wait * 1000)
  }

  // Seconds until the next question.
  async #question() {
    const headers = { Authorization: `Bearer ${this.#token}` }
    if (this.#tag) headers["If-None-Match"] = this.#tag
    const asked = performance.now()
    const signal = AbortSignal.timeout(PATIENCE)
    const answer = await fetch(this.#address, { headers, signal, cache: "no-store", credentials: "same-origin" })
    const server = Number(answer.headers.get("x-desk48-now"))
    if (server) this.#clock.heard(server, asked, performance.now())
    if (answer.status === 403) {
      this.#tag = null
      this.#told.refused()
      return LONGEST
    }
    if (answer.status !== 200 && answer.status !== 304) {
      this.#told.away()
      return Math.max(this.#backOff(), Number(answer.headers.get("retry-after")) || 0)
    }
    if (answer.status === 200) {
      const body = await answer.json()
      this.#tag = answer.headers.get("etag")
      this.#told.picture(body)
    } else {
      this.#told.same()
    }
    this.#failed = 0
    return this.every * jitter(0.1)
  }

  #backOff() {
    this.#failed += 1
    return Math.min(2 ** Math.min(this.#failed, 10), LONGEST) * jitter(0.25)
  }
}

// So that a hundred screens do not ask in the same instant: a factor around 1.
function jitter(part) {
  return 1 + part * (2 * Math.random() - 1)
}
