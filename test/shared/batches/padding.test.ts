import { expect, it } from 'vitest'
import { paddedRows, paddedWidth } from '../../../dist/shared/batches/padding.js'

it('rows are as wide as the next multiple of 8, and as many as the next multiple of 4', () => {
  expect([1, 7, 8, 9, 16, 17].map(paddedWidth)).toEqual([8, 8, 8, 16, 16, 24])
  expect([1, 3, 4, 5, 8, 9].map(paddedRows)).toEqual([4, 4, 4, 8, 8, 12])
})
