// The errors a caller can meet, each with what it needs to act on.

/**
 * An option, a description or the data is wrong: names what was given, what was expected, and
 * where.
 */
export class InputError extends TypeError {
  /** The name of its class. */
  override name = 'InputError'
  constructor(
    /** The call, and the option or field: such as `createTrainer: network.inputs`. */
    readonly where: string,
    rule: string,
    given: string,
  ) {
    super(`${where}: expected ${rule}, got ${given}`)
  }
}

/** A job needs more memory than an arena can have. */
export class ArenaError extends RangeError {
  /** The name of its class. */
  override name = 'ArenaError'
  constructor(
    /** What the job needs. */
    readonly bytes: number,
    limit: number | undefined,
    parts: readonly { what: string; bytes: number }[],
    options?: ErrorOptions,
  ) {
    const largest = [...parts]
      .sort((a, b) => b.bytes - a.bytes)
      .slice(0, 4)
      .filter((part) => part.bytes > 0)
    const detail = largest.map((part) => `${part.bytes} for ${part.what}`).join(', ')
    super(
      `arena: the job needs ${bytes} bytes${detail && ` (${detail})`}, ` +
        (limit === undefined
          ? 'which the system did not give'
          : `and a shared memory holds at most ${limit}`) +
        '. A smaller batch, fewer shards, fewer workers or fewer examples at a time would fit',
      options,
    )
  }
}

/**
 * The cost, or a parameter, was no longer finite. The trainer holds the parameters of
 * `lastFiniteCost`.
 */
export class DivergenceError extends Error {
  /** The name of its class. */
  override name = 'DivergenceError'
  constructor(
    /** The epoch in which it happened, counted from 1. */
    readonly epoch: number,
    /** The step of that epoch, counted from 1. */
    readonly step: number,
    /** The cost of the last step that had a finite one; undefined if none had. */
    readonly lastFiniteCost: number | undefined,
  ) {
    super(
      `training diverged: in epoch ${epoch}, step ${step} the cost or the parameters were no longer finite; ` +
        (lastFiniteCost === undefined
          ? 'no step before it had a finite one'
          : `the last finite cost was ${lastFiniteCost}`) +
        '. A smaller learning rate usually helps',
    )
  }
}

/** The backend asked for can't run on this machine. */
export class BackendError extends Error {
  /** The name of its class. */
  override name = 'BackendError'
  constructor(
    /** The backend asked for. */
    readonly backend: string,
    reason: string,
  ) {
    super(`backend ${backend} cannot run here: ${reason}`)
  }
}

/**
 * A worker died. The trainer holds the parameters of the last committed step and its next call
 * starts new workers.
 */
export class WorkerError extends Error {
  /** The name of its class. */
  override name = 'WorkerError'
  constructor(
    /** Which worker, counted from 0; 'coordinator' for the thread that starts them. */
    readonly worker: number | 'coordinator',
    /** The epoch in which it died, counted from 1; 0 outside training. */
    readonly epoch: number,
    /** The step of that epoch, counted from 1; 0 outside training. */
    readonly step: number,
    reason: string,
  ) {
    const who = worker === 'coordinator' ? 'the coordinator' : `worker ${worker}`
    super(`${who} failed${epoch > 0 ? ` in epoch ${epoch}, step ${step}` : ''}: ${reason}`)
  }
}

/** A value as an error shows it. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  if (ArrayBuffer.isView(value))
    return `${value.constructor.name}(${'length' in value ? String(value.length) : value.byteLength})`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null)
    return `an object with ${Object.keys(value).join(', ') || 'no fields'}`
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'bigint') return `${String(value)}n`
  return String(value) // eslint-disable-line @typescript-eslint/no-base-to-string -- objects have been dealt with
}
