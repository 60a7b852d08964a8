// A trainer's calls: one after the other, in the order they were made.

import { BusyError, ClosedError } from '../../shared/errors.js'
import type { CallbackScope } from './platform.js'

export interface CallQueue {
  /**
   * Does calls one after the other; the first part of a call is done at once if nothing is under
   * way.
   */
  inTurn: <Result>(call: () => Result | Promise<Result>) => Promise<Result>
  /** Waits for a caller's function, inside which no call can have its turn. */
  waitFor: (callback: () => unknown) => Promise<void>
  isOpen: () => boolean
  requireOpen: () => void
  requireIdle: (where: string) => void
  /** Lets the calls under way end, and takes no more. May be called twice. */
  close: () => Promise<void>
}

/** @param end What is to be done once all calls are over. */
export function createCallQueue(scope: CallbackScope, end: () => Promise<void>): CallQueue {
  let closing: Promise<void> | undefined
  let underWay = 0
  let last: Promise<unknown> = Promise.resolve()

  /** `fit` waits for onEpoch, so what waits for `fit` would wait for ever there. */
  const refuseInCallback = (): void => {
    if (!scope.isInside()) return
    throw new BusyError(
      'trainer',
      'fit waits for onEpoch, so this call cannot have its turn there; give fit `validation` or a `signal`, use `epochs`, or call after fit',
    )
  }
  const requireOpen = (): void => {
    if (closing) throw new ClosedError()
  }

  return {
    isOpen: () => closing === undefined,
    requireOpen,
    waitFor: scope.run,

    async inTurn(call) {
      requireOpen()
      refuseInCallback()
      underWay++
      try {
        const turn = underWay === 1 ? call() : last.then(call)
        last = Promise.resolve(turn).catch(() => undefined)
        return await turn
      } finally {
        underWay--
      }
    },

    requireIdle(where) {
      requireOpen()
      if (underWay > 0) throw new BusyError(where, 'a call is under way; await it first')
    },

    async close() {
      refuseInCallback()
      await (closing ??= last.then(end))
    },
  }
}
