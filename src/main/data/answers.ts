// What the outputs of a network say of examples, which goes by the output layer and the targets.

import type { Answers } from '../../shared/figures/answers.js'
import type { CheckedExamples } from './examples.js'

/**
 * How the outputs are to be read. Softmax says one class, and so does sigmoid where examples have
 * class labels. Other sigmoid outputs answer a yes-or-no question each, if all targets are 0 or 1.
 *
 * @param sets Examples for the same network, read in the same way.
 * @returns What the outputs say.
 */
export function answersOf(...sets: readonly (CheckedExamples | undefined)[]): Answers {
  const given = sets.filter((set) => set !== undefined)
  const { activation, units } = given[0]!.shape.output
  if (activation !== 'softmax' && activation !== 'sigmoid') return 'numbers'
  const labeled = given.some(({ targetType }) => targetType === 'labels')
  if (units > 1 && (activation === 'softmax' || labeled)) return 'oneClass'
  return given.every(({ targets }) => targets!.every(isZeroOrOne)) ? 'yesOrNo' : 'numbers'
}

const isZeroOrOne = (value: number): boolean => value === 0 || value === 1
