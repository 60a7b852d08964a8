// The area under the ROC curve.

/**
 * The share of pairs of one positive and one negative whose scores are in the right order, equal
 * ones counting half: the area under the ROC curve (Hanley and McNeil, "The meaning and use of the
 * area under a receiver operating characteristic curve", 1982).
 *
 * @param positives The scores of the positives, at least one; they are sorted.
 * @param negatives Those of the negatives, at least one; they are sorted.
 * @returns From 0 to 1; not a number if a score is not a number.
 */
export function areaUnderCurve(positives: Float64Array, negatives: Float64Array): number {
  positives.sort()
  negatives.sort()
  // What is not a number comes last.
  if (Number.isNaN(positives.at(-1)) || Number.isNaN(negatives.at(-1))) return NaN
  let [below, equal] = [0, 0] // negatives with a smaller score than the positive, or the same
  let halves = 0
  for (const score of positives) {
    while (negatives[below]! < score) below++
    equal = Math.max(equal, below)
    while (negatives[equal] === score) equal++
    halves += below + equal
  }
  return halves / (2 * positives.length * negatives.length)
}
