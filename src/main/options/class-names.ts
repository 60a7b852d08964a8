// What classes may be called.

import type { Misfit } from '../../shared/formulas/preprocessing/misfits.js'
import { classCount } from '../../shared/model/classes.js'
import type { Network } from '../../shared/model/network.js'

/**
 * Whether there is a name for each class that a network's outputs tell apart.
 *
 * @param network What it is.
 * @param classes The names; none at all is right too.
 * @returns The rule that is broken, such as `a list of 10 names`; undefined if none is.
 */
export function misfitOfClasses(
  network: Network,
  classes: readonly string[] | undefined,
): Misfit | undefined {
  const count = classCount(network)
  if (classes === undefined || classes.length === count) return undefined
  return { field: 'classes', rule: `a list of ${count} names, one for each class`, value: classes }
}
