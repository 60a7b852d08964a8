// The rules for metrics, which `evaluate` and every call to train take.

import * as v from 'valibot'
import { InputError } from '../../shared/errors.js'
import { type MetricOptions, metricNames } from '../../shared/figures/metrics.js'
import { oneOf } from './rules.js'

/** A list of names of metrics. */
export const metrics = v.array(oneOf(metricNames), 'a list of metrics')

/**
 * Requires that a `topK` has a metric to use it.
 *
 * @param where The call, as an error names it.
 * @param options What was asked for.
 * @throws {InputError} if topKAccuracy is not among the metrics.
 */
export function requireTopK(where: string, { metrics: wanted = [], topK }: MetricOptions): void {
  if (topK !== undefined && !wanted.includes('topKAccuracy'))
    throw new InputError(`${where}: topK`, 'the metric topKAccuracy with it', String(topK))
}
