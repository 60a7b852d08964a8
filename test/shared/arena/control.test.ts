import { expect, it } from 'vitest'
import {
  CONTROL_BYTES,
  Control,
  Outcome,
  claimNext,
  commitVersion,
  currentVersion,
  resetControl,
  revertVersion,
} from '../../../dist/shared/arena/control.js'

const fresh = (): Int32Array => new Int32Array(new SharedArrayBuffer(CONTROL_BYTES))
const indices = Object.values(Control)

it('every control word is alone on its 128 bytes, inside the control area', () => {
  const lines = indices.map((index) => Math.floor((index * 4) / 128))
  expect(new Set(lines).size).toBe(indices.length)
  for (const index of indices) expect(index * 4 + 4).toBeLessThanOrEqual(CONTROL_BYTES)
})

it('claims go up by one from 0', () => {
  const words = fresh()
  expect([claimNext(words), claimNext(words), claimNext(words)]).toEqual([0, 1, 2])
})

it('a commit makes the other version current; the one before can be returned to once, and only while it is whole', () => {
  const words = fresh()
  expect(currentVersion(words)).toBe(0)
  revertVersion(words) // nothing is committed yet
  expect(currentVersion(words)).toBe(0)
  commitVersion(words)
  expect(currentVersion(words)).toBe(1)
  commitVersion(words)
  expect(currentVersion(words)).toBe(0)
  revertVersion(words)
  expect(currentVersion(words)).toBe(1)
  revertVersion(words)
  expect(currentVersion(words)).toBe(1)
  commitVersion(words)
  Atomics.store(words, Control.previousWhole, 0) // a step has begun to write over it
  revertVersion(words)
  expect(currentVersion(words)).toBe(0)
})

it('a reset readies a run and keeps what outlives it: the version, whether the one before is whole, and a wish to stop', () => {
  const words = fresh()
  commitVersion(words)
  for (const word of [
    Control.claim,
    Control.arrived,
    Control.sleepers,
    Control.abort,
    Control.notFinite,
    Control.stop,
  ])
    Atomics.store(words, word, 5)
  Atomics.store(words, Control.outcome, Outcome.diverged)
  resetControl(words)
  const read = (word: number): number => Atomics.load(words, word)
  expect(
    [Control.claim, Control.arrived, Control.sleepers, Control.abort, Control.notFinite].map(read),
  ).toEqual([0, 0, 0, 0, 0])
  expect(read(Control.outcome)).toBe(Outcome.running)
  expect([Control.commits, Control.previousWhole, Control.stop].map(read)).toEqual([1, 1, 5])
})
