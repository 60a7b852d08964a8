// The barrier at which the workers of a run meet. The last one to arrive does the serial work that
// belongs there and lets the others on.
//
// Everything written before a barrier can be read after it: each arrival is an Atomics.add on
// `arrived`, and the release is an atomic write to `round`, which every waiting worker then reads.
// Nobody waits for ever: a sleeping worker looks at the abort word at least every 100 ms.

import { Control } from './control.js'

/**
 * Loads of `round` before a worker goes to sleep: some 50 us, longer than the workers of a balanced
 * step differ.
 */
const SPINS = 20_000
/**
 * A spin in vain halves the next one's limit: the other worker's core has been taken by another
 * program, and only a core given up here lets it go on. Every so many waits try the whole limit
 * again.
 */
const PROBE_EVERY = 16
const SLEEP_MS = 100

/** Thrown out of a run that the coordinator has aborted: another worker has failed. */
export class AbortedRun extends Error {}

/** Waits for the others; the last to arrive runs `serial` first. */
export type Barrier = (serial: () => void) => void

/**
 * @param words The arena's control words.
 * @param workers How many meet.
 * @param spins Whether waiting begins with a spin: only where every worker has a core.
 */
export function createBarrier(words: Int32Array, workers: number, spins: boolean): Barrier {
  const most = spins ? SPINS : 0
  let limit = most
  let waits = 0
  return (serial) => {
    // Before arriving: afterwards it may already be the next one.
    const round = Atomics.load(words, Control.round)
    if (Atomics.add(words, Control.arrived, 1) === workers - 1) {
      serial()
      // Before the release, or a fast worker's next arrival would be lost.
      Atomics.store(words, Control.arrived, 0)
      Atomics.add(words, Control.round, 1)
      if (Atomics.load(words, Control.sleepers) > 0) Atomics.notify(words, Control.round)
      return
    }
    if (++waits % PROBE_EVERY === 0) limit = most
    for (let spin = 0; spin < limit; spin++) {
      if (Atomics.load(words, Control.round) === round) continue
      limit = Math.min(2 * limit, most)
      return
    }
    limit >>= 1
    Atomics.add(words, Control.sleepers, 1)
    while (Atomics.load(words, Control.round) === round) {
      leaveIfAborted(words)
      Atomics.wait(words, Control.round, round, SLEEP_MS)
    }
    Atomics.sub(words, Control.sleepers, 1)
  }
}

/** @throws {AbortedRun} if the coordinator has called the run off. */
export function leaveIfAborted(words: Int32Array): void {
  if (Atomics.load(words, Control.abort) !== 0) throw new AbortedRun('the run was called off')
}

/** Calls a run off and wakes whoever sleeps at its barrier. */
export function abortRun(words: Int32Array): void {
  Atomics.store(words, Control.abort, 1)
  Atomics.notify(words, Control.round)
}
