// What a worker's thread loads to compute with.

import { expect, it } from 'vitest'
import { compileKernels } from '../../../dist/main/runtime/node/compiled-kernels.js'
import { loadEngine } from '../../../dist/workers/node/engine.js'
import { blas } from '../../machine.js'

const compiled = compileKernels('kernels')

it('without a BLAS: the compiled kernels alone', async () =>
  expect(await loadEngine({ compiled, blas: undefined })).toEqual({ compiled }))

it.skipIf(!blas)('with one: its products too, for any memory', async () => {
  const { bindMultiply } = await loadEngine({ compiled, blas })
  expect(
    bindMultiply!(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })),
  ).toBeInstanceOf(Function)
})
