// The rules for metrics, which `evaluate` and every call to train take.

import * as v from 'valibot'
import { InputError } from '../../shared/errors.js'
import { type MetricOptions, metricNames } from '../../shared/figures/metrics.js'
import { oneOf } from './rules.js'

/** A list of names of metrics. */
export const metrics = v.array(oneOf(metricNames), 'a list of metrics')

/** @throws {InputError} if there is a `topK` that no metric asked for makes use of. */
export function requireTopK(where: string, { metrics: wanted = [], topK }: MetricOptions): void {
  if (topK !== undefined && !wanted.includes('topKAccuracy'))
    throw new InputError(`${where}: topK`, 'the metric topKAccuracy with it', String(topK))
}
