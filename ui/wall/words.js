// Times and counts as the reader's language writes them; sentences come translated from the server.

export class Words {
  constructor(texts, language, zone) {
    this.texts = texts
    this.tag = { en: "en-GB", fr: "fr-FR", zh_CN: "zh-CN" }[language] ?? "en-GB"
    const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }
    this.#time = new Intl.DateTimeFormat(this.tag, clock)
    this.#moment = new Intl.DateTimeFormat(this.tag, { weekday: "short", ...clock })
    this.#day = new Intl.DateTimeFormat("en-CA", { timeZone: zone })
    this.#date = new Intl.DateTimeFormat(this.tag, { weekday: "long", day: "numeric", month: "long", timeZone: zone })
    this.#number = new Intl.NumberFormat(this.tag)
    this.#zone = new Intl.DateTimeFormat(this.tag, { timeZone: zone, timeZoneName: "shortOffset" })
  }

  #time
  #moment
  #day
  #date
  #number
  #zone

  // A sentence by its name, with its {named} places filled in.
  say(name, places = {}) {
    return this.texts[name].replace(/\{(\w+)\}/g, (_, place) => String(places[place]))
  }

  number(n) {
    return this.#number.format(n)
  }

  time(at) {
    return this.#time.format(at)
  }

  date(at) {
    return this.#date.format(at)
  }

  // The distance of the zone from UTC: "GMT+1".
  zone(at) {
    return this.#zone.formatToParts(at).find((part) => part.type === "timeZoneName").value
  }

  // "14:05" today, "Fri 14:05" on another day.
  moment(at, now) {
    return (this.#day.format(at) === this.#day.format(now) ? this.#time : this.#moment).format(at)
  }

  // A stretch of milliseconds by its two largest parts, rounded down; past ones with a minus sign.
  left(milliseconds) {
    const minutes = Math.floor(Math.abs(milliseconds) / 60_000)
    const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60]
    let shown = this.say("minutes", { minutes: rest })
    if (days) shown = this.say("days", { days, hours })
    else if (hours) shown = this.say("hours", { hours, minutes: String(rest).padStart(2, "0") })
    return milliseconds < 0 && minutes > 0 ? `\u2212${shown}` : shown
  }

  // Whether now lies between two times of the day, "20:00" and "08:00", in the zone.
  within([from, to], now) {
    const time = this.#time.format(now)
    return from <= to ? from <= time && time < to : from <= time || time < to
  }
}
