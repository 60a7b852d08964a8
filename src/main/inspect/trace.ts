// A timeline as Chrome trace events, one track a worker; Perfetto and chrome://tracing open it.
// (Trace Event Format, complete events: microseconds, written as an array of JSON objects.)

import { closeSync, openSync, writeSync } from 'node:fs'
import { InputError, messageOf, show } from '../../shared/errors.js'
import type { Span } from '../../shared/figures/timeline.js'

export interface Trace {
  /** Appends spans, of one worker. */
  add: (spans: Span[]) => void
  /** Ends the file. */
  close: () => void
}

/**
 * @param path Of the file, which is begun at once.
 * @throws {InputError} if it can't be opened.
 */
export function createTrace(path: string): Trace {
  const file = open(path)
  const append = (text: string): void => {
    try {
      writeSync(file, text)
    } catch (error) {
      throw new Error(`--trace ${path}: ${messageOf(error)}`, { cause: error })
    }
  }
  const named = new Set<number>()
  let began: number | undefined
  let separator = '[\n'
  const write = (events: object[]): void => {
    if (events.length === 0) return
    append(separator + events.map((event) => JSON.stringify({ pid: 1, ...event })).join(',\n'))
    separator = ',\n'
  }
  write([{ name: 'process_name', ph: 'M', args: { name: 'shardgrad' } }])
  return {
    add(spans) {
      write(
        spans.flatMap(({ worker, phase, step, start, milliseconds }) => {
          const name = named.has(worker)
            ? []
            : [{ name: 'thread_name', ph: 'M', tid: worker, args: { name: `worker ${worker}` } }]
          named.add(worker)
          began ??= start
          return [
            ...name,
            {
              name: phase,
              ph: 'X',
              tid: worker,
              ts: microseconds(start - began),
              dur: microseconds(milliseconds),
              args: { step: step + 1 },
            },
          ]
        }),
      )
    },
    close() {
      append('\n]\n')
      closeSync(file)
    },
  }
}

function microseconds(milliseconds: number): number {
  return Math.round(1e6 * milliseconds) / 1000
}

function open(path: string): number {
  try {
    return openSync(path, 'w')
  } catch (error) {
    throw new InputError(
      '--trace',
      'a file that can be written',
      `${show(path)} (${messageOf(error)})`,
    )
  }
}
