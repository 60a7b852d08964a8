// Watching one figure of the epochs: whether it gets better, and for how long it has not.

import type { EpochReport } from './training.js'

/** Figures of an epoch that can be watched. */
export const monitoredNames = [
  'cost', 'accuracy', 'topKAccuracy', 'meanAbsoluteError', 'precision', 'recall', 'f1', 'validationCost', 'validationAccuracy', 'validationTopKAccuracy',
  'validationMeanAbsoluteError', 'validationPrecision', 'validationRecall', 'validationF1',
] as const satisfies readonly (keyof EpochReport)[]
export type MonitoredName = (typeof monitoredNames)[number]

export interface Monitor {
  /** Whether the figure is better than ever before, by more than the least change that counts. */
  improves: (value: number) => boolean
}

/** Costs and errors get better as they fall, everything else as it rises. */
export function createMonitor(name: MonitoredName, minimumChange: number): Monitor {
  const sign = /cost|error/i.test(name) ? 1 : -1
  let best = Infinity
  return {
    improves(value) {
      const better = sign * value < best - minimumChange
      if (better) best = sign * value
      return better
    },
  }
}
