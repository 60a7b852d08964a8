/** Numbers of threads to try on so many cores, the best of which counts: powers of two, and all. */
export function threadCountsUpTo(cores) {
  const powers = Array.from({ length: Math.floor(Math.log2(cores)) + 1 }, (_, i) => 2 ** i)
  return [...new Set([...powers, cores])]
}
