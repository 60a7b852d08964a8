// The control words: what workers, coordinator and caller tell each other through the arena without
// messages. Each word has its own 128 bytes, so that one worker's writes don't take another's cache
// line away.

const WORDS_PER_LINE = 32

/** Index of each word in an Int32Array over the arena. */
export const Control = {
  /**
   * The next slot, units or block to claim. Every worker adds to it; the last one at a barrier
   * resets it.
   */
  claim: 0 * WORDS_PER_LINE,
  /** Workers that have arrived at the current barrier. */
  arrived: 1 * WORDS_PER_LINE,
  /** The barrier's generation: changed by the last to arrive, waited for by the others. */
  round: 2 * WORDS_PER_LINE,
  /** Workers asleep at the barrier, so that nobody is woken in vain. */
  sleepers: 3 * WORDS_PER_LINE,
  /**
   * Steps committed; its lowest bit says which version is current. Only the last to arrive at the
   * second barrier of a step writes it.
   */
  commits: 4 * WORDS_PER_LINE,
  /**
   * Whether the version before the current one is still whole, so that divergence can return to it.
   */
  previousWhole: 5 * WORDS_PER_LINE,
  /**
   * How the run stands: an `Outcome`. Written by the last to arrive at a barrier, read by all after
   * it.
   */
  outcome: 6 * WORDS_PER_LINE,
  /**
   * Set by the caller to stop training after the current step, and cleared by it before it trains.
   */
  stop: 7 * WORDS_PER_LINE,
  /** Set by the coordinator when a worker has failed: everyone leaves at once. */
  abort: 8 * WORDS_PER_LINE,
  /** Steps before the one that diverged. */
  divergedStep: 9 * WORDS_PER_LINE,
  /** Set by a worker whose slice of the next parameters is not finite. */
  notFinite: 10 * WORDS_PER_LINE,
} as const

export const CONTROL_BYTES = 11 * WORDS_PER_LINE * 4

/** Why the workers came back. */
export const Outcome = { running: 0, paused: 1, stopped: 2, diverged: 3 } as const
export type OutcomeName = keyof typeof Outcome

/** Readies the words for a run; no worker may be in the arena. */
export function resetControl(words: Int32Array): void {
  for (const word of [
    Control.claim,
    Control.arrived,
    Control.sleepers,
    Control.outcome,
    Control.abort,
    Control.notFinite,
  ]) {
    Atomics.store(words, word, 0)
  }
}

/** Takes the next slot, units or block; the caller stops when it is past the last one. */
export function claimNext(words: Int32Array): number {
  return Atomics.add(words, Control.claim, 1)
}

/** Which version is current: 0 or 1. */
export function currentVersion(words: Int32Array): 0 | 1 {
  return (Atomics.load(words, Control.commits) & 1) as 0 | 1
}

/** The commit: what was written into the other version becomes current, in one store. */
export function commitVersion(words: Int32Array): void {
  Atomics.store(words, Control.previousWhole, 1)
  Atomics.add(words, Control.commits, 1)
}

/** Returns to the version before the current one, if it is still whole. */
export function revertVersion(words: Int32Array): void {
  if (Atomics.exchange(words, Control.previousWhole, 0) === 1)
    Atomics.sub(words, Control.commits, 1)
}
