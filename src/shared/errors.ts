// The errors a caller can meet, each with what it needs to act on: docs/errors.md lists them.
//
// `code` never changes, whatever becomes of the message. A message shows at most MOST_SHOWN
// characters of a value, so that a wrong argument of a million numbers can still be printed.

/**
 * An option, a description or the data is wrong. The message says where, what was expected and what
 * was given.
 */
export class InputError extends TypeError {
  /** The name of its class. */
  override name = 'InputError'
  /** Stable, for programs: this class's own. */
  readonly code = 'SHARDGRAD_INPUT'
  constructor(
    /** The call, and the option or field: such as `createTrainer: network.inputs`. */
    readonly where: string,
    rule: string,
    given: string,
    /** A name that is nearly the one given. */
    meant?: string,
  ) {
    super(
      `${shorten(where)}: expected ${shorten(rule, MOST_OF_RULE)}, got ${shorten(given, 240)}` +
        (meant === undefined ? '' : `; did you mean '${meant}'?`),
    )
  }
}

/** A job needs more memory than an arena can have. */
export class ArenaError extends RangeError {
  /** The name of its class. */
  override name = 'ArenaError'
  /** Stable, for programs: this class's own. */
  readonly code = 'SHARDGRAD_ARENA'
  /**
   * @param limit The most that an arena can have; undefined if the system gave less than that.
   * @param uses What the bytes are for; the largest are named.
   */
  constructor(
    /** What the job needs. */
    readonly bytes: number,
    limit: number | undefined,
    uses: readonly { what: string; bytes: number }[],
    options?: ErrorOptions,
  ) {
    const largest = [...uses]
      .sort((a, b) => b.bytes - a.bytes)
      .slice(0, 4)
      .filter((use) => use.bytes > 0)
    const detail = largest.map((use) => `${use.bytes} for ${use.what}`).join(', ')
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
 * Training diverged: the cost, or a parameter, was no longer finite. The trainer holds the
 * parameters that gave `lastFiniteCost`.
 */
export class DivergenceError extends Error {
  /** The name of its class. */
  override name = 'DivergenceError'
  /** Stable, for programs: this class's own. */
  readonly code = 'SHARDGRAD_DIVERGENCE'
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
  /** Stable, for programs: this class's own. */
  readonly code = 'SHARDGRAD_BACKEND'
  constructor(
    /** The backend asked for. */
    readonly backend: string,
    reason: string,
    /** Of `native`: the libraries that were tried, and why each was not used. */
    readonly tried: readonly {
      /** The library. */
      file: string
      /** Why it was not used. */
      reason: string
    }[] = [],
  ) {
    super(`backend ${backend} cannot run here: ${reason}`)
  }
}

/**
 * A worker died. The trainer holds the parameters of the last committed step and its next call
 * starts new workers. `cause` is what the worker threw, with its own name, message and stack, as
 * far as that is known.
 */
export class WorkerError extends Error {
  /** The name of its class. */
  override name = 'WorkerError'
  /** Stable, for programs: this class's own. */
  readonly code = 'SHARDGRAD_WORKER'
  constructor(
    /** Which worker, counted from 0; 'coordinator' for the thread that starts them. */
    readonly worker: number | 'coordinator',
    /** The epoch in which it died, counted from 1; 0 outside training. */
    readonly epoch: number,
    /** The step of that epoch, counted from 1; 0 outside training. */
    readonly step: number,
    reason: string,
    options?: ErrorOptions,
  ) {
    const who = worker === 'coordinator' ? 'the coordinator' : `worker ${worker}`
    const when = epoch > 0 ? ` in epoch ${epoch}, step ${step}` : ''
    super(`${who} failed${when}: ${shorten(reason, MOST_OF_REASON)}`, options)
  }
}

/** A call after `close`. */
export class ClosedError extends Error {
  /** The name of its class. */
  override name = 'ClosedError'
  /** Stable, for programs: this class's own. */
  readonly code = 'SHARDGRAD_CLOSED'
  constructor() {
    super('trainer: it is closed')
  }
}

/** A call that can't be made now, because another one is under way. */
export class BusyError extends Error {
  /** The name of its class. */
  override name = 'BusyError'
  /** Stable, for programs: this class's own. */
  readonly code = 'SHARDGRAD_BUSY'
  constructor(
    /** The call that was refused, or `trainer`. */
    readonly where: string,
    reason: string,
  ) {
    super(`${where}: ${reason}`)
  }
}

/** A model file can't be read or written, or isn't what it should be. */
export class FileError extends Error {
  /** The name of its class. */
  override name = 'FileError'
  /** Stable, for programs: this class's own. */
  readonly code = 'SHARDGRAD_FILE'
  constructor(
    /** The file's path or address; `model` of bytes that came without one. */
    readonly file: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${shorten(file)}: ${shorten(problem, MOST_OF_REASON)}`, options)
  }
}

/** Every error of this package's own; `code` tells them apart. */
export type ShardgradError =
  | InputError
  | ArenaError
  | DivergenceError
  | BackendError
  | WorkerError
  | ClosedError
  | BusyError
  | FileError

const classes = [
  InputError,
  ArenaError,
  DivergenceError,
  BackendError,
  WorkerError,
  ClosedError,
  BusyError,
  FileError,
]

/** What `code` can be. */
export type ErrorCode = ShardgradError['code']

/** Whether something that was thrown is one of this package's errors; then `code` narrows it. */
export function isShardgradError(error: unknown): error is ShardgradError {
  return classes.some((one) => error instanceof one)
}

/** Characters of a value that a message shows. */
const MOST_SHOWN = 200
/** Of a rule, which may name a value or a file. */
const MOST_OF_RULE = 400
/** Of what a worker said (the whole is in the cause), or of what is wrong with a file. */
const MOST_OF_REASON = 500
/** Of a class's or a field's name. */
const MOST_OF_NAME = 40

/**
 * A value as an error shows it: never more than MOST_SHOWN characters of it, and never a throw,
 * whatever it is.
 */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'string')
    return `'${cut(value, MOST_SHOWN)}'${lengthIfCut(value, MOST_SHOWN)}`
  if (typeof value === 'bigint') return `${shorten(String(value))}n`
  if (typeof value === 'object' && value !== null) return showObjectSafely(value)
  return shorten(String(value)) // eslint-disable-line @typescript-eslint/no-base-to-string -- objects have been dealt with
}

function showObjectSafely(value: object): string {
  try {
    return shorten(showObject(value))
  } catch {
    return 'an object that cannot be read' // a proxy or a getter has thrown
  }
}

function showObject(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  const name = classNameOf(value)
  if (ArrayBuffer.isView(value))
    return `${name || 'a view'}(${'length' in value ? String(value.length) : value.byteLength})`
  if (value instanceof Error) return `${name || 'an error'}: ${value.message}`
  const what = name === '' || name === 'Object' ? 'an object' : `an object of class ${name}`
  const fields = fieldsOf(value)
  return fields === '' && what !== 'an object' ? what : `${what} with ${fields || 'no fields'}`
}

/** '' if there is none. */
function classNameOf(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null
  const name = prototype?.constructor?.name
  return typeof name === 'string' ? shorten(name, MOST_OF_NAME) : ''
}

/** The names of the first fields, as many as there is room for. */
function fieldsOf(value: object): string {
  const names = Object.keys(value)
  let shown = ''
  for (const [i, name] of names.entries()) {
    const longer = `${shown}${i > 0 ? ', ' : ''}${shorten(name, MOST_OF_NAME)}`
    if (longer.length > MOST_SHOWN / 2) return `${shown}, … (${names.length} fields)`
    shown = longer
  }
  return shown
}

/** What an error says, or whatever else was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A text that is longer than `most` characters without its middle, and then its length. */
export function shorten(text: string, most = MOST_SHOWN): string {
  return cut(text, most) + lengthIfCut(text, most)
}

function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const tail = Math.floor(most / 4)
  const start = text.slice(0, most - 1 - tail).replace(/[\uD800-\uDBFF]$/, '')
  const end = text.slice(text.length - tail).replace(/^[\uDC00-\uDFFF]/, '')
  return `${start}…${end}` // with no half of a character at the cut
}

function lengthIfCut(text: string, most: number): string {
  return text.length > most ? ` (${text.length} characters)` : ''
}
