import { expect, it } from 'vitest'
import { describePhases, summarizePhases } from '../../../dist/main/inspect/phases.js'
import type { PhaseName, Span } from '../../../dist/shared/figures/timeline.js'

const span = (worker: number, phase: PhaseName, milliseconds: number, step = 0): Span => ({
  worker,
  phase,
  step,
  start: 0,
  milliseconds,
})

it('microseconds a step are the mean of the workers; waited is the share of all their time', () => {
  const { microseconds, waited } = summarizePhases(
    [
      span(0, 'gather', 1),
      span(0, 'forward', 2),
      span(0, 'backward', 4),
      span(0, 'sum', 0.5),
      span(0, 'wait', 0.5),
      span(1, 'gather', 1, 1),
      span(1, 'forward', 3, 1),
      span(1, 'backward', 2, 1),
      span(1, 'gradient', 1.5, 1),
      span(1, 'sum', 0.5, 1),
      span(1, 'wait', 1.5, 1),
    ],
    2,
  )
  expect(microseconds).toEqual({
    prepare: 0,
    gather: 500,
    forward: 1250,
    backward: 1500,
    gradient: 375,
    sum: 250,
    wait: 500,
  })
  expect(waited).toBe(2 / 17.5)
})

it('the straggler is the worker that was busy longest, and by how much more than the mean', () => {
  const { straggler } = summarizePhases(
    [
      span(0, 'forward', 3),
      span(0, 'wait', 3),
      span(1, 'forward', 5),
      span(1, 'wait', 1),
      span(2, 'backward', 4),
      span(2, 'wait', 2),
    ],
    1,
  )
  expect(straggler.worker).toBe(1)
  expect(straggler.excess).toBeCloseTo(1 / 4, 12)
})

it('one worker alone is its own mean and waits for nobody', () => {
  expect(summarizePhases([span(0, 'forward', 2), span(0, 'backward', 2)], 4)).toEqual({
    microseconds: {
      prepare: 0,
      gather: 0,
      forward: 500,
      backward: 500,
      gradient: 0,
      sum: 0,
      wait: 0,
    },
    meetings: 0,
    waited: 0,
    straggler: { worker: 0, excess: 0 },
  })
})

it('meetings: how often each worker waits in a step', () => {
  const spans = [0, 1].flatMap((worker) => [1, 2, 3, 4].map((wait) => span(worker, 'wait', wait)))
  expect(summarizePhases(spans, 2).meetings).toBe(2)
})

it('equal workers have no excess, whatever they waited', () => {
  const { straggler, waited } = summarizePhases(
    [span(0, 'forward', 1), span(0, 'wait', 3), span(1, 'forward', 1), span(1, 'wait', 3)],
    1,
  )
  expect(straggler.excess).toBe(0)
  expect(waited).toBe(0.75)
})

it('a person reads one line, without what took no time', () => {
  const line = describePhases(
    summarizePhases(
      [span(0, 'forward', 3), span(0, 'wait', 1), span(1, 'forward', 1), span(1, 'wait', 3)],
      10,
    ),
  )
  expect(line).toBe(
    '  us a step: forward 200.0  wait 200.0; waited 50.0 %, straggler worker 0 (50.0 % over the mean)',
  )
})
