// Class weights: each multiplies the weights of the class's examples.

import * as v from 'valibot'
import type { DType } from '../../shared/arena/element-types.js'
import { InputError, show } from '../../shared/errors.js'
import { largestOf, sideOf } from '../../shared/figures/answers.js'
import { float32AtLeast0 } from '../options/rules.js'
import { answersOf } from './answers.js'
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
  const answers = answersOf(examples)
  if (
    targetType !== 'labels' &&
    !(answers === 'oneClass' || (answers === 'yesOrNo' && outputs === 1))
  )
    throw new InputError(
      `${where}: classWeights`,
      'targets that say one class: labels, softmax outputs, or one sigmoid output for 0 and 1',
      `${outputs} ${shape.output.activation} ${outputs === 1 ? 'output' : 'outputs'}`,
    )
  const classOf = (row: number): number => {
    if (targetType === 'labels') return targets![row]!
    return outputs === 1 ? sideOf(targets![row]!) : largestOf(targets!, row * outputs, outputs)
  }
  const classes = Math.max(2, outputs)
  for (const [name, weight] of Object.entries(classWeights)) {
    if (!(Number.isInteger(Number(name)) && Number(name) >= 0 && Number(name) < classes))
      throw new InputError(`${where}: classWeights`, `classes from 0 to ${classes - 1}`, show(name))
    const checked = v.safeParse(float32AtLeast0, weight)
    if (!checked.success)
      throw new InputError(
        `${where}: classWeights[${name}]`,
        checked.issues[0].message,
        show(weight),
      )
  }
  const weighed = new (dtype === 'float32' ? Float32Array : Float64Array)(count)
  for (let row = 0; row < count; row++)
    weighed[row] = (sampleWeights?.[row] ?? 1) * (classWeights[classOf(row)] ?? 1)
  return { ...examples, sampleWeights: weighed }
}
