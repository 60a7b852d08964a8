// How a command ends before it is done: by a signal, or because its output is not taken any more.

import { InputError, messageOf } from '../../shared/errors.js'
import { print } from './status-line.js'

/** What a shell says of a program that such a signal ended: 128 and the signal's number. */
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGPIPE: 141 }
const signalNames = ['SIGINT', 'SIGTERM'] as const

/** After how many milliseconds we say that something still has to end. */
const PATIENCE_MS = 500

export interface Interruptible {
  /** Aborts when the command is to end; what it then throws is the signal's reason. */
  signal: AbortSignal
  /** Runs the command and sets the exit code: 0 done, 1 failed, 2 wrong usage. */
  run: (command: () => Promise<unknown>) => Promise<void>
}

/**
 * Listens for what ends a command. After Ctrl-C (SIGINT) or SIGTERM it is to end in order, with
 * exit code 130 or 143; a second one ends the process at once. When the reader of its output has
 * gone it ends quietly, as by SIGPIPE, with 141. When the output can't be written for another
 * reason, such as a full disk, it says so and fails.
 */
export function interruptible(): Interruptible {
  const ending = new AbortController()
  const { signal } = ending
  let waiting: NodeJS.Timeout | undefined
  const end = (exitCode: number): void => {
    process.exitCode ??= exitCode // what has failed before stays said
    ending.abort()
  }

  const onSignal = (name: (typeof signalNames)[number]): void => {
    if (signal.aborted) {
      ignoreSignals()
      process.kill(process.pid, name)
      return
    }
    end(exitCodes[name])
    waiting = setTimeout(() => print('stopping; Ctrl-C again ends it at once'), PATIENCE_MS)
  }
  const ignoreSignals = (): void => {
    for (const name of signalNames) process.off(name, onSignal)
  }
  for (const name of signalNames) process.on(name, onSignal)

  const onBroken = (where: string) => (error: NodeJS.ErrnoException) => {
    if (signal.aborted) return
    const nobodyReads = error.code === 'EPIPE'
    end(nobodyReads ? exitCodes.SIGPIPE : 1)
    if (!nobodyReads) print(`shardgrad: ${where}: ${error.message}`)
  }
  process.stdout.on('error', onBroken('standard output'))
  process.stderr.on('error', onBroken('standard error'))

  return {
    signal,
    async run(command) {
      try {
        await command()
      } catch (error) {
        if (error === signal.reason) return
        process.exitCode = error instanceof InputError ? 2 : 1
        print(`shardgrad: ${messageOf(error)}`)
      } finally {
        clearTimeout(waiting)
        ignoreSignals()
      }
    },
  }
}
