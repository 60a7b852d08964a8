// Checks the matrices that a caller gives to preprocessing.

import { InputError, show } from '../../errors.js'

/**
 * How many rows a matrix has.
 * @throws {InputError} unless it is a whole number, at least one.
 */
export function requireRows(
  where: string,
  inputs: ArrayLike<number> | undefined,
  columns: number,
): number {
  if (!Number.isSafeInteger(columns) || columns < 1)
    throw new InputError(`${where}: columns`, 'a whole number of at least 1', show(columns))
  const rows = (inputs?.length ?? 0) / columns
  if (rows === 0 || !Number.isInteger(rows))
    throw new InputError(`${where}: inputs`, `one or more rows of ${columns}`, show(inputs))
  return rows
}

/** @throws {InputError} naming the first row with a value that doesn't hold. */
export function requireNumbers(
  where: string,
  inputs: ArrayLike<unknown>,
  columns: number,
  rule: string,
  holds: (value: unknown) => boolean,
): void {
  for (let i = 0; i < inputs.length; i++) {
    if (!holds(inputs[i]))
      throw new InputError(
        `${where}: inputs, row ${Math.floor(i / columns)}`,
        rule,
        show(inputs[i]),
      )
  }
}
