// Which view is shown: each stays a while, and what is overdue is never out of sight for long.

const OUT_OF_SIGHT = 60_000 // milliseconds for which the list of what is overdue may be turned away
const ALARM = 60_000 // milliseconds for which the screen stays at it when more has become overdue

export class Turns {
  #place = 0 // in the list of the other views
  #shown = "all"
  #since = null
  #left = 0 // when the view of all was left
  #overdue = 0
  #alarm = -Infinity

  // The key of the view to show at `now`, out of `others` (keys; may be empty) and "all".
  at(now, others, seconds, overdue) {
    this.#since ??= now
    if (overdue > this.#overdue) this.#alarm = now
    this.#overdue = overdue
    const gone = this.#shown !== "all" && !others.includes(this.#shown)
    if (gone || this.#mustReturn(now, seconds, overdue)) this.#turn("all", now)
    else if (now - this.#since >= seconds * 1000 && others.length && now - this.#alarm >= ALARM) {
      this.#turn(this.#next(others, now, seconds, overdue), now)
    }
    return this.#shown
  }

  #mustReturn(now, seconds, overdue) {
    if (this.#shown === "all" || overdue === 0) return false
    return now - this.#alarm < ALARM || now - this.#left >= OUT_OF_SIGHT - 1000
  }

  #next(others, now, seconds, overdue) {
    const away = this.#shown === "all" ? 0 : now - this.#left
    if (overdue > 0 && away + seconds * 1000 > OUT_OF_SIGHT) return "all"
    if (this.#place >= others.length) {
      this.#place = 0
      if (this.#shown !== "all") return "all"
    }
    this.#place += 1
    return others[this.#place - 1]
  }

  #turn(view, now) {
    if (this.#shown === "all") this.#left = now
    this.#shown = view
    this.#since = now
  }
}
