// When a trainer's parameters stand still: whoever copies them, and all that belongs to them, waits
// for the end of the slice of training under way.

export interface Rests {
  /** Does what changes the parameters. */
  during: <Result>(change: () => Promise<Result>) => Promise<Result>
  /** Reads while nothing changes them: at once, or when what is under way has ended. */
  atRest: <Result>(read: () => Result) => Promise<Result>
}

export function createRests(): Rests {
  let changing = 0
  let waiting: (() => void)[] = []
  return {
    async during(change) {
      changing++
      try {
        return await change()
      } finally {
        changing--
        if (changing === 0) {
          const readers = waiting
          waiting = []
          for (const read of readers) read()
        }
      }
    },
    async atRest(read) {
      if (changing === 0) return read()
      return new Promise((resolve) => {
        // Read at once, before anybody goes on; what it throws, the inner promise rejects with.
        waiting.push(() => resolve(new Promise((done) => done(read()))))
      })
    },
  }
}
