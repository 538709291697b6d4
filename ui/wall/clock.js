// The server's time, counted on from its last answer; the clock of this computer may be wrong.

export class Clock {
  #server = null // milliseconds since 1970 UTC, when the answer was on its way
  #steady = 0 // performance.now() at that moment: it never jumps

  heard(server, asked, answered) {
    this.#server = server
    this.#steady = (asked + answered) / 2
  }

  now() {
    return this.#server === null ? Date.now() : this.#server + performance.now() - this.#steady
  }

  // How far the clock of this computer is ahead, in milliseconds; 0 before the first answer.
  ahead() {
    return this.#server === null ? 0 : Date.now() - this.now()
  }
}
