// The options of `evaluate`, checked.

import * as v from 'valibot'
import type { MetricOptions } from '../../shared/figures/metrics.js'
import { check } from './check.js'
import { metrics, requireTopK } from './metric-rules.js'
import { strictObject, wholeNumber } from './rules.js'

const evaluateSchema = strictObject({
  metrics: v.optional(metrics),
  topK: v.optional(wholeNumber(1)),
})

/**
 * Checks the options of `evaluate`.
 *
 * @param options As the caller gave them.
 * @returns The same.
 * @throws {InputError} naming the option, the rule and the value.
 */
export function checkEvaluateOptions(options: unknown): MetricOptions {
  const checked = check('evaluate', evaluateSchema, options)
  requireTopK('evaluate', checked)
  return checked
}
