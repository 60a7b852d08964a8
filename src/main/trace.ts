// A timeline as Chrome trace events, one track a worker; Perfetto and chrome://tracing open it.
// (Trace Event Format, complete events: microseconds, written as an array of JSON objects.)

import { closeSync, openSync, writeSync } from 'node:fs'
import type { Span } from '../shared/timeline.js'

export interface Trace {
  /** Appends spans, of one worker. */
  add: (spans: Span[]) => void
  /** Ends the file. */
  close: () => void
}

/** @param path Of the file, which is begun at once. @throws {Error} if it can't be written. */
export function createTrace(path: string): Trace {
  const file = openSync(path, 'w')
  const named = new Set<number>()
  let began: number | undefined
  let separator = '[\n'
  const write = (event: object): void => {
    writeSync(file, separator + JSON.stringify({ pid: 1, ...event }))
    separator = ',\n'
  }
  write({ name: 'process_name', ph: 'M', args: { name: 'shardgrad' } })
  return {
    add(spans) {
      for (const { worker, phase, step, start, milliseconds } of spans) {
        if (!named.has(worker)) write({ name: 'thread_name', ph: 'M', tid: worker, args: { name: `worker ${worker}` } })
        named.add(worker)
        began ??= start
        write({ name: phase, ph: 'X', tid: worker, ts: microseconds(start - began), dur: microseconds(milliseconds), args: { step: step + 1 } })
      }
    },
    close() {
      writeSync(file, '\n]\n')
      closeSync(file)
    },
  }
}

function microseconds(milliseconds: number): number {
  return Math.round(1e6 * milliseconds) / 1000
}
