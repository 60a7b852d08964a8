// How many cores this process may use.

import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/**
 * Cores available, also where a container's quota (cgroup v2, `cpu.max`) grants less than the
 * system shows.
 */
export function availableCores(): number {
  return Math.max(1, Math.min(availableParallelism(), quota()))
}

function quota(): number {
  try {
    const [quotaMicroseconds, periodMicroseconds] = readFileSync(
      '/sys/fs/cgroup/cpu.max',
      'utf8',
    ).split(' ')
    const cores = Math.floor(Number(quotaMicroseconds) / Number(periodMicroseconds))
    return cores >= 1 ? cores : quotaMicroseconds === 'max' ? Infinity : 1
  } catch {
    return Infinity // no such limit here
  }
}
