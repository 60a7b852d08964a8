// What a step's time goes to, summed up from the workers' timelines.

import { type PhaseName, type Span, phaseNames } from '../../shared/figures/timeline.js'

export interface PhaseShares {
  /** Microseconds a step, the mean of the workers. */
  microseconds: Record<PhaseName, number>
  /** How often a worker meets the others in a step. */
  meetings: number
  /** Share of the workers' time spent waiting for each other. */
  waited: number
  /** The worker that was busy longest, and how much longer than the mean. */
  straggler: { worker: number; excess: number }
}

/** @param steps How many steps the spans cover. */
export function summarizePhases(spans: Span[], steps: number): PhaseShares {
  const workers = 1 + Math.max(0, ...new Set(spans.map(({ worker }) => worker)))
  const totals = Object.fromEntries(phaseNames.map((name) => [name, 0])) as Record<
    PhaseName,
    number
  >
  const busy = new Array<number>(workers).fill(0)
  for (const { phase, worker, milliseconds } of spans) {
    totals[phase] += milliseconds
    if (phase !== 'wait') busy[worker]! += milliseconds
  }
  const meetings = spans.filter(({ phase }) => phase === 'wait').length / workers / steps
  const all = Object.values(totals).reduce((sum, milliseconds) => sum + milliseconds, 0)
  const longest = Math.max(...busy)
  return {
    microseconds: Object.fromEntries(
      phaseNames.map((name) => [name, (1000 * totals[name]) / workers / steps]),
    ) as Record<PhaseName, number>,
    meetings,
    waited: totals.wait / all,
    straggler: {
      worker: busy.indexOf(longest),
      excess: (longest * workers) / (all - totals.wait) - 1,
    },
  }
}

/** One line for a person. */
export function describePhases({ microseconds, waited, straggler }: PhaseShares): string {
  const parts = phaseNames
    .filter((name) => microseconds[name] >= 0.05)
    .map((name) => `${name} ${microseconds[name].toFixed(1)}`)
  return `  us a step: ${parts.join('  ')}; waited ${(100 * waited).toFixed(1)} %, straggler worker ${straggler.worker} (${(100 * straggler.excess).toFixed(1)} % over the mean)`
}
