// Two short tones when more has become overdue. Browsers keep silent until somebody allowed sound for the page.

let context = null

export function chime() {
  context ??= new AudioContext()
  for (const [tone, start] of [[660, 0], [880, 0.25]]) {
    const oscillator = new OscillatorNode(context, { frequency: tone })
    const volume = new GainNode(context, { gain: 0.2 })
    oscillator.connect(volume).connect(context.destination)
    oscillator.start(context.currentTime + start)
    oscillator.stop(context.currentTime + start + 0.2)
  }
}
