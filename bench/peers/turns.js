import { figuresOf } from './summary.js'

/**
 * Rounds taken in turn: everyone's first, then everyone's second. Who failed or was slow is not
 * asked again.
 *
 * @param {{ name: string }[]} contestants
 * @param {number} rounds
 * @param measure Takes a contestant and the round, counted from 1; gives { microsecondsPerStep,
 * gflops, remark } or { error }.
 * @returns `figures` and `failures` by contestant's name.
 */
export async function inTurn(contestants, rounds, measure) {
  const [taken, failures] = [{}, {}]
  for (let round = 1; round <= rounds; round++) {
    for (const contestant of contestants) {
      const { name } = contestant
      if (failures[name] || taken[name]?.at(-1).remark) continue
      const result = await measure(contestant, round)
      if (result.error) failures[name] = result.error
      else (taken[name] ??= []).push(result)
    }
  }
  const figures = Object.fromEntries(
    Object.entries(taken).map(([name, results]) => [
      name,
      {
        ...figuresOf(results.map(({ microsecondsPerStep }) => microsecondsPerStep)),
        gflops: Math.max(...results.map(({ gflops }) => gflops)),
        remark: results.at(-1).remark,
      },
    ]),
  )
  return { figures, failures }
}
