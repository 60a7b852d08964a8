// Class weights: each multiplies the weights of the class's examples.

import type { DType } from '../../shared/arena/element-types.js'
import { InputError, show } from '../../shared/errors.js'
import { classOf } from '../../shared/figures/metrics.js'
import { hasAccuracy } from '../../shared/formulas/losses.js'
import type { CheckedExamples } from './examples.js'

/**
 * Multiplies each example's weight by that of its class.
 *
 * @param where The call, as an error names it.
 * @param examples With weights of their own or without.
 * @param classWeights By the class's number; 1 where there is none.
 * @param dtype What the backend computes in.
 * @returns The same examples, with other weights.
 * @throws {InputError} if the targets say no class, or a weight is negative or not finite.
 */
export function weighClasses(
  where: string,
  examples: CheckedExamples,
  classWeights: readonly number[] | Readonly<Record<number, number>>,
  dtype: DType,
): CheckedExamples {
  const { outputs, count, shape, targets, targetType, sampleWeights } = examples
  const { activation } = shape.output
  if (targetType !== 'labels' && !hasAccuracy(activation)) {
    throw new InputError(
      `${where}: classWeights`,
      'targets that say a class (labels, or sigmoid or softmax outputs)',
      `${activation} outputs`,
    )
  }
  const classes = Math.max(2, outputs)
  for (const [name, weight] of Object.entries(classWeights)) {
    if (!(Number.isInteger(Number(name)) && Number(name) >= 0 && Number(name) < classes))
      throw new InputError(`${where}: classWeights`, `classes from 0 to ${classes - 1}`, show(name))
    if (!(Number.isFinite(weight) && weight >= 0))
      throw new InputError(
        `${where}: classWeights[${name}]`,
        'a number of at least 0',
        show(weight),
      )
  }
  const weighed = new (dtype === 'float32' ? Float32Array : Float64Array)(count)
  for (let row = 0; row < count; row++)
    weighed[row] =
      (sampleWeights?.[row] ?? 1) *
      (classWeights[
        targetType === 'labels' ? targets![row]! : classOf(targets!, row * outputs, outputs)
      ] ?? 1)
  return { ...examples, sampleWeights: weighed }
}
