import { expect, it } from 'vitest'
import { type ActivationName, type Network, dense } from '../../../dist/main/index.js'
import { NO_CLASS } from '../../../dist/shared/figures/answers.js'
import { classCount, classReader, isOneSigmoid } from '../../../dist/shared/model/classes.js'

const ending = (units: number, activation: ActivationName): Network => ({
  inputs: 2,
  layers: [dense(3, 'relu'), dense(units, activation)],
})

it('softmax: the largest output of the row, the first of equals', () => {
  const network = ending(3, 'softmax')
  const outputs = [9, 9, 9, 0.2, 0.4, 0.4, 1, NaN, 0]
  expect(isOneSigmoid(network)).toBe(false)
  expect(classCount(network)).toBe(3)
  expect([3, 6].map((at) => classReader(network)!(outputs, at))).toEqual([1, NO_CLASS])
  expect(classReader(ending(1, 'softmax'))!([1], 0)).toBe(0)
})

it('one sigmoid: the second of two classes from 1/2 on', () => {
  const network = ending(1, 'sigmoid')
  const outputs = [0.49, 0.5, 1, NaN]
  expect(isOneSigmoid(network)).toBe(true)
  expect(classCount(network)).toBe(2)
  expect(outputs.map((_, at) => classReader(network)!(outputs, at))).toEqual([0, 1, 1, NO_CLASS])
})

it('other outputs say no class, and may have a name each', () => {
  for (const network of [ending(2, 'sigmoid'), ending(2, 'identity'), ending(2, 'relu')]) {
    expect(classReader(network)).toBeUndefined()
    expect(classCount(network)).toBe(2)
  }
})
