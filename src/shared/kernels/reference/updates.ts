// The reference backend's updates: the formulas of optimizers/optimizers.ts, one parameter after
// the other.

import { type ByteOffset, advance } from '../../arena/offsets.js'
import { type OptimizerTable, kindOf } from '../../optimizers/optimizers.js'
import type { Kernels } from '../kernels.js'
import type { Views } from './views.js'

export function updateKernel({ vector }: Views, table: OptimizerTable): Kernels['update'] {
  return (optimizer, factors, operands) => {
    const { parameters, nextParameters, gradient, state, nextState, stateStride, elements } =
      operands
    const kind = kindOf(optimizer, table)
    /** The numbers of one parameter; and a run for each of them over all parameters. */
    const kept = new Float64Array(kind.state(optimizer).length)
    const runsFrom = (at: ByteOffset): Float64Array[] =>
      Array.from(kept, (_, k) => vector(advance(at, k * stateStride), elements))
    const [w, next, g] = [parameters, nextParameters, gradient].map((at) => vector(at, elements))
    const [before, after] = [runsFrom(state), runsFrom(nextState)]
    for (let i = 0; i < elements; i++) {
      before.forEach((run, k) => (kept[k] = run[i]!))
      next![i] = kind.next(optimizer, factors, w![i]!, g![i]!, kept)
      after.forEach((run, k) => (run[i] = kept[k]!))
    }
  }
}
