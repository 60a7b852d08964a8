// Is anything else using the cores? Asked before a long bench begins.
import { setTimeout as rest } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { availableCores } from '../dist/main/runtime/node/cores.js'

const QUIET_SHARE = 0.95
const SPIN_MILLISECONDS = 3000
const REST_MILLISECONDS = 3000
/** How long a bench waits for quiet at most, about. */
export const WAIT_SECONDS = 120

/**
 * Waits until this process is given nearly all time of all cores, WAIT_SECONDS at most, and says
 * so in one line.
 *
 * @param measure Gives the share of the cores' time that is had, from 0 to 1.
 * @param pause Called between two measurements.
 * @returns Whether it was quiet at the end, and the share then: for the results.
 */
export async function waitForQuiet(measure = coresShare, pause = () => rest(REST_MILLISECONDS)) {
  const attempts = Math.ceil(WAIT_SECONDS / ((SPIN_MILLISECONDS + REST_MILLISECONDS) / 1000))
  let share = await measure()
  if (share < QUIET_SHARE)
    console.log(`not quiet: ${taken(share)}; waiting up to ${WAIT_SECONDS} s`)
  for (let attempt = 0; share < QUIET_SHARE && attempt < attempts; attempt++) {
    await pause()
    share = await measure()
  }
  const quiet = share >= QUIET_SHARE
  console.log(
    quiet
      ? `quiet: ${percent(share)} of the cores' time is ours`
      : `WARNING, still not quiet: ${taken(share)}; measured all the same, and the results say so`,
  )
  return { quiet, share: Number(share.toFixed(3)) }
}

/**
 * The share of the cores' time that a thread on each of them is given, when all want all of it:
 * three seconds of small pieces of the same work. Other programs and, on a rented machine, other
 * tenants make some pieces longer; the clock's rate makes no difference.
 */
async function coresShare() {
  const threads = availableCores()
  const starting = new Int32Array(new SharedArrayBuffer(8))
  starting[1] = threads
  const shares = await Promise.all(
    Array.from(
      { length: threads },
      () =>
        new Promise((resolve, reject) => {
          new Worker(new URL('./workers/spin.js', import.meta.url), {
            workerData: { milliseconds: SPIN_MILLISECONDS, starting },
          })
            .once('message', resolve)
            .once('error', reject)
        }),
    ),
  )
  return shares.reduce((sum, share) => sum + share, 0) / threads
}

/** @param {number[]} times Of pieces of the same work. */
export function shareKept(times) {
  const quick = times.toSorted((a, b) => a - b)[Math.floor(times.length / 10)]
  return Math.min(1, (quick * times.length) / times.reduce((sum, time) => sum + time, 0))
}

const percent = (share) => `${(100 * share).toFixed(0)} %`
const taken = (share) => `others take ${percent(1 - share)} of the cores' time`
